"""Custody written: what receivers say, goods that are carried on, consignments parted and joined. Every unit keeps its origin."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID, uuid5

import sqlalchemy as sa
from sqlalchemy.orm import Session

from aidnet import policy
from aidnet.custody.drafts import AnswerDraft, GatherDraft, OnwardDraft
from aidnet.deliveries import records
from aidnet.deliveries import service as deliveries
from aidnet.deliveries.custody_models import Handover, LineOrigin
from aidnet.deliveries.drafts import DeliveryDraft, EventDraft, LineDraft
from aidnet.deliveries.models import Answer, Delivery, DeliveryLine, DeliveryStop, EventKind, Item, SaidBy
from aidnet.deliveries.records import Record
from aidnet.errors import Invalid, NotVisible
from aidnet.i18n import gettext as _
from aidnet.needs import service as needs
from aidnet.places.models import Place, Site
from aidnet.policy import Actor, Permission

_UNDER_HANDOVER = "of a hand-over that was found under its rule"
_FETCHED = "of deliveries that were fetched under their rule"
#: Consignments joined at once.
MOST_JOINED = 10


def answer(session: Session, actor: Actor, code: str, draft: AnswerDraft) -> Handover:
    """Add what the receiver says of a hand-over. A later answer takes the place of an earlier one; the same `uid` again is the same.

    Raises: Invalid (`field`: answer, quantities, refusal, happened_on), NotVisible.
    """
    found = policy.fetch(session, actor, Permission.HANDOVER_ANSWER, Handover, code)
    delivery = _held(session, found.delivery_id)
    # Whoever held the delivery may have changed the hand-over, and whose it is to answer.
    row = policy.fetch(session, actor, Permission.HANDOVER_ANSWER, Handover, code, lock=True)
    record = records.load(session, [delivery.id])[delivery.id]
    if draft.uid in record.facts:
        return row
    said = record.derived().handovers[row.uid].given
    # SECURITY: the receiver knows of no other line of the delivery. Kept by tests/custody/test_service.py.
    if not draft.quantities.keys() <= said.keys():
        raise Invalid(_("Type what you counted of each line of the hand-over."), field="quantities")
    counted = said if draft.answer is Answer.ACCEPTED else draft.quantities
    event = EventDraft(
        uid=draft.uid,
        kind=EventKind.ANSWERED,
        happened_on=draft.happened_on,
        about=row.uid,
        answer=draft.answer,
        refusal=draft.refusal,
        quantities=counted,
        said_by=SaidBy.RECEIVER,
    )
    deliveries.add(session, actor, delivery, record, event, word_of=row.to_responder_id)
    return row


def _fund(session: Session, delivery_id: int) -> int | None:
    """The fund that a delivery was bought from, for the books alone."""
    statement = sa.select(Delivery.fund_id).where(Delivery.id == delivery_id)
    return session.scalars(policy.unscoped(statement, because=_UNDER_HANDOVER)).one()


def _held(session: Session, delivery_id: int) -> Delivery:
    """A delivery that a hand-over is of, held until the transaction ends."""
    statement = sa.select(Delivery).where(Delivery.id == delivery_id).with_for_update(key_share=True)
    statement = statement.execution_options(populate_existing=True)
    return session.scalars(policy.unscoped(statement, because=_UNDER_HANDOVER)).one()


def carry_on(session: Session, actor: Actor, code: str, draft: OnwardDraft) -> Delivery:
    """Log the receiver's own delivery of what was handed over to it, loaded. The same `uid` again is the same delivery.

    It is of the giver's fund, so that the results of the goods' donors go on where the goods do. What the giver's is meant for
    is a need of another group, and does not come along.

    Raises: Invalid (`field`: amounts, loaded_on), NotVisible (not this group's to carry on), Refused.
    """
    row = policy.fetch(session, actor, Permission.HANDOVER_READ, Handover, code, lock=True)
    if actor.responder_id is None or row.to_responder_id != actor.responder_id or row.owner_id == actor.responder_id:
        raise NotVisible
    made = _made_before(session, actor, draft.uid)
    if made is not None:
        return made
    hand = records.load(session, [row.delivery_id])[row.delivery_id].derived().handovers[row.uid]
    amounts = {number: milli for number, milli in draft.amounts.items() if milli}
    if not hand.moves or not amounts or not amounts.keys() <= hand.counted.keys():
        raise Invalid(_("Say how much of it goes on: at least one quantity."), field="amounts")
    parts = [
        _Part(line, item, amounts[line.number])
        for line, item in _lines(session, [row.delivery_id])
        if line.number in amounts
    ]
    onward = DeliveryDraft(
        uid=draft.uid,
        lines=tuple(_drafted(actor, part) for part in parts),
        events=(EventDraft(kind=EventKind.LOADED, happened_on=draft.loaded_on),),
        planned_on=draft.planned_on,
    )
    delivery = deliveries.log(session, actor, onward, bought_from=_fund(session, row.delivery_id))
    ids = _new_lines(session, delivery)
    if ids:
        _originate(session, ids, [(number, part, row.event_id) for number, part in enumerate(parts, 1)])
    return delivery


@dataclass(frozen=True)
class _Part:
    """How much of another delivery's line goes into a new one."""

    line: DeliveryLine
    item: Item
    milli: int


def _drafted(actor: Actor, part: _Part) -> LineDraft:
    """A line of what came; another group's own item becomes one of the own, by the name they gave it."""
    if part.item.responder_id in (None, actor.responder_id):
        return LineDraft(item=part.item.ref, unit=part.line.unit, quantity_milli=part.milli)
    return LineDraft(own_name=part.item.name_en, unit=part.line.unit, quantity_milli=part.milli)


def _lines(session: Session, ids: Sequence[int]) -> list[tuple[DeliveryLine, Item]]:
    statement = sa.select(DeliveryLine, Item).join(Item, Item.id == DeliveryLine.item_id)
    statement = statement.where(DeliveryLine.delivery_id.in_(ids)).order_by(
        DeliveryLine.delivery_id, DeliveryLine.number
    )
    return [(line, item) for line, item in session.execute(policy.unscoped(statement, because=_FETCHED))]


def _made_before(session: Session, actor: Actor, uid: UUID) -> Delivery | None:
    return session.scalars(policy.visible(actor, Permission.DELIVERY_READ, Delivery).where(Delivery.uid == uid)).first()


def _new_lines(session: Session, delivery: Delivery) -> dict[int, int]:
    """Ids of the lines, by number; none where they have an origin: the same form made the delivery while this one waited."""
    statement = sa.select(DeliveryLine.number, DeliveryLine.id, LineOrigin.from_line_id)
    statement = statement.outerjoin(LineOrigin, LineOrigin.line_id == DeliveryLine.id)
    statement = statement.where(DeliveryLine.delivery_id == delivery.id)
    rows = session.execute(policy.unscoped(statement, because=_FETCHED)).all()
    return {} if any(row.from_line_id for row in rows) else {row.number: row.id for row in rows}


def _originate(session: Session, ids: Mapping[int, int], parts: Sequence[tuple[int, _Part, int]]) -> None:
    """Write down where new lines come from: number of the line, what went into it, and the event that brought it."""
    session.add_all(
        LineOrigin(line_id=ids[number], from_line_id=part.line.id, event_id=event_id, quantity_milli=part.milli)
        for number, part, event_id in parts
    )
    session.flush()


def gather(session: Session, actor: Actor, draft: GatherDraft) -> Delivery:
    """Make a new consignment of parts of others of the same group, which they leave. The same `uid` again is the same delivery.

    Nothing is refused for being more than is known to be there: that is kept, and shown as what does not add up. It is of the fund
    that all of its parts are of, if any, and meant for the needs that they are meant for at the places it goes to.
    Raises: Invalid (`field`: takes, amounts, moved_on, places), NotVisible, Refused.
    """
    made = _made_before(session, actor, draft.uid)
    if made is not None:
        return made
    sources = _sources(session, actor, draft)
    # The same form may have been saved while this one waited for the sources.
    made = _made_before(session, actor, draft.uid)
    if made is not None:
        return made
    known = records.load(session, [source.id for source in sources])
    amounts = _amounts(draft, sources, known)
    parts = [
        _Part(line, item, milli)
        for line, item in _lines(session, [source.id for source in sources])
        if (milli := amounts[line.delivery_id].get(line.number))
    ]
    if not parts:
        raise Invalid(_("Say how much of it goes on: at least one quantity."), field="amounts")
    funds = {source.fund_id for source in sources if amounts[source.id]}
    consignment = _consignment(session, actor, draft, sources, parts)
    delivery = deliveries.log(session, actor, consignment, bought_from=funds.pop() if len(funds) == 1 else None)
    ids = _new_lines(session, delivery)
    if not ids:
        return delivery
    moved = {}
    for source in sources:
        if amounts[source.id]:
            event = EventDraft(
                uid=uuid5(draft.uid, source.code),
                kind=EventKind.MOVED,
                happened_on=draft.moved_on,
                quantities=amounts[source.id],
            )
            moved[source.id] = deliveries.add(session, actor, source, known[source.id], event).id
    numbers = {key: number for number, key in enumerate(_merged(parts), 1)}
    _originate(session, ids, [(numbers[_kind(part)], part, moved[part.line.delivery_id]) for part in parts])
    needs.hand_on(session, actor, list(moved), delivery)
    return delivery


def _sources(session: Session, actor: Actor, draft: GatherDraft) -> Sequence[Delivery]:
    """The consignments that goods are taken of, held in the order of their ids. Raises: Invalid, NotVisible."""
    codes = {taken.code for taken in draft.takes}
    if not 0 < len(codes) <= MOST_JOINED:
        raise Invalid(_("Choose from one to %(most)s consignments.", most=MOST_JOINED), field="takes")
    statement = (
        policy.visible(actor, Permission.DELIVERY_CORRECT, Delivery)
        .where(Delivery.code.in_(codes))
        .order_by(Delivery.id)
    )
    statement = statement.with_for_update(key_share=True).execution_options(populate_existing=True)
    found = session.scalars(statement).all()
    if {source.code for source in found} != codes:
        raise NotVisible
    return found


def _amounts(draft: GatherDraft, sources: Sequence[Delivery], known: Mapping[int, Record]) -> dict[int, dict[int, int]]:
    """How much of each line goes on, by delivery: as typed, or all that is in the own hands."""
    asked = {taken.code: taken.amounts for taken in draft.takes}
    found = {}
    for source in sources:
        held = {line.number: line.held.get(source.responder_id, 0) for line in known[source.id].derived().lines}
        typed = {number: milli for number, milli in asked[source.code].items() if milli} or held
        if not any(held.values()):
            raise Invalid(
                _("Nothing of %(code)s is known to be in your hands. Report its loading first.", code=source.code),
                field="takes",
            )
        found[source.id] = {number: milli for number, milli in typed.items() if milli}
    return found


def _kind(part: _Part) -> tuple[int, str]:
    return part.item.id, part.line.unit


def _merged(parts: Sequence[_Part]) -> dict[tuple[int, str], LineDraft]:
    """A line for each item and unit, however many consignments it comes of."""
    lines: dict[tuple[int, str], LineDraft] = {}
    for part in parts:
        so_far = lines[_kind(part)].quantity_milli if _kind(part) in lines else 0
        lines[_kind(part)] = LineDraft(item=part.item.ref, unit=part.line.unit, quantity_milli=so_far + part.milli)
    return lines


def _consignment(
    session: Session, actor: Actor, draft: GatherDraft, sources: Sequence[Delivery], parts: Sequence[_Part]
) -> DeliveryDraft:
    crossings = {source.crossing_id for source in sources}
    return DeliveryDraft(
        uid=draft.uid,
        lines=tuple(_merged(parts).values()),
        places=draft.places or (_places(session, sources) if len(sources) > 1 else ()),
        events=(EventDraft(kind=EventKind.LOADED, happened_on=draft.moved_on),),
        planned_on=draft.planned_on,
        crossing_id=crossings.pop() if len(crossings) == 1 else None,
    )


def _places(session: Session, sources: Sequence[Delivery]) -> tuple[str, ...]:
    """Where the sources go, as codes."""
    statement = (
        sa.select(sa.func.coalesce(Site.code, Place.pcode))
        .select_from(DeliveryStop)
        .join(Place, Place.id == DeliveryStop.place_id)
        .outerjoin(Site, Site.id == DeliveryStop.site_id)
        .where(DeliveryStop.delivery_id.in_([source.id for source in sources]))
        .order_by(DeliveryStop.id)
    )
    return tuple(dict.fromkeys(session.scalars(policy.unscoped(statement, because=_FETCHED))))
