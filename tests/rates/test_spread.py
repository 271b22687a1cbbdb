"""What the rate cost of each arrival that became another currency, kept in totals, and taken back with the receiver's word."""

from datetime import timedelta
from decimal import Decimal

import pytest

from aidnet.db import db
from aidnet.funding.models import Rest
from aidnet.policy import OPERATOR, Role
from aidnet.rates import history, queries
from aidnet.rates.models import ArrivalSpread, RateKind, SpreadMonth
from tests import factories
from tests.funding.books import DAY, Books, act
from tests.rates.typing import typed


@pytest.fixture
def books(app):
    found = Books()
    found.give(1_000_000)
    return found


def told(books, by=None):
    return queries.spreads(db(), by or books.treasurer, [books.fund.id])


def sums(books, by=None):
    return [
        (one.sent_minor, one.arrived_with_rate_minor, one.arrived_without_rate_minor, one.spread_minor)
        for one in told(books, by)
    ]


def test_the_cost_of_the_rate_is_what_was_sent_at_the_market_less_what_arrived(books):
    rate = typed(books.treasurer, 4000).rows[0]
    payout = books.send(10_000, into="MMK", rate=3900)
    books.confirm(payout, 390_000)
    assert sums(books) == [(10_000, 390_000, 0, 10_000)]
    one = queries.spreads_of(db(), books.coordinator, payout.code)[0]
    assert (one.achieved, one.spread_minor) == (Decimal("3900.00"), 10_000)
    assert (one.market.rate, one.market.on_day, bool(one.market.note)) == (rate.rate, rate.on_day, False)
    assert not books.faults()


def test_parts_add_up_to_the_whole_and_what_was_kept_counts(books):
    typed(books.treasurer, 4000)
    payout = books.send(10_001, into="MMK", rate=3900)
    books.confirm(payout, 130_000)
    books.confirm(payout, 100_000)
    books.confirm(payout, 100_000, rest=Rest.COST)
    assert [(sent, known) for sent, known, _unknown, _spread in sums(books)] == [(10_001, 330_000)]
    parts = queries.spreads_of(db(), books.treasurer, payout.code)
    assert sum(one.sent_minor for one in parts) == 10_001
    assert sum(one.spread_minor for one in parts) == told(books)[0].spread_minor
    assert not books.faults()


def test_better_than_the_market_is_below_zero(books):
    typed(books.treasurer, 4000)
    books.confirm(books.send(10_000, into="MMK", rate=4100), 410_000)
    assert told(books)[0].spread_minor == -10_000


def test_nothing_is_guessed_without_a_rate_and_it_is_known_when_one_is_typed(books):
    typed(books.treasurer, 2100, kind=RateKind.OFFICIAL)
    payout = books.send(10_000, into="MMK", rate=3900)
    books.confirm(payout, 390_000)
    assert sums(books) == [(10_000, 0, 390_000, 0)]
    assert queries.spreads_of(db(), books.treasurer, payout.code)[0].market is None
    typed(books.treasurer, 4000, DAY - timedelta(days=8))
    assert sums(books) == [(10_000, 0, 390_000, 0)]
    typed(books.treasurer, "0.00025", DAY - timedelta(days=1), base="MMK", quote="USD")
    assert sums(books) == [(10_000, 390_000, 0, 10_000)]
    typed(books.treasurer, 5000)
    assert sums(books) == [(10_000, 390_000, 0, 10_000)]
    assert not books.faults()


@pytest.mark.parametrize("known", [True, False])
def test_undoing_the_word_takes_its_cost_exactly_back(books, known):
    if known:
        typed(books.treasurer, 4000)
    payout = books.send(10_000, into="MMK", rate=3900)
    books.confirm(payout, 390_000)
    typed(books.treasurer, 6000, DAY - timedelta(days=8))
    books.undo(books.last_word(payout))
    assert sums(books) == []
    assert queries.spreads_of(db(), books.treasurer, payout.code) == []
    typed(books.treasurer, 5000)
    assert sums(books) == []
    assert not books.faults()


def test_a_payout_that_stays_in_its_currency_has_no_spread(books):
    books.confirm(books.send(10_000), 10_000)
    assert sums(books) == []


def test_what_payouts_got_stands_by_month_beside_the_typed(books):
    typed(books.treasurer, 4000)
    books.confirm(books.send(10_000, into="MMK", rate=3900), 390_000)
    books.confirm(books.send(30_000, into="MMK", rate=3800), 1_140_000)
    months = queries.pair_months(db(), books.treasurer, "USD", "MMK", DAY.replace(day=1))
    assert months[-1].achieved == Decimal("3825.00")
    assert queries.pair_months(db(), factories.actor(Role.DONOR), "USD", "MMK", DAY.replace(day=1))[-1].achieved is None


def test_arrivals_older_than_the_spread_are_noted_by_the_command(books, command):
    typed(books.treasurer, 4000)
    payout = books.send(10_000, into="MMK", rate=3900)
    books.confirm(payout, 390_000)

    def forget(session, actor):
        history.forget_totals(session, ArrivalSpread, SpreadMonth)
        session.info.pop("changed", None)

    act(forget, OPERATOR)
    assert [fault.split()[0] for fault in books.faults()] == ["arrival_spread"]
    assert "1 arrivals noted" in command("rates", "value").output
    assert sums(books) == [(10_000, 390_000, 0, 10_000)]
    assert not books.faults()


def test_a_coordinator_sees_the_own_part_and_a_donor_the_funds_given_to(books):
    typed(books.treasurer, 4000)
    books.confirm(books.send(10_000, into="MMK", rate=3900), 390_000)
    assert sums(books, books.coordinator) == [(10_000, 390_000, 0, 10_000)]
    assert sums(books, factories.actor(Role.COORDINATOR)) == []
    assert sums(books, factories.actor(Role.DONOR)) == []
    assert sums(books, factories.actor(Role.AUDITOR)) == [(10_000, 390_000, 0, 10_000)]
