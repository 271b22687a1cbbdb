"""What gifts became, as their readers may know it."""

from datetime import timedelta

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from aidnet.db import db
from aidnet.funding.models import Rest
from aidnet.ledger.models import BudgetLine
from aidnet.policy import Actor, Role
from aidnet.responders.models import Sector
from aidnet.trace import pictures, queries
from aidnet.trace.models import Fate, Step
from aidnet.trace.queries import Became
from aidnet.web.flows import Stop, Way, flow
from tests import factories
from tests.funding.books import DAY, Books


@pytest.fixture
def books(app: Flask) -> Books:
    return Books()


def told(became: Became) -> dict[str, int]:
    return {f"{part.fate}:{part.line or ''}".rstrip(":"): part.minor for part in became.parts}


def test_a_gift_is_told_whole_and_how_much_receivers_confirmed(books: Books) -> None:
    gift = books.give(50_00)
    payout = books.send(40_00, fee_minor=2_10)
    books.confirm(payout, 30_00)
    books.spend(25_00)
    became = queries.gift(db(), books.treasurer, gift.code)
    assert became is not None
    assert told(became) == {"waiting": 7_90, "on-the-way": 10_00, "held": 5_00, "spent:goods": 25_00, "cost": 2_10}
    assert (became.minor, became.confirmed_minor, became.confirmed_percent) == (50_00, 30_00, 60)


def test_a_hundred_percent_is_said_only_of_all(books: Books) -> None:
    gift = books.give(1_000_00)
    books.confirm(books.send(999_99), 999_99)
    became = queries.gift(db(), books.treasurer, gift.code)
    assert became is not None
    assert became.confirmed_percent == 99


def test_a_gift_of_somebody_else_became_nothing_for_a_donor(books: Books) -> None:
    donor = factories.donor()
    own, other = books.give(5_00, donor=donor.id), books.give(6_00)
    actor = factories.actor(Role.DONOR, at=donor)
    assert queries.gift(db(), actor, own.code) is not None
    assert queries.gift(db(), actor, other.code) is None


@pytest.mark.parametrize(("role", "minor"), [("donor", 10_00), ("treasurer", 42_00), ("auditor", 42_00)])
def test_a_donor_learns_what_its_own_gifts_became_and_nobody_elses(books: Books, role: str, minor: int) -> None:
    donor, other = factories.donor(), factories.donor()
    books.give(10_00, donor=donor.id)
    books.give(30_00, donor=other.id)
    books.give(2_00)
    actor = factories.actor(Role(role), **({"at": donor} if role == "donor" else {}))
    (became,) = queries.givers(db(), actor, [books.fund.id])
    assert became.minor == minor


def test_a_donor_without_a_partner_is_shown_no_gifts_of_strangers(books: Books) -> None:
    books.give(2_00)
    assert queries.givers(db(), Actor(user_id=1, role=Role.DONOR), [books.fund.id]) == []


def test_a_coordinator_learns_nothing_of_the_funds_gifts(books: Books) -> None:
    books.give(10_00)
    books.confirm(books.send(9_00), 9_00)
    for read in (queries.givers, queries.delays, queries.oldest, queries.waiting_for_purpose):
        assert read(db(), books.coordinator, [books.fund.id]) == [], read.__name__
        assert read(db(), books.treasurer, [books.fund.id]) != [] or read is queries.waiting_for_purpose


def test_only_those_who_keep_or_check_the_books_learn_which_gifts_wait(books: Books) -> None:
    donor = factories.donor()
    books.give(10_00, donor=donor.id, earmark_sector=Sector.FSC)
    for read in (queries.oldest, queries.waiting_for_purpose):
        assert read(db(), factories.actor(Role.DONOR, at=donor), [books.fund.id]) == []
        assert len(read(db(), factories.actor(Role.AUDITOR), [books.fund.id])) == 1


def test_tolls_are_inside_transport_for_a_donor(books: Books) -> None:
    donor = factories.donor()
    gift = books.give(20_00, donor=donor.id)
    books.confirm(books.send(20_00), 20_00)
    books.spend(3_00, line=BudgetLine.TOLLS)
    books.spend(4_00, line=BudgetLine.TRANSPORT)
    actor = factories.actor(Role.DONOR, at=donor)
    for became in (queries.gift(db(), actor, gift.code), queries.givers(db(), actor, [books.fund.id])[0]):
        assert became is not None
        assert told(became) == {"held": 13_00, "spent:transport": 7_00}
        assert became.confirmed_minor == 20_00


def test_what_waits_longest_is_the_oldest_by_ledger_order(books: Books) -> None:
    books.give(10_00, received_on=DAY - timedelta(days=9))
    second = books.give(20_00, received_on=DAY - timedelta(days=5))
    books.give(30_00, received_on=DAY - timedelta(days=40))
    kyat = books.give(5_000, "MMK")
    books.send(12_00)
    oldest = queries.oldest(db(), books.treasurer, [books.fund.id])
    assert [(one.gift, one.minor, one.currency) for one in oldest] == [
        (second.code, 18_00, "USD"),
        (kyat.code, 5_000, "MMK"),
    ]
    assert oldest[0].since == DAY - timedelta(days=5)


def test_gifts_wait_for_their_purpose_until_it_is_found(books: Books) -> None:
    for_food = books.give(30_00, earmark_sector=Sector.FSC)
    place = factories.place("MMR005D002")
    for_place = books.give(20_00, earmark_place_id=place.id)
    books.give(10_00)
    books.send(33_00, purpose_sector=Sector.FSC)
    waiting = queries.waiting_for_purpose(db(), books.treasurer, [books.fund.id])
    assert [(one.gift, one.minor, one.place_id) for one in waiting] == [(for_place.code, 20_00, place.id)]
    assert for_food.code not in [one.gift for one in waiting]


def test_time_is_weighted_by_money(books: Books) -> None:
    books.give(90_00, received_on=DAY - timedelta(days=3))
    books.give(10_00, received_on=DAY - timedelta(days=60))
    books.confirm(books.send(100_00), 100_00, rest=Rest.COMING)
    books.spend(50_00)
    delays = {one.step: one for one in queries.delays(db(), books.treasurer, [books.fund.id])}
    arrival = delays[Step.RECEIVED_TO_CONFIRMED]
    assert (arrival.minor, arrival.median, arrival.ninetieth) == (100_00, 3, 3)
    assert delays[Step.CONFIRMED_TO_SPENT].minor == 50_00


@given(st.dictionaries(st.integers(0, 400), st.integers(1, 10**12), min_size=1), st.integers(1, 100))
def test_so_many_percent_took_no_longer(took: dict[int, int], percent: int) -> None:
    days = queries.within(sorted(took.items()), percent)
    whole = sum(took.values())
    assert sum(minor for day, minor in took.items() if day <= days) * 100 >= percent * whole
    assert sum(minor for day, minor in took.items() if day < days) * 100 < percent * whole


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 5), st.integers(0, 10**15)), max_size=12))
def test_each_column_is_the_sum_of_the_one_before(ways: list[tuple[int, int, int]]) -> None:
    stops = [Stop(str(number), "done") for number in range(6)]
    drawn = flow("abc", [Way((stops[0], stops[middle], stops[end]), value) for middle, end, value in ways], str)
    total = sum(value for _middle, _end, value in ways)
    assert (drawn is None) == (total == 0)
    if drawn:
        assert {sum(one.value for one in column) for column in drawn.columns} == {total}
        assert sum(value for _stops, _text, value in drawn.rows) == total == drawn.total_value
        for drawing in (drawn.wide, drawn.slim):
            for box in drawing.boxes:
                assert box.x >= 0
                assert box.x + box.width <= drawing.width + 60  # parts too thin to be seen are drawn a little thicker
                assert 0 <= box.y <= box.y + box.height <= drawing.height + 0.2


def test_a_way_that_misses_a_column_is_not_drawn() -> None:
    with pytest.raises(ValueError, match="every column"):
        flow("ab", [Way((Stop("one", "done"),), 5)], str)
    with pytest.raises(ValueError, match="every column"):
        flow("a", [Way((Stop("one", "done"),), -5)], str)


def test_a_strip_and_its_table_are_the_gift(books: Books) -> None:
    gift = books.give(50_00)
    books.confirm(books.send(33_33), 11_11)
    became = queries.gift(db(), books.treasurer, gift.code)
    assert became is not None
    table = pictures.parts_table(books.treasurer, became, "It")
    assert sum(row.cells[0].value for row in table.rows) == table.total[0].value == 50
    assert len(pictures.strip(books.treasurer, became).parts) == len(table.rows)
    assert became.of(*Fate) == 50_00
