"""What stands around: at a place, for its page, and where the own group works, for its board."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from aidnet import clock, policy
from aidnet.access.models import AccessConstraint
from aidnet.access.rows import AccessRow, in_or_over, row_of, rows, stale, stands, worst_first
from aidnet.i18n import current_language
from aidnet.places.models import Level, Place
from aidnet.places.queries import PlacePath, Step
from aidnet.policy import Actor, Permission
from aidnet.responders.models import Reach

__all__ = ["MOST", "NEAR_MOST", "at_place", "count_near", "near", "path_within", "reached"]

#: Rows that a place's page shows.
MOST = 10
#: Rows of what is near.
NEAR_MOST = 25


def reached(actor: Actor, column: sa.SQLColumnExpression[int | None]) -> sa.Select[Any]:
    """The townships (or districts, or states: a column of `Place`) that the own group reaches now."""
    still = Reach.until_on.is_(None) | (Reach.until_on >= clock.today())
    own = policy.rule(actor, Permission.REACH_READ, Reach)
    return sa.select(column).join(Reach, Reach.place_id == Place.id).where(own, still, column.is_not(None))


def path_within(township: Place | None, place: Place | None = None) -> PlacePath | None:
    """A place by its name and its township's, in the viewer's language: a list of them asks for nothing more."""
    steps = {}
    for one in (township, place):
        if one is not None:
            first, second = (one.name_my, one.name_en) if current_language() == "my" else (one.name_en, one.name_my)
            other = None if one.display_name else second
            steps[one.id] = Step(one.id, one.pcode, one.level, one.display_name or first, other)
    return PlacePath(tuple(steps.values())) if steps else None


def at_place(session: Session, actor: Actor, path: PlacePath) -> Sequence[AccessRow] | None:
    """What stands in the township of a place, or over it; in a district or region, anywhere in it. One statement.

    One more than `MOST` at most, fresh and worst first. None: the actor is told no more than regions.
    """
    if actor.responder_id is None or not actor.may(Permission.ACCESS_READ):
        return None
    constraint = AccessConstraint
    there = sa.true() if path.level is Level.COUNTRY else in_or_over({step.level: step.place_id for step in path.steps})
    township, place = aliased(Place), aliased(Place)
    statement = (
        rows(actor, township, place)
        .outerjoin(township, township.id == constraint.township_id)
        .outerjoin(place, place.id == constraint.place_id)
        .where(stands(), there)
        .order_by(stale(), worst_first(), constraint.heard_on.desc(), constraint.id.desc())
        .limit(MOST + 1)
    )
    found = session.execute(statement)
    return [row_of(actor, one, crossing, path_within(area, spot)) for one, crossing, area, spot in found]


def _is_near(actor: Actor) -> sa.ColumnElement[bool]:
    """True of what stands, fresh, where the own group reaches or reported it."""
    constraint = AccessConstraint
    there = (
        constraint.township_id.in_(reached(actor, Place.township_id))
        | (constraint.township_id.is_(None) & constraint.district_id.in_(reached(actor, Place.district_id)))
        | (constraint.district_id.is_(None) & constraint.state_id.in_(reached(actor, Place.state_id)))
    )
    seen = policy.rule(actor, Permission.ACCESS_READ, constraint)
    return seen & stands() & ~stale() & (there | (constraint.responder_id == actor.responder_id))


def count_near(actor: Actor) -> sa.ScalarSelect[int]:
    """How much there is: a column of a board's statement."""
    return sa.select(sa.func.count()).select_from(AccessConstraint).where(_is_near(actor)).scalar_subquery()


def near(session: Session, actor: Actor, most: int = NEAR_MOST) -> Sequence[AccessRow]:
    """What stands, fresh, where the own group reaches or reported it, worst first; places as townships. One statement."""
    constraint, area = AccessConstraint, aliased(Place)
    lies_in = sa.func.coalesce(constraint.township_id, constraint.district_id, constraint.state_id)
    statement = (
        rows(actor, area)
        .outerjoin(area, area.id == lies_in)
        .where(_is_near(actor))
        .order_by(worst_first(), constraint.heard_on.desc(), constraint.id.desc())
        .limit(most)
    )
    found = session.execute(policy.unscoped(statement, because="constraints, crossings and reach each carry their own rule"))
    return [row_of(actor, one, crossing, path_within(lies)) for one, crossing, lies in found]
