"""What fades: thirty days after an evacuation ended, its words are deleted. The counts stay.

One that never comes to an end in the books fades too: so many days after the last arrival; where nobody arrived, after its
planned day or the last word of it, whichever is later.
"""

from dataclasses import dataclass
from datetime import date, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from aidnet import audit, clock
from aidnet.errors import Refused
from aidnet.evacuations import records
from aidnet.evacuations.derive import Derived
from aidnet.evacuations.models import Evacuation, EvacuationEvent, EvacuationPrivate
from aidnet.policy import Actor, unscoped

#: Days after its end, or what stands for its end.
KEPT_DAYS = 30
_BECAUSE = "detail fades, whoever's it is"


@dataclass(frozen=True)
class Faded:
    """How much was deleted."""

    evacuations: int
    notes: int


def fades_on(planned_on: date | None, derived: Derived) -> date:
    """The day from which its words are deleted, by what is known now."""
    heard_on = derived.last_recorded_at.astimezone(clock.YANGON).date()
    last = derived.ended_on or derived.arrived_on or max(planned_on or heard_on, heard_on)
    return last + timedelta(days=KEPT_DAYS)


def fade(session: Session, actor: Actor, today: date) -> Faded:
    """Delete origin, notes and places of what is over long enough. A second run finds nothing. Raises: Refused."""
    if not actor.operator:
        raise Refused
    begun = sa.select(Evacuation).where(
        sa.func.coalesce(Evacuation.ended_on, Evacuation.first_on) <= today - timedelta(days=KEPT_DAYS),
        Evacuation.faded_at.is_(None),
    )
    # Whoever reports at this moment is waited for: what they say is read too, and one of them does not undo the fading of all.
    held = begun.order_by(Evacuation.id).with_for_update(key_share=True).execution_options(populate_existing=True)
    notes = count = 0
    for row in session.scalars(unscoped(held, because=_BECAUSE)).all():
        if row.ended_on is None and fades_on(row.planned_on, records.load(session, row).derived()) > today:
            continue
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
