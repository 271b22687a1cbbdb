"""Where the goods of a delivery come from, and with which consignments of the own group they went on."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from aidnet import policy
from aidnet.deliveries.custody_models import LineOrigin
from aidnet.deliveries.items import Line
from aidnet.deliveries.models import Delivery, DeliveryEvent, DeliveryLine
from aidnet.disclosure import field
from aidnet.i18n import gettext as _
from aidnet.partners.models import Partner
from aidnet.policy import Actor, Permission
from aidnet.web.context import quantity


@dataclass(frozen=True)
class Origin:
    """A part of a line, and the other consignment it was or is part of."""

    line: int
    #: "Rice 100 bags".
    amount: str
    #: Code of the other consignment; empty where it is another group's.
    code: str
    #: Who gave it, by code name; empty where it is the own group's.
    giver: str
    #: Row id of the hand-over or move that brought it.
    event_id: int


@dataclass(frozen=True)
class Origins:
    """What came into a delivery, and what went on from it."""

    came: tuple[Origin, ...] = ()
    went: tuple[Origin, ...] = ()


NO_ORIGINS = Origins()


def origins(session: Session, actor: Actor, delivery: Delivery, lines: Sequence[Line]) -> Origins:
    """Of a delivery that was fetched under its rule. One statement."""
    named = {line.number: line for line in lines}
    came: list[Origin] = []
    went: list[Origin] = []
    for row in session.execute(_statement(actor, delivery)):
        line = named[row.number]
        amount = field(actor, "line_origin", "quantity_milli", row.quantity_milli, owner_id=delivery.responder_id)
        code = field(actor, "line_origin", "delivery", row.code, owner_id=delivery.responder_id) if row.code else ""
        giver = field(actor, "line_origin", "giver", row.giver, owner_id=delivery.responder_id) if row.giver else ""
        told = Origin(
            line=line.number,
            amount=f"{line.item} {quantity(amount)} {line.unit}",
            code=str(code),
            giver="" if code else str(giver or _("somebody outside")),
            event_id=row.event_id,
        )
        (came if row.came else went).append(told)
    return Origins(tuple(came), tuple(went))


def _statement(actor: Actor, delivery: Delivery) -> sa.CompoundSelect[*tuple[Any, ...]]:
    """Both directions at once: what the own lines come from (its code only under the rule), and the own deliveries made of them."""
    here, there = aliased(DeliveryLine), aliased(DeliveryLine)
    columns = (
        here.number.label("number"),
        LineOrigin.quantity_milli.label("quantity_milli"),
        LineOrigin.event_id.label("event_id"),
    )
    readable = policy.rule(actor, Permission.DELIVERY_READ, Delivery)
    came = (
        sa.select(
            sa.literal(True).label("came"), *columns, Delivery.code.label("code"), Partner.code_name.label("giver")
        )
        .select_from(LineOrigin)
        .join(here, here.id == LineOrigin.line_id)
        .join(there, there.id == LineOrigin.from_line_id)
        .join(DeliveryEvent, DeliveryEvent.id == LineOrigin.event_id)
        .outerjoin(Delivery, (Delivery.id == there.delivery_id) & readable)
        .outerjoin(Partner, Partner.id == DeliveryEvent.from_responder_id)
        .where(here.delivery_id == delivery.id)
    )
    went = (
        sa.select(sa.literal(False), *columns, Delivery.code, sa.cast(sa.null(), sa.Text()))
        .select_from(LineOrigin)
        .join(here, here.id == LineOrigin.from_line_id)
        .join(there, there.id == LineOrigin.line_id)
        .join(Delivery, (Delivery.id == there.delivery_id) & readable)
        .where(here.delivery_id == delivery.id)
    )
    both = sa.union_all(came, went).order_by("event_id", "number")
    because = (
        "of a delivery that was fetched under its rule; other deliveries carry theirs, names go through disclosure"
    )
    return policy.unscoped(both, because=because)
