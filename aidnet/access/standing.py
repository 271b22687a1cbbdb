"""What is in the way now, for whoever plans a delivery."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from aidnet.access.models import AccessConstraint
from aidnet.access.rows import AccessRow, row_of, rows, stale, stands, worst_first
from aidnet.places.models import Crossing, Place
from aidnet.places.queries import PlacePath, paths
from aidnet.policy import Actor, Permission

__all__ = ["Found", "Standing", "found_on", "standing_on", "told"]

_READ = Permission.ACCESS_READ
#: More than a planner reads.
_MOST = 100


@dataclass(frozen=True)
class Found:
    """Constraints with their crossings, and of which of the places asked about; for `told()`."""

    rows: Sequence[tuple[AccessConstraint, Crossing | None]] = ()
    on: Mapping[int, frozenset[int]] = field(default_factory=dict)

    @property
    def place_ids(self) -> set[int]:
        """Where they are."""
        return {constraint.place_id for constraint, _crossing in self.rows if constraint.place_id}


@dataclass(frozen=True)
class Standing:
    """Something that stands in the way of a plan, and of which of the places and crossings asked about."""

    row: AccessRow
    place_ids: frozenset[int]
    #: None: it is at a place.
    crossing_id: int | None


def _on_the_way_to(place: type[Place]) -> sa.ColumnElement[bool]:
    """True of a constraint in the township of the place; or, where either is known no finer, in its district or state."""
    constraint = AccessConstraint
    at_district = constraint.township_id.is_(None) | place.township_id.is_(None)
    at_state = constraint.district_id.is_(None) | place.district_id.is_(None)
    return constraint.crossing_id.is_(None) & (
        (constraint.township_id == place.township_id)
        | (at_district & (constraint.district_id == place.district_id))
        | (at_state & (constraint.state_id == place.state_id))
    )


def found_on(session: Session, actor: Actor, place_ids: Collection[int], crossing_ids: Collection[int] = ()) -> Found:
    """What stands in the townships of these places, or at these crossings: fresh before stale, worst first. One statement, or none.

    The places are of the gazetteer (of a site, the one it lies in). Whoever may read no constraint is told none.
    """
    if not (place_ids or crossing_ids) or not actor.may(_READ) or actor.responder_id is None:
        return Found()
    asked = aliased(Place)
    statement = (
        rows(actor, asked.id)
        .outerjoin(asked, asked.id.in_(place_ids) & _on_the_way_to(asked))
        .where(stands(), asked.id.is_not(None) | AccessConstraint.crossing_id.in_(crossing_ids))
        .order_by(stale(), worst_first(), AccessConstraint.heard_on.desc(), AccessConstraint.id)
        .limit(_MOST)
    )
    found, on = {}, defaultdict[int, set[int]](set)
    for constraint, crossing, place_id in session.execute(statement):
        found[constraint.id] = (constraint, crossing)
        on[constraint.id] |= {place_id} - {None}
    return Found(list(found.values()), {constraint_id: frozenset(ids) for constraint_id, ids in on.items()})


def told(actor: Actor, found: Found, known: Mapping[int, PlacePath]) -> list[Standing]:
    """What was found, as the actor may see it. `known`: the paths of its places."""
    return [
        Standing(
            row_of(actor, constraint, crossing, known.get(constraint.place_id or 0)), found.on[constraint.id], constraint.crossing_id
        )
        for constraint, crossing in found.rows
    ]


def standing_on(
    session: Session, actor: Actor, place_ids: Collection[int], crossing_ids: Collection[int] = ()
) -> list[Standing]:
    """The same as the actor may see it. Two statements, or none."""
    found = found_on(session, actor, place_ids, crossing_ids)
    return told(actor, found, paths(session, found.place_ids))
