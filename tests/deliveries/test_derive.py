"""What a set of events amounts to: the same in any order, and never more or less than there was."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from aidnet.deliveries.custody_models import HandoverState
from aidnet.deliveries.derive import Derived, DiscrepancyKind, Fact, Holder, Unsettled, Waiting, derive, standing
from aidnet.deliveries.models import Answer, DeliveryState, EventKind, LossReason, Precision, Refusal

OURS, OTHERS, OUTSIDE = 1, 2, None
RICE, OIL = 1, 2
PLANNED = {RICE: 300, OIL: 150}
START = date(2026, 8, 2)
HEARD = datetime(2026, 8, 12, tzinfo=UTC)


def fact(kind: EventKind, day: int = 0, number: int = 0, **more: object) -> Fact:
    about = {"quantities": more.pop("quantities", {}), "giver": more.pop("giver", OURS)}
    uid = UUID(int=number or 100_000 + 100 * day + list(EventKind).index(kind))
    return Fact(uid, kind, START + timedelta(days=day), **({"recorded_at": HEARD} | about | more))  # type: ignore[arg-type]


LOADED = fact(EventKind.LOADED, 0, 1, quantities={RICE: 300, OIL: 150})
CROSSED = fact(EventKind.CROSSED, 2, 2)
SEIZED = fact(EventKind.LOST, 5, 3, quantities={RICE: 50}, reason=LossReason.SEIZED)
HANDED = fact(EventKind.HANDED_OVER, 6, 4, quantities={RICE: 220}, given={RICE: 250}, receiver=OTHERS)
SHARED = fact(EventKind.DISTRIBUTED, 8, 5, quantities={RICE: 180, OIL: 120}, giver=OTHERS, place_id=7, households=212, people=1007)


def told(*facts: Fact) -> Derived:
    return derive(PLANNED, facts, OURS)


def test_the_sketched_delivery_is_derived_as_it_was_drawn() -> None:
    found = told(LOADED, CROSSED, SEIZED, HANDED, SHARED)

    rice, oil = found.lines
    assert (rice.distributed, rice.held, rice.between, rice.lost) == (180, {OTHERS: 40}, 30, 50)
    assert (oil.distributed, oil.held, oil.between, oil.lost) == (120, {}, 30, 0)
    assert found.state is DeliveryState.PARTLY_DISTRIBUTED
    assert [(each.kind, each.line, each.quantity_milli) for each in found.discrepancies] == [
        (DiscrepancyKind.SHORT, RICE, 30),
        (DiscrepancyKind.LEG_MISSING, OIL, 30),
    ]


def test_a_plan_alone_is_planned() -> None:
    found = told(fact(EventKind.PLANNED))
    assert (found.state, [line.planned for line in found.lines]) == (DeliveryState.PLANNED, [300, 150])


def test_handed_over_is_not_delivered() -> None:
    found = told(LOADED, fact(EventKind.HANDED_OVER, 3, quantities=PLANNED, receiver=OUTSIDE))
    assert found.state is DeliveryState.HANDED_OVER
    assert found.results.people == 0
    assert [line.held for line in found.lines] == [{OUTSIDE: 300}, {OUTSIDE: 150}]


def test_a_hand_over_without_a_loading_fills_nothing_in() -> None:
    found = told(fact(EventKind.HANDED_OVER, 3, quantities={RICE: 220}, receiver=OTHERS))
    rice = found.lines[0]
    assert (rice.loaded, rice.held, rice.between) == (None, {OTHERS: 220}, 80)


def test_the_receivers_word_confirms_what_was_handed_over() -> None:
    given = fact(EventKind.HANDED_OVER, 3, quantities=PLANNED, receiver=OUTSIDE)
    assert told(LOADED, given, fact(EventKind.CONFIRMED, 4)).state is DeliveryState.CONFIRMED


def test_more_handed_out_than_loaded_is_a_surplus() -> None:
    found = told(LOADED, fact(EventKind.DISTRIBUTED, 3, quantities={RICE: 330, OIL: 150}, place_id=7))
    assert [(each.kind, each.quantity_milli) for each in found.discrepancies] == [(DiscrepancyKind.SURPLUS, 30)]
    assert found.state is DeliveryState.DISTRIBUTED


def test_a_hand_out_before_the_loading_is_a_question_of_days() -> None:
    early = fact(EventKind.DISTRIBUTED, -3, quantities=PLANNED, place_id=7)
    assert DiscrepancyKind.DAYS in {each.kind for each in told(LOADED, early).discrepancies}
    vague = replace(early, happened_on=date(2026, 8, 1), precision=Precision.MONTH)
    assert not told(LOADED, vague).discrepancies


def test_what_is_known_to_a_week_takes_its_place_in_the_journey() -> None:
    some_day = fact(EventKind.DISTRIBUTED, -3, 6, quantities={RICE: 300}, place_id=7, precision=Precision.WEEK)
    crossed = fact(EventKind.CROSSED, -2, 7, precision=Precision.WEEK)

    stood = standing([some_day, LOADED, crossed])

    assert [one.kind for one in stood] == [EventKind.LOADED, EventKind.CROSSED, EventKind.DISTRIBUTED]


def test_a_cancelled_delivery_whose_goods_are_in_hands_stays_open() -> None:
    found = told(LOADED, fact(EventKind.CANCELLED, 1))
    assert (found.state, found.is_open) == (DeliveryState.CANCELLED, True)
    assert told(fact(EventKind.PLANNED), fact(EventKind.CANCELLED, 1)).is_open is False


def test_a_voided_event_never_happened() -> None:
    void = Fact(UUID(int=99), EventKind.CORRECTED, START, HEARD + timedelta(days=1), corrects=SEIZED.uid, void=True)
    assert told(LOADED, SEIZED, void).lines == told(LOADED).lines


def test_a_correction_takes_the_place_and_the_last_word_stands() -> None:
    later, latest = HEARD + timedelta(days=1), HEARD + timedelta(days=2)
    first = replace(SEIZED, uid=UUID(int=98), kind=EventKind.CORRECTED, corrects=SEIZED.uid, quantities={RICE: 40}, recorded_at=later)
    last = replace(first, uid=UUID(int=97), corrects=first.uid, quantities={RICE: 45}, recorded_at=latest)
    assert told(LOADED, SEIZED, last, first).lines[0].lost == 45
    assert [each.kind for each in standing([SEIZED, first, last])] == [EventKind.LOST]


GIVEN = fact(EventKind.HANDED_OVER, 6, 6, quantities={RICE: 250}, receiver=OTHERS)


def answer(said: Answer, quantities: dict[int, int] | None = None, number: int = 7, hours: int = 1, about: Fact = GIVEN) -> Fact:
    """What the receiver says of a hand-over."""
    when = HEARD + timedelta(hours=hours)
    more = {"about": about.uid, "answer": said, "receiver": about.receiver}
    return fact(EventKind.ANSWERED, 7, number, quantities=quantities or {}, recorded_at=when, **more)


def test_a_hand_over_that_one_side_reported_is_open() -> None:
    found = told(LOADED, GIVEN)
    hand = found.handovers[GIVEN.uid]
    assert (hand.state, hand.answered_on) == (HandoverState.OPEN, None)
    assert found.lines[0].held == {OURS: 50, OTHERS: 250}
    assert found.lines[0].unconfirmed == {OTHERS: 250}
    assert (found.state, found.is_open, found.results.people) == (DeliveryState.HANDED_OVER, True, 0)


def test_what_the_receiver_accepts_is_theirs_and_nothing_is_left_to_confirm() -> None:
    found = told(LOADED, GIVEN, answer(Answer.ACCEPTED))
    assert found.handovers[GIVEN.uid].state is HandoverState.ACCEPTED
    assert found.lines[0].held == {OURS: 50, OTHERS: 250}
    assert (found.lines[0].unconfirmed, found.discrepancies) == ({}, ())


def test_the_receivers_count_takes_the_place_of_the_givers() -> None:
    short = told(LOADED, GIVEN, answer(Answer.SHORT, {RICE: 220}))
    assert short.handovers[GIVEN.uid].state is HandoverState.SHORT
    assert (short.lines[0].held, short.lines[0].between) == ({OURS: 50, OTHERS: 220}, 30)
    assert [(each.kind, each.line, each.quantity_milli) for each in short.discrepancies] == [(DiscrepancyKind.SHORT, RICE, 30)]

    more = told(LOADED, GIVEN, answer(Answer.SURPLUS, {RICE: 260, OIL: 5}))
    assert more.handovers[GIVEN.uid].state is HandoverState.SURPLUS
    assert [(each.kind, each.line, each.quantity_milli) for each in more.discrepancies] == [
        (DiscrepancyKind.SURPLUS, RICE, 10),
        (DiscrepancyKind.SURPLUS, OIL, 5),
    ]


def test_a_refused_hand_over_moves_nothing() -> None:
    refused = replace(answer(Answer.REFUSED, {RICE: 3}), refusal=Refusal.DAMAGED)
    found = told(LOADED, GIVEN, refused)
    hand = found.handovers[GIVEN.uid]
    assert (hand.state, hand.refusal, hand.counted) == (HandoverState.REFUSED, Refusal.DAMAGED, {RICE: 0})
    assert found.lines == told(LOADED).lines
    assert (found.state, found.discrepancies) == (DeliveryState.LOADED, ())


def test_the_last_recorded_answer_stands_and_a_taken_back_one_never_was() -> None:
    first, second = answer(Answer.REFUSED), answer(Answer.SHORT, {RICE: 240}, 8, hours=2)
    assert told(LOADED, GIVEN, second, first).handovers[GIVEN.uid].counted == {RICE: 240}
    void = Fact(UUID(int=9), EventKind.CORRECTED, START, HEARD + timedelta(hours=3), corrects=second.uid, void=True)
    assert told(LOADED, GIVEN, second, first, void).handovers[GIVEN.uid].state is HandoverState.REFUSED


def test_only_the_receiver_answers() -> None:
    theirs = replace(answer(Answer.ACCEPTED), receiver=OURS)
    assert told(LOADED, GIVEN, theirs).handovers[GIVEN.uid].state is HandoverState.OPEN
    moved = replace(GIVEN, uid=UUID(int=9), kind=EventKind.CORRECTED, corrects=GIVEN.uid, receiver=OUTSIDE)
    assert told(LOADED, GIVEN, answer(Answer.ACCEPTED), moved).handovers[GIVEN.uid].state is HandoverState.OPEN


def test_a_corrected_answer_still_speaks_of_its_hand_over() -> None:
    fixed = replace(answer(Answer.SHORT, {RICE: 245}, 9, hours=3), kind=EventKind.CORRECTED, corrects=UUID(int=7), about=None)
    assert told(LOADED, GIVEN, answer(Answer.SHORT, {RICE: 240}), fixed).handovers[GIVEN.uid].counted == {RICE: 245}


def test_a_giver_who_corrects_the_count_to_the_receivers_settles_it() -> None:
    fixed = replace(GIVEN, uid=UUID(int=9), kind=EventKind.CORRECTED, corrects=GIVEN.uid, quantities={RICE: 220})
    found = told(LOADED, GIVEN, answer(Answer.SHORT, {RICE: 220}), fixed)
    assert found.handovers[GIVEN.uid].state is HandoverState.ACCEPTED
    assert (found.lines[0].held, found.discrepancies) == ({OURS: 80, OTHERS: 220}, ())


def test_a_hand_over_that_was_taken_back_is_void_whoever_answered() -> None:
    void = Fact(UUID(int=9), EventKind.CORRECTED, START, HEARD, corrects=GIVEN.uid, void=True)
    found = told(LOADED, GIVEN, answer(Answer.ACCEPTED), void)
    assert found.handovers[GIVEN.uid].state is HandoverState.VOID
    assert found.lines == told(LOADED).lines


def test_an_outside_partys_count_typed_by_the_giver_is_its_word() -> None:
    counted = replace(GIVEN, receiver=OUTSIDE, quantities={RICE: 220}, given={RICE: 250})
    hand = told(LOADED, counted).handovers[GIVEN.uid]
    assert (hand.state, hand.answered_on) == (HandoverState.SHORT, GIVEN.happened_on)
    assert told(LOADED, replace(counted, receiver=OTHERS)).handovers[GIVEN.uid].state is HandoverState.OPEN
    assert told(LOADED, replace(GIVEN, receiver=OUTSIDE)).handovers[GIVEN.uid].state is HandoverState.OPEN


def test_without_a_loading_what_the_receiver_did_not_count_is_between_reports() -> None:
    found = told(GIVEN, answer(Answer.SHORT, {RICE: 220}))
    assert [(each.kind, each.quantity_milli) for each in found.discrepancies] == [(DiscrepancyKind.LEG_MISSING, 80)]


def test_goods_that_went_on_with_another_consignment_have_left_this_one() -> None:
    part = told(LOADED, fact(EventKind.MOVED, 1, 9, quantities={RICE: 100}))
    assert (part.lines[0].moved, part.lines[0].held) == (100, {OURS: 200})
    assert (part.state, part.is_open, part.discrepancies) == (DeliveryState.LOADED, True, ())

    rest = told(LOADED, SEIZED, fact(EventKind.MOVED, 6, 9, quantities={RICE: 250, OIL: 150}))
    assert (rest.state, rest.is_open) == (DeliveryState.MOVED_ON, False)


def test_a_hand_out_that_did_not_arrive_is_a_question_of_its_size() -> None:
    whole = fact(EventKind.DISTRIBUTED, 8, 5, quantities=PLANNED, place_id=7)
    asked = fact(EventKind.CONFIRMED, 20, 9, about=whole.uid, answer=Answer.REFUSED)
    found = told(LOADED, whole, asked)
    assert found.state is DeliveryState.DISTRIBUTED
    assert [(each.kind, each.line, each.quantity_milli) for each in found.discrepancies] == [
        (DiscrepancyKind.NOT_ARRIVED, RICE, 300),
        (DiscrepancyKind.NOT_ARRIVED, OIL, 150),
    ]
    part = replace(asked, answer=Answer.SHORT, quantities={RICE: 260})
    assert [each.quantity_milli for each in told(LOADED, whole, part).discrepancies] == [40]
    unsaid = replace(part, quantities={})
    assert [(each.line, each.quantity_milli) for each in told(LOADED, whole, unsaid).discrepancies] == [(None, 0)]
    arrived = replace(asked, uid=UUID(int=10), answer=Answer.ACCEPTED, recorded_at=HEARD + timedelta(days=1))
    assert told(LOADED, whole, asked, arrived).state is DeliveryState.CONFIRMED
    assert not told(LOADED, whole, asked, arrived).discrepancies


def test_one_hand_out_of_two_that_arrived_does_not_confirm_the_whole() -> None:
    here = fact(EventKind.DISTRIBUTED, 8, 5, quantities={RICE: 300}, place_id=7)
    there = fact(EventKind.DISTRIBUTED, 9, 6, quantities={OIL: 150}, place_id=8)
    asked = fact(EventKind.CONFIRMED, 20, 9, about=here.uid, answer=Answer.ACCEPTED)
    assert told(LOADED, here, there, asked).state is DeliveryState.DISTRIBUTED
    other = replace(asked, uid=UUID(int=10), about=there.uid)
    assert told(LOADED, here, there, asked, other).state is DeliveryState.CONFIRMED


ALL_GIVEN = replace(GIVEN, quantities=PLANNED)
CONFIRMED = fact(EventKind.CONFIRMED, 9, 8)


@pytest.mark.parametrize(
    ("said", "state", "why"),
    [
        (None, DeliveryState.HANDED_OVER, Unsettled(Waiting.UNANSWERED, OTHERS)),
        (answer(Answer.REFUSED), DeliveryState.LOADED, Unsettled(Waiting.OWN_HANDS, OURS)),
        (answer(Answer.SHORT, {RICE: 270}), DeliveryState.HANDED_OVER, Unsettled(Waiting.SHORT, OTHERS)),
    ],
)
def test_the_givers_word_does_not_answer_for_a_group_of_the_network(
    said: Fact | None, state: DeliveryState, why: Unsettled
) -> None:
    found = told(LOADED, ALL_GIVEN, *filter(None, [said]), CONFIRMED)
    assert (found.state, found.is_open, found.unsettled) == (state, True, (why,))
    assert CONFIRMED in found.standing


def test_what_the_group_accepted_and_its_giver_reports_as_confirmed_is_confirmed_in_either_order() -> None:
    late = replace(answer(Answer.ACCEPTED), happened_on=START + timedelta(days=20), recorded_at=HEARD + timedelta(days=20))
    found = told(LOADED, ALL_GIVEN, CONFIRMED, late)
    assert (found.state, found.is_open, found.unsettled) == (DeliveryState.CONFIRMED, False, ())


def test_nobody_confirms_what_is_planned_or_in_the_own_hands() -> None:
    plan = told(fact(EventKind.PLANNED), CONFIRMED)
    assert (plan.state, plan.is_open, plan.unsettled) == (DeliveryState.PLANNED, True, (Unsettled(Waiting.PLANNED),))
    rest = told(LOADED, replace(ALL_GIVEN, receiver=OUTSIDE, quantities={RICE: 300}), CONFIRMED)
    assert (rest.state, rest.unsettled) == (DeliveryState.HANDED_OVER, (Unsettled(Waiting.OWN_HANDS, OURS),))
    part = told(LOADED, ALL_GIVEN, answer(Answer.ACCEPTED), replace(SHARED, quantities={RICE: 100, OIL: 150}), CONFIRMED)
    assert (part.state, part.unsettled) == (DeliveryState.PARTLY_DISTRIBUTED, (Unsettled(Waiting.PARTLY),))


def test_a_missing_count_that_is_reported_as_lost_is_settled() -> None:
    fell_off = fact(EventKind.LOST, 7, 9, quantities={RICE: 30}, reason=LossReason.STOLEN)
    found = told(LOADED, ALL_GIVEN, answer(Answer.SHORT, {RICE: 270}), fell_off, CONFIRMED)
    assert (found.state, found.discrepancies) == (DeliveryState.CONFIRMED, ())


ACCEPTED = answer(Answer.ACCEPTED)
SOME_GIVEN = replace(GIVEN, quantities={RICE: 180})


@pytest.mark.parametrize(("handed_out", "too_much"), [(120, 0), (210, 90), (300, 180), (390, 270)])
@pytest.mark.parametrize("said", [None, ACCEPTED])
def test_what_a_group_was_given_stays_with_it_whatever_its_giver_hands_out(
    handed_out: int, too_much: int, said: Fact | None
) -> None:
    shared = fact(EventKind.DISTRIBUTED, 8, 5, quantities={RICE: handed_out}, place_id=7)
    found = told(LOADED, SOME_GIVEN, *filter(None, [said]), shared)
    rice = found.lines[0]
    assert (rice.held, rice.between, rice.surplus) == ({OTHERS: 180}, 0, too_much)
    assert [(each.kind, each.quantity_milli) for each in found.discrepancies] == ([(DiscrepancyKind.SURPLUS, too_much)] if too_much else [])
    assert (found.state, found.is_open) == (DeliveryState.PARTLY_DISTRIBUTED, True)


def test_a_leg_that_was_not_reported_is_a_gap_in_what_its_giver_still_has() -> None:
    """What the loader has may have gone on, and what somebody outside has by the loader's word alone; no group's share has."""
    thirds = 3
    shared = fact(EventKind.DISTRIBUTED, 8, 5, quantities={RICE: 100}, giver=thirds, place_id=7)
    rest = told(LOADED, SOME_GIVEN, ACCEPTED, shared)
    assert (rest.lines[0].held, rest.lines[0].between) == ({OTHERS: 180}, 20)
    assert [(each.kind, each.quantity_milli) for each in rest.discrepancies] == [(DiscrepancyKind.LEG_MISSING, 20)]

    carried = told(LOADED, replace(GIVEN, receiver=OUTSIDE, quantities={RICE: 300}), replace(shared, quantities={RICE: 300}))
    assert (carried.lines[0].held, carried.lines[0].surplus, carried.discrepancies) == ({}, 0, ())
    counted = told(LOADED, replace(GIVEN, receiver=OUTSIDE, quantities={RICE: 290}, given={RICE: 300}), shared)
    assert (counted.lines[0].held, counted.lines[0].surplus) == ({OUTSIDE: 290}, 90)

    late = replace(GIVEN, uid=UUID(int=9), giver=OTHERS, receiver=thirds, quantities={RICE: 100})
    assert told(LOADED, SOME_GIVEN, ACCEPTED, shared, late).lines[0].held == {OURS: 120, OTHERS: 80}


MILLI = st.sampled_from([0, 100, 150, 200, 300]) | st.integers(0, 400)
QUANTITIES = st.dictionaries(st.sampled_from([RICE, OIL]), MILLI, max_size=2)
HOLDERS = st.sampled_from([OURS, OTHERS, OUTSIDE])
LEAVING = [EventKind.DISTRIBUTED, EventKind.LOST, EventKind.RETURNED, EventKind.MOVED]
LEAVINGS = st.sampled_from(LEAVING)


HAPPENINGS = [each for each in EventKind if each is not EventKind.CORRECTED]
#: Of these alone, more histories are about the same goods.
OF_GOODS = [EventKind.LOADED, EventKind.HANDED_OVER, EventKind.HANDED_OVER, EventKind.ANSWERED, *LEAVING]


@st.composite
def histories(draw: st.DrawFn, kinds: list[EventKind] = HAPPENINGS) -> list[Fact]:
    """Any events whatever, corrections among them."""
    made: list[Fact] = []
    for number in range(1, draw(st.integers(1, 9)) + 1):
        corrects = draw(st.sampled_from([None, *made])) if made else None
        kind = EventKind.CORRECTED if corrects else draw(st.sampled_from(kinds))
        made.append(
            Fact(
                UUID(int=number),
                kind,
                START + timedelta(days=draw(st.integers(-5, 40))),
                HEARD + timedelta(hours=draw(st.integers(0, 50))),
                precision=draw(st.sampled_from(Precision)),
                corrects=corrects.uid if corrects else None,
                void=bool(corrects) and draw(st.booleans()),
                quantities=draw(QUANTITIES),
                given=draw(QUANTITIES),
                giver=draw(HOLDERS),
                receiver=draw(HOLDERS),
                reason=draw(st.none() | st.sampled_from(LossReason)),
                place_id=draw(st.none() | st.integers(1, 3)),
                households=draw(st.none() | st.integers(0, 500)),
                people=draw(st.none() | st.integers(0, 500)),
                about=draw(st.none() | st.integers(1, 9).map(lambda number: UUID(int=number))),
                answer=draw(st.none() | st.sampled_from(Answer)),
            )
        )
    return made


def add_up(found: Derived) -> None:
    for line in found.lines:
        parts = [line.planned, line.distributed, line.lost, line.returned, line.moved, line.between, *line.held.values()]
        assert min([*parts, line.surplus]) >= 0
        assert sum(parts) == line.whole + line.surplus
        assert all(line.held[holder] >= said > 0 for holder, said in line.unconfirmed.items())


@given(histories())
def test_every_unit_is_somewhere_exactly_once(history: list[Fact]) -> None:
    add_up(told(*history))


def spoken_for(found: Derived, number: int) -> dict[Holder, int]:
    """What came to each by hand-overs, less all that left them; of somebody outside only what they counted themselves."""
    milli: Counter[Holder] = Counter()
    for each in found.standing:
        hand = found.handovers.get(each.uid)
        if hand is None and each.kind in LEAVING:
            milli[each.giver] -= each.quantities.get(number, 0)
        elif hand is not None and hand.moves:
            milli[hand.giver] -= hand.given.get(number, 0)
            if hand.receiver is not OUTSIDE or hand.state is not HandoverState.OPEN:
                milli[hand.receiver] += hand.counted.get(number, 0)
    return {holder: each for holder, each in milli.items() if each > 0}


@given(histories(OF_GOODS))
def test_what_is_not_where_it_should_be_is_told_with_its_size(history: list[Fact]) -> None:
    """Per line, what was loaded is handed out, lost, brought back, gone on or held; or it is said how much is not.

    What is held is never less than what came to somebody, less what left them, by the reports themselves.
    """
    found = told(*history)
    for line in found.lines:
        answered = spoken_for(found, line.number)
        assert all(line.held.get(holder, 0) >= milli for holder, milli in answered.items())
        about = [each for each in found.standing if line.number in each.quantities]
        if not any(each.kind is EventKind.LOADED for each in about):
            continue
        loaded = sum(each.quantities[line.number] for each in about if each.kind is EventKind.LOADED)
        gone = sum(each.quantities[line.number] for each in about if each.kind in LEAVING)
        sizes = {each.kind: each.quantity_milli for each in found.discrepancies if each.line == line.number}
        assert sizes.get(DiscrepancyKind.SURPLUS, 0) >= gone + sum(answered.values()) - loaded
        known = gone + sum(line.held.values())
        assert known == loaded or abs(loaded - known) in sizes.values()


@given(histories(OF_GOODS), st.booleans())
def test_nothing_is_closed_while_a_hand_over_to_a_group_still_has_goods(history: list[Fact], confirmed: bool) -> None:
    found = derive({RICE: 300}, [*history, *([replace(CONFIRMED, uid=UUID(int=99))] if confirmed else [])], OURS)
    if found.is_open:
        return
    rice, has = found.lines[0], spoken_for(found, RICE)
    assert not rice.planned or found.state is DeliveryState.CANCELLED
    assert OURS not in rice.held
    for hand in found.handovers.values():
        if hand.receiver is not OUTSIDE and RICE in hand.given:
            assert hand.state is not HandoverState.OPEN or not hand.counted[RICE] or hand.receiver not in has
            assert hand.state is not HandoverState.SHORT or hand.counted[RICE] >= hand.given[RICE] or not rice.between


@given(histories())
def test_a_hand_over_is_open_until_somebody_answers_it(history: list[Fact]) -> None:
    found = told(*history)
    roots = [each for each in history if each.kind is EventKind.HANDED_OVER]
    assert found.handovers.keys() == {each.uid for each in roots}
    answered = {each.about for each in found.standing if each.kind is EventKind.ANSWERED}
    corrected = {each.uid for each in history if each.corrects is not None}
    for uid, hand in found.handovers.items():
        if hand.state is HandoverState.OPEN:
            assert uid not in answered
        elif hand.state is not HandoverState.VOID and hand.receiver is not OUTSIDE:
            assert answered & {uid, *corrected}


@given(histories(), st.randoms(use_true_random=False))
def test_order_and_repetition_change_nothing(history: list[Fact], chance: object) -> None:
    shuffled = [*history, *chance.sample(history, k=len(history) // 2)]  # type: ignore[attr-defined]
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert told(*shuffled) == told(*history)


@given(histories(), st.lists(st.integers(0, 3000), min_size=9, max_size=9), st.lists(st.integers(0, 3000), min_size=9, max_size=9))
def test_it_does_not_matter_when_words_were_heard(history: list[Fact], sooner: list[int], later: list[int]) -> None:
    """Phones that were offline for weeks: each word is ranked by when it was said, whatever was heard meanwhile."""

    def heard(after_hours: list[int]) -> Derived:
        said = {each.uid: HEARD + timedelta(minutes=number) for number, each in enumerate(history)}
        delays = zip(history, after_hours, strict=False)
        # Nobody speaks of what was not said yet.
        found = told(
            *(
                replace(
                    each,
                    device_at=said[each.uid],
                    recorded_at=said[each.uid] + timedelta(hours=hours),
                    about=each.about if each.about and each.about < each.uid else None,
                )
                for each, hours in delays
            )
        )
        return replace(found, last_recorded_at=HEARD, standing=tuple(replace(each, recorded_at=HEARD) for each in found.standing))

    assert heard(sooner) == heard(later)


@pytest.mark.parametrize(
    ("device_at", "stands"),
    [
        pytest.param(HEARD + timedelta(days=1), 200, id="said before the other, heard after it"),
        pytest.param(HEARD + timedelta(days=3), 180, id="said after the other"),
        pytest.param(datetime(2015, 1, 1, tzinfo=UTC), 180, id="a clock that was reset: when it was heard"),
        pytest.param(HEARD + timedelta(days=90), 180, id="a clock that runs ahead: when it was heard"),
        pytest.param(None, 180, id="typed on a page"),
    ],
)
def test_a_word_that_waited_does_not_take_the_place_of_a_later_one(device_at: datetime | None, stands: int) -> None:
    def corrected(number: int, milli: int, recorded_at: datetime, device_at: datetime | None = None) -> Fact:
        return replace(
            LOADED,
            uid=UUID(int=number),
            kind=EventKind.CORRECTED,
            corrects=LOADED.uid,
            quantities={RICE: milli},
            recorded_at=recorded_at,
            device_at=device_at,
        )

    typed = corrected(91, 200, HEARD + timedelta(days=2))
    waited = corrected(90, 180, HEARD + timedelta(days=30), device_at)
    assert told(LOADED, typed, waited).lines[0].loaded == stands


@given(histories())
def test_months_and_places_add_up_to_the_whole(history: list[Fact]) -> None:
    found = told(*history)
    assert sum(month.people for month in found.by_month.values()) == found.results.people
    assert sum(month.households for month in found.by_month.values()) == found.results.households
    assert sum(month.distributions for month in found.by_month.values()) == found.results.distributions


@given(histories(), st.integers(0, 8))
def test_voiding_an_event_is_never_having_heard_it(history: list[Fact], which: int) -> None:
    plain = [each for each in history if each.corrects is None]
    gone = plain[which % len(plain)]
    void = Fact(UUID(int=99), EventKind.CORRECTED, START, HEARD + timedelta(days=9), corrects=gone.uid, void=True)
    assert [each.uid for each in standing([*plain, void])] == [each.uid for each in standing([each for each in plain if each != gone])]


class Consignment(RuleBasedStateMachine):
    """Goods that really move, told in full by both sides: then custody knows where each unit is, and no size is left untold.

    Somebody may say that they gave out more than they had: then no other's goods are less for it, and the size is told.
    """

    def __init__(self) -> None:
        super().__init__()
        self.facts: list[Fact] = [fact(EventKind.PLANNED, number=1)]
        #: Below zero: they gave out more than they had.
        self.really = {OURS: 0, OTHERS: 0, OUTSIDE: 0}
        #: Of it, what nobody spoke for: the loading, and what is outside by the giver's word.
        self.loose = {OURS: 0, OTHERS: 0, OUTSIDE: 0}
        self.gone = 0
        #: What fell off between giver and receiver, less what turned up.
        self.short = 0
        self.unanswered: list[Fact] = []

    def say(self, kind: EventKind, **more: object) -> Fact:
        self.facts.append(fact(kind, len(self.facts), len(self.facts) + 1, recorded_at=HEARD + timedelta(hours=len(self.facts)), **more))
        return self.facts[-1]

    def answer(self, hand: Fact, said: Answer, **more: object) -> None:
        self.say(EventKind.ANSWERED, about=hand.uid, answer=said, receiver=hand.receiver, **more)

    @rule(quantity=st.integers(1, 300))
    def load(self, quantity: int) -> None:
        self.say(EventKind.LOADED, quantities={RICE: quantity})
        self.really[OURS] += quantity
        self.loose[OURS] += quantity

    @rule(giver=HOLDERS, receiver=HOLDERS, part=st.integers(1, 120))
    def hand_over(self, giver: int | None, receiver: int | None, part: int) -> None:
        quantity = self.really[giver] * part // 100
        if quantity > 0 and giver != receiver:
            self.unanswered.append(self.say(EventKind.HANDED_OVER, quantities={RICE: quantity}, giver=giver, receiver=receiver))
            self.really[giver] -= quantity
            self.really[receiver] += quantity
            self.loose[OUTSIDE] += quantity if receiver is OUTSIDE else 0

    def spoke(self, hand: Fact) -> None:
        self.loose[OUTSIDE] -= hand.quantities[RICE] if hand.receiver is OUTSIDE else 0

    @rule(less=st.integers(0, 20), twice=st.booleans())
    def count_it(self, less: int, twice: bool) -> None:
        """The receiver of the last hand-over counts it; perhaps first in error."""
        if not self.unanswered:
            return
        hand = self.unanswered.pop()
        missing = max(min(less, hand.quantities[RICE], self.really[hand.receiver]), 0)
        counted = {RICE: hand.quantities[RICE] - missing}
        if twice:
            self.answer(hand, Answer.SHORT, quantities={RICE: 0})
        self.answer(hand, Answer.SHORT if missing else Answer.ACCEPTED, quantities=counted)
        self.really[hand.receiver] -= missing
        self.short += missing
        self.spoke(hand)

    @rule()
    def refuse(self) -> None:
        if self.unanswered and self.really[self.unanswered[-1].receiver] >= self.unanswered[-1].quantities[RICE]:
            hand = self.unanswered.pop()
            self.answer(hand, Answer.REFUSED, refusal=Refusal.NO_ROOM)
            self.really[hand.receiver] -= hand.quantities[RICE]
            self.really[hand.giver] += hand.quantities[RICE]
            self.spoke(hand)

    @rule(giver=HOLDERS, part=st.integers(1, 100), kind=LEAVINGS)
    def let_go(self, giver: int | None, part: int, kind: EventKind) -> None:
        self.say_gone(giver, self.really[giver] * part // 100, kind)

    @rule(giver=HOLDERS, more=st.integers(1, 100), kind=LEAVINGS)
    def let_go_too_much(self, giver: int | None, more: int, kind: EventKind) -> None:
        self.say_gone(giver, max(self.really[giver], 0) + more, kind)

    def say_gone(self, giver: int | None, quantity: int, kind: EventKind) -> None:
        if quantity > 0:
            self.say(kind, quantities={RICE: quantity}, giver=giver, place_id=7)
            self.really[giver] -= quantity
            self.gone += quantity

    @rule()
    def confirm(self) -> None:
        self.say(EventKind.CONFIRMED)

    @rule(chance=st.randoms(use_true_random=False))
    def hear_it_late(self, chance: Any) -> None:
        """The same words in another order, some of them twice, say the same."""
        again = [*self.facts, *chance.sample(self.facts, k=len(self.facts) // 2)]
        chance.shuffle(again)
        assert told(*again) == told(*self.facts)

    @invariant()
    def custody_is_what_really_happened(self) -> None:
        found = derive({RICE: 300}, reversed(self.facts), OURS)
        add_up(found)
        rice = found.lines[0]
        has = {holder: quantity for holder, quantity in self.really.items() if quantity > 0}
        if rice.loaded and min(self.really.values()) >= 0:
            assert rice.held == has
            assert (rice.between, rice.surplus) == (self.short, 0)
        if rice.loaded:
            assert rice.distributed + rice.lost + rice.returned + rice.moved == self.gone
            not_told = rice.loaded - self.gone - sum(rice.held.values())
            sizes = [each.quantity_milli for each in found.discrepancies if each.line == RICE]
            assert sizes == ([abs(not_told)] if not_told else [])
        stays = {holder: quantity - self.loose[holder] for holder, quantity in has.items()}
        assert all(rice.held.get(holder, 0) >= quantity for holder, quantity in stays.items())
        assert all(rice.held[holder] <= has[holder] for holder in rice.held)
        opened = {uid for uid, hand in found.handovers.items() if hand.state is HandoverState.OPEN}
        assert opened == {hand.uid for hand in self.unanswered}
        if any(hand.receiver is not OUTSIDE and stays.get(hand.receiver, 0) > 0 for hand in self.unanswered):
            assert found.is_open


TestConsignment = Consignment.TestCase
