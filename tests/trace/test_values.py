"""What gifts became, told in one currency: each gift by the rate of the day it came, shared by its parts to the minor unit."""

from collections import Counter
from datetime import timedelta
from decimal import Decimal

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from aidnet.db import bulk, db, transaction
from aidnet.funding import proof
from aidnet.funding.ledger import MovedOn
from aidnet.ledger.models import BudgetLine
from aidnet.policy import OPERATOR, Actor, Role
from aidnet.rates.models import RateKind
from aidnet.trace import queries, values
from aidnet.trace.models import Fate
from aidnet.trace.queries import Together
from tests import factories
from tests.funding.books import DAY, Books
from tests.funding.test_dashboards import file_of, parts, shown
from tests.rates.typing import report_in, typed

PARTS = st.dictionaries(
    st.tuples(st.sampled_from(Fate), st.sampled_from(["", "goods", "tolls"])),
    st.integers(0, 10**15).flatmap(lambda source: st.tuples(st.just(source), st.integers(0, source))),
    max_size=9,
)


@pytest.fixture
def books(app: Flask) -> Books:
    return Books()


def in_one(books: Books, reporting: str = "USD", by: Actor | None = None) -> Together:
    actor, funds = by or books.treasurer, [books.fund.id]
    return queries.in_one(db(), actor, funds, reporting, queries.givers(db(), actor, funds))


def told(found: Together) -> dict[str, int]:
    became = found.whole.parts if found.whole else ()
    return {part.line or part.fate.value: part.minor for part in became}


@given(PARTS, st.integers(0, 10**17))
def test_parts_are_worth_the_gift_to_the_minor_unit(parts: dict[tuple[Fate, str], tuple[int, int]], value: int) -> None:
    worth = values.Worth(1, 0, 1, "MMK", "USD", RateKind.MARKET, value)
    shared = dict(values.shares(worth, parts))
    whole = sum(source for source, _confirmed in parts.values())
    assert sum(minor for _rated, minor, _confirmed in shared.values()) == (value if whole else 0)
    assert sum(rated for rated, _minor, _confirmed in shared.values()) == whole
    for rated, minor, confirmed in shared.values():
        assert 0 <= confirmed <= minor
        assert abs(minor - Decimal(value) * rated / whole) <= 1


def test_a_gift_is_told_by_the_rate_of_its_day_whatever_it_is_spent_by(books: Books) -> None:
    report_in("USD")
    typed(books.treasurer, 4000)
    books.give(4_000_000, "MMK")
    books.give(50_00)
    typed(books.treasurer, 2000, DAY - timedelta(days=25), kind=RateKind.OFFICIAL)
    books.give(2_000_000, "MMK", received_on=DAY - timedelta(days=15))
    books.confirm(books.send(3_000_000, "MMK"), 3_000_000)
    books.spend(1_000_000, "MMK", line=BudgetLine.TOLLS)
    found = in_one(books)
    assert found.whole is not None
    assert told(found) == {"waiting": 300_00, "held": 500_00, "tolls": 250_00}
    assert found.whole.confirmed_minor == 750_00
    assert (found.kinds, found.unrated) == ((RateKind.MARKET,), {"MMK": 2_000_000})
    typed(books.treasurer, 2000, DAY - timedelta(days=15), kind=RateKind.OFFICIAL)
    found = in_one(books)
    assert found.whole is not None
    assert (found.whole.minor, found.unrated) == (50_00 + 1_000_00 + 1_000_00, {})
    assert found.kinds == (RateKind.OFFICIAL, RateKind.MARKET)
    assert not books.faults()


def test_a_rate_that_is_typed_late_finds_the_parts_where_they_are(books: Books) -> None:
    report_in("USD")
    gift = books.give(1_000, "MMK")
    books.give(3_000, "MMK")
    books.confirm(books.send(1_333, "MMK"), 1_333)
    books.spend(777, "MMK")
    assert (told(in_one(books)), in_one(books).unrated) == ({}, {"MMK": 4_000})
    typed(books.treasurer, 7)
    once = told(in_one(books))
    assert sum(once.values()) == 142_86 + 428_57
    assert in_one(books).unrated == {}
    typed(books.treasurer, 9)
    assert told(in_one(books)) == once
    books.refund(books.give(700, "MMK"), 100)
    assert sum(told(in_one(books)).values()) == sum(once.values()) + 77_78
    assert not books.faults()
    with pytest.raises(MovedOn):
        books.undo(gift.code)


def test_a_gift_that_was_undone_is_worth_nothing(books: Books) -> None:
    report_in("USD", "THB")
    typed(books.treasurer, 4000)
    typed(books.treasurer, 32, base="USD", quote="THB")
    books.undo(books.give(4_000_000, "MMK").code)
    books.undo(books.give(10_00).code)
    assert told(in_one(books)) == told(in_one(books, "THB")) == {}
    assert not books.faults()


def test_history_gets_its_worth_when_the_network_chooses_to_report(books: Books, command) -> None:
    typed(books.treasurer, 4000)
    books.give(4_000_000, "MMK")
    books.confirm(books.send(1_000_000, "MMK"), 1_000_000)
    report_in("USD")
    assert in_one(books).unrated == {"MMK": 4_000_000}
    command("rates", "value")
    assert told(in_one(books)) == {"waiting": 750_00, "held": 250_00}
    command("ledger", "check")


def test_a_donor_learns_what_the_own_gifts_are_worth_and_a_coordinator_nothing(books: Books) -> None:
    report_in("USD")
    typed(books.treasurer, 4000)
    donor, other = factories.donor(), factories.donor()
    books.give(4_000_000, "MMK", donor=donor.id)
    books.give(8_000_000, "MMK", donor=other.id)
    books.confirm(books.send(12_000_000, "MMK"), 12_000_000)
    books.spend(12_000_000, "MMK", line=BudgetLine.TOLLS)
    assert told(in_one(books, by=factories.actor(Role.DONOR, at=donor))) == {"transport": 1_000_00}
    assert told(in_one(books, by=factories.actor(Role.AUDITOR))) == {"tolls": 3_000_00}
    assert in_one(books, by=books.coordinator) == Together((), None, (), {})
    assert in_one(books, by=Actor(user_id=1, role=Role.DONOR)).whole is None


@pytest.mark.parametrize("damage", ["value_minor = value_minor + 1", "rated_minor = 0", "confirmed_minor = 1"])
def test_the_check_finds_a_wrong_worth_and_rebuilding_mends_it(books: Books, damage: str) -> None:
    report_in("USD")
    typed(books.treasurer, 4000)
    books.give(4_000_000, "MMK")
    assert not books.faults()
    with bulk() as connection:
        connection.exec_driver_sql(f"UPDATE giver_value SET {damage} WHERE fate = 'waiting'")
    assert any(fault.startswith("giver_value") for fault in books.faults())
    with transaction() as session:
        proof.rebuild(session, OPERATOR)
    assert not books.faults()


class Mixed:
    """A donor gives in three currencies, of which one has no rate; part of it is paid out, changed and spent."""

    def __init__(self) -> None:
        self.books = books = Books()
        self.donor = factories.donor("Friends Circle")
        report_in("USD", "MMK")
        typed(books.treasurer, 4000)
        books.give(4_000_000, "MMK", donor=self.donor.id)
        books.give(120_03, donor=self.donor.id)
        books.give(777_00, "THB", donor=self.donor.id)
        books.give(1_111_111, "MMK")
        books.confirm(books.send(3_000_001, "MMK"), 2_999_999)
        books.confirm(books.send(20_01, into="MMK", rate=Decimal(4001)), 80_000)
        books.spend(2_000_003, "MMK")


@pytest.fixture
def mixed(app: Flask) -> Mixed:
    return Mixed()


def test_the_page_tells_all_currencies_in_one_and_names_rates_and_what_has_none(mixed: Mixed, sign_in) -> None:
    fund = mixed.books.fund.code
    for browser, whole in (
        (sign_in(mixed.books.treasurer), 1_000_00 + 120_03 + 277_78),
        (sign_in("auditor"), 1_000_00 + 120_03 + 277_78),
        (sign_in("donor", at=mixed.donor), 1_000_00 + 120_03),
    ):
        for url in (f"/funding/funds/{fund}/flow", "/funding/flow", "/giving/flow"):
            if browser.get(url).status_code == 404:
                continue
            page = browser.page(url)
            assert page.text == browser.page(f"{url}?currency=all").text
            assert "From gifts to what they became, USD" in page.text
            assert "converted once, whatever became of it later: Market rate." in page.text
            assert "Without a rate, and in no figure above: THB 777.00" in page.text
            became = parts(browser, f"{url}.csv?currency=all")
            assert became["All"] == whole
            assert sum(minor for part, minor in became.items() if part != "All") == whole
            listed = shown(page, "became")
            assert set(listed) - {"What it became"} == set(became)
            left = [row for row in file_of(browser, f"{url}.csv?currency=all") if row["Table"] == "Without a rate"]
            assert [(row["Row"], Decimal(row["Value"]), row["Unit"]) for row in left] == [("THB", 777, "THB")]
            (key,) = page.all("dl", class_="flow-key")
            sums = Counter(
                sum(int(each.text.split()[-1].replace(",", "").replace(".", "")) for each in column.all("b"))
                for column in key.all("ul")
            )
            assert sums == {whole: 3}
            assert "THB" in browser.page(f"{url}?currency=THB").text


def test_all_of_it_without_a_rate_says_so(books: Books, sign_in) -> None:
    report_in("USD")
    books.give(4_000, "MMK")
    browser = sign_in(books.treasurer)
    assert "From gifts to what they became, MMK" in browser.page("/funding/flow").text
    page = browser.page("/funding/flow?currency=all")
    assert "Without a rate, and in no figure above: MMK 4,000" in page.text
    assert "From gifts to what they became" not in page.text


def test_everybody_is_told_in_the_currency_they_chose(mixed: Mixed, sign_in) -> None:
    browser = sign_in(mixed.books.treasurer)
    page = browser.page("/funding/flow")
    assert "From gifts to what they became, USD" in page.text
    assert browser.send(page.form("/account/reporting"), currency="MMK").location == "/funding/flow"
    page = browser.page("/funding/flow")
    assert "From gifts to what they became, MMK" in page.text
    assert int(parts(browser, "/funding/flow.csv?currency=all")["All"]) == (4_000_000 + 1_111_111 + 480_120) * 100


def test_the_page_asks_little_and_the_same(mixed: Mixed, sign_in, count_queries) -> None:
    browser = sign_in(mixed.books.treasurer)

    def asked() -> int:
        with count_queries() as statements:
            assert browser.get("/funding/flow?currency=all").status_code == 200
        assert len(statements) <= 10, statements
        return len(statements)

    few = asked()
    for number in range(3):
        mixed.books.give(1_000 + number, "MMK")
        mixed.books.give(9_00)
    assert asked() == few
