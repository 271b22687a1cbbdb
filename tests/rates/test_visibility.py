"""Figures in a reporting currency are as narrow as those they are made of."""

import pytest

from aidnet.db import db
from aidnet.ledger.models import BudgetLine, Measure
from aidnet.policy import Role
from aidnet.rates import queries
from tests import factories
from tests.funding.books import DAY, Books
from tests.rates.typing import report_in, typed


@pytest.fixture
def books(app):
    found = Books()
    report_in("USD")
    typed(found.treasurer, 4000, DAY)
    return found


def test_a_coordinator_sees_the_own_part_and_the_rates_it_used(books):
    books.give(100_000)
    books.give(4_000, "EUR")
    payout = books.send(10_000, into="MMK", rate=3900)
    books.confirm(payout, 390_000)
    own = queries.values(db(), books.coordinator, [books.fund.id], "USD")
    assert own.total(Measure.RECEIVED) == 0
    assert own.without_rate(Measure.RECEIVED) == {}
    assert own.total(Measure.ARRIVED_CHANGED) == 9_750
    assert own.rates.count == 1
    other = queries.values(db(), factories.actor(Role.COORDINATOR), [books.fund.id], "USD")
    assert (other.valued, other.unrated, other.rates) == ([], [], None)


@pytest.mark.parametrize("role", [Role.LOGGER, Role.ADMIN, Role.DONOR])
def test_who_sees_no_fund_sees_no_value(books, role):
    books.give(100_000)
    found = queries.values(db(), factories.actor(role), [books.fund.id], "USD")
    assert (list(found.valued), list(found.unrated), found.rates) == ([], [], None)


def test_a_donor_sees_tolls_only_inside_transport(books):
    house = factories.donor()
    donor = factories.actor(Role.DONOR, at=house)
    books.give(100_000, donor=house.code)
    books.confirm(books.send(50_000), 50_000)
    books.spend(700, line=BudgetLine.TOLLS)
    books.spend(300, line=BudgetLine.TRANSPORT)
    books.spend(100, "EUR", line=BudgetLine.TOLLS)
    seen = queries.values(db(), donor, [books.fund.id], "USD")
    assert {(one.line, one.value_minor) for one in seen.valued if one.line} == {(BudgetLine.TRANSPORT, 1_000)}
    assert {(one.line, one.minor) for one in seen.unrated} == {(BudgetLine.TRANSPORT, 100)}
    kept = queries.values(db(), books.treasurer, [books.fund.id], "USD")
    assert {one.line for one in kept.valued if one.line} == {BudgetLine.TOLLS, BudgetLine.TRANSPORT}
