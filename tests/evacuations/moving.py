"""What tests of evacuations begin from."""

from datetime import date
from typing import Any
from uuid import uuid4

from aidnet.db import transaction
from aidnet.evacuations import service
from aidnet.evacuations.drafts import EvacuationDraft, EventDraft
from aidnet.evacuations.models import Band, Evacuation, EvacuationEvent, EvacuationEventKind
from aidnet.policy import Actor

K = EvacuationEventKind
#: Of the test gazetteer.
TOWNSHIP = "MMR005004"
LOIKAW = {Band.ADULTS: 121, Band.CHILDREN: 74, Band.OLDER: 26, Band.REDUCED_MOBILITY: 7}


def draft(*groups: Actor, **more: Any) -> EvacuationDraft:
    """228 people in 33 vehicles, together with `groups`."""
    shared = {
        "uid": uuid4(),
        "origin": "behind the old market",
        "destination": TOWNSHIP,
        "heads": LOIKAW,
        "vehicles": 33,
        "groups": frozenset(group.partner_id or 0 for group in groups),
        "note": "at dawn, by the southern road",
    }
    return EvacuationDraft(**(shared | more))


def event(kind: EvacuationEventKind, people: int = 0, **more: Any) -> EventDraft:
    """Something that happened on the tenth of August."""
    heads = {Band.NOT_SAID: people} if people else {}
    shared = {"uid": uuid4(), "kind": kind, "happened_on": date(2026, 8, 10), "heads": heads}
    return EventDraft(**(shared | more))


def planned(actor: Actor, *groups: Actor, **more: Any) -> Evacuation:
    """An evacuation that `actor` leads, committed."""
    with transaction() as session:
        return service.plan(session, actor, draft(*groups, **more))


def told(actor: Actor, code: str, kind: EvacuationEventKind, people: int = 0, **more: Any) -> EvacuationEvent:
    """A report, committed."""
    with transaction() as session:
        return service.report(session, actor, code, event(kind, people, **more))
