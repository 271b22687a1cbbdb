"""Plans written: the legs of a way, at first and as they change while nothing has set out."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified

from aidnet import audit, clock, policy
from aidnet.deliveries import checking, references
from aidnet.deliveries.drafts import LegDraft, WayDraft
from aidnet.deliveries.models import Delivery, DeliveryState
from aidnet.deliveries.plan_models import DeliveryLeg
from aidnet.deliveries.references import Named
from aidnet.errors import Invalid, Stale
from aidnet.i18n import gettext as _
from aidnet.policy import Actor, Permission

MOST_LEGS = 12
_FETCHED = "of a delivery that was fetched under its rule"


def checked(drafts: Sequence[LegDraft], named: Named, now: datetime) -> list[DeliveryLeg]:
    """The legs, numbered in this order; of no delivery yet. Raises: Invalid (`field`: legs)."""
    if len(drafts) > MOST_LEGS:
        raise Invalid(_("At most %(most)s legs, please.", most=MOST_LEGS), field="legs")
    return [
        DeliveryLeg(
            number=number,
            mode=draft.mode,
            crossing_id=checking.known(draft.crossing_id, named.crossings, "legs", _("Choose a crossing of the list.")),
            expected_on=checking.day(draft.expected_on, now, "legs", ahead=True) if draft.expected_on else None,
            carrier=checking.text(draft.carrier, "legs"),
        )
        for number, draft in enumerate(drafts, 1)
    ]


def add_legs(session: Session, delivery: Delivery, legs: Iterable[DeliveryLeg]) -> None:
    """Write legs that are checked to a delivery that has none."""
    for leg in legs:
        leg.delivery_id = delivery.id
        session.add(leg)


def change(session: Session, actor: Actor, code: str, draft: WayDraft) -> Delivery:
    """Give a planned delivery other legs, and another day. Where a leg says which it was, its sealed carrier is kept.

    Raises: NotVisible, Stale (somebody changed it since), Invalid (`field`: legs, planned_on; or it is no plan any more).
    """
    delivery = policy.fetch(session, actor, Permission.DELIVERY_CORRECT, Delivery, code, lock=True)
    if delivery.state is not DeliveryState.PLANNED:
        raise Invalid(_("It is no plan any more. What happens is added to it; the plan stays as it was."))
    if delivery.version != draft.version:
        raise Stale
    now = clock.now()
    named = references.find(session, actor, crossings={leg.crossing_id for leg in draft.legs if leg.crossing_id})
    there = sa.select(DeliveryLeg).where(DeliveryLeg.delivery_id == delivery.id)
    before = {leg.number: leg for leg in session.scalars(policy.unscoped(there, because=_FETCHED))}
    kept = {number: leg.carrier or "" for number, leg in before.items()}
    legs = checked([leg if leg.carrier else replace(leg, carrier=kept.get(leg.was or 0, "")) for leg in draft.legs], named, now)
    planned_on = checking.day(draft.planned_on, now, "planned_on", ahead=True) if draft.planned_on else None
    for leg in before.values():
        session.delete(leg)
    session.flush()
    add_legs(session, delivery, legs)
    delivery.planned_on = planned_on
    crossings = [leg.crossing_id for leg in draft.legs if leg.crossing_id]
    if crossings:
        delivery.crossing_id = crossings[0]
    flag_modified(delivery, "planned_on")  # a leg is the delivery's, too: whoever changes one meets whoever changes the rest
    session.flush()
    audit.record(session, actor, "delivery.replanned", delivery, legs=len(legs))
    return delivery
