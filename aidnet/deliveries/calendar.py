"""A month of deliveries: when each should reach its villages, and when something last happened to it."""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa
from babel.dates import format_date
from sqlalchemy.orm import Session

from aidnet import clock, policy
from aidnet.deliveries import spans
from aidnet.deliveries.models import Delivery
from aidnet.deliveries.words import STATES
from aidnet.disclosure import show
from aidnet.i18n import current_language
from aidnet.policy import Actor, Permission

#: Deliveries a day names of each kind; the list has the others.
_NAMED = 3
#: What a day has: deliveries that should arrive, and those to which something happened, but nothing later.
DUE, LAST = "due", "last"


@dataclass(frozen=True)
class Entry:
    """A delivery on a day."""

    code: str
    kind: str
    state: str
    late: bool


@dataclass(frozen=True)
class Group:
    """The deliveries of a day of one kind: the first of them, and how many there are."""

    what: str
    entries: tuple[Entry, ...]
    count: int

    @property
    def more(self) -> int:
        return self.count - len(self.entries)


@dataclass(frozen=True)
class Day:
    """A square of the calendar; `inside`: of the month itself."""

    day: date
    inside: bool
    today: bool
    groups: tuple[Group, ...]


@dataclass(frozen=True)
class Month:
    """A month in whole weeks, Monday first. Months are written as in addresses: "2026-08"."""

    first: date
    weeks: tuple[tuple[Day, ...], ...]
    before: str
    after: str

    @property
    def empty(self) -> bool:
        return not any(day.groups for week in self.weeks for day in week)


def weekday(day: date) -> str:
    """The day of the week, short."""
    return str(format_date(day, "EEE", locale=current_language()))


def month_of(asked: str | None) -> date:
    """The month an address asks for; this one where it asks for none."""
    found = re.fullmatch(r"(20\d\d)-(0[1-9]|1[0-2])", asked or "", re.ASCII)
    return date(int(found[1]), int(found[2]), 1) if found else spans.this_month()


def month(session: Session, actor: Actor, first: date) -> Month:
    """The month that begins on `first`, of the actor's group. One statement."""
    last = spans.back(first, -1) - timedelta(days=1)
    begin = first - timedelta(days=first.weekday())
    groups = _groups(session, actor, first, last)
    weeks = [
        tuple(_day(begin + timedelta(days=7 * week + number), first, groups) for number in range(7))
        for week in range(((last - begin).days // 7) + 1)
    ]
    return Month(first, tuple(weeks), f"{spans.back(first, 1):%Y-%m}", f"{spans.back(first, -1):%Y-%m}")


def _day(day: date, first: date, groups: dict[date, list[Group]]) -> Day:
    inside = (day.year, day.month) == (first.year, first.month)
    return Day(day, inside, day == clock.today(), tuple(groups.get(day, ())) if inside else ())


def _groups(session: Session, actor: Actor, first: date, last: date) -> dict[date, list[Group]]:
    mine = policy.rule(actor, Permission.DELIVERY_READ, Delivery) & (Delivery.responder_id == actor.responder_id)
    # Both kinds of openness are named, so that the index by planned day leads.
    planned = _part(DUE, Delivery.planned_on, mine & Delivery.is_open.in_([True, False]), first, last)
    happened = _part(LAST, Delivery.last_on, mine, first, last)
    chosen = sa.union_all(*(sa.select(part).where(part.c.number <= _NAMED) for part in (planned, happened))).subquery()
    statement = (
        sa.select(chosen.c.what, chosen.c.day, chosen.c.many, Delivery)
        .join(Delivery, Delivery.id == chosen.c.id)
        .order_by(chosen.c.day, chosen.c.what, chosen.c.number)
    )
    found: defaultdict[tuple[date, str], list[Any]] = defaultdict(list)
    for row in session.execute(policy.unscoped(statement, because="each part carries the rule of deliveries")):
        found[row.day, row.what].append(row)
    groups: defaultdict[date, list[Group]] = defaultdict(list)
    for (day, what), rows in found.items():
        groups[day].append(Group(what, tuple(_entries(actor, rows)), rows[0].many))
    return groups


def _part(what: str, column: Any, mine: sa.ColumnElement[bool], first: date, last: date) -> sa.Subquery:
    number = sa.func.row_number().over(partition_by=column, order_by=Delivery.id.desc())
    many = sa.func.count().over(partition_by=column)
    return (
        sa.select(
            sa.literal(what).label("what"), column.label("day"), Delivery.id, number.label("number"), many.label("many")
        )
        .where(mine, column.between(first, last))
        .subquery()
    )


def _entries(actor: Actor, rows: list[Any]) -> Iterator[Entry]:
    for row in rows:
        shown = show(actor, row.Delivery)
        kind, word = STATES[shown.state]
        yield Entry(str(shown.code), kind, str(word), bool(row.what == DUE and shown.is_open and row.day < clock.today()))
