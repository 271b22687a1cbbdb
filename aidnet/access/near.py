"""What stands where the own group works: for its board."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from aidnet import clock, policy
from aidnet.access.models import AccessConstraint
from aidnet.access.rows import AccessRow, row_of, rows, stale, stands, worst_first
from aidnet.i18n import current_language
from aidnet.places.models import Place
from aidnet.places.queries import PlacePath, Step
from aidnet.policy import Actor, Permission
from aidnet.responders.models import Reach

__all__ = ["near", "reached", "township_of"]


def reached(actor: Actor, column: sa.SQLColumnExpression[int | None]) -> sa.Select[Any]:
    """The townships (or districts, or states: a column of `Place`) that the own group reaches now."""
    still = Reach.until_on.is_(None) | (Reach.until_on >= clock.today())
    own = policy.rule(actor, Permission.REACH_READ, Reach)
    return sa.select(column).join(Reach, Reach.place_id == Place.id).where(own, still, column.is_not(None))


def township_of(area: Place) -> PlacePath:
    """An area by itself, named in the viewer's language: a list of them asks for nothing more."""
    first, second = (area.name_my, area.name_en) if current_language() == "my" else (area.name_en, area.name_my)
    step = Step(area.id, area.pcode, area.level, area.display_name or first, None if area.display_name else second)
    return PlacePath((step,))


def near(session: Session, actor: Actor, most: int = 5) -> Sequence[AccessRow]:
    """What stands, fresh, where the own group reaches or reported it, worst first; places as townships. One statement."""
    if actor.responder_id is None or not actor.may(Permission.ACCESS_READ):
        return ()
    constraint, area = AccessConstraint, aliased(Place)
    there = (
        constraint.township_id.in_(reached(actor, Place.township_id))
        | (constraint.township_id.is_(None) & constraint.district_id.in_(reached(actor, Place.district_id)))
        | (constraint.district_id.is_(None) & constraint.state_id.in_(reached(actor, Place.state_id)))
    )
    lies_in = sa.func.coalesce(constraint.township_id, constraint.district_id, constraint.state_id)
    statement = (
        rows(actor, area)
        .outerjoin(area, area.id == lies_in)
        .where(stands(), ~stale(), there | (constraint.responder_id == actor.responder_id))
        .order_by(worst_first(), constraint.heard_on.desc(), constraint.id.desc())
        .limit(most)
    )
    found = session.execute(policy.unscoped(statement, because="constraints, crossings and reach each carry their own rule"))
    return [row_of(actor, one, crossing, township_of(lies) if lies else None) for one, crossing, lies in found]
