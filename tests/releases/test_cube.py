"""What the cube promises, for any hand-outs: sums hold, no line is below a floor, nothing counts twice, order does not matter."""

from collections import defaultdict
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aidnet.releases import cube, floors, months
from aidnet.releases.cube import Draft, Handout, Line

FIRST, LAST = date(2026, 3, 1), date(2026, 8, 1)


def handout(
    event_id: int,
    village: int,
    *,
    delivery_id: int | None = None,
    district: str = "MMR005D001",
    day: date = date(2026, 3, 5),
    people: int = 50,
    households: int = 10,
    items: tuple[str, ...] = ("rice",),
) -> Handout:
    return Handout(
        event_id=event_id,
        delivery_id=delivery_id or event_id,
        day=day,
        district=district,
        region=district[:6],
        village=(village, 0),
        households=households,
        people=people,
        items=frozenset(items),
    )


def enough(district: str = "MMR005D001", *, start: int = 1, day: date = date(2026, 3, 5)) -> list[Handout]:
    """Just enough for a line: five deliveries to three villages."""
    return [handout(start + at, village=at % 3 + start, district=district, day=day) for at in range(5)]


#: Region, district, village, delivery, month, people, households, items: of a few villages, so that cells meet.
FACTS = st.tuples(
    st.integers(1, 3),
    st.integers(1, 3),
    st.integers(0, 4),
    st.integers(1, 60),
    st.integers(1, 8),
    st.integers(0, 300),
    st.integers(0, 60),
    st.sampled_from([(), ("rice",), ("rice", "oil"), ("oil", "salt", "rice", "tarpaulin")]),
)


def handout_of(event_id: int, facts: tuple) -> Handout:
    region, district, village, delivery, month, people, households, items = facts
    return handout(
        event_id,
        100 * region + 10 * district + village,
        delivery_id=delivery,
        district=f"MMR{region:03}D{district:03}",
        day=date(2026, month, 1 + event_id % 28),
        people=people,
        households=households,
        items=items,
    )


def histories() -> st.SearchStrategy[list[Handout]]:
    """Hand-outs of eight months, from before the first that is released; deliveries may go on over villages and months."""
    return st.lists(FACTS, max_size=70).map(
        lambda found: [handout_of(number, facts) for number, facts in enumerate(found, 1)]
    )


def drafts_of(history: list[Handout]) -> list[Draft]:
    return cube.plan(history, since=FIRST, until=LAST, counted=frozenset())


def lines_of(drafts: list[Draft]) -> list[Line]:
    return [line for draft in drafts for line in (*draft.lines, *draft.earlier)]


@given(histories())
def test_no_line_is_below_a_floor(history):
    by_id = {one.event_id: one for one in history}
    for line in lines_of(drafts_of(history)):
        found = [by_id[event_id] for event_id in line.event_ids]
        people, households = defaultdict(int), defaultdict(int)
        for one in found:
            people[one.village] += one.people
            households[one.village] += one.households
        assert len({one.delivery_id for one in found}) >= line.deliveries >= floors.FLOOR_DELIVERIES
        assert len(people) == line.villages >= floors.FLOOR_VILLAGES
        for counts in (people, households):
            assert 100 * max(counts.values()) <= floors.MOST_OF_ONE_VILLAGE * sum(counts.values())
        for item in line.mostly:
            having = [one for one in found if item in one.items]
            assert len({one.delivery_id for one in having}) >= floors.FLOOR_DELIVERIES
            assert len({one.village for one in having}) >= floors.FLOOR_VILLAGES


@given(histories())
def test_nothing_is_counted_twice_and_nothing_released_is_left_out(history):
    drafts = drafts_of(history)
    told = [event_id for line in lines_of(drafts) for event_id in line.event_ids]
    assert len(told) == len(set(told))
    for draft in drafts:
        own = {one.event_id for one in history if draft.first_month <= months.month_of(one.day) <= draft.last_month}
        assert own == {event_id for line in draft.lines for event_id in line.event_ids}
        late = {event_id for line in draft.earlier for event_id in line.event_ids}
        assert all(one.day < draft.first_month for one in history if one.event_id in late)


@given(histories())
def test_lines_add_up_to_what_was_counted(history):
    by_id = {one.event_id: one for one in history}
    drafts = drafts_of(history)
    for line in lines_of(drafts):
        for shown, true in (
            (line.people, sum(by_id[event_id].people for event_id in line.event_ids)),
            (line.households, sum(by_id[event_id].households for event_id in line.event_ids)),
        ):
            assert shown % floors.ROUND_TO == 0
            assert abs(shown - true) <= floors.ROUND_TO // 2
    deliveries = {by_id[event_id].delivery_id for draft in drafts for event_id in draft.event_ids}
    assert sum(line.deliveries for line in lines_of(drafts)) == len(deliveries)


@given(histories())
def test_a_place_stands_in_one_line_of_a_release(history):
    for draft in drafts_of(history):
        for part in (draft.lines, draft.earlier):
            places = [place for line in part for place in line.districts]
            assert len(places) == len(set(places))


@given(histories(), st.randoms())
def test_the_order_of_records_does_not_matter(history, random):
    told = drafts_of(history)
    shuffled = history.copy()
    random.shuffle(shuffled)
    assert drafts_of(shuffled) == told


@given(histories(), st.lists(st.booleans(), min_size=70, max_size=70))
def test_releases_in_steps_never_show_a_part_of_a_line(history, late):
    """Whoever keeps every release and subtracts any from any finds only whole lines: months come one by one, some records late."""
    by_id = {one.event_id: one for one in history}
    waiting = [one for one, is_late in zip(history, late, strict=False) if not is_late]
    known_late = [one for one, is_late in zip(history, late, strict=False) if is_late]
    since, counted, told = FIRST, set(), []
    for until in months.between(FIRST, LAST):
        drafts = cube.plan(waiting, since=since, until=until, counted=counted)
        for draft in drafts:
            assert since <= draft.first_month
            since = months.after(draft.last_month)
            told += lines_of([draft])
            released = set(draft.event_ids)
            counted |= {by_id[event_id].delivery_id for event_id in released}
            waiting = [one for one in waiting if one.event_id not in released]
        assert cube.plan(waiting, since=since, until=until, counted=counted) == []
        waiting += [one for one in known_late if months.month_of(one.day) < until]
        known_late = [one for one in known_late if months.month_of(one.day) >= until]
    parts = [frozenset(line.event_ids) for line in told]
    assert sum(map(len, parts)) == len(frozenset().union(*parts))
    assert all(line.deliveries >= floors.FLOOR_DELIVERIES and line.villages >= floors.FLOOR_VILLAGES for line in told)


def test_a_district_that_is_enough_is_a_line_of_its_own():
    (line,) = cube.lines(enough(), frozenset())
    assert (line.districts, line.deliveries, line.villages) == (("MMR005D001",), 5, 3)
    assert (line.people, line.households, line.mostly) == (250, 50, ("rice",))


@pytest.mark.parametrize(
    "small",
    [
        pytest.param(
            [handout(90 + at, village=90 + at, district="MMR005D002") for at in range(4)], id="few deliveries"
        ),
        pytest.param(
            [handout(90 + at, village=90 + at % 2, district="MMR005D002") for at in range(8)], id="few villages"
        ),
        pytest.param(
            [
                handout(90 + at, village=90 + at % 5, district="MMR005D002", people=400 if at == 0 else 5)
                for at in range(9)
            ],
            id="mostly one village",
        ),
    ],
)
def test_a_district_below_a_floor_is_joined_with_one_of_its_region(small):
    region = enough("MMR005D001") + enough("MMR006D001", start=50)
    found = cube.lines(region + small, frozenset())
    assert {line.districts for line in found} == {("MMR005D001", "MMR005D002"), ("MMR006D001",)}


def test_small_districts_are_joined_with_each_other_before_one_that_is_enough():
    apart = [handout(90 + at, village=90 + at, district=f"MMR005D00{2 + at % 2}") for at in range(6)]
    found = cube.lines(enough("MMR005D001") + apart, frozenset())
    assert {line.districts for line in found} == {("MMR005D001",), ("MMR005D002", "MMR005D003")}


def test_a_region_that_is_too_small_is_joined_with_another():
    found = cube.lines([*enough("MMR005D001"), handout(90, village=90, district="MMR006D001")], frozenset())
    assert [line.districts for line in found] == [("MMR005D001", "MMR006D001")]


def test_a_month_that_is_too_small_joins_the_next():
    drafts = drafts_of(enough()[:4] + enough(day=date(2026, 4, 2), start=20))
    assert [(draft.first_month, draft.last_month) for draft in drafts] == [(FIRST, date(2026, 4, 1))]
    assert sum(line.deliveries for line in drafts[0].lines) == 9


def test_late_records_are_lines_for_earlier_months_or_wait():
    own = enough(day=date(2026, 4, 2), start=20)
    few, many = enough(start=40)[:4], enough(start=40)
    (waits,) = cube.plan(own + few, since=date(2026, 4, 1), until=LAST, counted=frozenset())
    (told,) = cube.plan(own + many, since=date(2026, 4, 1), until=LAST, counted=frozenset())
    assert waits.earlier == ()
    assert [line.deliveries for line in told.earlier] == [5]
    assert waits.lines == told.lines


def test_a_delivery_over_two_months_is_counted_in_the_first():
    march = enough()
    april = [
        *enough(day=date(2026, 4, 2), start=20),
        handout(60, village=20, delivery_id=1, day=date(2026, 4, 3), people=30),
    ]
    first, second = drafts_of(march + april)
    assert [line.deliveries for line in first.lines] == [5]
    assert [(line.deliveries, line.people) for line in second.lines] == [(5, 280)]


def test_an_item_that_few_had_is_not_named():
    few = [handout(90 + at, village=at % 3 + 1, items=("rice", "medicine")) for at in range(4)]
    (line,) = cube.lines(enough() + few, frozenset())
    assert line.mostly == ("rice",)


def test_floors_are_what_the_design_says():
    assert (floors.FLOOR_DELIVERIES, floors.FLOOR_VILLAGES, floors.MOST_OF_ONE_VILLAGE) == (5, 3, 60)
    assert (floors.CLOSED_DAYS, floors.ROUND_TO) == (14, 10)
