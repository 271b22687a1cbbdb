"""What donors are told of access: by region, in three levels, a week late, and of whom nothing.

A constraint's row says what its group says today. When each renewal and ending was said is in the audit chain alone: so a
change of today reaches donors in a week, and not as soon as it takes the place of what was said before. It reaches them at
midnight: the hour at which somebody wrote is told to nobody.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from aidnet import clock, disclosure, policy
from aidnet.access.models import AccessConstraint, Ease
from aidnet.access.rows import STALE_AFTER, WORST_FIRST, worst_first
from aidnet.audit.models import AuditEntry
from aidnet.disclosure import Withheld
from aidnet.places.queries import PlacePath, paths
from aidnet.policy import Actor, Permission

#: The rule of donors (policy/rules.py) leaves out what was not written down before this many days began.
LATE = timedelta(days=7)


@dataclass(frozen=True)
class Region:
    """The worst that stood in a region on the day told of."""

    path: PlacePath
    ease: Ease


def regions(session: Session, actor: Actor) -> Sequence[Region]:
    """The regions where anything stood a week ago and was fresh then, the hardest first. Two statements.

    How many reports there are, of what kind and whose, is not told; what was renewed, ended or taken back since is as it was then.
    """
    constraint, told_of = AccessConstraint, clock.today() - LATE
    told_at, since = clock.midnight(told_of), clock.midnight(told_of - STALE_AFTER)
    is_fresh = (constraint.recorded_at >= since) | constraint.id.in_(
        _said(("access.renewed", "access.ended")).where(AuditEntry.at >= since, AuditEntry.at < told_at)
    )
    ended_since = constraint.id.in_(_said(("access.ended",)).where(AuditEntry.at >= told_at))
    statement = (
        sa.select(constraint.state_id, sa.func.min(worst_first()))
        .where(
            policy.rule(actor, Permission.ACCESS_READ, constraint),
            constraint.state_id.is_not(None),
            constraint.since_on <= told_of,
            constraint.until_on.is_(None) | (constraint.until_on >= told_of) | ended_since,
            is_fresh,
        )
        .group_by(constraint.state_id)
    )
    because = "constraints carry their rule; of the chain it takes when something was said of them"
    found_worst = session.execute(policy.unscoped(statement, because=because))
    worst = {state_id: WORST_FIRST[number] for state_id, number in found_worst if state_id is not None}
    known = paths(session, worst)
    found = []
    for state_id, ease in worst.items():
        path = disclosure.field(actor, "access_constraint", "place", known[state_id])
        level = disclosure.field(actor, "access_constraint", "ease", ease)
        if not isinstance(path, Withheld) and not isinstance(level, Withheld):
            found.append(Region(path, level))
    return sorted(found, key=lambda one: (WORST_FIRST.index(one.ease), one.path.pcode))


def _said(actions: Sequence[str]) -> sa.Select[int]:
    """The constraints of which one of these was written down."""
    return sa.select(AuditEntry.entity_id).where(
        AuditEntry.entity == AccessConstraint.__tablename__, AuditEntry.action.in_(actions)
    )
