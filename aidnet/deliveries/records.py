"""Deliveries as the rules of `derive` read them, from their rows: two statements, however many deliveries."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from aidnet import policy
from aidnet.deliveries.derive import Derived, Fact, derive
from aidnet.deliveries.models import Delivery, DeliveryEvent, DeliveryLine, EventQuantity, Item
from aidnet.deliveries.totals import Around, Goods
from aidnet.places.models import Place

_FOUND = "the caller found these deliveries under their rule"


_EVENT = (
    *("id", "uid", "delivery_id", "kind", "void", "happened_on", "precision", "recorded_at", "device_at", "reason"),
    *("place_id", "households", "people", "from_responder_id", "to_responder_id", "answer", "refusal"),
)
_IDS = sa.bindparam("ids", type_=sa.Integer(), expanding=True)
_CORRECTED = aliased(DeliveryEvent, name="corrected")
_ABOUT = aliased(DeliveryEvent, name="about")
# Built once: every report on a delivery reads it so, and building these takes longer than running them.
_LINES = (
    sa.select(
        *(DeliveryLine.id, DeliveryLine.delivery_id, DeliveryLine.number, DeliveryLine.quantity_milli),
        *(DeliveryLine.item_id, DeliveryLine.unit, Item.sector, Delivery.responder_id),
    )
    .join(Delivery, Delivery.id == DeliveryLine.delivery_id)
    .join(Item, Item.id == DeliveryLine.item_id)
    .where(DeliveryLine.delivery_id.in_(_IDS))
    .order_by(DeliveryLine.delivery_id, DeliveryLine.number)
)
_EVENTS = (
    sa.select(
        *(getattr(DeliveryEvent, name) for name in _EVENT),
        _CORRECTED.uid.label("corrects"),
        _ABOUT.uid.label("about"),
        DeliveryLine.number,
        EventQuantity.quantity_milli,
        EventQuantity.given_milli,
        sa.func.coalesce(Place.township_id, Place.id).label("area_id"),
    )
    .outerjoin(Place, Place.id == DeliveryEvent.place_id)
    .outerjoin(_CORRECTED, _CORRECTED.id == DeliveryEvent.corrects_id)
    .outerjoin(_ABOUT, _ABOUT.id == DeliveryEvent.about_id)
    .outerjoin(EventQuantity, EventQuantity.event_id == DeliveryEvent.id)
    .outerjoin(DeliveryLine, DeliveryLine.id == EventQuantity.line_id)
    .where(DeliveryEvent.delivery_id.in_(_IDS))
    .order_by(DeliveryEvent.delivery_id, DeliveryEvent.id)
)


@dataclass
class Record:
    """A delivery's lines and events."""

    responder_id: int
    #: Line numbers to what was planned.
    planned: dict[int, int] = field(default_factory=dict)
    #: Line numbers to row ids.
    line_ids: dict[int, int] = field(default_factory=dict)
    #: By uid.
    facts: dict[UUID, Fact] = field(default_factory=dict)
    #: Row ids, by uid.
    event_ids: dict[UUID, int] = field(default_factory=dict)
    #: What each line is of.
    goods: dict[int, Goods] = field(default_factory=dict)
    #: The township of each place that an event names, or the place where it is larger.
    areas: dict[int, int] = field(default_factory=dict)

    @property
    def around(self) -> Around:
        return Around(self.goods, self.areas)

    def derived(self) -> Derived:
        """What the events amount to."""
        return derive(self.planned, self.facts.values(), self.responder_id)

    def root_of(self, uid: UUID) -> UUID:
        """The event that `uid` is, or in the end corrects."""
        while (corrected := self.facts[uid].corrects) is not None:
            uid = corrected
        return uid


def load(session: Session, ids: Collection[int]) -> dict[int, Record]:
    """The records of deliveries, by id. The caller answers for who may read them."""
    found: dict[int, Record] = {}
    asked = {"ids": list(ids)}
    for row in session.execute(policy.unscoped(_LINES, because=_FOUND), asked):
        record = found.setdefault(row.delivery_id, Record(row.responder_id))
        record.planned[row.number] = row.quantity_milli
        record.line_ids[row.number] = row.id
        record.goods[row.number] = Goods(row.item_id, row.unit, row.sector and row.sector.value)
    for rows in _by_event(session.execute(policy.unscoped(_EVENTS, because=_FOUND), asked)):
        record = found[rows[0].delivery_id]
        record.facts[rows[0].uid] = _fact(rows)
        record.event_ids[rows[0].uid] = rows[0].id
        if rows[0].area_id is not None:
            record.areas[rows[0].place_id] = rows[0].area_id
    return found


def _by_event(rows: Iterable[sa.Row[*tuple[Any, ...]]]) -> Iterable[list[sa.Row[*tuple[Any, ...]]]]:
    held: list[sa.Row[*tuple[Any, ...]]] = []
    for row in rows:
        if held and held[0].id != row.id:
            yield held
            held = []
        held.append(row)
    if held:
        yield held


def _fact(rows: list[sa.Row[*tuple[Any, ...]]]) -> Fact:
    counted = [row for row in rows if row.number is not None]
    return fact_of(
        rows[0],
        rows[0].corrects,
        rows[0].about,
        {row.number: row.quantity_milli for row in counted},
        {row.number: row.given_milli for row in counted if row.given_milli is not None},
    )


def fact_of(
    event: Any, corrects: UUID | None, about: UUID | None, quantities: Mapping[int, int], given: Mapping[int, int]
) -> Fact:
    """An event (its row, or the columns of one) as the rules read it."""
    return Fact(
        uid=event.uid,
        kind=event.kind,
        happened_on=event.happened_on,
        recorded_at=event.recorded_at,
        device_at=event.device_at,
        precision=event.precision,
        corrects=corrects,
        void=event.void,
        quantities=quantities,
        given=given,
        giver=event.from_responder_id,
        receiver=event.to_responder_id,
        reason=event.reason,
        place_id=event.place_id,
        households=event.households,
        people=event.people,
        about=about,
        answer=event.answer,
        refusal=event.refusal,
    )
