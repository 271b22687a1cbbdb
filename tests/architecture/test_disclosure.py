"""The disclosure matrix is whole: a table or column without a row fails here, before it can be shown."""

import pytest
import sqlalchemy as sa

from aidnet.disclosure import Audience, Level, matrix
from aidnet.models import metadata

#: These never leave the machine: no page, export or chart reads them.
OPERATIONAL = {table.name for table in metadata.sorted_tables if table.info.get("operational")}
TABLES = [table for table in metadata.sorted_tables if table.name not in OPERATIONAL]


def field_of(column: "sa.Column[object]") -> str:
    """A private column is shown under its plain name."""
    return column.name.removesuffix("_sealed")


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_every_column_has_its_row_in_the_matrix(table: sa.Table) -> None:
    rows = matrix().get(table.name, {})

    assert not {field_of(column) for column in table.columns} - set(rows)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_strangers_and_donors_see_no_private_column(table: sa.Table) -> None:
    for column in table.columns:
        if column.info.get("private"):
            seen = set(matrix()[table.name][field_of(column)])
            assert not seen & {Audience.PUBLIC, Audience.OTHER}, column.name


@pytest.mark.parametrize("name", ["id", "version"])
def test_nobody_is_shown_a_row_number(name: str) -> None:
    """A serial number tells volume and order."""
    shown = {
        entity
        for entity, rows in matrix().items()
        for field, audiences in rows.items()
        if field == name and any(audiences.values())
    }

    assert not shown


def test_places_below_the_district_reach_no_donor() -> None:
    for entity, rows in matrix().items():
        for field, audiences in rows.items():
            if field in ("place", "village", "site", "township") or field.endswith("place_id"):
                for audience in (Audience.PUBLIC, Audience.DONOR):
                    assert audiences.get(audience, Level.WITHHELD) in (Level.WITHHELD, Level.DISTRICT, Level.REGION), (
                        entity,
                        field,
                    )
