"""What a set of events amounts to: the same in any order, and nobody is called safe whom nobody counted in."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from aidnet.evacuations.derive import Derived, DifferenceKind, Fact, derive, standing
from aidnet.evacuations.models import Band, EvacuationEventKind, EvacuationState

K = EvacuationEventKind
S = EvacuationState
LEADER, SECOND, THIRD = 1, 2, 3
START = date(2023, 11, 16)
HEARD = datetime(2023, 11, 20, tzinfo=UTC)


def fact(kind: EvacuationEventKind, number: int, day: int = 0, said_by: int = LEADER, **more: object) -> Fact:
    heads = more.pop("heads", None) or {Band.NOT_SAID: more.pop("people", 0)}
    about = {"recorded_at": HEARD + timedelta(minutes=number)} | more
    return Fact(UUID(int=number), kind, START + timedelta(day), said_by=said_by, heads=heads, **about)  # type: ignore[arg-type]


def told(*facts: Fact) -> Derived:
    return derive(facts, LEADER)


LOIKAW = {Band.ADULTS: 121, Band.CHILDREN: 74, Band.OLDER: 26, Band.REDUCED_MOBILITY: 7}
OUT = fact(K.DEPARTED, 1, heads=LOIKAW, vehicles=33)


def test_loikaw() -> None:
    """228 people in 33 vehicles, from one town to another, three groups together, in two convoys."""
    first = {Band.ADULTS: 80, Band.CHILDREN: 50, Band.OLDER: 10}
    rest = {Band.ADULTS: 41, Band.CHILDREN: 24, Band.OLDER: 16, Band.REDUCED_MOBILITY: 7}
    on_the_way = told(OUT, fact(K.COUNTED, 2, 1, SECOND, people=228))
    assert (on_the_way.state, on_the_way.out, on_the_way.expected, on_the_way.vehicles) == (S.ON_THE_WAY, 228, 228, 33)

    partly = told(OUT, fact(K.ARRIVED, 3, 1, heads=first))
    assert (partly.state, partly.safe, partly.expected, partly.ended_on) == (S.PARTLY_ARRIVED, 140, 88, None)
    assert partly.expected_by_band == rest

    whole = told(
        OUT,
        fact(K.ARRIVED, 3, 1, heads=first),
        fact(K.ARRIVED, 4, 2, heads=rest),
        fact(K.ARRIVED, 5, 2, THIRD, people=228),
    )
    assert (whole.state, whole.safe, whole.expected, whole.differences) == (S.ALL_SAFE, 228, 0, ())
    assert whole.ended_on == date(2023, 11, 18)


def test_the_last_count_on_the_way_is_taken_and_the_leaders_first() -> None:
    theirs = fact(K.COUNTED, 2, 2, SECOND, people=226)
    assert told(OUT).taken[K.COUNTED] == {}
    assert told(OUT, fact(K.COUNTED, 3, 1, THIRD, people=227), theirs).taken[K.COUNTED] == {Band.NOT_SAID: 226}
    first, last = (fact(K.COUNTED, number, day, people=people) for number, day, people in ((4, 0, 220), (5, 1, 228)))
    assert told(OUT, last, first, theirs).taken[K.COUNTED] == {Band.NOT_SAID: 228}


def test_a_plan_alone_is_planned_and_a_plan_called_off_is_cancelled() -> None:
    plan = fact(K.PLANNED, 1, people=100, vehicles=9)
    assert (told(plan).state, told(plan).out, told(plan).expected, told(plan).vehicles) == (S.PLANNED, None, None, 9)
    assert told(plan, fact(K.CANCELLED, 2)).state is S.CANCELLED


def test_people_on_the_road_are_not_cancelled_away() -> None:
    found = told(OUT, fact(K.CANCELLED, 2, 1))
    assert (found.state, found.expected) == (S.ON_THE_WAY, 228)


def test_whoever_came_to_harm_or_turned_back_is_not_safe() -> None:
    found = told(
        OUT, fact(K.INCIDENT, 2, people=3), fact(K.TURNED_BACK, 3, people=20), fact(K.ARRIVED, 4, 1, people=205)
    )
    assert (found.state, found.safe, found.other, found.expected) == (S.ENDED, 205, 23, 0)


def test_two_groups_that_count_differently_are_a_question_of_that_size() -> None:
    found = told(OUT, fact(K.ARRIVED, 2, 1, people=228), fact(K.ARRIVED, 3, 1, SECOND, people=225))
    assert [(one.kind, one.people) for one in found.differences] == [(DifferenceKind.ARRIVED, 3)]
    assert (found.state, found.expected) == (S.PARTLY_ARRIVED, 0)


def test_without_the_leader_s_word_more_are_expected_rather_than_fewer() -> None:
    found = derive(
        [
            fact(K.DEPARTED, 1, 0, SECOND, people=100),
            fact(K.DEPARTED, 2, 0, THIRD, people=110),
            fact(K.ARRIVED, 3, 1, SECOND, people=90),
            fact(K.ARRIVED, 4, 1, THIRD, people=110),
        ],
        LEADER,
    )
    assert (found.out, found.safe, found.expected) == (110, 90, 20)


def test_an_arrival_nobody_saw_leave_is_a_gap_and_not_all_safe() -> None:
    found = told(fact(K.ARRIVED, 1, people=50))
    assert (found.state, found.out, found.expected) == (S.PARTLY_ARRIVED, None, None)
    assert [(one.kind, one.people) for one in found.differences] == [(DifferenceKind.NO_DEPARTURE, 50)]


def test_more_than_set_out_and_fewer_on_the_way_are_told() -> None:
    found = told(OUT, fact(K.COUNTED, 2, people=220), fact(K.ARRIVED, 3, 1, people=230))
    assert {one.kind: one.people for one in found.differences} == {DifferenceKind.ON_THE_WAY: 8, DifferenceKind.MORE: 2}


def test_bands_are_told_only_where_every_count_says_them() -> None:
    assert told(OUT, fact(K.ARRIVED, 2, people=100)).expected_by_band is None
    children = fact(K.ARRIVED, 2, heads={Band.CHILDREN: 80})
    assert told(OUT, children).expected_by_band is None


def test_a_correction_takes_the_place_and_a_voided_event_never_happened() -> None:
    arrived = fact(K.ARRIVED, 2, 1, people=200)
    right = replace(
        arrived,
        uid=UUID(int=3),
        kind=K.CORRECTED,
        corrects=arrived.uid,
        heads=LOIKAW,
        recorded_at=HEARD + timedelta(hours=2),
    )
    assert told(OUT, arrived, right).state is S.ALL_SAFE
    never = replace(right, uid=UUID(int=4), corrects=right.uid, void=True, recorded_at=HEARD + timedelta(hours=3))
    assert told(never, right, arrived, OUT).state is S.ON_THE_WAY
    orphan = replace(right, corrects=UUID(int=99))
    assert told(OUT, arrived, orphan).safe == 200


HEADS = st.dictionaries(st.sampled_from(Band), st.integers(0, 40), max_size=3)


@st.composite
def histories(draw: st.DrawFn) -> list[Fact]:
    """Events of three groups, some corrected, some corrected twice."""
    kinds = [kind for kind in K if kind is not K.CORRECTED]
    facts: list[Fact] = []
    for number in range(1, draw(st.integers(2, 9))):
        about = {"heads": draw(HEADS), "vehicles": draw(st.none() | st.integers(0, 40))}
        day, hours = draw(st.integers(0, 9)), draw(st.integers(0, 5))
        said_by = draw(st.sampled_from((LEADER, SECOND, THIRD)))
        more = {"said_by": said_by, "recorded_at": HEARD + timedelta(hours=hours), **about}
        if facts and draw(st.booleans()):
            more |= {"corrects": draw(st.sampled_from(facts)).uid, "void": draw(st.booleans())}
            facts.append(fact(K.CORRECTED, number, day, **more))
        else:
            facts.append(fact(draw(st.sampled_from(kinds)), number, day, **more))
    return facts


@given(history=histories(), data=st.data())
def test_order_and_repetition_change_nothing(history: list[Fact], data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(history)) + data.draw(st.lists(st.sampled_from(history), max_size=4))
    assert told(*shuffled) == told(*history)


@given(history=histories())
def test_everybody_who_set_out_is_safe_elsewhere_or_expected(history: list[Fact]) -> None:
    found = told(*history)
    more = sum(one.people for one in found.differences if one.kind is DifferenceKind.MORE)
    if found.out is not None:
        assert found.out + more == found.safe + found.other + (found.expected or 0)
    if found.state is S.ALL_SAFE:
        assert found.expected == 0
        assert found.other == 0
        assert not any(one.kind in (DifferenceKind.OUT, DifferenceKind.ARRIVED) for one in found.differences)
    if found.expected_by_band is not None:
        assert sum(found.expected_by_band.values()) == found.expected
    assert (found.ended_on is None) == (found.state not in (S.ALL_SAFE, S.ENDED, S.CANCELLED))


@given(history=histories())
def test_what_stands_is_said_by_whoever_said_it_first(history: list[Fact]) -> None:
    known = {one.uid: one for one in history}
    for one in standing(history):
        assert (one.kind, one.said_by) == (known[one.uid].kind, known[one.uid].said_by)
