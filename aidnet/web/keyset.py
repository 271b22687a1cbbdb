"""Lists page by page, by the last row's sort keys: never OFFSET, never a count of everything."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Generic, TypeVar
from urllib.parse import urlencode

import sqlalchemy as sa
from flask import request, url_for
from sqlalchemy.orm import InstrumentedAttribute, Session

from aidnet.crypto import Unreadable, keyring

Row = TypeVar("Row")

#: Rows a page shows.
SIZE = 25


@dataclass(frozen=True)
class Page(Generic[Row]):
    """Some rows, and the cursor after them; None where they are the last."""

    rows: Sequence[Row]
    after: str | None

    @property
    def next_url(self) -> str:
        """This page's address with its filters, one page on; empty where there is none."""
        return _here(after=self.after) if self.after else ""

    @property
    def first_url(self) -> str:
        """The first page with the same filters; empty where this is it."""
        return _here(after=None) if request.args.get("after") else ""


@dataclass(frozen=True)
class Part:
    """Rows of a list, under their rule, that an index has in the list's order; all have the same first sort key."""

    rows: sa.Select[Any]
    first: Any


def _here(**changed: str | None) -> str:
    return asked_again(url_for(str(request.endpoint), **(request.view_args or {})), **changed)


def asked_again(address: str, /, **changed: str | None) -> str:
    """`address` with the question of this one, changed (None leaves a name out). Names that people type never become words of `url_for`."""
    arguments: dict[str, Any] = request.args.to_dict(flat=False) | changed
    kept = {name: value for name, value in arguments.items() if value not in (None, "", [""])}
    return f"{address}?{urlencode(kept, doseq=True)}" if kept else address


def _pack(values: Sequence[Any]) -> str:
    """SECURITY: sealed, because sort keys are row ids and instants, and both tell volume and time. Kept by tests/web/test_keyset.py."""
    plain = [value.isoformat() if isinstance(value, date | datetime) else value for value in values]
    return keyring().seal(json.dumps(plain), _place()).decode()


def _place() -> str:
    """A cursor opens on the list it was made for, and nowhere else."""
    return f"cursor:{request.endpoint}"


def _unpack(cursor: str, columns: Sequence[Any]) -> list[Any] | None:
    """The values in a cursor; None where somebody wrote it by hand."""
    try:
        values = json.loads(keyring().unseal(cursor.encode(), _place()))
        if not isinstance(values, list) or len(values) != len(columns):
            return None
        read = []
        for value, column in zip(values, columns, strict=True):
            kind = column.type.python_type
            if issubclass(kind, date):
                value = kind.fromisoformat(value)
            elif not isinstance(value, kind) or (kind is int and abs(value) >= 2**63):
                return None
            read.append(value)
    except (ValueError, TypeError, Unreadable):
        return None
    return read


def page(
    session: Session,
    statement: sa.Select[Any],
    *by: sa.ColumnElement[Any] | InstrumentedAttribute[Any],
    after: str | None = None,
    descending: bool = True,
    size: int = SIZE,
    parts: Sequence[Part] = (),
) -> Page[Any]:
    """One page of `statement`, sorted by `by` (columns; the last one unique, all in one direction).

    `statement` selects one entity or several columns; `by` columns are added to it. A bad cursor begins at the start.
    `parts`: the rows of a list that no one index has in its order (a descending one), in parts of which each has one; they may
    overlap. `statement` narrows nothing then.
    """
    values = _unpack(after, by) if after else None
    if parts:
        statement = statement.where(by[-1].in_(_beginnings(parts, by, values, size)))
    elif values is not None:
        key, last = sa.tuple_(*by), sa.tuple_(*(sa.literal(value, column.type) for value, column in zip(values, by, strict=True)))
        statement = statement.where(key < last if descending else key > last)
    order = [column.desc() if descending else column.asc() for column in by]
    found = session.execute(statement.add_columns(*by).order_by(*order).limit(size + 1)).all()
    rows = [row[: -len(by)] for row in found[:size]]
    cursor = _pack(found[size - 1][-len(by) :]) if len(found) > size else None
    return Page([row[0] if len(row) == 1 else row for row in rows], cursor)


def _beginnings(
    parts: Sequence[Part], by: Sequence[Any], values: Sequence[Any] | None, size: int
) -> sa.CompoundSelect[Any]:
    """The last sort keys of the first rows of each part after the cursor: the page is among them."""
    key, begun = by[1:], []
    for part in parts:
        rows = part.rows.with_only_columns(by[-1])
        if values is not None and part.first >= values[0]:
            last = (sa.literal(value, column.type) for value, column in zip(values[1:], key, strict=True))
            rows = rows.where(sa.tuple_(*key) < sa.tuple_(*last) if part.first == values[0] else sa.false())
        begun.append(sa.select(rows.order_by(*(column.desc() for column in key)).limit(size + 1).subquery()))
    return sa.union_all(*begun)
