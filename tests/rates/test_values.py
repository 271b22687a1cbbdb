"""Each transfer is converted once, by the rate of its day; what has none waits and is told beside; undoing gives exactly back."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from aidnet.db import db, transaction
from aidnet.errors import Invalid, Refused
from aidnet.funding import proof
from aidnet.ledger.models import Measure
from aidnet.policy import OPERATOR, Role, unscoped
from aidnet.rates import queries, service
from aidnet.rates.models import RateKind, RateUse, ReportingCurrency, ValueMonth
from tests import factories
from tests.funding.books import DAY, Books, act
from tests.rates.typing import BECAUSE, parts_add_up, report_in, typed, values, worth


@pytest.fixture
def books(app):
    return Books()


def told(books, reporting="USD", by=None):
    return queries.values(db(), by or books.treasurer, [books.fund.id], reporting)


def test_a_network_that_reports_in_nothing_converts_nothing(books):
    typed(books.treasurer, 4000)
    books.give(4_000_000, "MMK")
    assert not values()
    assert not books.faults()


def test_a_gift_is_converted_by_the_market_rate_of_its_day_and_its_own_currency_by_none(books):
    report_in("USD", "MMK")
    rate = typed(books.treasurer, 4000, DAY - timedelta(days=3)).rows[0]
    books.give(4_000_000, "MMK")
    books.give(5_000, "USD")
    kept = sorted(values().values(), key=str)
    assert kept == sorted([(100_000, rate.id), (4_000_000, None), (5_000, None), (200_000, rate.id)], key=str)
    found = told(books)
    assert found.total(Measure.RECEIVED) == 105_000
    assert not found.unrated
    assert (found.rates.count, found.rates.kinds, found.rates.first) == (1, (RateKind.MARKET,), rate.on_day)
    assert not books.faults()


def test_where_there_is_no_market_rate_the_official_one_is_used_and_named(books):
    report_in("USD")
    typed(books.treasurer, 2000, kind=RateKind.OFFICIAL)
    books.give(4_000_000, "MMK")
    found = told(books)
    assert found.total(Measure.RECEIVED) == 200_000
    assert found.rates.kinds == (RateKind.OFFICIAL,)


def test_a_correction_changes_nothing_that_was_converted(books):
    report_in("USD")
    typed(books.treasurer, 4000)
    books.give(4_000_000, "MMK")
    before = values()
    assert typed(books.treasurer, 5000).valued == 0
    assert values() == before
    assert worth("USD") == 100_000


def test_without_a_rate_it_is_its_own_line_until_one_is_typed_for_its_day(books):
    report_in("USD")
    books.give(4_000_000, "MMK")
    found = told(books)
    assert found.total(Measure.RECEIVED) == 0
    assert found.without_rate(Measure.RECEIVED) == {"MMK": 4_000_000}
    assert found.rates is None
    assert typed(books.treasurer, 3000, DAY - timedelta(days=8)).valued == 0
    assert typed(books.treasurer, 3000, DAY + timedelta(days=1)).valued == 0
    assert typed(books.treasurer, 4000, DAY - timedelta(days=7)).valued == 1
    assert told(books).total(Measure.RECEIVED) == 100_000
    assert not told(books).unrated
    assert not books.faults()


def test_undoing_gives_exactly_back_whatever_was_typed_since(books):
    report_in("USD")
    typed(books.treasurer, 4000)
    gift = books.give(4_000_000, "MMK")
    typed(books.treasurer, 1000)
    books.undo(gift.code)
    assert worth("USD") == 0
    assert told(books).rates is None
    assert len(values()) == 2
    assert len(set(values().values())) == 1
    assert not books.faults()


def test_undoing_what_has_no_rate_has_none_until_both_get_it(books):
    books.give(4_000_000, "MMK")
    gift = books.give(3_000_000, "MMK")
    typed(books.treasurer, 4000)
    report_in("USD")  # what was written before waits for the command
    books.undo(gift.code)
    assert not values()
    assert worth("USD") == 0
    assert not books.faults()


def test_history_is_converted_by_the_command_once(books, command):
    typed(books.treasurer, 4000)
    gift = books.give(4_000_000, "MMK")
    books.undo(gift.code)
    books.give(8_000_000, "MMK")
    books.give(100, "EUR")
    report_in("USD")
    assert "3 transfers converted" in command("rates", "value").output
    before = values()
    assert worth("USD") == 200_000
    assert told(books).without_rate(Measure.RECEIVED) == {"EUR": 100}
    assert "0 transfers converted" in command("rates", "value").output
    assert values() == before
    command("ledger", "check")


def test_history_is_converted_in_batches_of_any_size(books):
    typed(books.treasurer, 4000)
    for _gift in range(3):
        books.undo(books.give(4_000_000, "MMK").code)
        books.give(400, "EUR")
    report_in("USD")
    last, rounds = 0, 0
    while last is not None:
        last = act(service.value_history, OPERATOR, "USD", last, most=1).last
        rounds += 1
    assert rounds == 10
    assert worth("USD") == 0
    assert len(values()) == 6
    assert not books.faults()


def test_every_act_on_money_is_converted_and_undone(books):
    report_in("USD", "THB")
    typed(books.treasurer, 4000)
    typed(books.treasurer, "34.5", quote="THB")
    gift = books.give(100_000)
    payout = books.send(50_000, into="MMK", rate=3900)
    books.confirm(payout, 1_900_000)
    spent = books.spend(1_000_000, "MMK")
    books.charge(700)
    assert not books.faults()
    assert parts_add_up(books.treasurer, [books.fund.id], "USD")
    assert parts_add_up(books.treasurer, [books.fund.id], "THB")
    found = told(books)
    assert (found.total(Measure.SPENT), found.total(Measure.FEES)) == (25_000, 700)
    assert told(books, "THB").without_rate(Measure.SPENT) == {"MMK": 1_000_000}
    books.undo(spent.code)
    assert told(books).total(Measure.SPENT) == 0
    assert gift.amount_minor == told(books).total(Measure.RECEIVED)
    assert not books.faults()


def test_statements_do_not_grow_with_what_is_typed(books, count_queries):
    report_in("USD", "THB")
    books.give(4_000_000, "MMK")
    with count_queries() as bare:
        books.give(4_000_000, "MMK")
    typed(books.treasurer, 4000)
    books.give(4_000_000, "MMK")
    with count_queries() as one:
        books.give(4_000_000, "MMK")
    for back in range(7):
        typed(books.treasurer, 4000 + back, DAY - timedelta(days=back))
        typed(books.treasurer, 2100, DAY - timedelta(days=back), kind=RateKind.OFFICIAL)
    with count_queries() as many:
        books.give(4_000_000, "MMK")
    assert len(one) == len(many) == len(bare) + 4


def test_totals_that_are_gone_are_found_and_made_anew(books):
    report_in("USD")
    typed(books.treasurer, 4000)
    books.give(4_000_000, "MMK")
    with transaction() as session:
        for model in (ValueMonth, RateUse):
            session.execute(unscoped(sa.delete(model), because=BECAUSE))
        proof_before = [str(fault) for fault in proof.check(session)]
        session.info.pop("changed", None)
    assert [fault.split()[0] for fault in proof_before] == ["value_month", "rate_use"]
    act(proof.rebuild, OPERATOR)
    assert worth("USD") == 100_000
    assert not books.faults()


def test_a_value_that_its_rate_does_not_make_is_found(books, world):
    report_in("USD")
    typed(books.treasurer, 4000)
    books.give(4_000_000, "MMK")
    with world.engine.begin() as connection:
        kept = next(iter(values()))
        lifted = {
            "sqlite": "DROP TRIGGER transfer_value_no_update",
            "postgresql": "ALTER TABLE transfer_value DISABLE TRIGGER USER",
        }
        connection.execute(sa.text(lifted[world.engine.dialect.name]))
        connection.execute(
            sa.text("UPDATE transfer_value SET value_minor = 7 WHERE transfer_id = :id"), {"id": kept[0]}
        )
    faults = books.faults()
    assert any("by its rate it is worth 100000" in fault for fault in faults)
    assert any(fault.startswith("value_month") for fault in faults)


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMIN])
def test_only_an_admin_chooses_what_the_network_reports_in(app, role):
    with pytest.raises(Refused):
        act(service.choose_reporting, factories.actor(role), ["USD"])


def test_four_reporting_currencies_in_an_order_that_may_change(app):
    report_in("USD", "MMK", "THB", "EUR")
    report_in("EUR", "USD")
    assert queries.reporting_currencies(db()) == ["EUR", "USD"]
    for wrong in (["USD", "USD"], ["USD", "MMK", "THB", "EUR", "INR"], ["XXX"]):
        with pytest.raises(Invalid):
            report_in(*wrong)
    report_in()
    assert db().scalars(sa.select(ReportingCurrency)).all() == []
