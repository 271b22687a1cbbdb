"""What is in the way now, for whoever plans a delivery."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from aidnet.access.models import AccessConstraint
from aidnet.access.rows import AccessRow, rows, shown, stale, stands, worst_first
from aidnet.places.models import Place
from aidnet.policy import Actor, Permission

__all__ = ["Standing", "standing_on"]

_READ = Permission.ACCESS_READ
#: More than a planner reads.
_MOST = 100

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


def standing_on(
    session: Session, actor: Actor, place_ids: Collection[int], crossing_ids: Collection[int] = ()
) -> list[Standing]:
    """What stands in the townships of these places, or at these crossings: fresh before stale, worst first. Two statements, or none.

    The places are of the gazetteer (of a site, the one it lies in). Whoever may read no constraint is told none.
    """
    if not (place_ids or crossing_ids) or not actor.may(_READ) or actor.responder_id is None:
        return []
    asked = aliased(Place)
    statement = (
        rows(actor, asked.id)
        .outerjoin(asked, asked.id.in_(place_ids) & _on_the_way_to(asked))
        .where(stands(), asked.id.is_not(None) | AccessConstraint.crossing_id.in_(crossing_ids))
        .order_by(stale(), worst_first(), AccessConstraint.heard_on.desc(), AccessConstraint.id)
        .limit(_MOST)
    )
    found, on = {}, defaultdict(set)
    for constraint, crossing, place_id in session.execute(statement):
        found[constraint.id] = (constraint, crossing)
        on[constraint.id].add(place_id)
    listed = shown(session, actor, found.values())
    return [
        Standing(row, frozenset(on[constraint.id] - {None}), constraint.crossing_id)
        for row, (constraint, _crossing) in zip(listed, found.values(), strict=True)
    ]
