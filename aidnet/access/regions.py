"""What donors are told of access: by region, in three levels, a week late, and of whom nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from aidnet import clock, disclosure, policy
from aidnet.access.models import AccessConstraint, Ease
from aidnet.access.rows import STALE_AFTER, WORST_FIRST, worst_first
from aidnet.disclosure import Withheld
from aidnet.places.queries import PlacePath, paths
from aidnet.policy import Actor, Permission

#: The rule of donors (policy/rules.py) leaves out what was written down later than this.
LATE = timedelta(days=7)


@dataclass(frozen=True)
class Region:
    """The worst that stood in a region on the day told of."""

    path: PlacePath
    ease: Ease


def regions(session: Session, actor: Actor) -> Sequence[Region]:
    """The regions where anything stood a week ago and was fresh then, the hardest first. Two statements.

    How many reports there are, of what kind and whose, is not told.
    """
    constraint, told_of = AccessConstraint, clock.today() - LATE
    statement = (
        policy.select(actor, {constraint: Permission.ACCESS_READ}, constraint.state_id, sa.func.min(worst_first()))
        .where(
            constraint.state_id.is_not(None),
            constraint.since_on <= told_of,
            constraint.until_on.is_(None) | (constraint.until_on >= told_of),
            constraint.heard_on >= told_of - STALE_AFTER,
        )
        .group_by(constraint.state_id)
    )
    worst = {state_id: WORST_FIRST[number] for state_id, number in session.execute(statement)}
    known = paths(session, worst)
    found = []
    for state_id, ease in worst.items():
        path = disclosure.field(actor, "access_constraint", "place", known[state_id])
        level = disclosure.field(actor, "access_constraint", "ease", ease)
        if not isinstance(path, Withheld) and not isinstance(level, Withheld):
            found.append(Region(path, level))
    return sorted(found, key=lambda one: (WORST_FIRST.index(one.ease), one.path.pcode))
