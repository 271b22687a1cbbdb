"""A row in every table, made from the tables themselves, for tests of migrations and backups.

A new table gets its row by itself; where a constraint wants more than the plainest value, `ROWS` says it.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from aidnet.models import metadata

_PLAIN: Mapping[type, Any] = {
    bool: False,
    int: 1,
    float: 21.5,
    str: "x",
    bytes: b"\x00sealed\xff",
    Decimal: Decimal("3.25"),
    date: date(2026, 8, 18),
    datetime: datetime(2026, 8, 18, 6, 0, 30, 123456, tzinfo=UTC),
}

#: Per table: what its rows say beside the plainest. One row each where it is not named.
ROWS: Mapping[str, Sequence[Mapping[str, Any]]] = {
    "network": [{"name": "ကွန်ရက်", "release_delay_days": 14}],
    "place": [{"pcode": "MMR"}, {"pcode": "MMR005", "level": "state", "parent_id": 1, "lat": 21.9, "lon": 95.6}],
    "partner": [
        {"kind": "responder", "code_name": "S-07"},
        {"kind": "responder", "code_name": "S-08", "code_name_key": "s-08"},
    ],
    "responder": [{}, {"id": 2}],
    "vouch": [{"voucher_id": 2, "expires_on": date(2027, 8, 18)}],
    "name_shown": [{"partner_id": 2}],
    "access_constraint": [{"place_id": 1}],
    "partner_update": [{"title_en": "x", "body": "x"}],
    "photo": [{"expense_id": 1}],
    "item": [{"slug": "rice"}],
    "crossing": [{"slug": "one"}],
    "contribution": [{"amount_minor": 1050, "currency": "USD"}],
    "payout": [{"currency": "MMK", "expected_currency": "MMK"}],
    "approval": [{"act": "limit", "currency": "MMK"}],
    "rate": [{"base": "USD", "quote": "MMK", "rate": Decimal(4400)}],
    "account": [{"currency": "MMK"}, {"currency": "MMK", "kind": "fund"}],
    "account_balance": [{"may_go_below": True}],
    "transfer": [{"to_id": 2, "currency": "MMK", "amount_minor": 10**15}],
    "release_loss": [{"deliveries": 5, "villages": 3}],
    "release_row": [{"deliveries": 5, "villages": 3, "people": 120, "households": 30}],
}


def in_every_table(connection: sa.Connection) -> None:
    """Put rows into every table of the newest schema. A table that has rows already (of the migration itself) is left alone."""
    in_tables(connection, metadata.sorted_tables)


def in_tables(connection: sa.Connection, tables: Sequence[sa.Table]) -> None:
    """The same for some of them, each after those that its rows must name."""
    made: dict[str, list[dict[str, Any]]] = {}
    for table in tables:
        if connection.scalar(sa.select(sa.func.count()).select_from(table)):
            made[table.name] = [dict(row) for row in connection.execute(sa.select(table)).mappings()]
            continue
        made[table.name] = []
        for number, said in enumerate(ROWS.get(table.name, [{}]), 1):
            row = _row(table, number, said, made)
            connection.execute(sa.insert(table).values(row))
            made[table.name].append(row)


def _row(
    table: sa.Table, number: int, said: Mapping[str, Any], made: Mapping[str, list[dict[str, Any]]]
) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for column in table.columns:
        if not column.nullable:
            row[column.name] = _plain(column, number)
    for key in table.foreign_key_constraints:
        others = made.get(key.referred_table.name)
        if others and not all(column.nullable for column in key.columns):
            for column, element in zip(key.columns, key.elements, strict=True):
                row[column.name] = others[0][element.column.name]
    return row | dict(said)


def _plain(column: sa.Column[Any], number: int) -> Any:
    kind = column.type
    if isinstance(kind, sa.Enum):
        return kind.enums[0]
    if isinstance(kind, sa.Uuid):
        return UUID(int=(sum(map(ord, column.table.name)) << 64) + number)
    if column.name.endswith(("currency", "reporting")):
        return "MMK"
    if type(kind).__name__ == "ExactDecimal":
        return _PLAIN[Decimal]
    if isinstance(kind, sa.TypeDecorator):
        kind = kind.impl_instance
    plain = _PLAIN[kind.python_type]
    if isinstance(kind, sa.String) and not isinstance(kind, sa.Text) and kind.length:
        return str(plain)[: kind.length] if kind.length > 2 else "TH"[: kind.length]
    if plain == 1 and column.primary_key:
        return number
    if plain == "x" and (column.unique or column.primary_key):
        return f"x{number}"
    return plain
