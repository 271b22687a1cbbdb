"""The own group's consignments as they can be parted, joined, labelled and handed over: what of each is in its hands."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from aidnet import policy
from aidnet.deliveries import records
from aidnet.deliveries.items import name_of, unit_name
from aidnet.deliveries.models import Delivery, DeliveryLine, Item, Unit
from aidnet.disclosure import Shown, show
from aidnet.disclosure import field as shown_field
from aidnet.policy import Actor, Permission
from aidnet.web.context import quantity

_FETCHED = "of deliveries that were fetched under their rule; their items are shipped or the group's own"
#: Consignments offered to be joined.
_OFFERED = 25


@dataclass(frozen=True)
class HeldLine:
    """A line of a consignment, and how much of it is in the own hands."""

    number: int
    item: str
    unit: str
    milli: int


@dataclass(frozen=True)
class Holding:
    """A consignment with what of it is in the own hands."""

    delivery: Shown
    lines: tuple[HeldLine, ...]

    @property
    def held(self) -> dict[int, int]:
        """Line numbers to how much of them, where there is any."""
        return {line.number: line.milli for line in self.lines if line.milli}

    @property
    def what(self) -> str:
        """What of it is in the own hands, in words."""
        return ", ".join(f"{line.item} {quantity(line.milli)} {line.unit}" for line in self.lines if line.milli)


def holding(session: Session, actor: Actor, code: str) -> Holding:
    """One consignment. Four statements. Raises: NotVisible."""
    return _holdings(session, actor, [policy.fetch(session, actor, Permission.DELIVERY_CORRECT, Delivery, code)])[0]


def joinable(session: Session, actor: Actor) -> list[Holding]:
    """Open consignments of which something is in the own hands, newest word first. Four statements."""
    statement = policy.visible(actor, Permission.DELIVERY_CORRECT, Delivery).where(Delivery.is_open)
    statement = statement.order_by(Delivery.last_recorded_at.desc(), Delivery.id.desc()).limit(_OFFERED)
    found = _holdings(session, actor, session.scalars(statement).all())
    return [one for one in found if one.held]


def _holdings(session: Session, actor: Actor, deliveries: Sequence[Delivery]) -> list[Holding]:
    if not deliveries:
        return []
    ids = [delivery.id for delivery in deliveries]
    known = {delivery_id: record.derived() for delivery_id, record in records.load(session, ids).items()}
    named = {
        (line.delivery_id, line.number): (item, unit_name(line.unit, unit)) for line, item, unit in _lines(session, ids)
    }
    holdings = []
    for delivery in deliveries:
        lines = []
        for line in known[delivery.id].lines:
            item, unit = named[delivery.id, line.number]
            owner = delivery.responder_id
            name = str(shown_field(actor, "delivery_line", "item", name_of(actor, item), owner_id=owner))
            milli = shown_field(actor, "delivery_line", "quantity_milli", line.held.get(owner, 0), owner_id=owner)
            lines.append(HeldLine(line.number, name, unit, milli))
        holdings.append(Holding(show(actor, delivery), tuple(lines)))
    return holdings


def _lines(session: Session, ids: Sequence[int]) -> Sequence[Any]:
    statement = (
        sa.select(DeliveryLine, Item, Unit)
        .join(Item, Item.id == DeliveryLine.item_id)
        .outerjoin(Unit, Unit.code == DeliveryLine.unit)
        .where(DeliveryLine.delivery_id.in_(ids))
    )
    return session.execute(policy.unscoped(statement, because=_FETCHED)).all()
