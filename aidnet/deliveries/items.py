"""The items and units an actor may name, with what they are called in the viewer's language."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain
from operator import itemgetter

import sqlalchemy as sa
from sqlalchemy.orm import Session

from aidnet import policy
from aidnet.deliveries.models import Delivery, DeliveryLine, Item, Unit
from aidnet.deliveries.words import PLAIN_UNITS
from aidnet.disclosure import Withheld, show
from aidnet.disclosure import field as shown_field
from aidnet.i18n import current_language
from aidnet.i18n import gettext as _
from aidnet.policy import Actor, Permission
from aidnet.responders.models import Sector
from aidnet.responders.words import SECTORS

#: What is delivered most, first.
_ORDER = (Sector.FSC, Sector.SHL, Sector.WSH, Sector.HEA, Sector.NUT, Sector.EDU, Sector.PRO, Sector.LOG)


@dataclass(frozen=True)
class ItemName:
    """An item as lists and forms show it."""

    id: int
    ref: str
    name: str
    #: Its usual unit, as people say it.
    unit: str
    sector: Sector | None
    #: The responder's own.
    own: bool
    #: A guide for a household of five, in thousandths of its usual unit, and how often; None: no guide.
    per_household_milli: int | None = None
    per_period: str | None = None


@dataclass(frozen=True)
class Items:
    """The items an actor may name, by `ref`."""

    by_ref: dict[str, ItemName] = field(default_factory=dict)

    def what(self, refs: str | Withheld) -> str:
        """`Delivery.what` as people say it: "Rice (milled), Cooking oil"."""
        if isinstance(refs, Withheld):
            return str(refs)
        return ", ".join(self.by_ref[ref].name if ref in self.by_ref else _("an item") for ref in refs.split())

    def ids_like(self, typed: str) -> list[int]:
        """The items whose name has `typed` in it, or whose `ref` it is."""
        key = " ".join(typed.casefold().split())
        return [item.id for item in self.by_ref.values() if key and (key in item.name.casefold() or key == item.ref)]

    def to_choose(self) -> list[tuple[str, str, str]]:
        """Group, `ref` and label of every item: by sector, the responder's own last."""
        groups: dict[str, list[tuple[str, str, str]]] = {str(SECTORS[sector]): [] for sector in _ORDER}
        own = _("Our own")
        for item in self.by_ref.values():
            group = own if item.own or item.sector is None else str(SECTORS[item.sector])
            label = _("%(item)s, in %(unit)s", item=item.name, unit=item.unit)
            groups.setdefault(group, []).append((group, item.ref, label))
        return list(chain.from_iterable(sorted(found, key=itemgetter(2)) for found in groups.values()))


def unit_name(code: str, unit: Unit | None = None) -> str:
    """What a unit is called: a plain word, a unit of the table, or as somebody wrote it."""
    if unit is not None:
        return unit.name_my if current_language() == "my" else unit.name_en
    return str(PLAIN_UNITS.get(code, code))


def name_of(actor: Actor, item: Item) -> str:
    """What an item is called in the viewer's language."""
    shown = show(actor, item)
    return str((shown.name_my if current_language() == "my" else None) or shown.name_en)


def items(session: Session, actor: Actor) -> Items:
    """Every item the actor may name. One statement."""
    statement = policy.visible(actor, Permission.DELIVERY_READ, Item).order_by(Item.id)
    found = [
        ItemName(
            *(item.id, item.ref, name_of(actor, item), unit_name(item.unit), item.sector, item.slug is None),
            *(item.per_household_milli, item.per_period),
        )
        for item in session.scalars(statement)
    ]
    return Items({item.ref: item for item in found})


def units(session: Session) -> Sequence[tuple[str, str]]:
    """Units for a select: code and name, plain ones first. One statement."""
    local = session.scalars(sa.select(Unit).order_by(Unit.plain_unit, Unit.code)).all()
    return [(code, str(word)) for code, word in PLAIN_UNITS.items()] + [(unit.code, unit_name(unit.code, unit)) for unit in local]


@dataclass(frozen=True)
class Line:
    """An item of the delivery. `planned_milli` is withheld from who may not see it."""

    number: int
    item: str
    unit: str
    planned_milli: int | Withheld


def lines_of(session: Session, actor: Actor, delivery: Delivery) -> tuple[Line, ...]:
    """The lines of a delivery that was fetched under its rule. One statement."""
    rows = session.execute(
        policy.unscoped(
            sa.select(DeliveryLine, Item, Unit)
            .select_from(DeliveryLine)
            .join(Item, Item.id == DeliveryLine.item_id)
            .outerjoin(Unit, Unit.code == DeliveryLine.unit)
            .where(DeliveryLine.delivery_id == delivery.id)
            .order_by(DeliveryLine.number),
            because="of a delivery that was fetched under its rule; its items are shipped or its responder's own",
        )
    ).all()
    return tuple(
        Line(
            line.number,
            str(shown_field(actor, "delivery_line", "item", name_of(actor, item), owner_id=delivery.responder_id)),
            unit_name(line.unit, unit),
            shown_field(actor, "delivery_line", "quantity_milli", line.quantity_milli, owner_id=delivery.responder_id),
        )
        for line, item, unit in rows
    )
