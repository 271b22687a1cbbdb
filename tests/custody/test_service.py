"""Answers, onward deliveries, splits and joins: kept once, in any order, and every unit with its origin."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa

from aidnet import clock
from aidnet.custody import queries, service
from aidnet.custody.drafts import AnswerDraft, GatherDraft, OnwardDraft, Taken
from aidnet.custody.queries import Wanted
from aidnet.db import transaction
from aidnet.deliveries import journey, records, rollups
from aidnet.deliveries import service as deliveries
from aidnet.deliveries.custody_models import Handover, HandoverState, LineOrigin
from aidnet.deliveries.drafts import CorrectionDraft, EventDraft, LineDraft
from aidnet.deliveries.models import (
    Answer,
    Delivery,
    DeliveryEvent,
    DeliveryLine,
    DeliveryState,
    EventKind,
    Refusal,
    SaidBy,
)
from aidnet.errors import Invalid, NotVisible
from aidnet.needs import service as needs
from aidnet.needs.drafts import NeedDraft, NeedLineDraft
from aidnet.needs.models import Need, NeedDelivery, Urgency
from aidnet.places.models import Place
from aidnet.policy import OPERATOR, Role, unscoped
from aidnet.responders.models import Sector
from tests import factories
from tests.custody.shared import bought_from, given_to, of, pair, said
from tests.deliveries.shared import OIL, RICE, TOLD, coordinator, event, fresh, logged, ready, rice_and_oil, villages

DAY, LATER = date(2026, 8, 9), factories.NOW + timedelta(hours=1)


@pytest.fixture(autouse=True)
def catalogue(app: Any) -> None:
    ready()


def sound() -> bool:
    with transaction() as session:
        return rollups.recount(session, OPERATOR, repair=False).sound


def held(code: str) -> dict[int, dict[int | None, int]]:
    """Who holds what of each line."""
    delivery = fresh(code)
    with transaction() as session:
        derived = records.load(session, [delivery.id])[delivery.id].derived()
    return {line.number: dict(line.held) for line in derived.lines}


def test_a_hand_over_is_a_row_that_both_sides_find(session):
    giver, receiver = pair()
    delivery = given_to(giver, receiver)

    for actor in (giver, receiver):
        rows = queries.page(session, actor, Wanted(), None).rows
        assert [row.handover.code for row in rows] == [of(delivery).code]
        assert [(line.item, line.given_milli, line.counted_milli) for line in rows[0].lines] == [("Rice (milled)", 250_000, None)]
        assert rows[0].waits_for_us == (actor is receiver)
    assert queries.page(session, coordinator(), Wanted(), None).rows == []


@pytest.mark.parametrize("who", ["giver", "stranger", "logger"])
def test_only_the_receiver_answers(session, who):
    giver, receiver = pair()
    delivery = given_to(giver, receiver)
    logger = replace(receiver, role=Role.LOGGER)
    others = {"giver": giver, "stranger": coordinator(), "logger": logger}
    draft, code = AnswerDraft(answer=Answer.ACCEPTED, happened_on=DAY), of(delivery).code
    with pytest.raises(NotVisible):
        service.answer(session, others[who], code, draft)
    assert service.answer(session, receiver, code, draft).state is HandoverState.ACCEPTED


def test_for_somebody_outside_the_owner_types_their_word(session):
    giver = coordinator()
    delivery = given_to(giver, None)
    row = service.answer(session, giver, of(delivery).code, AnswerDraft(answer=Answer.SHORT, happened_on=DAY, quantities={RICE: 240_000}))
    assert row.state is HandoverState.SHORT
    assert held(delivery.code)[RICE] == {giver.partner_id: 50_000, None: 240_000}


def need_at(place: str) -> NeedDraft:
    """Rice that people of a place lack."""
    lines = (NeedLineDraft(item="rice"),)
    return NeedDraft(place=place, sector=Sector.FSC, urgency=Urgency.HIGH, lines=lines, reported_on=DAY)


def test_a_short_answer_is_a_discrepancy_of_its_size_and_a_later_one_takes_its_place(session):
    giver, receiver = pair()
    delivery = given_to(giver, receiver)
    said(receiver, delivery, Answer.SHORT, {RICE: 220_000})
    assert (of(delivery).state, fresh(delivery.code).has_discrepancy) == (HandoverState.SHORT, True)

    with clock.at(LATER):
        said(receiver, delivery, Answer.ACCEPTED)
    assert (of(delivery).state, of(delivery).answered_on, fresh(delivery.code).has_discrepancy) == (HandoverState.ACCEPTED, DAY, False)
    assert sound()


def test_an_answer_sent_again_is_the_same_though_the_giver_took_a_line_out_meanwhile(session):
    giver, receiver = pair()
    both = event(EventKind.HANDED_OVER, 6, {RICE: 250_000, OIL: 100_000}, receiver=receiver.partner_id)
    delivery = logged(giver, rice_and_oil(events=(event(EventKind.LOADED, 2), both)))
    uid = uuid4()
    said(receiver, delivery, Answer.SHORT, {RICE: 220_000, OIL: 90_000}, uid=uid)
    with transaction() as other:
        facts = replace(both, uid=uuid4(), quantities={RICE: 250_000})
        deliveries.correct(other, giver, delivery.code, CorrectionDraft(event=both.uid, facts=facts))
    with clock.at(LATER):
        said(receiver, delivery, Answer.SHORT, {RICE: 210_000})
    events = len(records.load(session, [delivery.id])[delivery.id].facts)

    said(receiver, delivery, Answer.SHORT, {RICE: 220_000, OIL: 90_000}, uid=uid)
    assert len(records.load(session, [delivery.id])[delivery.id].facts) == events


def test_a_refused_hand_over_moves_nothing(session):
    giver, receiver = pair()
    delivery = given_to(giver, receiver)
    with pytest.raises(Invalid) as refused:
        service.answer(session, receiver, of(delivery).code, AnswerDraft(answer=Answer.REFUSED, happened_on=DAY))
    assert refused.value.field == "refusal"

    said(receiver, delivery, Answer.REFUSED, refusal=Refusal.NO_ROOM)
    assert held(delivery.code)[RICE] == {giver.partner_id: 300_000}
    assert fresh(delivery.code).state is DeliveryState.LOADED


def test_the_givers_word_of_the_whole_closes_it_when_the_receiver_answers(session):
    giver, receiver = pair()
    delivery = given_to(giver, receiver, rice_and_oil(lines=(LineDraft(item="rice", quantity_milli=250_000, unit="rice_bag"),)))
    deliveries.report(session, giver, delivery.code, event(EventKind.CONFIRMED, 8))
    assert (fresh(delivery.code).state, fresh(delivery.code).is_open) == (DeliveryState.HANDED_OVER, True)
    assert of(delivery).state is HandoverState.OPEN

    said(receiver, delivery, Answer.ACCEPTED)
    assert (fresh(delivery.code).state, fresh(delivery.code).is_open) == (DeliveryState.CONFIRMED, False)
    assert sound()


def test_an_answer_sent_twice_is_one(session):
    giver, receiver = pair()
    delivery = given_to(giver, receiver)
    draft = AnswerDraft(answer=Answer.SHORT, happened_on=DAY, quantities={RICE: 1_000})
    for _turn in range(2):
        service.answer(session, receiver, of(delivery).code, draft)
    with transaction() as again:
        counted = sa.select(sa.func.count()).where(DeliveryEvent.kind == EventKind.ANSWERED)
        assert again.scalar(unscoped(counted, because=TOLD)) == 1


def test_a_receiver_names_no_line_that_it_was_not_given(session):
    giver, receiver = pair()
    delivery = given_to(giver, receiver)
    draft = AnswerDraft(answer=Answer.SURPLUS, happened_on=DAY, quantities={RICE: 250_000, OIL: 1_000})
    with pytest.raises(Invalid) as refused:
        service.answer(session, receiver, of(delivery).code, draft)
    beyond = replace(draft, quantities={99: 1_000})
    with pytest.raises(Invalid) as same:
        service.answer(session, receiver, of(delivery).code, beyond)
    assert str(refused.value) == str(same.value)


def test_a_hand_over_taken_back_is_void_and_one_corrected_changes_its_receiver(session):
    giver, receiver = pair()
    delivery, other = given_to(giver, receiver), coordinator()
    uid = of(delivery).uid
    facts = EventDraft(kind=EventKind.HANDED_OVER, happened_on=DAY, quantities={RICE: 200_000}, receiver=other.partner_id or 0)
    deliveries.correct(session, giver, delivery.code, CorrectionDraft(event=uid, facts=facts))
    assert (of(delivery).to_responder_id, of(delivery).given_on) == (other.partner_id, DAY)
    with clock.at(LATER):
        deliveries.correct(session, giver, delivery.code, CorrectionDraft(event=uid, facts=None))
    assert of(delivery).state is HandoverState.VOID
    assert sound()


def test_an_owner_does_not_change_what_the_receiver_said(session):
    giver, receiver = pair()
    delivery = given_to(giver, receiver)
    draft = AnswerDraft(answer=Answer.SHORT, happened_on=DAY, quantities={RICE: 1_000})
    said(receiver, delivery, Answer.SHORT, {RICE: 1_000}, uid=draft.uid)
    with pytest.raises(Invalid):
        deliveries.correct(session, giver, delivery.code, CorrectionDraft(event=draft.uid, facts=None))


@pytest.mark.parametrize("kind", [EventKind.ANSWERED, EventKind.MOVED])
def test_answers_and_moves_are_no_reports(session, kind):
    giver, receiver = pair()
    delivery = given_to(giver, receiver)
    draft = event(kind, 9, {RICE: 1_000}, about=of(delivery).uid, answer=Answer.ACCEPTED, said_by=SaidBy.RECEIVER)
    with pytest.raises(Invalid):
        deliveries.report(session, giver, delivery.code, draft)
    with pytest.raises(Invalid):
        deliveries.log(session, giver, rice_and_oil(events=(draft,)))


def test_a_recount_makes_the_rows_of_older_books(session):
    giver, receiver = pair()
    delivery = given_to(giver, receiver)
    code = of(delivery).code
    with transaction() as older:
        older.execute(unscoped(sa.delete(Handover), because=TOLD))
        older.info.clear()
    with transaction() as later:
        assert rollups.is_behind(later)
        assert rollups.recount(later, OPERATOR, repair=True).wrong_handovers == 1
    assert of(delivery).code == code
    assert sound()


def origins() -> list[tuple[int, int, int]]:
    with transaction() as session:
        rows = session.scalars(unscoped(sa.select(LineOrigin).order_by(LineOrigin.line_id, LineOrigin.from_line_id), because=TOLD))
        return [(row.line_id, row.from_line_id, row.quantity_milli) for row in rows]


def line_ids(delivery: Delivery) -> dict[int, int]:
    statement = sa.select(DeliveryLine).where(DeliveryLine.delivery_id == delivery.id)
    with transaction() as session:
        return {row.number: row.id for row in session.scalars(unscoped(statement, because=TOLD))}


def test_a_receiver_carries_on_what_came_and_the_line_knows_from_where(session):
    giver, receiver = pair()
    delivery = given_to(giver, receiver)
    draft = OnwardDraft(loaded_on=DAY, amounts={RICE: 240_000})
    onward = service.carry_on(session, receiver, of(delivery).code, draft)
    again = service.carry_on(session, receiver, of(delivery).code, draft)

    assert (onward.code, onward.responder_id, onward.state) == (again.code, receiver.partner_id, DeliveryState.LOADED)
    assert origins() == [(line_ids(onward)[1], line_ids(delivery)[RICE], 240_000)]
    assert fresh(delivery.code).state is DeliveryState.HANDED_OVER


def test_another_groups_own_item_becomes_one_of_the_own(session):
    giver, receiver = pair()
    delivery = given_to(giver, receiver, rice_and_oil(lines=(LineDraft(own_name="Fish paste", quantity_milli=300_000, unit="jar"),)))
    onward = service.carry_on(session, receiver, of(delivery).code, OnwardDraft(loaded_on=DAY, amounts={1: 5_000}))
    assert onward.what != delivery.what


def test_what_is_carried_on_is_of_the_givers_fund_which_the_receiver_cannot_read(session):
    giver, receiver = pair()
    fund = factories.fund()
    delivery = given_to(giver, receiver)
    bought_from(delivery, fund.id)
    onward = service.carry_on(session, receiver, of(delivery).code, OnwardDraft(loaded_on=DAY, amounts={RICE: 240_000}))
    part = service.gather(session, receiver, GatherDraft(moved_on=DAY, takes=(Taken(code=onward.code, amounts={1: 40_000}),)))
    session.commit()

    assert [fresh(code).fund_id for code in (onward.code, part.code)] == [fund.id] * 2
    assert journey.journey(session, receiver, onward.code).fund == ""


def test_consignments_of_two_funds_become_one_of_none(session):
    actor = coordinator()
    takes = []
    for name in ("Rainy season", "Dry season"):
        delivery = logged(actor, rice_and_oil(events=(event(EventKind.LOADED, 2),)))
        bought_from(delivery, factories.fund(name).id)
        takes.append(Taken(code=delivery.code))
    one = service.gather(session, actor, GatherDraft(moved_on=DAY, takes=tuple(takes[:1])))
    assert one.fund_id is not None
    both = service.gather(session, actor, GatherDraft(moved_on=DAY, takes=(Taken(code=one.code), takes[1])))
    assert both.fund_id is None


@pytest.mark.parametrize("who", ["giver", "stranger"])
def test_nobody_else_carries_it_on(session, who):
    giver, receiver = pair()
    delivery = given_to(giver, receiver)
    actor = giver if who == "giver" else coordinator()
    with pytest.raises(NotVisible):
        service.carry_on(session, actor, of(delivery).code, OnwardDraft(loaded_on=DAY, amounts={RICE: 1_000}))


def test_a_split_leaves_the_one_and_begins_the_other(session):
    actor = coordinator()
    delivery = logged(actor, rice_and_oil(events=(event(EventKind.LOADED, 2),)))
    draft = GatherDraft(moved_on=DAY, takes=(Taken(code=delivery.code, amounts={RICE: 100_000}),))
    part = service.gather(session, actor, draft)
    assert service.gather(session, actor, draft).code == part.code

    assert held(delivery.code) == {RICE: {actor.partner_id: 200_000}, OIL: {actor.partner_id: 150_000}}
    assert held(part.code) == {1: {actor.partner_id: 100_000}}
    assert origins() == [(line_ids(part)[1], line_ids(delivery)[RICE], 100_000)]
    assert (fresh(delivery.code).state, fresh(delivery.code).has_discrepancy) == (DeliveryState.LOADED, False)
    assert sound()


def test_joining_takes_all_that_is_in_the_own_hands_line_by_line(session):
    actor = coordinator()
    first = logged(actor, rice_and_oil(events=(event(EventKind.LOADED, 2), event(EventKind.LOST, 3, {RICE: 50_000}))))
    second = logged(actor, rice_and_oil(events=(event(EventKind.LOADED, 2),)))
    takes = (Taken(code=first.code), Taken(code=second.code))
    whole = service.gather(session, actor, GatherDraft(moved_on=DAY, takes=takes))

    assert held(whole.code) == {1: {actor.partner_id: 550_000}, 2: {actor.partner_id: 300_000}}
    assert [fresh(each.code).state for each in (first, second)] == [DeliveryState.MOVED_ON] * 2
    assert [milli for _line, _from, milli in origins()] == [250_000, 300_000, 150_000, 150_000]
    assert sound()


def test_more_than_is_known_to_be_there_is_kept_and_shown(session):
    actor = coordinator()
    delivery = logged(actor, rice_and_oil(events=(event(EventKind.LOADED, 2),)))
    service.gather(session, actor, GatherDraft(moved_on=DAY, takes=(Taken(code=delivery.code, amounts={RICE: 310_000}),)))
    assert fresh(delivery.code).has_discrepancy


def test_a_plan_and_another_groups_consignment_are_not_split(session):
    actor = coordinator()
    plan = logged(actor, rice_and_oil())
    with pytest.raises(Invalid):
        service.gather(session, actor, GatherDraft(moved_on=DAY, takes=(Taken(code=plan.code, amounts={RICE: 1_000}),)))
    theirs = logged(coordinator(), rice_and_oil(events=(event(EventKind.LOADED, 2),)))
    with pytest.raises(NotVisible):
        service.gather(session, actor, GatherDraft(moved_on=DAY, takes=(Taken(code=theirs.code, amounts={RICE: 1_000}),)))
    takes = tuple(Taken(code=f"D-{number}") for number in range(service.MOST_JOINED + 1))
    with pytest.raises(Invalid):
        service.gather(session, actor, GatherDraft(moved_on=DAY, takes=takes))


def test_events_in_any_order_end_in_the_same_row(session):
    giver, receiver = pair()
    early, late = given_to(giver, receiver), given_to(giver, receiver, events=())
    said(receiver, early, Answer.SHORT, {RICE: 200_000})
    handed = event(EventKind.HANDED_OVER, 6, {RICE: 250_000}, receiver=receiver.partner_id)
    deliveries.report(session, giver, late.code, handed)
    said(receiver, late, Answer.SHORT, {RICE: 200_000})
    deliveries.report(session, giver, late.code, event(EventKind.LOADED, 2))
    assert held(early.code) == held(late.code)
    assert of(early).state is of(late).state is HandoverState.SHORT



def test_a_part_is_meant_for_the_needs_at_its_places_and_what_is_carried_on_for_none(session):
    giver, receiver = pair()
    here, there = villages()
    township = session.get_one(Place, factories.place(here).township_id).pcode
    delivery = given_to(giver, receiver, places=(here, there))
    for_here, for_there, for_the_township, over = (
        needs.report(session, giver, need_at(place)).code for place in (here, there, township, here)
    )
    session.commit()
    needs.cover(session, giver, [for_here, for_there, for_the_township, over], delivery.code)
    needs.withdraw(session, giver, over)

    def meant(made):
        statement = sa.select(Need.code).join(NeedDelivery, NeedDelivery.need_id == Need.id)
        return set(session.scalars(unscoped(statement.where(NeedDelivery.delivery_id == made.id), because=TOLD)))

    takes = (Taken(code=delivery.code, amounts={RICE: 10_000}),)
    first = GatherDraft(moved_on=DAY, takes=takes, places=(here,))
    part = service.gather(session, giver, first)
    assert meant(part) == {for_here, for_the_township}
    assert service.gather(session, giver, first).id == part.id
    assert meant(service.gather(session, giver, GatherDraft(moved_on=DAY, takes=takes))) == set()
    both = service.gather(session, giver, GatherDraft(moved_on=DAY, takes=(Taken(code=part.code), takes[0])))
    assert meant(both) == {for_here, for_there, for_the_township}
    onward = service.carry_on(session, receiver, of(delivery).code, OnwardDraft(loaded_on=DAY, amounts={RICE: 10_000}))
    assert meant(onward) == set()
