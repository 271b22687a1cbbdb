"""Deliveries written: logged, reported on, corrected. Events are only ever added, and nothing is refused for being late."""

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from aidnet import audit, clock, codes, policy
from aidnet.db import insert_once
from aidnet.deliveries import checking, custody, planning, records, references, rollups
from aidnet.deliveries.checking import Line
from aidnet.deliveries.derive import Fact, derive
from aidnet.deliveries.drafts import CorrectionDraft, DeliveryDraft, EventDraft, LineDraft
from aidnet.deliveries.kinds import FACTS
from aidnet.deliveries.models import (
    Delivery,
    DeliveryEvent,
    DeliveryLine,
    DeliveryStop,
    EventBand,
    EventKind,
    EventPeople,
    EventPrivate,
    EventQuantity,
    Item,
)
from aidnet.deliveries.records import Record
from aidnet.deliveries.references import FoundItem, Named, Spot
from aidnet.deliveries.totals import Around, Goods
from aidnet.errors import Invalid, NotVisible, Refused
from aidnet.i18n import gettext as _
from aidnet.policy import Actor, Permission

_FETCHED = "of a delivery that was fetched under its rule"
_UNIT_MOST = 16
_NAME_MOST = 200


def log(session: Session, actor: Actor, draft: DeliveryDraft, *, bought_from: int | None = None) -> Delivery:
    """Record a delivery with its lines, its places and what happened so far. The same `uid` again is the same delivery.

    `bought_from`: the fund of goods that come from another consignment, which the group need not be able to read.
    Raises: Invalid (`field`: lines, places, crossing, fund or a fact of an event), Refused, NotVisible (a uid that is somebody else's).
    """
    if not actor.may(Permission.DELIVERY_LOG) or actor.responder_id is None:
        raise Refused
    events = draft.events or (EventDraft(kind=EventKind.PLANNED, happened_on=clock.today()),)
    checking.refuse_custody(events)
    if not 0 < len(draft.lines) <= checking.MOST_LINES or len(events) > checking.MOST_EVENTS:
        raise Invalid(_("Say what is delivered: from one to %(most)s items.", most=checking.MOST_LINES), field="lines")
    named = _names(session, actor, events, draft)
    if named.deliveries:
        return policy.fetch(session, actor, Permission.DELIVERY_READ, Delivery, named.deliveries.pop())
    now = clock.now()
    _refuse_taken([event.uid for event in events], named)
    lines, new = lines_of(actor.responder_id, draft.lines, named)
    planned = {line.number: line.quantity_milli for line in lines}
    facts = [checking.fact(event, actor.responder_id, planned, named, now) for event in events]
    derived = derive(planned, facts, actor.responder_id)
    spots = checking.spots(draft, events, named)
    way = planning.checked(draft.legs, named, now)
    row = Delivery(
        uid=draft.uid,
        code=codes.code_of("D", draft.uid),
        responder_id=actor.responder_id,
        fund_id=bought_from or checking.known(draft.fund_id, named.funds, "fund", _("Choose a fund of the list.")),
        crossing_id=checking.known(draft.crossing_id, named.crossings, "crossing", _("Choose a crossing of the list.")),
        planned_on=checking.day(draft.planned_on, now, "planned_on", ahead=True) if draft.planned_on else None,
        courier=checking.text(draft.courier, "courier"),
        route_note=checking.text(draft.route_note, "route_note"),
        note=checking.text(draft.note, "note"),
        created_by_id=actor.user_id,
        created_at=now,
        imported=False,
        what=" ".join(line.ref for line in lines),
        version=1,
        **rollups.projection(derived),
    )
    if not insert_once(session, row):
        return policy.fetch(session, actor, Permission.DELIVERY_READ, Delivery, codes.code_of("D", draft.uid))
    items = _save_items(session, actor.responder_id, row, new, {line.ref: line.item_id for line in lines})
    made = [
        DeliveryLine(
            delivery_id=row.id,
            number=line.number,
            item_id=items[line.ref],
            quantity_milli=line.quantity_milli,
            unit=line.unit,
            weight_grams=line.weight_grams,
        )
        for line in lines
    ]
    session.add_all(made)
    session.add_all(stop_at(row.id, spot) for spot in spots)
    planning.add_legs(session, row, way)
    session.flush()
    told = [(event_of(actor, row.id, event, fact, named, now), fact, event) for event, fact in zip(events, facts, strict=True)]
    _add_events(session, told, {line.number: line.id for line in made})
    custody.keep(session, row, None, derived, {event.uid: event.id for event, _fact, _draft in told})
    goods = {line.number: Goods(items[line.ref], line.unit, line.sector) for line in lines}
    rollups.add_difference(session, actor.responder_id, None, derived, Around(goods, named.areas))
    audit.record(session, actor, "delivery.logged", row, lines=len(made), events=len(told))
    return row


def report(session: Session, actor: Actor, code: str, draft: EventDraft) -> DeliveryEvent:
    """Add what happened to a delivery. The same `uid` again is the same event; a report that breaks the sum is kept.

    Raises: Invalid (`field`: the fact), NotVisible.
    """
    checking.refuse_custody([draft])
    delivery = policy.fetch(session, actor, Permission.DELIVERY_REPORT, Delivery, code, lock=True)
    return add(session, actor, delivery, records.load(session, [delivery.id])[delivery.id], draft)


def add(
    session: Session, actor: Actor, delivery: Delivery, record: Record, draft: EventDraft, *, word_of: int | None = None
) -> DeliveryEvent:
    """Add an event to a delivery that the caller found under the rule of the act, and holds. `word_of`: the group whose answer it is.

    The same `uid` again is the same event. Raises: Invalid (`field`: the fact).
    """
    if draft.uid in record.facts:
        return _told(session, record.event_ids[draft.uid])
    named = _names(session, actor, [draft])
    _refuse_taken([draft.uid], named)
    now = clock.now()
    fact = checking.fact(draft, delivery.responder_id, record.planned, named, now)
    if word_of is not None:
        fact = replace(fact, receiver=word_of)
    event = event_of(actor, delivery.id, draft, fact, named, now)
    event.about_id = _about(record, fact)
    record.areas |= named.areas
    _append(session, delivery, record, event, fact, draft)
    if draft.kind is EventKind.DISTRIBUTED:
        _add_stop(session, delivery.id, named.spots[draft.place])
    audit.record(session, actor, "delivery.reported", event, kind=event.kind.value)
    return event


def correct(session: Session, actor: Actor, code: str, draft: CorrectionDraft) -> DeliveryEvent:
    """Add the last word on an event: it never happened, or other facts take its place. The event itself stays as it was.

    Raises: Invalid (`field`: the fact), NotVisible (no such delivery, or no such event in it).
    """
    delivery = policy.fetch(session, actor, Permission.DELIVERY_CORRECT, Delivery, code, lock=True)
    record = records.load(session, [delivery.id])[delivery.id]
    if draft.uid in record.facts:
        return _told(session, record.event_ids[draft.uid])
    if draft.event not in record.facts:
        raise NotVisible
    root = record.facts[record.root_of(draft.event)]
    if FACTS[root.kind].custody:
        raise Invalid(_("A new answer takes the place of an old one; what went on is brought back by joining."))
    now = clock.now()
    if draft.facts is None:
        facts = EventDraft(
            kind=root.kind, happened_on=root.happened_on, precision=root.precision, uid=draft.uid, device_at=draft.device_at
        )
        named = _names(session, actor, [facts])
        gone = replace(root, quantities={}, given={}, place_id=None, households=None, people=None)
        fact = replace(gone, uid=draft.uid, recorded_at=now, device_at=draft.device_at)
    else:
        facts = replace(draft.facts, kind=root.kind, uid=draft.uid, about=root.about)
        named = _names(session, actor, [facts])
        fact = checking.fact(facts, delivery.responder_id, record.planned, named, now)
    _refuse_taken([draft.uid], named)
    fact = replace(fact, kind=EventKind.CORRECTED, corrects=root.uid, void=draft.facts is None)
    event = event_of(actor, delivery.id, facts, fact, named, now)
    event.corrects_id = record.event_ids[root.uid]
    event.about_id = record.event_ids[root.about] if root.about else None
    record.areas |= named.areas
    _append(session, delivery, record, event, fact, facts)
    if facts.kind is EventKind.DISTRIBUTED and not fact.void:
        _add_stop(session, delivery.id, named.spots[facts.place])
    audit.record(session, actor, "delivery.corrected", event, kind=root.kind.value, void=event.void)
    return event


def note_opening(session: Session, actor: Actor, code: str) -> Delivery:
    """A delivery whose private side is about to be shown: written to the audit chain first. Raises: NotVisible."""
    delivery = policy.fetch(session, actor, Permission.DELIVERY_OPEN, Delivery, code)
    audit.record(session, actor, "delivery.opened", delivery)
    return delivery


def _names(session: Session, actor: Actor, events: Sequence[EventDraft], delivery: DeliveryDraft | None = None) -> Named:
    lines = delivery.lines if delivery else ()
    crossings = {event.crossing_id for event in events} | ({delivery.crossing_id} if delivery else set())
    crossings |= {leg.crossing_id for leg in delivery.legs} if delivery else set()
    places = {event.place for event in events} | (set(delivery.places) if delivery else set())
    hands = {event.receiver for event in events} | {event.giver for event in events}
    return references.find(
        session,
        actor,
        items={line.item for line in lines if line.item},
        own_items={references.name_key(line.own_name) for line in lines if line.own_name and not line.item},
        places={place for place in places if place},
        crossings={crossing for crossing in crossings if crossing},
        funds={delivery.fund_id} if delivery and delivery.fund_id else (),
        responders={hand for hand in hands if hand},
        delivery=delivery.uid if delivery else None,
        events={event.uid for event in events},
    )


def _refuse_taken(uids: Sequence[UUID], named: Named) -> None:
    """SECURITY: a uid that another event has would end in the database's own error, which says that it is there."""
    if named.taken or len(set(uids)) < len(uids):
        raise Invalid(_("This was sent before. Open the page again, and look whether it is there."))


def lines_of(responder_id: int, drafts: Sequence[LineDraft], named: Named) -> tuple[list[Line], dict[str, Item]]:
    """The lines, and the items (by folded name) that the responder never had: not saved yet."""
    lines: list[Line] = []
    new: dict[str, Item] = {}
    for number, draft in enumerate(drafts, 1):
        key = references.name_key(draft.own_name)
        item = named.items.get(draft.item) if draft.item else named.own_items.get(key)
        if item is None and key and not draft.item:
            made = new.setdefault(key, new_item(responder_id, draft))
            item = FoundItem(0, made.ref, made.unit)
        if item is None:
            raise Invalid(_("Choose an item of the list, or type its name."), field="lines")
        if not 0 < draft.quantity_milli <= checking.MOST_MILLI or len(draft.unit) > _UNIT_MOST:
            raise Invalid(_("The quantity must be more than zero."), field="lines")
        unit = draft.unit.strip() or item.unit
        lines.append(Line(number, item.id, item.ref, draft.quantity_milli, unit, draft.weight_grams, item.sector))
    return lines, new


def new_item(responder_id: int, draft: LineDraft) -> Item:
    """An item of the responder's own, by the name somebody typed. Raises: Invalid."""
    name = " ".join(draft.own_name.split())
    if len(name) > _NAME_MOST:
        raise Invalid(_("At most %(most)s characters, please.", most=_NAME_MOST), field="lines")
    return Item(
        slug=None,
        responder_id=responder_id,
        name_en=name,
        name_my=None,
        name_key=references.name_key(name),
        sector=None,
        unit=draft.unit.strip() or "piece",
        per_household_milli=None,
        per_period=None,
        created_at=clock.now(),
    )


def _save_items(
    session: Session, responder_id: int, delivery: Delivery, new: Mapping[str, Item], known: Mapping[str, int]
) -> dict[str, int]:
    """Item ids by `ref`, with the new ones saved: one statement. Where a colleague just made the same, a second finds theirs."""
    if not new:
        return dict(known)
    columns = [column.key for column in Item.__mapper__.column_attrs if column.key != "id"]
    rows = [{column: getattr(item, column) for column in columns} for item in new.values()]
    insert = (postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert)(Item).values(rows)
    made = insert.on_conflict_do_nothing(index_elements=["responder_id", "name_key"]).returning(Item.name_key, Item.id)
    ids: dict[str, int] = {row.name_key: row.id for row in session.execute(made)}
    theirs = {key: item for key, item in new.items() if key not in ids}
    if theirs:
        statement = sa.select(Item).where(Item.responder_id == responder_id, Item.name_key.in_(theirs))
        for item in session.scalars(policy.unscoped(statement, because="the responder's own, which the draft named")):
            delivery.what = delivery.what.replace(theirs[item.name_key].ref, item.ref)
            ids[item.name_key] = item.id
    return dict(known) | {item.ref: ids[key] for key, item in new.items()}


def stop_at(delivery_id: int, spot: Spot) -> DeliveryStop:
    """A place a delivery goes to."""
    return DeliveryStop(
        delivery_id=delivery_id,
        place_id=spot.place_id,
        site_id=spot.site_id,
        township_id=spot.township_id,
        district_id=spot.district_id,
        state_id=spot.state_id,
    )


def _add_stop(session: Session, delivery_id: int, spot: Spot) -> None:
    """A place where it was handed out is one of the delivery's places, planned or not."""
    same = sa.select(DeliveryStop.id).where(
        DeliveryStop.delivery_id == delivery_id,
        DeliveryStop.place_id == spot.place_id,
        DeliveryStop.site_id.is_not_distinct_from(spot.site_id),
    )
    if session.scalars(policy.unscoped(same, because=_FETCHED)).first() is None:
        session.add(stop_at(delivery_id, spot))


def event_of(actor: Actor, delivery_id: int, draft: EventDraft, fact: Fact, named: Named, now: datetime) -> DeliveryEvent:
    """The row of what happened, without its private side."""
    needs = FACTS[draft.kind]
    detailed = needs.people and not fact.void
    spot = named.spots.get(draft.place) if fact.place_id else None
    return DeliveryEvent(
        uid=fact.uid,
        delivery_id=delivery_id,
        kind=fact.kind,
        corrects_id=None,
        void=fact.void,
        happened_on=fact.happened_on,
        precision=fact.precision,
        device_at=draft.device_at,
        recorded_at=now,
        recorded_by_id=actor.user_id,
        said_by=draft.said_by,
        place_id=fact.place_id,
        site_id=spot.site_id if spot and draft.kind is not EventKind.LOST else None,
        crossing_id=(draft.crossing_id or None) if needs.crossing else None,
        from_responder_id=fact.giver,
        to_responder_id=fact.receiver,
        reason=fact.reason,
        households=fact.households,
        people=fact.people,
        disabled=draft.disabled if detailed else None,
        received_by=draft.received_by if detailed else None,
        verified_by=draft.verified_by if detailed else None,
        answer=fact.answer,
        refusal=fact.refusal,
        private_digest=None,
    )


def _seal(event: DeliveryEvent, draft: EventDraft) -> EventPrivate | None:
    """The private side of an event, whose salted digest the event bears; None where it has none."""
    note, party = checking.text(draft.note, "note"), checking.text(draft.party, "party")
    feedback = checking.text(draft.feedback, "feedback") if FACTS[draft.kind].people else None
    if not note and not party and not feedback:
        return None
    salt = secrets.token_hex(16)
    digested = (salt, note or "", party or "", *((feedback,) if feedback else ()))
    event.private_digest = hashlib.sha256("\0".join(digested).encode()).hexdigest()
    return EventPrivate(salt=salt, note=note, party=party, feedback=feedback)


def _add_events(
    session: Session, told: Sequence[tuple[DeliveryEvent, Fact, EventDraft]], line_ids: Mapping[int, int]
) -> None:
    """Write events with all that hangs on them: five statements at most, however many there are."""
    private = [(event, _seal(event, draft)) for event, _fact, draft in told]
    session.add_all(event for event, _fact, _draft in told)
    session.flush()
    for event, side in private:
        if side is not None:
            side.event_id = event.id
            session.add(side)
    for event, fact, draft in told:
        session.add_all(
            EventQuantity(event_id=event.id, line_id=line_ids[number], quantity_milli=milli, given_milli=fact.given.get(number))
            for number, milli in fact.quantities.items()
        )
        if FACTS[draft.kind].people and not fact.void:
            session.add_all(EventPeople(event_id=event.id, kind=kind, people=people) for kind, people in draft.by_kind.items() if people)
            session.add_all(
                EventBand(event_id=event.id, sex=sex, age=age, people=people) for (sex, age), people in draft.bands.items() if people
            )
    session.flush()


def _about(record: Record, fact: Fact) -> int | None:
    """The row id of the event that `fact` speaks of. Raises: Invalid."""
    if fact.about is None:
        return None
    if fact.about not in record.facts or record.facts[fact.about].kind is not FACTS[fact.kind].about:
        raise Invalid(_("Choose one of the reports of this delivery."), field="about")
    return record.event_ids[fact.about]


def _append(session: Session, delivery: Delivery, record: Record, event: DeliveryEvent, fact: Fact, draft: EventDraft) -> None:
    """Write one event more, and what follows from it for the delivery and the running totals."""
    before = record.derived()
    after = derive(record.planned, [*record.facts.values(), fact], delivery.responder_id)
    _add_events(session, [(event, fact, draft)], record.line_ids)
    for name, value in rollups.projection(after).items():
        setattr(delivery, name, value)
    custody.keep(session, delivery, before, after, record.event_ids | {event.uid: event.id})
    rollups.add_difference(session, delivery.responder_id, before, after, record.around)


def _told(session: Session, event_id: int) -> DeliveryEvent:
    return session.scalars(policy.unscoped(sa.select(DeliveryEvent).where(DeliveryEvent.id == event_id), because=_FETCHED)).one()
