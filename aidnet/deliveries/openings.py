"""The private side of a delivery, as words for the page that opens it. Whoever calls this wrote the opening down first."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from aidnet import policy
from aidnet.deliveries import words
from aidnet.deliveries.models import Delivery, DeliveryEvent, EventPrivate
from aidnet.deliveries.plan_models import DeliveryLeg
from aidnet.disclosure import Shown, audience_of, show
from aidnet.i18n import gettext as _
from aidnet.policy import Actor, Permission


@dataclass(frozen=True)
class Opened:
    """A private value, and what it is."""

    label: str
    value: str


def opened(session: Session, actor: Actor, code: str) -> Sequence[Opened]:
    """The courier, the route and the notes, then the aliases and notes of each event. Three statements. Raises: NotVisible."""
    delivery = policy.fetch(session, actor, Permission.DELIVERY_OPEN, Delivery, code)
    seen = show(actor, delivery)
    found = [Opened(_("Courier"), seen.courier), Opened(_("Route"), seen.route_note), Opened(_("Note"), seen.note)]
    rows = session.execute(
        policy.select(actor, {Delivery: Permission.DELIVERY_OPEN}, DeliveryEvent, EventPrivate)
        .select_from(EventPrivate)
        .join(DeliveryEvent, DeliveryEvent.id == EventPrivate.event_id)
        .join(Delivery, Delivery.id == DeliveryEvent.delivery_id)
        .where(Delivery.id == delivery.id)
        .order_by(DeliveryEvent.happened_on, DeliveryEvent.id)
    )
    found += [Opened(_("Carrier of leg %(number)s", number=leg.number), leg.carrier) for leg in _legs(session, actor, delivery)]
    for event, private in rows:
        side = show(actor, private)
        what = _("%(event)s, %(day)s", event=words.EVENTS[event.kind], day=words.exact_day(event.happened_on, event.precision))
        found += [Opened(what, text) for text in (side.party, side.note, side.feedback) if text]
    return [one for one in found if one.value]


def _legs(session: Session, actor: Actor, delivery: Delivery) -> list[Shown]:
    statement = policy.select(actor, {Delivery: Permission.DELIVERY_OPEN}, DeliveryLeg)
    statement = statement.join(Delivery, Delivery.id == DeliveryLeg.delivery_id).where(Delivery.id == delivery.id)
    legs = session.scalars(statement.order_by(DeliveryLeg.number))
    return [Shown(leg, "delivery_leg", audience_of(actor, delivery.responder_id)) for leg in legs]
