"""What may be typed, and which of what was typed holds on a day."""

from contextlib import nullcontext
from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest

from aidnet.db import db
from aidnet.errors import Invalid, Refused
from aidnet.policy import Role
from aidnet.rates import queries, service
from aidnet.rates.models import RateKind
from aidnet.rates.queries import RatesWanted, market_rate
from aidnet.rates.service import FarOff
from tests import factories
from tests.funding.books import DAY, act
from tests.rates.typing import draft, typed


@pytest.fixture
def treasurer(app):
    return factories.actor(Role.TREASURER)


def days(number: int) -> timedelta:
    return timedelta(days=number)


@pytest.mark.parametrize("role", list(Role))
def test_only_a_treasurer_types_rates(app, role):
    actor = factories.actor(role)
    with nullcontext() if role is Role.TREASURER else pytest.raises(Refused):
        typed(actor, 4350)


@pytest.mark.parametrize(("role", "reads"), [(role, role not in (Role.ADMIN, Role.LOGGER)) for role in Role])
def test_who_keeps_or_follows_the_money_reads_them(treasurer, role, reads):
    typed(treasurer, 4350)
    assert len(queries.rates(db(), factories.actor(role), RatesWanted(), None).rows) == int(reads)


def test_the_newest_of_a_day_counts_and_a_typed_rate_holds_for_seven_days(treasurer):
    typed(treasurer, 4350)
    newest = typed(treasurer, 4400).rows[0]
    for after in range(8):
        used = market_rate(db(), "USD", "MMK", DAY + days(after))
        assert (used.row.id, used.inverse) == (newest.id, False)
    assert market_rate(db(), "USD", "MMK", DAY + days(8)) is None
    assert market_rate(db(), "USD", "MMK", DAY - days(1)) is None


def test_a_rate_that_there_was_none_brings_the_one_before_back(treasurer):
    first = typed(treasurer, 4350, DAY - days(2)).rows[0]
    typed(treasurer, 4400)
    typed(treasurer, None)
    assert market_rate(db(), "USD", "MMK", DAY).row.id == first.id


def test_a_pair_is_also_read_the_other_way_round_but_never_through_a_third(treasurer):
    row = typed(treasurer, 4000).rows[0]
    used = market_rate(db(), "MMK", "USD", DAY)
    assert (used.row.id, used.inverse, used.worth(1_000_000)) == (row.id, True, 25_000)
    typed(treasurer, "125.5", base="THB")
    assert market_rate(db(), "USD", "THB", DAY) is None
    direct = typed(treasurer, "0.0002", DAY - days(3), base="MMK", quote="USD").rows[0]
    assert market_rate(db(), "MMK", "USD", DAY).row.id == direct.id


def test_an_official_rate_is_no_market_rate(treasurer):
    typed(treasurer, 2100, kind=RateKind.OFFICIAL)
    assert market_rate(db(), "USD", "MMK", DAY) is None


@pytest.mark.parametrize(
    ("rate", "minor", "worth"),
    [("4350", 100, 4350), ("0.5", 100, 0), ("1.5", 100, 2), ("2.5", 100, 2), ("4350.123456789012", 10**9, 43501234568)],
)
def test_an_amount_is_converted_exactly_and_rounded_half_to_even(treasurer, rate, minor, worth):
    typed(treasurer, rate)
    assert market_rate(db(), "USD", "MMK", DAY).worth(minor) == worth


@pytest.mark.parametrize("rate", ["0", "-1", "1000000001", "1.1234567890123"])
def test_a_rate_that_cannot_be_is_refused(treasurer, rate):
    with pytest.raises(Invalid) as failure:
        typed(treasurer, rate)
    assert failure.value.field == "rate"


def test_what_payouts_got_is_not_typed_nor_a_pair_of_one_nor_tomorrow(treasurer):
    with pytest.raises(Invalid):
        typed(treasurer, 4350, kind=RateKind.ACHIEVED)
    with pytest.raises(Invalid):
        typed(treasurer, 1, base="MMK")
    with pytest.raises(Invalid):
        typed(treasurer, 4350, factories.NOW.date() + days(1))


def test_a_rate_far_from_the_last_is_asked_for_once_more(treasurer):
    typed(treasurer, 4000, DAY - days(9))
    with pytest.raises(FarOff, match="4,000"):
        typed(treasurer, 5300, sure=False)
    with pytest.raises(FarOff):
        typed(treasurer, 40000, DAY - days(20), sure=False)
    typed(treasurer, 5200, sure=False)
    typed(treasurer, 52000, sure=True)
    typed(treasurer, 100, kind=RateKind.OFFICIAL, sure=False)


def test_in_a_list_each_is_held_against_the_one_before_it(treasurer):
    good = [draft(4000 + 300 * number, DAY - days(6 - number)) for number in range(6)]
    act(service.type_rates, treasurer, good)
    with pytest.raises(FarOff, match="45,000"):
        act(service.type_rates, treasurer, [draft(4600, DAY - days(1)), draft(45000, DAY)])
    with pytest.raises(Invalid):
        act(service.type_rates, treasurer, [draft(4600), draft(4700)])
    with pytest.raises(Invalid):
        act(service.type_rates, treasurer, [])


def test_a_form_sent_twice_types_once(treasurer):
    uid = uuid4()
    first = typed(treasurer, 4350, uid=uid).rows[0]
    assert [row.id for row in typed(treasurer, 4350, uid=uid).rows] == [first.id]


def test_a_pair_has_its_months_with_the_last_rate_of_each_kind(treasurer):
    typed(treasurer, 4350, DAY - days(5))
    typed(treasurer, 4400)
    typed(treasurer, 9999, DAY + days(1))
    typed(treasurer, None, DAY + days(1))
    typed(treasurer, 2100, DAY - days(30), kind=RateKind.OFFICIAL)
    months = queries.pair_months(db(), treasurer, "USD", "MMK", DAY.replace(day=1))
    assert len(months) == 12
    assert [(one.market, one.official) for one in months[-2:]] == [(None, Decimal(2100)), (Decimal(4400), None)]
