"""What fades: thirty days after an evacuation ended, its words are deleted. The counts stay."""

from dataclasses import dataclass
from datetime import date, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from aidnet import audit, clock
from aidnet.errors import Refused
from aidnet.evacuations.models import Evacuation, EvacuationEvent, EvacuationPrivate
from aidnet.policy import Actor, unscoped

#: Days after its end.
KEPT_DAYS = 30
_BECAUSE = "detail fades, whoever's it is"


@dataclass(frozen=True)
class Faded:
    """How much was deleted."""

    evacuations: int
    notes: int


def fade(session: Session, actor: Actor, today: date) -> Faded:
    """Delete origin, notes and places of what ended long enough ago. A second run finds nothing. Raises: Refused."""
    if not actor.operator:
        raise Refused
    ended = sa.select(Evacuation).where(
        Evacuation.ended_on.is_not(None),
        Evacuation.ended_on <= today - timedelta(days=KEPT_DAYS),
        Evacuation.faded_at.is_(None),
    )
    notes = count = 0
    for row in session.scalars(unscoped(ended.order_by(Evacuation.id), because=_BECAUSE)).all():
        events = sa.select(EvacuationEvent.id).where(EvacuationEvent.evacuation_id == row.id)
        gone = (
            sa.delete(EvacuationPrivate)
            .where(EvacuationPrivate.event_id.in_(events))
            .returning(EvacuationPrivate.event_id)
        )
        notes += len(
            session.scalars(unscoped(gone, because=_BECAUSE), execution_options={"synchronize_session": False}).all()
        )
        row.origin = row.note = None
        row.faded_at = clock.now()
        session.flush()
        audit.record(session, actor, "evacuation.faded", row, code=row.code)
        count += 1
    return Faded(count, notes)
