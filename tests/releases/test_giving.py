"""The donor's dashboard: page and file agree, nothing is shown that must not be, and it stays cheap."""

import csv
import io
from collections import Counter
from datetime import date
from uuid import uuid4

import pytest
import sqlalchemy as sa

from aidnet import audit, clock, codes
from aidnet.db import transaction
from aidnet.funding.models import Channel, Contribution, ContributionState, GiverKind
from aidnet.ledger.models import Measure, MoneyMonth
from aidnet.money import EXPONENTS
from aidnet.policy import OPERATOR
from aidnet.releases import service
from tests import factories
from tests.pages import Element, Page
from tests.releases.history import KATHA, MONYWA, SHWEBO, deliverer, found_in, rice, villages, withhold
from tests.releases.test_money import Book

AUGUST_15 = date(2026, 8, 15)


@pytest.fixture
def book(app) -> Book:
    made = Book()
    made.year()
    return made


def table(page: Page, caption: str) -> list[list[str]]:
    """The rows of the table with this caption, head first."""
    (found,) = [each for each in page.all("table") if each.all("caption") and each.one("caption").text == caption]
    return [[cell.text for cell in row.walk() if cell.tag in ("td", "th")] for row in found.all("tr")]


def minor(text: str, currency: str) -> int:
    """The minor units of an amount in a table of one currency."""
    return round(float(text.replace(",", "")) * 10 ** EXPONENTS[currency])


def figures(page: Page) -> list[tuple[str, str]]:
    """Labels and values of the row of figures."""
    box: Element = page.all("dl", class_="figures")[0]
    return list(zip([each.text for each in box.all("dt")], [each.text for each in box.all("dd")], strict=True))


def file_of(browser, url: str = "/giving.csv") -> list[dict[str, str]]:
    response = browser.get(url)
    assert response.status_code == 200
    return list(csv.DictReader(io.StringIO(response.text.removeprefix("\ufeff"))))


@pytest.mark.parametrize("has_given", [True, False])
def test_a_donor_finds_all_of_its_own_from_giving(app, sign_in, has_given):
    if has_given:
        made = Book()
        made.year()
    browser = sign_in(made.donor if has_given else "donor")
    links = browser.page("/giving").links()
    for where in ("/giving/flow", "/funding/contributions", "/funding/statements", "/funding/grants"):
        assert where in links
        browser.page(where)
    assert any(link.endswith("/receipt") for link in links) is has_given


@pytest.mark.parametrize("role", ["coordinator", "logger", "treasurer", "auditor", "admin"])
def test_only_donors_have_giving(app, sign_in, role):
    browser = sign_in(role)
    browser.page("/giving", status=404)
    browser.page("/giving.csv", status=404)


def test_a_donor_without_gifts_is_told_so(app, sign_in):
    factories.fund("Somebody else's")
    browser = sign_in("donor")
    page = browser.page("/giving")
    assert "No gift of yours is recorded yet" in page.text
    assert "Somebody else's" not in page.html
    assert file_of(browser) == []


def test_the_page_says_what_the_donor_gave(book, sign_in):
    assert figures(sign_in(book.donor).page("/giving?period=all")) == [("you gave", "USD 8,000.00 2 gifts")]
    assert figures(sign_in(book.donor).page("/giving?period=2026")) == [("you gave", "USD 3,000.00 1 gift")]


@pytest.mark.parametrize("query", ["period=all", "", "period=2025", "period=all&currency=USD"])
def test_every_total_is_the_sum_of_what_is_shown(book, sign_in, query):
    page = sign_in(book.donor).page(f"/giving?{query}")
    for caption in ("Came in", "Went out, or is left"):
        (_label, currency), *lines, total = table(page, caption)
        assert minor(total[1], currency) == sum(minor(line[1], currency) for line in lines)
    assert table(page, "Came in")[-1][1] == table(page, "Went out, or is left")[-1][1]
    head, *months, total = table(page, "Month by month")
    for column in range(1, 6):
        assert minor(total[column], currency) == sum(minor(line[column], currency) for line in months), head[column]


def test_page_and_file_agree(book, sign_in):
    browser = sign_in(book.donor)
    page, rows = browser.page("/giving?period=all"), file_of(browser, "/giving.csv?period=all")
    summed = Counter()
    for row in rows:
        summed[row["whose"], row["currency"], row["figure"]] += minor(row["amount"], row["currency"])
    assert summed["you", "USD", "You gave"] == 800_000
    columns = {
        "Received": "Received",
        "Paid out": "Paid out",
        "Spent": "Spent",
        "Cost of moving it": "Cost of moving the money",
        "Reported lost": "Reported lost",
        "Held today": "Reported held by responders, today",
        "Without report today": "Paid out without report yet, today",
    }
    head, *lines = table(page, "What the money of your funds became, by currency")
    for line in lines:
        for name, text in zip(head[1:], line[1:], strict=True):
            assert minor(text, line[0]) == summed["whole fund", line[0], columns[name]], (line[0], name)


def test_figures_agree_with_the_books(book, sign_in, world):
    page = sign_in(book.donor).page("/giving?period=all")
    with world.alone(), world.engine.connect() as connection:
        books = {
            (currency, measure): int(total)
            for currency, measure, total in connection.execute(
                sa.select(MoneyMonth.currency, MoneyMonth.measure, sa.func.sum(MoneyMonth.amount_minor)).group_by(
                    MoneyMonth.currency, MoneyMonth.measure
                )
            )
        }
    head, *lines = table(page, "What the money of your funds became, by currency")
    told = {line[0]: dict(zip(head, line, strict=True)) for line in lines}
    assert minor(told["USD"]["Received"], "USD") == books["USD", Measure.RECEIVED]
    assert minor(told["USD"]["Paid out"], "USD") == books["USD", Measure.PAID_OUT]
    assert minor(told["MMK"]["Spent"], "MMK") == books["MMK", Measure.SPENT]


def test_one_fund_can_be_chosen_and_anothers_cannot(book, sign_in):
    other = Book("Dry season", donor=book.donor)
    other.give(70_000, date(2026, 3, 3))
    foreign = Book("Foreign")
    foreign.give(90_000, date(2026, 3, 3))
    browser = sign_in(book.donor)
    assert figures(browser.page(f"/giving?fund={other.fund.code}")) == [("you gave", "USD 700.00 1 gift")]
    whole = browser.page("/giving?currency=USD")
    assert figures(browser.page(f"/giving?fund={foreign.fund.code}")) == figures(whole)
    assert "Foreign" not in whole.html
    assert foreign.fund.code not in whole.html
    assert [row[0] for row in table(whole, "Fund by fund")[1:]] == ["Dry season", "Rainy season", "All"]


def test_results_follow_with_the_release_and_its_date_is_told_before(book, sign_in):
    group = deliverer(book.fund)
    group.hand_out(villages(SHWEBO)[:6], items=(rice(),))
    browser = sign_in(book.donor)
    before = browser.page("/giving")
    assert "Next results report on" in before.text
    assert "Shwebo" not in before.html
    with transaction() as session:
        (release,) = service.build(session, OPERATOR, AUGUST_15)
    after = browser.page("/giving")
    assert table(after, "What arrived, by district")[1][:2] == ["Shwebo", "6"]
    assert f"/releases/{release.code}" in after.links()


def test_nothing_of_places_days_or_responders_is_shown(app, sign_in):
    book = Book()
    book.year()
    group = deliverer(book.fund, factories.responder("S-77", "Our own name"))
    for district in (SHWEBO, MONYWA, KATHA):
        group.hand_out(villages(district)[:6])
    hidden = deliverer(book.fund)
    hidden.hand_out(villages(KATHA)[:6], people=4321)
    withhold(hidden.responder.id)
    with transaction() as session:
        service.build(session, OPERATOR, AUGUST_15)
    browser = sign_in(book.donor)
    for url in ("/giving", "/giving?period=all&currency=USD", "/giving.csv?period=all"):
        told = browser.get(url).text
        for place in (*villages(SHWEBO), *villages(KATHA)):
            assert place.pcode not in told
        # Days of payouts and spending, responders' names, what is withheld.
        marks = ("2025-12-01", "1 Dec 2025", "10 Jan", "2026-01-10", "S-77", "Our own name", "4,321", "4321")
        assert found_in(told, *marks, book.group.partner_name) == []


def test_gifts_lead_to_their_receipts(book, sign_in):
    gift = book.give(60_000, date(2026, 8, 3))
    page = sign_in(book.donor).page("/giving")
    rows = table(page, "Your newest gifts")
    assert rows[1] == [gift.code, "Rainy season", "3 Aug 2026", "USD 600.00", "Received", "What it became Receipt"]
    path = f"/funding/contributions/{gift.code}"
    assert {path, f"/giving/gifts/{gift.code}", f"{path}/receipt"} <= set(page.links())


def test_nonsense_in_the_address_narrows_nothing(book, sign_in):
    browser = sign_in(book.donor)
    plain = figures(browser.page("/giving"))
    for query in ("period=%00", "currency=<b>", "fund='--", "period=99999999999", "fund=%ff&currency=USDX"):
        assert figures(browser.page(f"/giving?{query}")) == plain
        assert browser.get(f"/giving.csv?{query}").status_code == 200


def test_statements_are_few_and_do_not_grow(book, sign_in, count_queries):
    group = deliverer(book.fund)
    group.hand_out(villages(SHWEBO)[:6], items=(rice(),))
    with transaction() as session:
        service.build(session, OPERATOR, AUGUST_15)
    counts = []
    for number in (10, 1000):
        many(book, number)
        browser = sign_in(book.donor)
        told = []
        for url in ("/giving", "/giving?period=all&currency=USD", "/giving.csv"):
            with count_queries() as asked:
                assert browser.get(url).status_code == 200
            assert len(asked) <= 10, asked
            told.append(len(asked))
        counts.append(told)
    assert counts[0] == counts[1]


def many(book: Book, number: int) -> None:
    """Gifts and monthly totals, so many of each."""
    with transaction() as session:
        for at in range(number):
            gift = Contribution(
                uid=uuid4(),
                receipt_code=codes.receipt_code(),
                fund_id=book.fund.id,
                donor_id=book.donor.partner_id,
                giver_kind=GiverKind.GROUP,
                state=ContributionState.RECEIVED,
                channel=Channel.BANK,
                amount_minor=100 + at,
                currency="EUR",
                received_on=date(2026, 1 + at % 8, 1 + at % 15),
                recorded_at=clock.now(),
                recorded_by_id=book.treasurer.user_id,
            )
            gift.code = codes.code_of("C", gift.uid)
            session.add(gift)
        session.add_all(
            MoneyMonth(
                fund_id=book.fund.id,
                month=date(2000 + at // 12, 1 + at % 12, 1),
                currency="EUR" if number > 10 else "THB",
                measure=Measure.RECEIVED,
                responder_id=0,
                budget_line="",
                channel=Channel.BANK,
                amount_minor=at + 1,
            )
            for at in range(min(number, 300))
        )
        session.flush()
        audit.record(session, OPERATOR, "contribution.recorded", gift)


def test_the_pages_are_whole_in_burmese(book, sign_in):
    group = deliverer(book.fund)
    group.hand_out(villages(SHWEBO)[:6], items=(rice(),))
    with transaction() as session:
        (release,) = service.build(session, OPERATOR, AUGUST_15)
    browser = sign_in(book.donor)
    for url in ("/giving", "/giving?period=2025", "/releases", f"/releases/{release.code}"):
        page = browser.page(url, headers={"Accept-Language": "my"})
        assert page.one("html").attrs["lang"] == "my"
