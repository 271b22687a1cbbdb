"""Hand-overs that are answered and not settled: the receiver counted otherwise, or did not take it."""

from collections.abc import Mapping
from enum import StrEnum

import sqlalchemy as sa

from aidnet import policy
from aidnet.deliveries.custody_models import Handover, HandoverState
from aidnet.deliveries.models import Delivery
from aidnet.policy import Actor, Permission


class Unsettled(StrEnum):
    """What is left to settle."""

    #: Less or more came than was given, and the delivery does not add up.
    DIFFERS = "differs"
    #: It was not taken, and the delivery is open still.
    CAME_BACK = "came-back"


#: The states in which a hand-over is left so.
STATES: Mapping[Unsettled, tuple[HandoverState, ...]] = {
    Unsettled.DIFFERS: (HandoverState.SHORT, HandoverState.SURPLUS),
    Unsettled.CAME_BACK: (HandoverState.REFUSED,),
}


def ids(actor: Actor, which: Unsettled) -> sa.Select[int]:
    """Ids of the hand-overs of the own group's deliveries that are left so. Only whose delivery it is can settle it."""
    is_left = Delivery.has_discrepancy if which is Unsettled.DIFFERS else Delivery.is_open
    allowed = {Handover: Permission.HANDOVER_READ, Delivery: Permission.DELIVERY_READ}
    # `+ 0`: led by the few deliveries that are left so, never by all hand-overs there are.
    statement = policy.select(actor, allowed, Handover.id).join(Delivery, Handover.delivery_id == Delivery.id + 0)
    return statement.where(Delivery.responder_id == actor.responder_id, is_left, Handover.state.in_(STATES[which]))
