"""A month of an area, day by day: what stood, what nobody spoke of any more, and where nothing was reported."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from aidnet import clock, disclosure, policy
from aidnet.access.models import AccessConstraint, Ease
from aidnet.access.rows import STALE_AFTER, WORST_FIRST, AccessRow, around, rows, shown
from aidnet.places.models import Place
from aidnet.places.queries import PlacePath, paths
from aidnet.places.search import Option
from aidnet.policy import Actor, Permission
from aidnet.web import keyset

#: Areas a page shows.
SIZE = 10
#: More reports than an area has in a month.
_ROWS_MOST = 400


@dataclass(frozen=True)
class Run:
    """Days in a row that were alike. `ease` None: nothing was reported, or (`unheard`) it was not heard of any more."""

    first: date
    last: date
    ease: Ease | None
    unheard: bool

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1


@dataclass(frozen=True)
class AreaMonth:
    """An area's month up to today, and the reports it is told from."""

    path: PlacePath
    runs: tuple[Run, ...]
    rows: tuple[AccessRow, ...]


def last_day(month: date) -> date:
    """The last day of a month that has come."""
    following = (month.replace(day=28) + timedelta(days=4)).replace(day=1)
    return min(following - timedelta(days=1), clock.today())


def _touches(month: date) -> sa.ColumnElement[bool]:
    """True of what stood, or was not known to have ended, on some day of the month."""
    lasted = AccessConstraint.until_on.is_(None) | (AccessConstraint.until_on >= month)
    return AccessConstraint.withdrawn_at.is_(None) & (AccessConstraint.since_on <= last_day(month)) & lasted


def _heard_in(month: date) -> sa.ColumnElement[bool]:
    """Leaves out what nobody has spoken of since long before the month."""
    return AccessConstraint.until_on.is_not(None) | (AccessConstraint.heard_on >= month - STALE_AFTER)


#: The area a constraint stands over.
_AREA = sa.func.coalesce(AccessConstraint.township_id, AccessConstraint.district_id, AccessConstraint.state_id)


def month_of(session: Session, actor: Actor, month: date, inside: Option | None, after: str | None) -> keyset.Page[AreaMonth]:
    """The areas in which anything stood that month, by code, each with its days. Four statements.

    `inside` narrows them to a place: what lies in it, and what it lies in.
    """
    statement = (
        policy.select(actor, {AccessConstraint: Permission.ACCESS_READ}, Place.id)
        .select_from(AccessConstraint)
        .join(Place, Place.id == _AREA)
        .where(_touches(month), _heard_in(month))
        .distinct()
    )
    if inside is not None:
        statement = statement.where(around(inside))
    page = keyset.page(session, statement, Place.pcode, after=after, descending=False, size=SIZE)
    areas = {area: _known(actor, path) for area, path in paths(session, page.rows).items()}
    found = _over(session, actor, month, list(areas.values()))
    listed = dict(zip(found, shown(session, actor, found.values()), strict=True))
    return keyset.Page([_area_month(month, areas[area], found, listed) for area in page.rows], page.after)


def _known(actor: Actor, path: PlacePath) -> PlacePath:
    """An area, whoever reported there: no finer than others' reports are shown."""
    known: PlacePath = disclosure.field(actor, "access_constraint", "place", path, owner_id=0)
    return known


def _over(session: Session, actor: Actor, month: date, areas: Sequence[PlacePath]) -> dict[int, Any]:
    """The constraints that stand over these areas, by id: those of the areas themselves, and of what they lie in."""
    ids = {step.place_id for path in areas for step in path.steps}
    statement = rows(actor).where(_touches(month), _heard_in(month), _AREA.in_(ids))
    statement = statement.order_by(AccessConstraint.since_on, AccessConstraint.id).limit(_ROWS_MOST)
    return {constraint.id: (constraint, crossing) for constraint, crossing in session.execute(statement)}


def _area_month(month: date, path: PlacePath, found: dict[int, Any], listed: dict[int, AccessRow]) -> AreaMonth:
    upper = {step.place_id for step in path.steps}
    mine = {
        number: constraint
        for number, (constraint, _crossing) in found.items()
        if (constraint.township_id or constraint.district_id or constraint.state_id) in upper
    }
    return AreaMonth(path, tuple(_runs(month, list(mine.values()))), tuple(listed[number] for number in mine))


def _runs(month: date, constraints: Sequence[AccessConstraint]) -> Iterator[Run]:
    days = [month + timedelta(days=number) for number in range((last_day(month) - month).days + 1)]
    for (ease, unheard), alike in groupby(days, lambda day: on_day(day, constraints)):
        run = list(alike)
        yield Run(run[0], run[-1], ease, unheard)


def on_day(day: date, constraints: Sequence[AccessConstraint]) -> tuple[Ease | None, bool]:
    """The worst that stood on a day; where nothing did, whether something was not heard of any more.

    What has an end stood until then. What has none stood until it was last heard of, and is taken to stand for as long
    after as it is fresh.
    """
    unheard, worst = False, set()
    for one in constraints:
        if one.since_on > day or (one.until_on is not None and one.until_on < day):
            continue
        if one.until_on is None and day > one.heard_on + STALE_AFTER:
            unheard = True
        else:
            worst.add(one.ease)
    ease = next((ease for ease in WORST_FIRST if ease in worst), None)
    return ease, unheard and ease is None
