"""Many rows at once: copies of what the services wrote, row by row alike, in a few statements."""

from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa

from aidnet import codes
from aidnet.models import metadata

#: Copied tables, parents first, with the prefix of their codes; each copy's numbers are the first's plus a step.
COPIED: Mapping[str, str] = {
    "delivery": "D",
    "delivery_line": "",
    "delivery_stop": "",
    "delivery_event": "",
    "delivery_leg": "",
    "event_band": "",
    "event_people": "",
    "event_quantity": "",
    "handover": "H",
    "line_origin": "",
    "need": "N",
    "need_line": "",
    "need_delivery": "",
    "access_constraint": "X",
    "contribution": "C",
    "payout": "Y",
    "payout_confirmation": "",
    "expense": "E",
    "ledger_event": "L",
    "transfer": "",
    "evacuation": "V",
    "evacuation_group": "",
    "evacuation_event": "",
    "evacuation_count": "",
    "partner_update": "U",
    "old_book": "O",
    "audit_entry": "",
}
STEP = 100_000


def grow(engine: sa.Engine, times: int, *, deliveries: int) -> dict[str, int]:
    """Copy every row of `COPIED` `times` times (deliveries until there are `deliveries`). How many rows each table has then."""
    with engine.begin() as connection:
        here = connection.scalar(sa.select(sa.func.count()).select_from(metadata.tables["delivery"])) or 1
        for name, prefix in COPIED.items():
            table = metadata.tables[name]
            first = [dict(row) for row in connection.execute(sa.select(table)).mappings()]
            often = -(-deliveries // here) if name.startswith(("delivery", "event_")) else times
            copies = (_copy(table, row, prefix, number) for number in range(1, often) for row in first)
            while some := list(islice(copies, 500)):
                connection.execute(sa.insert(table), some)
        return {
            name: connection.scalar(sa.select(sa.func.count()).select_from(metadata.tables[name])) or 0
            for name in COPIED
        }


def _copy(table: sa.Table, row: dict[str, Any], prefix: str, number: int) -> dict[str, Any]:
    copy = dict(row)
    for column in table.columns:
        if column.info.get("private"):
            copy[column.name] = None  # it is sealed for the row it was copied from
        elif copy[column.name] is not None and _is_copied(column):
            copy[column.name] += STEP * number
    for name, fresh in _fresh(prefix):
        if name in table.columns:
            copy[name] = fresh(copy)
    return copy


def _is_copied(column: sa.Column[Any]) -> bool:
    """The row's own number, or that of a row that is copied with it."""
    if any(key.column.table.name in COPIED for key in column.foreign_keys):
        return True
    return column.name == "id" and not column.foreign_keys


def _fresh(prefix: str) -> Iterator[tuple[str, Callable[[dict[str, Any]], object]]]:
    yield "uid", lambda row: uuid4()
    if prefix:
        yield "code", lambda row: codes.code_of(prefix, _uid(row))
    yield "receipt_code", lambda row: codes.receipt_code()
    yield "hash", lambda row: uuid4().hex * 2


def _uid(row: dict[str, Any]) -> UUID:
    uid: UUID = row["uid"]
    return uid
