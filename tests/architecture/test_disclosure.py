"""The matrix is whole: a row for each column, no row for nothing, and private columns for nobody who has no need of them."""

import re
from pathlib import Path

import pytest
import sqlalchemy as sa

from aidnet import disclosure
from aidnet.clock import YANGON
from aidnet.config import ROOT
from aidnet.disclosure import WITHHELD, Audience, Level
from aidnet.errors import NotVisible
from aidnet.models import metadata
from aidnet.policy import ANONYMOUS, Actor, PartnerKind, Role
from tests import factories

MATRIX = disclosure.matrix()
SOURCES = [
    path.read_text("utf-8")
    for folder in ("aidnet", "templates")
    for path in Path(ROOT, folder).rglob("*.*")
    if path.suffix in (".py", ".html")
]
#: Those who look after the books or give to them, and have no part in the work of one responder.
DISTANT = (Audience.PUBLIC, Audience.OTHER, Audience.AUDITOR)


def fields_of(table):
    return {column.name.removesuffix("_sealed") for column in table.columns}


@pytest.mark.parametrize("table", metadata.sorted_tables, ids=lambda table: table.name)
def test_every_column_has_a_row(table):
    assert fields_of(table) <= set(MATRIX.get(table.name, {}))


@pytest.mark.parametrize("entity", sorted(MATRIX))
def test_every_row_is_a_column_or_is_asked_for(entity):
    """What is no column is a value that code derives, and names in `disclosure.field(actor, "entity", "name", …)`."""
    assert entity in metadata.tables
    derived = set(MATRIX[entity]) - fields_of(metadata.tables[entity])
    unused = {name for name in derived if not any(re.search(rf'"{entity}",\s*"{name}"', text) for text in SOURCES)}
    assert not unused


@pytest.mark.parametrize(
    ("entity", "name"),
    [
        (table.name, column.name.removesuffix("_sealed"))
        for table in metadata.sorted_tables
        for column in table.columns
        if column.info.get("private")
    ],
)
def test_private_columns_are_shown_to_nobody_distant(entity, name):
    assert not set(MATRIX[entity][name]) & set(DISTANT)


@pytest.mark.parametrize("entity", sorted(MATRIX))
def test_no_row_number_is_shown_to_anybody(entity):
    """A serial number tells volume and time."""
    numbers = {name for name in MATRIX[entity] if name == "id" or name.endswith("_id")}
    assert not {name: MATRIX[entity][name] for name in numbers if MATRIX[entity][name]}


@pytest.mark.parametrize("name", ["pcode", "name_en", "name_my", "display_name"])
@pytest.mark.parametrize(
    "audience", [Audience.PUBLIC, Audience.DONOR, Audience.AUDITOR, Audience.TREASURER, Audience.ADMIN]
)
def test_nobody_at_a_desk_finds_a_place_below_the_district(audience, name):
    assert MATRIX["place"][name].get(audience) in (None, Level.DISTRICT, Level.REGION)


def test_the_public_sees_the_network_districts_a_receipt_and_public_updates_only():
    """Which updates are public, and whether anybody may read them yet, is the policy's: tests/updates/test_pages.py."""
    public = {
        (entity, name)
        for entity, fields in MATRIX.items()
        for name, levels in fields.items()
        if Audience.PUBLIC in levels and entity not in ("network", "place")
    }
    assert {entity for entity, _name in public} == {"contribution", "partner_update"}
    gifts = {name for entity, name in public if entity == "contribution"}
    assert all(name.startswith("receipt_") and name != "receipt_code" for name in gifts)
    updates = {name for entity, name in public if entity == "partner_update"}
    assert updates == {"code", "kind", "title_en", "title_my", "body", "link", "published_on", "withdrawn_at", "partner"}


def actor(role, partner_id=7):
    kinds = {Role.COORDINATOR: PartnerKind.RESPONDER, Role.LOGGER: PartnerKind.RESPONDER, Role.DONOR: PartnerKind.DONOR}
    return Actor(user_id=1, partner_id=partner_id, partner_kind=kinds.get(role, PartnerKind.NETWORK), role=role)


@pytest.mark.parametrize(
    ("who", "owner", "audience"),
    [
        (ANONYMOUS, None, Audience.PUBLIC),
        (actor(Role.COORDINATOR), 7, Audience.OWN),
        (actor(Role.COORDINATOR), 8, Audience.OTHER),
        (actor(Role.LOGGER), 7, Audience.LOGGER),
        (actor(Role.LOGGER), 8, Audience.OTHER),
        (actor(Role.DONOR), 7, Audience.DONOR),
        (actor(Role.TREASURER), 7, Audience.TREASURER),
        (actor(Role.AUDITOR), 7, Audience.AUDITOR),
        (actor(Role.ADMIN), 7, Audience.ADMIN),
    ],
)
def test_who_somebody_is_to_a_row(who, owner, audience):
    assert disclosure.audience_of(who, owner) is audience


def test_a_field_without_a_row_is_an_error(app):
    row = factories.responder()
    with pytest.raises(KeyError):
        _read = disclosure.show(actor(Role.ADMIN), row).shoe_size
    with pytest.raises(KeyError):
        disclosure.field(actor(Role.ADMIN), "partner", "shoe_size", 44)


def test_what_is_not_shown_says_so(app):
    row = factories.responder("S-01", "Hill and River")
    shown = disclosure.show(actor(Role.DONOR), row)
    assert shown.own_name is WITHHELD
    assert not shown.own_name
    assert str(shown.own_name) == "withheld"
    assert disclosure.show(actor(Role.ADMIN), row).own_name == "Hill and River"


@pytest.mark.parametrize(
    ("level", "value", "shown"),
    [
        (Level.MONTH, factories.NOW.astimezone(YANGON).date(), "2026-08"),
        (Level.QUARTER, factories.NOW, "2026-Q3"),
        (Level.ROUNDED, 1234, 1230),
        (Level.BAND, 37, "≤ 50"),
        (Level.BAND, 5001, "> 5000"),
        (Level.FULL, 37, 37),
        (Level.WITHHELD, 37, WITHHELD),
        (Level.MONTH, None, None),
    ],
)
def test_a_coarser_form_holds_no_more(monkeypatch, level, value, shown):
    monkeypatch.setitem(MATRIX["delivery"], "households", {Audience.DONOR: level})
    assert disclosure.field(actor(Role.DONOR), "delivery", "households", value) == shown


def test_a_value_without_that_coarser_form_is_never_shown_whole(monkeypatch):
    monkeypatch.setitem(MATRIX["delivery"], "courier", {Audience.DONOR: Level.MONTH})
    with pytest.raises(TypeError):
        disclosure.field(actor(Role.DONOR), "delivery", "courier", "somebody")


def test_every_sealed_column_is_reachable_only_through_its_attribute():
    for table in metadata.sorted_tables:
        for column in table.columns:
            assert bool(column.info.get("private")) == (column.name.endswith("_sealed")), f"{table.name}.{column.name}"
            assert not column.info.get("private") or isinstance(column.type, sa.LargeBinary)


def test_not_there_and_not_visible_are_the_same():
    assert NotVisible.status == 404
