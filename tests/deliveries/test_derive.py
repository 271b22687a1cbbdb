"""What a set of events amounts to: the same in any order, and never more or less than there was."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from aidnet.deliveries.derive import Derived, DiscrepancyKind, Fact, derive, standing
from aidnet.deliveries.models import DeliveryState, EventKind, LossReason, Precision

OURS, OTHERS, OUTSIDE = 1, 2, None
RICE, OIL = 1, 2
PLANNED = {RICE: 300, OIL: 150}
START = date(2026, 8, 2)
HEARD = datetime(2026, 8, 12, tzinfo=UTC)


def fact(kind: EventKind, day: int = 0, number: int = 0, **more: object) -> Fact:
    about = {"quantities": more.pop("quantities", {}), "giver": more.pop("giver", OURS)}
    uid = UUID(int=number or 100_000 + 100 * day + list(EventKind).index(kind))
    return Fact(uid, kind, START + timedelta(days=day), HEARD, **about, **more)  # type: ignore[arg-type]


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


QUANTITIES = st.dictionaries(st.sampled_from([RICE, OIL]), st.integers(0, 400), max_size=2)
HOLDERS = st.sampled_from([OURS, OTHERS, OUTSIDE])


@st.composite
def histories(draw: st.DrawFn) -> list[Fact]:
    """Any events whatever, corrections among them."""
    made: list[Fact] = []
    for number in range(1, draw(st.integers(1, 9)) + 1):
        corrects = draw(st.sampled_from([None, *made])) if made else None
        kind = EventKind.CORRECTED if corrects else draw(st.sampled_from([each for each in EventKind if each is not EventKind.CORRECTED]))
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
            )
        )
    return made


def add_up(found: Derived) -> None:
    for line in found.lines:
        parts = [line.planned, line.distributed, line.lost, line.returned, line.between, *line.held.values()]
        assert min([*parts, line.surplus]) >= 0
        assert sum(parts) == line.whole + line.surplus


@given(histories())
def test_every_unit_is_somewhere_exactly_once(history: list[Fact]) -> None:
    add_up(told(*history))


@given(histories(), st.randoms(use_true_random=False))
def test_order_and_repetition_change_nothing(history: list[Fact], chance: object) -> None:
    shuffled = [*history, *chance.sample(history, k=len(history) // 2)]  # type: ignore[attr-defined]
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert told(*shuffled) == told(*history)


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
    """Goods that really move, told in full: then custody knows where each unit is, and nothing is a discrepancy."""

    def __init__(self) -> None:
        super().__init__()
        self.facts: list[Fact] = [fact(EventKind.PLANNED, number=1)]
        self.really = {OURS: 0, OTHERS: 0, OUTSIDE: 0}
        self.gone = 0

    def say(self, kind: EventKind, **more: object) -> None:
        self.facts.append(fact(kind, len(self.facts), len(self.facts) + 1, **more))

    @rule(quantity=st.integers(1, 300))
    def load(self, quantity: int) -> None:
        self.say(EventKind.LOADED, quantities={RICE: quantity})
        self.really[OURS] += quantity

    @rule(giver=HOLDERS, receiver=HOLDERS, part=st.integers(1, 100))
    def hand_over(self, giver: int | None, receiver: int | None, part: int) -> None:
        quantity = self.really[giver] * part // 100
        if quantity:
            self.say(EventKind.HANDED_OVER, quantities={RICE: quantity}, giver=giver, receiver=receiver)
            self.really[giver] -= quantity
            self.really[receiver] += quantity

    @rule(giver=HOLDERS, part=st.integers(1, 100), kind=st.sampled_from([EventKind.DISTRIBUTED, EventKind.LOST, EventKind.RETURNED]))
    def let_go(self, giver: int | None, part: int, kind: EventKind) -> None:
        quantity = self.really[giver] * part // 100
        if quantity:
            self.say(kind, quantities={RICE: quantity}, giver=giver, place_id=7)
            self.really[giver] -= quantity
            self.gone += quantity

    @invariant()
    def custody_is_what_really_happened(self) -> None:
        found = told(*reversed(self.facts))
        add_up(found)
        rice = found.lines[0]
        if rice.loaded:
            assert rice.held == {holder: quantity for holder, quantity in self.really.items() if quantity}
            assert rice.distributed + rice.lost + rice.returned == self.gone
            assert (rice.between, rice.surplus) == (0, 0)
            assert not found.discrepancies


TestConsignment = Consignment.TestCase
