"""What a plan begins with: needs, kits, an earlier delivery; and the guide amounts beside its lines."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from aidnet import policy
from aidnet.deliveries import kits, queries, words
from aidnet.deliveries.items import ItemName
from aidnet.deliveries.models import Delivery, DeliveryLine, Item
from aidnet.disclosure import Shown, Withheld, audience_of
from aidnet.disclosure import field as shown_field
from aidnet.errors import NotVisible
from aidnet.i18n import gettext as _
from aidnet.i18n import ngettext
from aidnet.needs import rows as needs
from aidnet.needs.models import Need, NeedLine
from aidnet.needs.rows import Goods, NeedRow
from aidnet.places.queries import PlacePath
from aidnet.policy import Actor, Permission
from aidnet.web.context import quantity

#: More needs than one plan is made from.
NEEDS_MOST = 40
#: A household, as the guide amounts have it.
_HOUSEHOLD = 5


@dataclass(frozen=True)
class Spot:
    """A place to choose, as the picker draws it, with the place of the gazetteer that it is or lies in."""

    code: str
    name: str
    path: str
    place_id: int


@dataclass
class Beginning:
    """Lines by item and unit (None: nobody said how much), places by code, and how many people lack it."""

    lines: dict[tuple[str, str], int | None] = field(default_factory=dict)
    places: dict[str, Spot] = field(default_factory=dict)
    people: int = 0

    def add(self, item: str, unit: str, milli: int | None) -> None:
        """So much more of an item."""
        before = self.lines.get((item, unit))
        self.lines[item, unit] = before if milli is None else (before or 0) + milli

    def go_to(self, code: str, name: str, path: PlacePath, *, site: bool) -> None:
        """A place more."""
        self.places[code] = Spot(code, name, path.label if site else path.above, path.place_id)

    @property
    def households(self) -> int:
        """So many households as the guide amounts have them."""
        return -(-self.people // _HOUSEHOLD)

    @property
    def for_form(self) -> list[dict[str, str]]:
        """The lines as a form begins with them."""
        return [
            {"item": item, "unit": unit, "quantity": "" if milli is None else quantity(milli)}
            for (item, unit), milli in self.lines.items()
        ]


def needs_of(session: Session, actor: Actor, codes: Collection[str], goods: Goods) -> list[NeedRow]:
    """Own needs of these codes that stand; another code is left out. Two statements, or none."""
    if not codes:
        return []
    statement = needs.rows(actor).where(needs.stands(), Need.code.in_(list(codes)[:NEEDS_MOST])).order_by(Need.id)
    return needs.shown(session, actor, session.execute(statement), goods)


def standing_needs(session: Session, actor: Actor, goods: Goods, item: ItemName | None, place_id: int | None) -> list[NeedRow]:
    """Own needs that stand, the most urgent first; of an item, or in a place, where that is asked. Two statements."""
    statement = needs.rows(actor).where(needs.stands())
    if item is not None:
        asked = sa.exists().where(NeedLine.need_id == Need.id, NeedLine.item_id == item.id)
        statement = statement.where(asked)
    if place_id is not None:
        there = (Need.place_id, Need.township_id, Need.district_id, Need.state_id)
        statement = statement.where(sa.or_(*(column == place_id for column in there)))
    statement = statement.order_by(needs.urgent_first(), Need.heard_on.desc(), Need.id.desc()).limit(NEEDS_MOST)
    return needs.shown(session, actor, session.execute(statement), goods)


def from_needs(begun: Beginning, rows: Iterable[NeedRow]) -> None:
    """What these needs lack, and where."""
    for row in rows:
        begun.go_to(row.code, row.site or row.path.name, row.path, site=bool(row.site))
        begun.people += row.need.people or 0
        for item in row.items:
            begun.add(item.ref, item.unit, item.milli)


def from_kit(session: Session, actor: Actor, begun: Beginning, uid: UUID, times: int) -> None:
    """So many of a kit. One statement. Raises: NotVisible."""
    for line in kits.one(session, actor, uid).lines(times):
        begun.add(line.item, line.unit, line.quantity_milli)


def from_copy(session: Session, actor: Actor, begun: Beginning, code: str) -> None:
    """The lines and places of an earlier delivery, as far as the actor sees them. Three statements. Raises: NotVisible."""
    statement = (
        policy.select(actor, {Delivery: Permission.DELIVERY_READ}, Delivery.id, Delivery.responder_id, DeliveryLine, Item)
        .select_from(Delivery)
        .join(DeliveryLine, DeliveryLine.delivery_id == Delivery.id)
        .join(Item, (Item.id == DeliveryLine.item_id) & policy.rule(actor, Permission.DELIVERY_READ, Item))
        .where(Delivery.code == code)
        .order_by(Delivery.id, DeliveryLine.number)
    )
    because = "deliveries and items each carry their rule"
    rows = session.execute(policy.unscoped(statement, because=because)).all()
    if not rows:
        raise NotVisible
    first = rows[0].id
    for row in rows:
        if row.id == first:
            line = Shown(row.DeliveryLine, "delivery_line", audience_of(actor, row.responder_id))
            item = shown_field(actor, "delivery_line", "item", row.Item.ref, owner_id=row.responder_id)
            begun.add(item, line.unit, None if isinstance(line.quantity_milli, Withheld) else line.quantity_milli)
    for stop in queries.stops_of(session, actor, [first]).get(first, ()):
        begun.go_to(stop.code, stop.name, stop.path, site=bool(stop.site))


def guide(item: ItemName | None, households: int | None) -> str:
    """How much of an item so many households of five use, in a sentence; empty where there is no guide. A guide, never a rule."""
    if item is None or item.per_household_milli is None or item.per_period is None or item.per_period not in words.PERIODS:
        return ""
    often = words.PERIODS[item.per_period]
    milli = item.per_household_milli * (households or 1)
    rounded = milli if milli < 100_000 else (milli + 500) // 1_000 * 1_000
    who = ngettext("%(num)s household of five", "%(num)s households of five", households or 1)
    return _(
        "A guide: for %(who)s about %(amount)s %(unit)s %(often)s.",
        who=who,
        amount=quantity(rounded),
        unit=item.unit,
        often=often,
    )


def guides(fields: Sequence[tuple[str, str]], by_ref: Mapping[str, ItemName], households: int | None) -> dict[str, str]:
    """Guides by the id of a form's field, of the item chosen beside it."""
    found = {field_id: guide(by_ref.get(ref), households) for field_id, ref in fields}
    return {field_id: said for field_id, said in found.items() if said}
