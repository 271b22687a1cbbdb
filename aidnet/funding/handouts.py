"""Reads: the hand-outs of the actor's own deliveries, at which cash may have been given to households."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session, aliased

from aidnet import policy
from aidnet.deliveries.derive import Fact, standing
from aidnet.deliveries.models import Delivery, DeliveryEvent, EventKind
from aidnet.deliveries.records import fact_of
from aidnet.deliveries.words import exact_day
from aidnet.i18n import gettext as _
from aidnet.policy import Actor, Permission

#: The latest of each delivery that a form offers.
_MOST = 20


@dataclass(frozen=True)
class HandOut:
    """A distribution that stands."""

    event_id: int
    uid: UUID
    #: Code of the delivery.
    delivery: str
    #: When, in words.
    when: str

    @property
    def label(self) -> str:
        return _("%(delivery)s, handed out %(day)s", delivery=self.delivery, day=self.when)


def handouts(session: Session, actor: Actor, deliveries: Collection[str]) -> list[HandOut]:
    """The hand-outs of these deliveries (by code) that were not undone, latest first. One statement, or none."""
    if not deliveries or actor.responder_id is None:
        return []
    corrected = aliased(DeliveryEvent)
    statement = (
        policy.select(actor, {Delivery: Permission.EXPENSE_RECORD}, DeliveryEvent, Delivery.code, corrected.uid)
        .select_from(DeliveryEvent)
        .join(Delivery, Delivery.id == DeliveryEvent.delivery_id)
        .outerjoin(corrected, corrected.id == DeliveryEvent.corrects_id)
        .where(Delivery.code.in_(deliveries))
        .where(DeliveryEvent.kind.in_([EventKind.DISTRIBUTED, EventKind.CORRECTED]))
        .order_by(DeliveryEvent.id)
    )
    ids: dict[UUID, int] = {}
    facts: defaultdict[str, list[Fact]] = defaultdict(list)
    for event, code, corrects in session.execute(statement):
        ids[event.uid] = event.id
        facts[code].append(fact_of(event, corrects, None, {}, {}))
    return [
        HandOut(ids[fact.uid], fact.uid, code, exact_day(fact.happened_on, fact.precision))
        for code in sorted(facts)
        for fact in [*standing(facts[code])][: -_MOST - 1 : -1]
        if fact.kind is EventKind.DISTRIBUTED
    ]
