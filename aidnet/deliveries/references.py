"""What a draft names, found in one statement: each kind of thing under its own rule."""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any
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


@dataclass(frozen=True)
class FoundItem:
    """An item as a line needs it."""

    id: int
    ref: str
    unit: str


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


def name_key(name: str) -> str:
    """`name` folded: two names that differ in case or spaces are one."""
    return " ".join(name.casefold().split())


def _row(what: str, row_id: Any, word: Any, **more: Any) -> list[Any]:
    """The columns every part of the statement has."""
    columns: dict[str, Any] = {
        "uid": sa.cast(sa.null(), sa.Uuid()),
        "text": sa.cast(sa.null(), sa.Text()),
        "place_id": sa.cast(sa.null(), sa.Integer()),
        "township_id": sa.cast(sa.null(), sa.Integer()),
        "district_id": sa.cast(sa.null(), sa.Integer()),
        "state_id": sa.cast(sa.null(), sa.Integer()),
    } | more
    named = [value.label(name) for name, value in columns.items()]
    return [sa.literal(what).label("what"), row_id.label("id"), word.label("word"), *named]


#: What a place or site is, and lies in.
_AROUND: dict[str, Any] = {
    "text": sa.cast(Place.level, sa.Text()),
    "place_id": Place.id,
    "township_id": Place.township_id,
    "district_id": Place.district_id,
    "state_id": Place.state_id,
}


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
    word = sa.cast(sa.null(), sa.Text())
    parts: list[sa.Select[*tuple[Any, ...]]] = []
    if items or own_items:
        uids = [uid for uid in map(_hex, items) if uid]
        parts.append(
            sa.select(*_row("item", Item.id, Item.slug, uid=Item.uid, text=Item.unit))
            .where(policy.rule(actor, Permission.DELIVERY_LOG, Item))
            .where(Item.slug.in_(items) | Item.uid.in_(uids))
        )
        parts.append(
            sa.select(*_row("own", Item.id, Item.name_key, uid=Item.uid, text=Item.unit)).where(
                Item.responder_id == actor.responder_id, Item.name_key.in_(own_items)
            )
        )
    if places:
        parts.append(sa.select(*_row("place", Place.id, Place.pcode, **_AROUND)).where(Place.pcode.in_(places)))
        parts.append(
            sa.select(*_row("site", Site.id, Site.code, **_AROUND))
            .join(Place, Place.id == Site.place_id)
            .where(policy.rule(actor, Permission.SITE_READ, Site), Site.code.in_(places))
        )
    if crossings:
        mine = policy.rule(actor, Permission.DELIVERY_LOG, Crossing)
        parts.append(sa.select(*_row("crossing", Crossing.id, word)).where(mine, Crossing.id.in_(crossings)))
    if funds:
        parts.append(sa.select(*_row("fund", Fund.id, word)).where(policy.rule(actor, Permission.FUND_READ, Fund), Fund.id.in_(funds)))
    if responders:
        known = policy.rule(actor, Permission.RESPONDER_READ, Partner) & (Partner.kind == PartnerKind.RESPONDER)
        parts.append(sa.select(*_row("responder", Partner.id, word)).where(known, Partner.id.in_(responders)))
    if delivery:
        mine = policy.rule(actor, Permission.DELIVERY_READ, Delivery)
        parts.append(sa.select(*_row("delivery", Delivery.id, word)).where(mine, Delivery.uid == delivery))
    if events:
        parts.append(sa.select(*_row("event", DeliveryEvent.id, word, uid=DeliveryEvent.uid)).where(DeliveryEvent.uid.in_(events)))
    found = Named()
    if parts:
        because = "each part carries the rule of its own table; of an event it tells only that its uid is taken"
        for row in session.execute(policy.unscoped(sa.union_all(*parts), because=because)):
            _sort(found, row)
    return found


def _sort(found: Named, row: sa.Row[*tuple[Any, ...]]) -> None:
    if row.what == "item":
        item = FoundItem(row.id, row.word or row.uid.hex, row.text)
        found.items[item.ref] = item
    elif row.what == "own":
        found.own_items[row.word] = FoundItem(row.id, row.uid.hex, row.text)
    elif row.what == "event":
        found.taken.add(row.uid)
    elif row.what in ("place", "site"):
        site_id = row.id if row.what == "site" else None
        found.spots[row.word] = Spot(row.place_id, site_id, Level(row.text), row.township_id, row.district_id, row.state_id)
    else:
        kept = {"crossing": found.crossings, "fund": found.funds, "responder": found.responders, "delivery": found.deliveries}
        kept[row.what].add(row.id)
