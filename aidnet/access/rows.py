"""Constraints as each audience may see them: the own ones in full, others' at township level, under no name."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from aidnet import clock, disclosure, policy
from aidnet.access import words
from aidnet.access.models import AccessConstraint, Ease
from aidnet.disclosure import Shown
from aidnet.places.models import Crossing, Level, Place
from aidnet.places.queries import PlacePath, crossing_name, paths
from aidnet.places.search import Option
from aidnet.policy import Actor, Permission

__all__ = [
    "STALE_AFTER",
    "WORST_FIRST",
    "AccessRow",
    "around",
    "in_or_over",
    "row_of",
    "rows",
    "shown",
    "stale",
    "stands",
    "worst_first",
]

#: Nobody said for longer than this that it still is so.
STALE_AFTER = timedelta(days=14)
#: The order in which one looks at what is in the way.
WORST_FIRST = (Ease.NONE, Ease.HARD, Ease.EASY)

_READ = Permission.ACCESS_READ


@dataclass(frozen=True)
class AccessRow:
    """A constraint, and where it is, as the actor may know it."""

    constraint: Shown
    own: bool
    #: None: at a crossing that lies nowhere on the map.
    path: PlacePath | None
    crossing: str
    #: It has no end yet, or one that is still to come.
    stands: bool
    #: It stands, and nobody said so lately.
    stale: bool
    withdrawn: bool

    @property
    def what(self) -> str:
        """What is in the way, in a word."""
        return str(words.KINDS[self.constraint.kind])

    @property
    def ease(self) -> tuple[str, str]:
        """How one gets through: the shape it is drawn with, and its word."""
        mark, word = words.EASES[self.constraint.ease]
        return mark, str(word)

    @property
    def where(self) -> str:
        """The place or crossing in a few words."""
        return self.crossing or (self.path.label if self.path else "")


def stands() -> sa.ColumnElement[bool]:
    """True of what has begun, and has not ended by today."""
    today = clock.today()
    lasts = AccessConstraint.until_on.is_(None) | (AccessConstraint.until_on >= today)
    return (AccessConstraint.since_on <= today) & lasts & AccessConstraint.withdrawn_at.is_(None)


def stale() -> sa.ColumnElement[bool]:
    """True of what nobody heard of lately."""
    return AccessConstraint.heard_on < clock.today() - STALE_AFTER


def worst_first() -> sa.ColumnElement[int]:
    """Sorts what lets nobody through first."""
    ranks = {ease.value: rank for rank, ease in enumerate(WORST_FIRST)}
    return sa.case(ranks, value=sa.cast(AccessConstraint.ease, sa.Text()))


def in_or_over(areas: Mapping[Level, Any]) -> sa.ColumnElement[bool]:
    """True of what stands in the finest of these areas; or, where it is known no finer, over it, in a larger one."""
    there: sa.ColumnElement[bool] = sa.false()
    finer: sa.ColumnElement[bool] = sa.true()
    for level, column in (
        (Level.TOWNSHIP, AccessConstraint.township_id),
        (Level.DISTRICT, AccessConstraint.district_id),
        (Level.STATE, AccessConstraint.state_id),
    ):
        if level in areas:
            there |= finer & (column == areas[level])
            finer = column.is_(None)
    return there


def around(option: Option) -> sa.ColumnElement[bool]:
    """True of what stands in a region, district or township, or over it: who asks for a township is told of its district's roads."""
    above = aliased(Place)
    upper = {Level.STATE: above.state_id, Level.DISTRICT: above.district_id}
    areas: dict[Level, Any] = {
        level: sa.select(column).where(above.id == option.place_id).scalar_subquery()
        for level, column in upper.items()
        if level.depth < option.level.depth
    }
    return in_or_over(areas | {option.level: option.place_id})


def rows(actor: Actor, *more: Any) -> sa.Select[Any]:
    """Constraints with their crossings, as `shown()` takes them, then `more` columns of what the caller joins."""
    reads = {AccessConstraint: _READ, Crossing: Permission.DELIVERY_READ}
    statement = policy.select(actor, reads, AccessConstraint, Crossing, *more)
    return statement.outerjoin(Crossing, Crossing.id == AccessConstraint.crossing_id)


def shown(session: Session, actor: Actor, found: Iterable[tuple[AccessConstraint, Crossing | None]]) -> list[AccessRow]:
    """Rows of `rows()` as the actor may see them. One statement."""
    listed = list(found)
    known = paths(session, {constraint.place_id for constraint, _crossing in listed if constraint.place_id})
    return [row_of(actor, constraint, crossing, known.get(constraint.place_id or 0)) for constraint, crossing in listed]


def row_of(actor: Actor, constraint: AccessConstraint, crossing: Crossing | None, path: PlacePath | None) -> AccessRow:
    """One of them, with the place it is at, or the area it lies in."""
    owner = constraint.responder_id
    today = clock.today()
    name = crossing_name(actor, crossing) if crossing else ""
    is_over = constraint.withdrawn_at is not None or (constraint.until_on is not None and constraint.until_on < today)
    lasts = constraint.since_on <= today and not is_over
    return AccessRow(
        constraint=disclosure.show(actor, constraint),
        own=owner == actor.responder_id,
        path=disclosure.field(actor, "access_constraint", "place", path, owner_id=owner),
        crossing=str(disclosure.field(actor, "access_constraint", "crossing", name, owner_id=owner)),
        stands=lasts,
        stale=lasts and constraint.heard_on < today - STALE_AFTER,
        withdrawn=constraint.withdrawn_at is not None,
    )
