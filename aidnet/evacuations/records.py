"""The events of evacuations as the database keeps them, read for deriving what follows."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from aidnet.evacuations.derive import Derived, Fact, derive, root_of
from aidnet.evacuations.models import Band, Evacuation, EvacuationCount, EvacuationEvent
from aidnet.policy import unscoped

_FETCHED = "the evacuation was fetched under its rule"


@dataclass
class Record:
    """All that was reported of one evacuation."""

    leader: int
    facts: dict[UUID, Fact] = field(default_factory=dict)
    events: dict[UUID, EvacuationEvent] = field(default_factory=dict)

    def derived(self, *more: Fact) -> Derived:
        return derive([*self.facts.values(), *more], self.leader)

    def root_of(self, uid: UUID) -> UUID:
        return root_of(self.facts, uid)


def load(session: Session, evacuation: Evacuation) -> Record:
    """Everything reported of an evacuation that the caller fetched. Two statements."""
    events = session.scalars(
        unscoped(sa.select(EvacuationEvent).where(EvacuationEvent.evacuation_id == evacuation.id), because=_FETCHED)
    ).all()
    heads = _heads(session, [event.id for event in events])
    uids = {event.id: event.uid for event in events}
    record = Record(evacuation.responder_id)
    for event in events:
        record.events[event.uid] = event
        record.facts[event.uid] = Fact(
            uid=event.uid,
            kind=event.kind,
            happened_on=event.happened_on,
            recorded_at=event.recorded_at,
            said_by=event.said_by_id,
            heads=heads[event.id],
            vehicles=event.vehicles,
            corrects=uids[event.corrects_id] if event.corrects_id else None,
            void=event.void,
        )
    return record


def _heads(session: Session, event_ids: Collection[int]) -> Mapping[int, dict[Band, int]]:
    statement = sa.select(EvacuationCount).where(EvacuationCount.event_id.in_(event_ids))
    found: defaultdict[int, dict[Band, int]] = defaultdict(dict)
    for count in session.scalars(unscoped(statement, because=_FETCHED)):
        found[count.event_id][count.band] = count.people
    return found


def projection(derived: Derived) -> dict[str, object]:
    """What of it stands in the evacuation's own row."""
    return {
        "state": derived.state,
        "people_out": derived.out or 0,
        "people_safe": derived.safe,
        "people_other": derived.other,
        "vehicles": derived.vehicles,
        "first_on": derived.first_on,
        "last_on": derived.last_on,
        "ended_on": derived.ended_on,
        "last_recorded_at": derived.last_recorded_at,
    }
