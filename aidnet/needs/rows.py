"""Needs as lists and pages show them: where, what, how fresh, and whether something arrived for it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from aidnet import clock, disclosure, money, policy
from aidnet.deliveries import items as catalogue
from aidnet.deliveries.models import (
    Delivery,
    DeliveryEvent,
    DeliveryLine,
    DeliveryState,
    EventKind,
    EventQuantity,
    Item,
)
from aidnet.disclosure import Level, Shown, audience_of, level_of
from aidnet.i18n import current_language
from aidnet.needs.models import Need, NeedDelivery, NeedLine, NeedState, Urgency
from aidnet.places.models import Place, Site
from aidnet.places.queries import PlacePath, paths
from aidnet.policy import Actor, Permission
from aidnet.responders.words import SECTORS

__all__ = [
    "MOST_URGENT",
    "STALE_AFTER",
    "STANDING",
    "Goods",
    "NeedRow",
    "fell_through",
    "goods",
    "rows",
    "sees_deliveries",
    "shown",
    "stale",
    "stands",
    "urgent_first",
]

#: Nobody said for longer than this that it still is so.
STALE_AFTER = timedelta(days=14)
#: States in which it is not over.
STANDING = (NeedState.OPEN, NeedState.COVERED)
MOST_URGENT = (Urgency.CRITICAL, Urgency.HIGH, Urgency.MEDIUM)

_READ = Permission.NEED_READ
#: Between the facts of a line, and between lines: characters that no unit has.
_FACT, _LINE = "\x1f", "\x1e"


@dataclass(frozen=True)
class NeededItem:
    """An item that is needed. `milli` None: not counted."""

    ref: str
    name: str
    milli: int | None
    unit: str
    unit_name: str

    @property
    def text(self) -> str:
        """What, and how much of it: "Rice, 40 bags"."""
        if self.milli is None:
            return self.name
        number = money.format_count((Decimal(self.milli) / 1000).normalize(), current_language())
        return f"{self.name}, {number} {self.unit_name}"


@dataclass(frozen=True)
class Goods:
    """The items and units that lines name."""

    items: Mapping[int, catalogue.ItemName] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class NeedRow:
    """A need of the own group."""

    need: Shown
    path: PlacePath
    #: The name and code of an own site there; "": the place itself.
    site: str
    site_code: str
    items: tuple[NeededItem, ...]
    #: Open again, where what was meant for it fell through.
    state: NeedState
    stands: bool
    #: It stands, and nobody said so lately.
    stale: bool
    #: Something of a delivery that is meant for it was handed out there since.
    arrived: bool
    #: What was meant for it ended without reaching it, or never left.
    fell_through: bool
    version: int

    @property
    def code(self) -> str:
        """What forms call the place."""
        return self.site_code or self.path.pcode

    @property
    def where(self) -> str:
        return f"{self.site} · {self.path.label}" if self.site else self.path.label

    @property
    def what(self) -> str:
        """The kind of help, and of what."""
        listed = "; ".join(one.text for one in self.items)
        sector = str(SECTORS[self.need.sector])
        return f"{sector}: {listed}" if listed else sector


def stands() -> sa.ColumnElement[bool]:
    """True of what is not over."""
    return Need.state.in_(STANDING)


def stale() -> sa.ColumnElement[bool]:
    """True of what nobody heard of lately."""
    return Need.heard_on < clock.today() - STALE_AFTER


def urgent_first() -> sa.ColumnElement[int]:
    """Sorts the most urgent first."""
    ranks = {urgency.value: rank for rank, urgency in enumerate(MOST_URGENT)}
    return sa.case(ranks, value=sa.cast(Need.urgency, sa.Text()))


def sees_deliveries(actor: Actor) -> bool:
    """Whether the actor sees which deliveries are meant for a need of its own group."""
    return level_of("need_delivery", "delivery", audience_of(actor, actor.responder_id)) is Level.FULL


def _lines() -> sa.ScalarSelect[str]:
    """The lines of a need in one text, so that a list asks for nothing more however long it is."""
    parts = (
        sa.cast(NeedLine.number, sa.Text()),
        sa.cast(NeedLine.item_id, sa.Text()),
        sa.func.coalesce(sa.cast(NeedLine.quantity_milli, sa.Text()), ""),
        NeedLine.unit,
    )
    text: Any = parts[0]
    for part in parts[1:]:
        text = text + _FACT + part
    told = sa.select(sa.func.aggregate_strings(text, _LINE)).where(NeedLine.need_id == Need.id)
    return told.correlate(Need).scalar_subquery()


def arrived() -> sa.ColumnElement[bool]:
    """True where a delivery that is meant for the need handed out, since it was reported, something of its sector there.

    There: at its place, at one in it, or at one it lies in. The last word on a hand-out says where, when and how much; one that
    was taken back is none.
    """
    handed_out, word, later = aliased(DeliveryEvent), aliased(DeliveryEvent), aliased(DeliveryEvent)
    place, at = aliased(Place), aliased(Place)
    last = sa.select(sa.func.max(later.id)).where(later.corrects_id == handed_out.id).scalar_subquery()
    came = (
        sa.select(sa.literal(1))
        .select_from(NeedDelivery)
        .join(handed_out, handed_out.delivery_id == NeedDelivery.delivery_id)
        .join(word, word.id == sa.func.coalesce(last, handed_out.id))
        .join(place, place.id == word.place_id)
        .join(at, at.id == Need.place_id)
        .join(EventQuantity, EventQuantity.event_id == word.id)
        .join(DeliveryLine, DeliveryLine.id == EventQuantity.line_id)
        .join(Item, Item.id == DeliveryLine.item_id)
        .where(
            NeedDelivery.need_id == Need.id,
            handed_out.kind == EventKind.DISTRIBUTED,
            ~word.void,
            word.happened_on >= Need.reported_on,
            is_there(place, at),
            EventQuantity.quantity_milli > 0,
            Item.sector.is_(None) | (Item.sector == Need.sector),
        )
    )
    return came.correlate(Need).exists()


def is_there(place: type[Place], at: type[Place]) -> sa.ColumnElement[bool]:
    """True where one place is the other, or lies in it."""
    below = (place.parent_id == at.id) | (place.township_id == at.id)
    above = (at.parent_id == place.id) | (at.township_id == place.id)
    return (place.id == at.id) | below | above


def fell_through() -> sa.ColumnElement[bool]:
    """True of a covered need where no delivery that is meant for it is on its way any more, and none was handed out there.

    A plan of which nothing was heard for two weeks after its day never left. What went on with another consignment has
    ended here: where that one goes to the need's place, it is meant for it too; else whoever knows where it goes links it.
    """
    delivery, long_ago = aliased(Delivery), clock.today() - STALE_AFTER
    is_past = delivery.planned_on.is_(None) | (delivery.planned_on < long_ago)
    never_left = (delivery.state == DeliveryState.PLANNED) & (delivery.last_on < long_ago) & is_past
    coming = (
        sa.select(sa.literal(1))
        .select_from(NeedDelivery)
        .join(delivery, delivery.id == NeedDelivery.delivery_id)
        .where(NeedDelivery.need_id == Need.id, delivery.is_open, delivery.state != DeliveryState.CANCELLED, ~never_left)
    )
    return (Need.state == NeedState.COVERED) & ~coming.correlate(Need).exists() & ~arrived()


def rows(actor: Actor, *more: Any) -> sa.Select[Any]:
    """Needs of the own group as `shown()` takes them, then `more` columns."""
    told = (arrived(), fell_through()) if sees_deliveries(actor) else (sa.false(), sa.false())
    own = policy.rule(actor, _READ, Need) & (Need.responder_id == actor.responder_id)
    at_own = (Site.id == Need.site_id) & policy.rule(actor, Permission.SITE_READ, Site)
    statement = sa.select(Need, Site, _lines(), *told, *more).outerjoin(Site, at_own).where(own)
    return policy.unscoped(statement, because="needs and sites carry their rules; what became of own deliveries is told to who sees them")


def goods(session: Session, actor: Actor) -> Goods:
    """What lines may name. Two statements."""
    named = catalogue.items(session, actor)
    return Goods({item.id: item for item in named.by_ref.values()}, dict(catalogue.units(session)))


def shown(session: Session, actor: Actor, found: Iterable[Any], known: Goods) -> list[NeedRow]:
    """Rows of `rows()` as the actor may see them. One statement."""
    listed = list(found)
    there = paths(session, {row[0].place_id for row in listed})
    return [row_of(actor, row, there[row[0].place_id], known) for row in listed]


def row_of(actor: Actor, found: Any, path: PlacePath, known: Goods) -> NeedRow:
    """One of them."""
    need, site, lines, came, fell = found[:5]
    camp = disclosure.show(actor, site) if site else None
    is_standing = need.state in STANDING
    return NeedRow(
        need=disclosure.show(actor, need),
        path=disclosure.field(actor, "need", "place", path, owner_id=need.responder_id),
        site=str(camp.name) if camp else "",
        site_code=str(camp.code) if camp else "",
        items=tuple(_items(actor, need, lines or "", known)),
        state=NeedState.OPEN if fell else need.state,
        stands=is_standing,
        stale=is_standing and need.heard_on < clock.today() - STALE_AFTER,
        arrived=is_standing and bool(came),
        fell_through=bool(fell),
        version=need.version,
    )


def _items(actor: Actor, need: Need, lines: str, known: Goods) -> Iterable[NeededItem]:
    split = (line.split(_FACT) for line in lines.split(_LINE) if line)
    for _number, item_id, milli, unit in sorted(split, key=lambda line: int(line[0])):
        item = known.items.get(int(item_id))
        if item is not None:
            name = disclosure.field(actor, "need_line", "item", item.name, owner_id=need.responder_id)
            unit_name = known.units.get(unit, unit)
            yield NeededItem(item.ref, str(name), int(milli) if milli else None, unit, unit_name)
