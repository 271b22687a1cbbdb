"""What a draft names, found in one statement: each kind of thing under its own rule."""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any, cast
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from aidnet import policy
from aidnet.deliveries.models import Delivery, DeliveryEvent, Item
from aidnet.funding.models import Fund
from aidnet.partners.models import Partner
from aidnet.places.models import Crossing, Level, Place, Site
from aidnet.policy import Actor, PartnerKind, Permission


@dataclass(frozen=True)
class Spot:
    """A place, or the actor's own site at one, with the places it lies in."""

    place_id: int
    site_id: int | None
    level: Level
    township_id: int | None
    district_id: int | None
    state_id: int | None

    @property
    def no_finer_than_district(self) -> int:
        """The place, or the district it lies in."""
        return self.district_id or self.state_id or self.place_id

    @property
    def area_id(self) -> int:
        """The township, or the place itself where it is larger."""
        return self.township_id or self.place_id


@dataclass(frozen=True)
class FoundItem:
    """An item as a line needs it."""

    id: int
    ref: str
    unit: str
    #: None: the responder's own, and nobody said.
    sector: str | None = None


@dataclass
class Named:
    """What was found, under the words it was asked by. What is not here is not there, or not this actor's."""

    #: By `ref`.
    items: dict[str, FoundItem] = field(default_factory=dict)
    #: The responder's own items, by folded name.
    own_items: dict[str, FoundItem] = field(default_factory=dict)
    #: By P-code or site code.
    spots: dict[str, Spot] = field(default_factory=dict)
    crossings: set[int] = field(default_factory=set)
    funds: set[int] = field(default_factory=set)
    responders: set[int] = field(default_factory=set)
    #: Deliveries of this actor that bear the draft's uid.
    deliveries: set[int] = field(default_factory=set)
    #: Uids of events that are taken, whoever's they are.
    taken: set[UUID] = field(default_factory=set)

    @property
    def areas(self) -> dict[int, int]:
        """The township of each place, or the place itself where it is larger, by the place's id."""
        return {spot.place_id: spot.area_id for spot in self.spots.values()}


def name_key(name: str) -> str:
    """`name` folded: two names that differ in case or spaces are one."""
    return " ".join(name.casefold().split())


_Part = sa.Select[*tuple[Any, ...]]


def _part(what: str, row_id: Any, word: Any, **more: Any) -> _Part:
    """A part of the statement: all parts have the same columns."""
    columns: dict[str, Any] = {
        "uid": sa.cast(sa.null(), sa.Uuid()),
        "text": sa.cast(sa.null(), sa.Text()),
        "sector": sa.cast(sa.null(), sa.Text()),
        "place_id": sa.cast(sa.null(), sa.Integer()),
        "township_id": sa.cast(sa.null(), sa.Integer()),
        "district_id": sa.cast(sa.null(), sa.Integer()),
        "state_id": sa.cast(sa.null(), sa.Integer()),
    } | more
    named = [value.label(name) for name, value in columns.items()]
    return sa.select(sa.literal(what).label("what"), row_id.label("id"), word.label("word"), *named)


def _any_of(name: str, column: Any) -> sa.ColumnElement[bool]:
    """Whether `column` is one of what the draft names."""
    return cast(sa.ColumnElement[bool], column.in_(sa.bindparam(name, type_=column.type, expanding=True)))


#: What a place or site is, and lies in.
_AROUND: dict[str, Any] = {
    "text": sa.cast(Place.level, sa.Text()),
    "place_id": Place.id,
    "township_id": Place.township_id,
    "district_id": Place.district_id,
    "state_id": Place.state_id,
}


_SECTOR = sa.cast(Item.sector, sa.Text())
_NO_WORD = sa.cast(sa.null(), sa.Text())
# Built once, without the rules of the actor who asks: building all this takes longer than running it.
_ITEMS = _part("item", Item.id, Item.slug, uid=Item.uid, text=Item.unit, sector=_SECTOR).where(
    _any_of("items", Item.slug) | _any_of("item_uids", Item.uid)
)
_OWN_ITEMS = _part("own", Item.id, Item.name_key, uid=Item.uid, text=Item.unit, sector=_SECTOR).where(
    Item.responder_id == sa.bindparam("responder", type_=sa.Integer()), _any_of("own_items", Item.name_key)
)
_PLACES = _part("place", Place.id, Place.pcode, **_AROUND).where(_any_of("places", Place.pcode))
_SITES = _part("site", Site.id, Site.code, **_AROUND).join(Place, Place.id == Site.place_id).where(_any_of("places", Site.code))
_CROSSINGS = _part("crossing", Crossing.id, _NO_WORD).where(_any_of("crossings", Crossing.id))
_FUNDS = _part("fund", Fund.id, _NO_WORD).where(_any_of("funds", Fund.id))
_RESPONDERS = _part("responder", Partner.id, _NO_WORD).where(
    Partner.kind == PartnerKind.RESPONDER, _any_of("responders", Partner.id)
)
_DELIVERY = _part("delivery", Delivery.id, _NO_WORD).where(Delivery.uid == sa.bindparam("delivery", type_=sa.Uuid()))
_EVENTS = _part("event", DeliveryEvent.id, _NO_WORD, uid=DeliveryEvent.uid).where(_any_of("events", DeliveryEvent.uid))


def _hex(ref: str) -> UUID | None:
    try:
        return UUID(hex=ref)
    except ValueError:
        return None


def find(
    session: Session,
    actor: Actor,
    *,
    items: Collection[str] = (),
    own_items: Collection[str] = (),
    places: Collection[str] = (),
    crossings: Collection[int] = (),
    funds: Collection[int] = (),
    responders: Collection[int] = (),
    delivery: UUID | None = None,
    events: Collection[UUID] = (),
) -> Named:
    """What the actor may name of all this: items by `ref` or folded own name, places by code, the rest by id. One statement at most."""
    parts: list[_Part] = []
    if items or own_items:
        parts += [_ITEMS.where(policy.rule(actor, Permission.DELIVERY_LOG, Item)), _OWN_ITEMS]
    if places:
        parts += [_PLACES, _SITES.where(policy.rule(actor, Permission.SITE_READ, Site))]
    if crossings:
        parts.append(_CROSSINGS.where(policy.rule(actor, Permission.DELIVERY_LOG, Crossing)))
    if funds:
        parts.append(_FUNDS.where(policy.rule(actor, Permission.FUND_READ, Fund)))
    if responders:
        parts.append(_RESPONDERS.where(policy.rule(actor, Permission.RESPONDER_READ, Partner)))
    if delivery:
        parts.append(_DELIVERY.where(policy.rule(actor, Permission.DELIVERY_READ, Delivery)))
    if events:
        parts.append(_EVENTS)
    asked = {
        "items": list(items),
        "item_uids": [uid for uid in map(_hex, items) if uid],
        "responder": actor.responder_id,
        "own_items": list(own_items),
        "places": list(places),
        "crossings": list(crossings),
        "funds": list(funds),
        "responders": list(responders),
        "delivery": delivery,
        "events": list(events),
    }
    found = Named()
    if parts:
        because = "each part carries the rule of its own table; of an event it tells only that its uid is taken"
        for row in session.execute(policy.unscoped(sa.union_all(*parts), because=because), asked):
            _sort(found, row)
    return found


def _sort(found: Named, row: sa.Row[*tuple[Any, ...]]) -> None:
    if row.what == "item":
        item = FoundItem(row.id, row.word or row.uid.hex, row.text, row.sector)
        found.items[item.ref] = item
    elif row.what == "own":
        found.own_items[row.word] = FoundItem(row.id, row.uid.hex, row.text, row.sector)
    elif row.what == "event":
        found.taken.add(row.uid)
    elif row.what in ("place", "site"):
        site_id = row.id if row.what == "site" else None
        found.spots[row.word] = Spot(row.place_id, site_id, Level(row.text), row.township_id, row.district_id, row.state_id)
    else:
        kept = {"crossing": found.crossings, "fund": found.funds, "responder": found.responders, "delivery": found.deliveries}
        kept[row.what].add(row.id)
