"""What a group has where, and where it served lately, beside where it says it reaches; as coarse as each audience may know it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from aidnet import clock, disclosure, policy
from aidnet.deliveries.models import ServedMonth, ServedPlace
from aidnet.disclosure import Audience, field
from aidnet.disclosure import Level as Shown
from aidnet.places import queries as places
from aidnet.places.models import Place
from aidnet.places.queries import PlacePath
from aidnet.policy import Actor, Permission
from aidnet.responders import reaching
from aidnet.responders.models import Capacity, CapacityKind, Responder
from aidnet.responders.queries import coarse
from aidnet.responders.reaching import ReachLine

_READ = Permission.RESPONDER_READ
#: How far back "lately" goes.
LATELY = timedelta(days=180)
#: Of places served that are not on the list, as many as a page shows.
_SOME = 25
#: The key that stands for all sectors together.
_ALL = ""


@dataclass(frozen=True)
class CapacityLine:
    """So many of a kind in an area."""

    kind: CapacityKind
    area: PlacePath
    number: object
    #: The day it was said; where several areas are told as one, the earliest.
    said_on: object
    #: Of the actor's own rows only.
    uid: UUID | None


@dataclass(frozen=True)
class ServedLine:
    """A place served lately, and when last: a day for its own people, the first day of the month for others."""

    path: PlacePath
    last: object


@dataclass(frozen=True)
class Ground:
    """Where a group reaches, what it has there, and where it was lately. None: not told to this actor."""

    reach: Sequence[ReachLine]
    capacity: Sequence[CapacityLine] | None
    #: When each place of `reach` (or one in it) was served last, by its id.
    served: Mapping[int, object] | None
    #: Served lately, and in no place of `reach`; the latest first, `more` of them left out.
    besides: Sequence[ServedLine]
    more: int

    @property
    def tells_served(self) -> bool:
        return self.served is not None


def ground_of(session: Session, actor: Actor, responder: Responder) -> Ground:
    """A group's places as the actor may see them. Five statements at most."""
    declared = reaching.rows_of(session, actor, responder.id)
    had = _capacity_rows(session, actor, responder.id)
    last, above = _served_rows(session, actor, responder)
    ids = {row.place_id for row in declared}
    listed = {place_id for place_id, ancestors in above.items() if ids & ancestors}
    besides = sorted(set(last) - listed, key=lambda place_id: (-last[place_id].toordinal(), place_id))
    shown = besides[:_SOME]
    paths = places.paths(session, {*ids, *(row.area_id for row in had or ()), *shown})
    seen = _seen_served(actor, responder.id)
    within: dict[int, date] = {}
    for place_id in listed:
        for ancestor in ids & above[place_id]:
            within[ancestor] = max(within.get(ancestor, date.min), last[place_id])
    return Ground(
        reach=reaching.lines_of(session, actor, responder.id, declared, paths),
        capacity=None if had is None else _capacity_lines(actor, responder.id, had, paths),
        served=None if seen is None else {place_id: seen(on) for place_id, on in within.items()},
        besides=[ServedLine(paths[place_id], seen(last[place_id])) for place_id in shown] if seen else (),
        more=len(besides) - len(shown),
    )


def _own(actor: Actor, responder_id: int) -> bool:
    return disclosure.audience_of(actor, responder_id) in (Audience.OWN, Audience.LOGGER)


@dataclass(frozen=True)
class _CapacityRow:
    kind: CapacityKind
    area_id: int
    number: int
    said_on: date
    uid: UUID | None = None


def _capacity_rows(session: Session, actor: Actor, responder_id: int) -> Sequence[_CapacityRow] | None:
    """What a group has, no finer than the actor may see; None where not at all. One statement."""
    level = disclosure.level_of("capacity", "area", disclosure.audience_of(actor, responder_id))
    if level is Shown.WITHHELD:
        return None
    if _own(actor, responder_id):
        rows = session.scalars(policy.visible(actor, _READ, Capacity).where(Capacity.responder_id == responder_id))
        return [_CapacityRow(row.kind, row.area_id, row.number, row.said_on, row.uid) for row in rows]
    area_id: sa.Label[int] = coarse(level).label("area_id")
    together = session.execute(
        policy.select(
            actor,
            {Capacity: _READ},
            Capacity.kind,
            area_id,
            sa.func.sum(Capacity.number).label("number"),
            sa.func.min(Capacity.said_on).label("said_on"),
        )
        .join(Place, Place.id == Capacity.area_id)
        .where(Capacity.responder_id == responder_id)
        .group_by(Capacity.kind, area_id)
    )
    return [_CapacityRow(row.kind, row.area_id, int(row.number), row.said_on) for row in together]


def _capacity_lines(
    actor: Actor, responder_id: int, rows: Sequence[_CapacityRow], paths: Mapping[int, PlacePath]
) -> Sequence[CapacityLine]:
    def seen(name: str, value: object) -> object:
        return field(actor, "capacity", name, value, owner_id=responder_id)

    lines = [
        CapacityLine(
            kind=row.kind,
            area=field(actor, "capacity", "area", paths[row.area_id], owner_id=responder_id),
            number=seen("number", row.number),
            said_on=seen("said_on", row.said_on),
            uid=row.uid,
        )
        for row in rows
    ]
    return sorted(lines, key=lambda line: (list(CapacityKind).index(line.kind), line.area.label))


def _served_level(actor: Actor, responder_id: int) -> Shown:
    """How fine the actor sees where a group served; the board of what was served lately is coordinators' alone."""
    if not actor.may(Permission.SERVED_READ):
        return Shown.WITHHELD
    return disclosure.level_of("served_month", "area", disclosure.audience_of(actor, responder_id))


def _seen_served(actor: Actor, responder_id: int) -> Callable[[date], object] | None:
    """How the actor is told when a group served last; None: not at all."""
    if _served_level(actor, responder_id) is Shown.WITHHELD:
        return None
    if _own(actor, responder_id):
        return lambda on: field(actor, "served_place", "last_on", on, owner_id=responder_id)
    return lambda on: field(actor, "served_month", "month", on, owner_id=responder_id)


def _served_rows(session: Session, actor: Actor, responder: Responder) -> tuple[dict[int, date], dict[int, set[int]]]:
    """When each place was served last, and what it lies in (itself too). One statement.

    SECURITY: of another group it is the township and the month, and nothing where that group withholds itself.
    Kept by tests/responders/test_ground.py.
    """
    level = _served_level(actor, responder.id)
    own = _own(actor, responder.id)
    if level is Shown.WITHHELD or (responder.withheld_at is not None and not own):
        return {}, {}
    since = clock.today() - LATELY
    if own:
        statement = (
            sa.select(ServedPlace.place_id, Place.parent_id, Place.township_id, Place.district_id, Place.state_id, ServedPlace.last_on)
            .join(Place, Place.id == ServedPlace.place_id)
            .where(ServedPlace.responder_id == responder.id, ServedPlace.distributions > 0, ServedPlace.last_on >= since)
        )
    else:
        area_id = coarse(level)
        area = (area_id, area_id, area_id, Place.district_id, Place.state_id)
        statement = (
            sa.select(*area, sa.func.max(ServedMonth.month))
            .join(Place, Place.id == ServedMonth.area_id)
            .where(ServedMonth.responder_id == responder.id, ServedMonth.sector == _ALL, ServedMonth.distributions > 0)
            .where(ServedMonth.month >= since.replace(day=1))
            .group_by(area_id, Place.district_id, Place.state_id)
        )
    because = "the own group's places, or another's as coarse as the matrix says"
    last: dict[int, date] = {}
    above: dict[int, set[int]] = {}
    for place_id, parent_id, township_id, district_id, state_id, on in session.execute(policy.unscoped(statement, because=because)):
        last[place_id] = max(last.get(place_id, date.min), on)
        above[place_id] = {each for each in (place_id, parent_id, township_id, district_id, state_id) if each is not None}
    return last, above
