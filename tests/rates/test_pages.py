"""Typing rates in forms, reading them, and money told in one currency."""

from datetime import timedelta

import pytest

from aidnet.db import db
from aidnet.policy import Role
from aidnet.rates import queries
from aidnet.rates.models import RateKind
from aidnet.rates.queries import RatesWanted
from tests import factories
from tests.funding.books import DAY, Books
from tests.rates.typing import report_in, typed


@pytest.fixture
def books(app):
    return Books()


@pytest.fixture
def treasurer(books, sign_in):
    return sign_in(books.treasurer)


def rows(actor):
    return [line.rate for line in queries.rates(db(), actor, RatesWanted(), None).rows]


def tables(page):
    return [[cell.text for cell in row.all() if cell.tag in ("th", "td")] for row in page.all("tr")]


def test_one_rate_is_typed_with_myanmar_digits(books, treasurer):
    page = treasurer.page("/funding/rates/new")
    page = treasurer.sent(page, rate="၄၃၅၀.၅", day="2026-08-10")
    assert page.title == "Rates"
    assert "4,350.5" in page.text
    assert str(rows(books.treasurer)[0].rate) == "4350.5"


def test_a_week_is_typed_at_once_and_empty_days_are_left_out(books, treasurer):
    page = treasurer.page("/funding/rates/several/new")
    assert sum(name.endswith("-rate") for name in page.form().names) == 7
    treasurer.send(page, {"rows-0-rate": "4300", "rows-3-rate": "4,320", "rows-6-rate": "4340"})
    found = rows(books.treasurer)
    assert [str(one.rate) for one in found] == ["4340", "4320", "4300"]
    assert (found[0].on_day - found[2].on_day).days == 6


def test_a_day_is_added_to_the_form_for_several(treasurer):
    page = treasurer.page("/funding/rates/several/new")
    page = treasurer.refused(page, {"add": "rows", "rows-0-rate": "4300"}, status=200)
    assert sum(name.endswith("-rate") for name in page.form().names) == 8
    assert page.form().values["rows-0-rate"] == ["4300"]


def test_a_rate_far_off_is_asked_for_once_more_and_kept_as_typed(books, treasurer):
    typed(books.treasurer, 4000, DAY)
    page = treasurer.refused("/funding/rates/new", rate="43500", day="2026-08-12")
    assert "987 % away" in page.text
    assert page.form().values["rate"] == ["43500"]
    again = treasurer.refused(page, rate="44500")  # another number is asked for anew
    assert "away" in again.text
    treasurer.sent(again)
    assert str(rows(books.treasurer)[0].rate) == "44500"


@pytest.mark.parametrize("wrong", [{"rate": ""}, {"rate": "0"}, {"rate": "x"}, {"rate": "4350", "quote": "USD"}])
def test_a_rate_that_cannot_be_comes_back_with_what_was_typed(treasurer, wrong):
    page = treasurer.refused("/funding/rates/new", **wrong)
    assert page.form().values["rate"] == [wrong["rate"]]


def test_that_there_was_none_is_typed_and_shown(books, treasurer):
    typed(books.treasurer, 4000, DAY)
    page = treasurer.page("/funding/rates/new?base=USD&quote=MMK&kind=market&day=2026-08-10")
    page = treasurer.sent(page, none="y", rate="")
    assert "there is none" in page.text
    assert "typed again later" in page.text
    assert rows(books.treasurer)[0].rate is None


def test_the_list_is_narrowed_and_paged_and_told_as_a_file(books, treasurer):
    for back in range(30):
        typed(books.treasurer, 4000 + back, DAY - timedelta(days=back))
    typed(books.treasurer, 2100, DAY, kind=RateKind.OFFICIAL)
    typed(books.treasurer, 125, DAY, base="THB")
    page = treasurer.page("/funding/rates")
    assert any("after=" in link for link in page.links())
    found = treasurer.page("/funding/rates?pair=USD-MMK&kind=official")
    assert "2,100" in found.text
    assert "4,029" not in found.text
    july = treasurer.get("/funding/rates.csv?pair=USD-MMK&month=2026-07").get_data(as_text=True)
    assert july.count("\n") == 1 + 20
    assert treasurer.get("/funding/rates/months.csv?pair=USD-MMK").get_data(as_text=True).count("\n") == 13
    treasurer.page("/funding/rates?pair=USD-USD&kind=achieved&month=2026-99")


def test_a_note_is_for_treasurers_alone(books, sign_in):
    typed(books.treasurer, 4000, DAY, note="seen at the bridge")
    assert "seen at the bridge" in sign_in(books.treasurer).page("/funding/rates").text
    for actor in (books.coordinator, factories.actor(Role.DONOR), factories.actor(Role.AUDITOR)):
        browser = sign_in(actor)
        assert "4,000" in browser.page("/funding/rates").text
        assert "seen at the bridge" not in browser.page("/funding/rates").text
        assert "seen at the bridge" not in browser.get("/funding/rates.csv").get_data(as_text=True)
        browser.page("/funding/rates/new", status=404)


def test_a_payout_and_its_fund_tell_what_the_rate_cost(books, treasurer):
    books.give(1_000_000)
    typed(books.treasurer, 4000, DAY)
    payout = books.send(10_000, into="MMK", rate=3900)
    books.confirm(payout, 390_000)
    later = books.send(10_000, into="MMK", rate=3900)
    page = treasurer.page(f"/funding/payouts/{payout.code}")
    assert ["10 Aug 2026", "USD 100.00", "3,900.00", "4,000 MMK for 1 USD 10 Aug 2026", "10,000 MMK"] in tables(page)
    assert "Cost of moving the money: the rate" not in treasurer.page(f"/funding/payouts/{later.code}").text
    page = treasurer.page(f"/funding/funds/{books.fund.code}")
    assert ["MMK", "390,000", "10,000", "0"] in tables(page)


def test_a_fund_is_told_in_one_currency_with_the_rates_it_used(books, treasurer):
    books.give(1_000_000)
    books.give(500, "EUR")
    assert "reports in no currency" in treasurer.page(f"/funding/funds/{books.fund.code}/values").text
    report_in("USD", "MMK")
    typed(books.treasurer, 4000, DAY)
    books.give(4_000_000, "MMK")
    page = treasurer.page(f"/funding/funds/{books.fund.code}/values")
    assert ["Received", "1,000.00", "USD 10,000.00, EUR 5.00"] in tables(page)
    assert "1 rates of 10 Aug 2026 to 10 Aug 2026" in page.text
    file = treasurer.get(f"/funding/funds/{books.fund.code}/values.csv").get_data(as_text=True)
    assert "2026-08,received,,bank,USD,1000.00,yes" in file
    assert "2026-08,received,,bank,EUR,5.00,no rate" in file


def test_a_person_chooses_among_the_currencies_of_the_network(books, treasurer):
    report_in("USD", "MMK")
    books.give(1_000)
    path = f"/funding/funds/{books.fund.code}/values"
    page = treasurer.page(path)
    page = treasurer.sent(page, currency="MMK")
    assert page.title.endswith("in one currency")
    assert "What moved, in MMK" in page.text
    account = treasurer.page("/account")
    assert "also told in" in account.text
    assert treasurer.send(account.form("/account/reporting"), currency="USD").status_code == 303
    assert "What moved, in USD" in treasurer.page(path).text


def test_an_admin_chooses_what_the_network_reports_in(app, sign_in):
    admin = sign_in("admin")
    page = admin.page("/settings/reporting")
    page = admin.sent(page, first="USD", third="THB")
    assert queries.reporting_currencies(db()) == ["USD", "THB"]
    assert page.form().values["second"] == ["THB"]
    admin.refused("/settings/reporting", first="USD", second="USD")
    assert queries.reporting_currencies(db()) == ["USD", "THB"]
    sign_in("treasurer").page("/settings/reporting", status=404)
