"""Many rows at once: copies of what the services wrote, row by row alike, in a few statements."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import islice
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa

from aidnet import codes
from aidnet.deliveries.models import Item, LossReason
from aidnet.models import metadata
from aidnet.places.models import Place

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
#: What grows until there are as many as there are to be: by its first table, how the names of the others begin.
GROWING: Mapping[str, tuple[str, ...]] = {
    "delivery": ("delivery", "event_", "handover", "line_origin"),
    "need": ("need",),
    "access_constraint": ("access_constraint",),
    "evacuation": ("evacuation",),
}
#: Running totals, by what else than the month and the place a row of them is of: they grow as far as there are months and places.
TOTALS: Mapping[str, Sequence[str]] = {
    "served_month": (),
    "served_place": (),
    "loss_month": ("reason", "item_id"),
    "result_month": (),
}
#: How far back the months of running totals go.
MONTHS = 24


def grow(engine: sa.Engine, times: int, *, rows: int) -> dict[str, int]:
    """Copy every row of `COPIED` `times` times, what is `GROWING` until there are `rows`, and running totals over places and months.

    A copy is of another place of the same level. How many rows each table has then.
    """
    with engine.begin() as connection:
        places = Places(connection)
        often = {name: -(-rows // max(_count(connection, name), 1)) for name in GROWING}
        for name, prefix in COPIED.items():
            table = metadata.tables[name]
            _save(connection, table, _copies(table, _first(connection, table), prefix, _often(name, often, times), places))
        for name in TOTALS:
            table = metadata.tables[name]
            _save(connection, table, _totals(connection, table, places, rows))
        return {name: _count(connection, name) for name in (*COPIED, *TOTALS)}


def _copies(
    table: sa.Table, first: Sequence[dict[str, Any]], prefix: str, often: int, places: "Places"
) -> Iterator[dict[str, Any]]:
    for number in range(1, often):
        yield from (places.moved(_copy(table, row, prefix, number), number) for row in first)


def _often(name: str, often: Mapping[str, int], times: int) -> int:
    if name == "need_delivery":
        return min(often["need"], often["delivery"])
    return next((often[first] for first, begins in GROWING.items() if name.startswith(begins)), times)


def _count(connection: sa.Connection, name: str) -> int:
    return connection.scalar(sa.select(sa.func.count()).select_from(metadata.tables[name])) or 0


def _first(connection: sa.Connection, table: sa.Table) -> list[dict[str, Any]]:
    return [dict(row) for row in connection.execute(sa.select(table)).mappings()]


def _save(connection: sa.Connection, table: sa.Table, copies: Iterable[dict[str, Any]]) -> None:
    copies = iter(copies)
    while some := list(islice(copies, 500)):
        connection.execute(sa.insert(table), some)


class Places:
    """Every place, to find another of the same level."""

    def __init__(self, connection: sa.Connection) -> None:
        statement = sa.select(Place.id, Place.level, Place.township_id, Place.district_id, Place.state_id).order_by(Place.id)
        self.known = {row.id: row for row in connection.execute(statement)}
        self.alike: dict[str, list[int]] = {}
        for row in self.known.values():
            self.alike.setdefault(row.level, []).append(row.id)

    def moved(self, row: dict[str, Any], number: int) -> dict[str, Any]:
        """The row as of another place, and of what that lies in."""
        for name in ("place_id", "area_id"):
            if row.get(name) is not None:
                place = self.known[self.another(row[name], number)]
                around = {key: place._mapping[key] for key in ("township_id", "district_id", "state_id") if key in row}
                row |= around | {name: place.id} | ({"site_id": None} if "site_id" in row else {})
        return row

    def another(self, place_id: int, number: int) -> int:
        alike = self.alike[self.known[place_id].level]
        return alike[(alike.index(place_id) + number) % len(alike)]


def _totals(connection: sa.Connection, table: sa.Table, places: Places, rows: int) -> Iterator[dict[str, Any]]:
    """Rows like the first ones, of other places, months, reasons and items: until there are `rows`, or no others can be."""
    first = _first(connection, table)
    keys = [column.name for column in table.primary_key]
    seen = {tuple(row[key] for key in keys) for row in first}
    others: dict[str, list[Any]] = {
        "item_id": list(connection.scalars(sa.select(Item.id).order_by(Item.id))),
        "reason": list(LossReason),
    }
    for number in range(1, rows):
        for row in first:
            copy = places.moved(dict(row), number)
            if "month" in copy:
                copy["month"] = _months_before(copy["month"], number % MONTHS)
            for name in TOTALS[table.name]:
                copy[name] = others[name][(others[name].index(copy[name]) + number) % len(others[name])]
            key = tuple(copy[key] for key in keys)
            if key not in seen and len(seen) < rows:
                seen.add(key)
                yield copy


def _months_before(month: date, number: int) -> date:
    years, months = divmod(month.year * 12 + month.month - 1 - number, 12)
    return date(years, months + 1, 1)


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
