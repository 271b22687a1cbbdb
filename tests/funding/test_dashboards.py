"""The figures of every page and file of funding, gathered from what is rendered, agree with each other and with the books."""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa
from flask import Flask

from aidnet.db import db
from aidnet.funding import dashboard
from aidnet.funding.models import Contribution, Rest
from aidnet.ledger.models import Account, AccountBalance, AccountKind, BudgetLine
from aidnet.policy import unscoped
from aidnet.responders.models import Sector
from tests import factories
from tests.funding.books import DAY, Books
from tests.pages import Page
from tests.world import Client

#: What parts of gifts are called on pages, and where such money lies in the books: its kinds of account; None: what went out again.
PLACES = {
    "Still in the fund": (AccountKind.FUND,),
    "Paid out without report yet": (AccountKind.TRANSIT,),
    "Reported held": (AccountKind.HELD,),
    "Cost of moving the money": (AccountKind.FEES,),
    "Reported lost": (AccountKind.LOST,),
}


class Scene:
    """Two donors and one without an account give to a fund in dollars; two groups are paid, spend, lose and hold."""

    def __init__(self) -> None:
        self.books = books = Books()
        self.donor, self.other_donor = factories.donor("Friends Circle"), factories.donor("Other Circle")
        self.own = [books.give(321_45, donor=self.donor.id), books.give(50_00, donor=self.donor.id)]
        self.others = [books.give(777_77, donor=self.other_donor.id), books.give(99_99)]
        self.earmarked = books.give(11_11, donor=self.donor.id, earmark_sector=Sector.FSC)
        payout = books.send(400_00, fee_minor=4_44)
        books.confirm(payout, 380_00, rest=Rest.COST)
        books.spend(100_00)
        books.spend(50_55, line=BudgetLine.TOLLS)
        books.spend(60_66, line=BudgetLine.TRANSPORT)
        books.lose_held(7_07)
        books.send(55_55)
        self.second = second = Books()
        second.fund, second.treasurer = books.fund, books.treasurer
        self.lost = second.send(33_33)
        second.lose(self.lost)
        second.confirm(second.send(200_00), 123_45)
        second.spend(23_45, line=BudgetLine.MEDICINE)
        self.own.append(books.give(20_00, donor=self.donor.id))
        books.refund(self.own[-1], 5_00)

    def gifts(self) -> list[Contribution]:
        return [*self.own, self.earmarked, *self.others]


@pytest.fixture
def scene(app: Flask) -> Scene:
    return Scene()


def money(text: str) -> int:
    """What a page says of money, in cents."""
    found = re.search(r"(-|−)?\s*USD\s*(-|−)?([\d,]+\.\d\d)", text)
    assert found, text
    return int(found[3].replace(",", "").replace(".", "")) * (-1 if found[1] or found[2] else 1)


def file_of(browser: Client, url: str) -> list[dict[str, str]]:
    text = browser.get(url).get_data(as_text=True).lstrip("\ufeff")
    return list(csv.DictReader(io.StringIO(text)))


def parts(browser: Client, url: str, table: str = "What became of it", column: str = "Amount") -> Counter[str]:
    """Of a file: what gifts became, by part, in cents; and, under "All", the gifts."""
    rows = [row for row in file_of(browser, url) if row["Table"] == table and row["Column"] == column]
    assert rows, f"{url} has no {table}"
    return Counter({row["Row"]: int(Decimal(row["Value"]) * 100) for row in rows})


def shown(page: Page, section: str) -> dict[str, list[str]]:
    """The table of a page's section: the first cell of each row to the others."""
    (panel,) = page.all("section", id=section)
    found = {}
    for row in panel.all("tr"):
        head, *cells = [each.text for each in (*row.all("th"), *row.all("td"))]
        found[head] = cells
    return found


def whole(became: Counter[str]) -> int:
    return sum(minor for part, minor in became.items() if part != "All")


def balances(scene: Scene) -> Counter[AccountKind]:
    rows = db().execute(
        unscoped(
            sa.select(Account.kind, AccountBalance.in_minor - AccountBalance.out_minor)
            .join(AccountBalance, AccountBalance.account_id == Account.id)
            .where(Account.fund_id == scene.books.fund.id),
            because="a test",
        )
    )
    found = Counter[AccountKind]()
    for kind, minor in rows:
        found[kind] += minor
    return found


def test_gifts_add_up_to_their_fund_and_the_fund_to_the_books(scene: Scene, sign_in) -> None:
    treasurer = sign_in(scene.books.treasurer)
    fund = scene.books.fund.code
    of_fund = parts(treasurer, f"/funding/funds/{fund}/flow.csv?currency=USD")
    of_gifts = Counter[str]()
    for gift in scene.gifts():
        became = parts(treasurer, f"/funding/contributions/{gift.code}/became.csv", "What it became")
        assert became["All"] == whole(became) == gift.amount_minor
        of_gifts.update(became)
    assert of_gifts == of_fund
    assert parts(treasurer, "/funding/flow.csv?currency=USD") == of_fund

    books = balances(scene)
    for part, kinds in PLACES.items():
        assert of_fund[part] == sum(books[kind] for kind in kinds), part
    spent = whole(of_fund) - sum(of_fund[part] for part in PLACES) - of_fund["Given back"]
    assert spent == books[AccountKind.SPENT]
    assert of_fund["All"] - of_fund["Given back"] == -books[AccountKind.OUTSIDE]


def test_a_page_a_picture_and_a_file_say_the_same(scene: Scene, sign_in) -> None:
    fund = scene.books.fund.code
    for browser in (sign_in(scene.books.treasurer), sign_in("auditor"), sign_in("donor", at=scene.donor)):
        for url in (f"/funding/funds/{fund}/flow", "/funding/flow", "/giving/flow"):
            if browser.get(url).status_code == 404:
                continue
            became = parts(browser, f"{url}.csv?currency=USD")
            page = browser.page(f"{url}?currency=USD")
            told = {head: money(cells[0]) for head, cells in shown(page, "became").items() if head != "What it became"}
            assert told == dict(became)
            (key,) = page.all("dl", class_="flow-key")
            for column in key.all("ul"):
                assert sum(money(each.text) for each in column.all("b")) == became["All"]
            drawn = [money(each.text) for each in page.all("tspan", class_="flow-much")]
            assert sum(drawn) == 3 * became["All"]


def test_the_dashboard_of_the_whole_time_is_the_fund_page(scene: Scene, sign_in) -> None:
    fund = scene.books.fund.code
    people = {
        "treasurer": sign_in(scene.books.treasurer),
        "auditor": sign_in("auditor"),
        "donor": sign_in("donor", at=scene.donor),
        "coordinator": sign_in(scene.books.coordinator),
    }
    for who, browser in people.items():
        url = f"/funding/funds/{fund}/dashboard"
        rows = file_of(browser, f"{url}.csv?currency=USD&period=all")
        sums: dict[str, dict[str, Counter[str]]] = {}
        for row in rows:
            if row["Unit"] == "USD":
                table = sums.setdefault(row["Table"], {}).setdefault(row["Column"], Counter())
                table[row["Row"]] += int(Decimal(row["Value"]) * 100)
        for table in ("Over time", "By channel", "By budget line", "Cost of moving money, by channel and month"):
            for column, found in sums.get(table, {}).items():
                assert found["All"] == whole(found), (who, table, column)
        overall = {column: found["All"] for column, found in sums["Over time"].items()}
        assert overall["Spent"] == sums["By budget line"]["Amount"]["All"], who
        for column in ("Received", "Paid out", "Cost of moving", "Reported lost"):
            assert overall[column] == sums["By channel"][column]["All"], (who, column)
        assert overall["Cost of moving"] == sums["Cost of moving money, by channel and month"]["All"]["All"]
        months = file_of(browser, f"/funding/funds/{fund}/months.csv")
        for column, name in (
            ("Received", "received"),
            ("Paid out", "paid out"),
            ("Spent", "spent"),
            ("Cost of moving", "cost of moving"),
            ("Reported lost", "lost"),
        ):
            assert overall[column] == sum(
                int(Decimal(row[name]) * 100) for row in months if row["currency"] == "USD"
            ), who
        page = browser.page(f"{url}?currency=USD&period=all")
        for label in ("received", "paid out", "spent", "cost of moving the money", "reported lost"):
            (figure,) = [each for each in page.all("div") if each.text.startswith(f"{label} USD")]
            assert (
                money(figure.text)
                == overall[{"cost of moving the money": "Cost of moving"}.get(label, label.capitalize())]
            ), who
        assert ("By group" in sums) == (who in ("treasurer", "auditor")), who


def test_all_that_was_received_became_something(scene: Scene, sign_in) -> None:
    """The flow of the fund is in the gifts' currency; here nothing was changed, so that it is the fund's money line by line."""
    browser = sign_in(scene.books.treasurer)
    fund = scene.books.fund.code
    became = parts(browser, f"/funding/funds/{fund}/flow.csv?currency=USD")
    rows = file_of(browser, f"/funding/funds/{fund}/dashboard.csv?currency=USD&period=all")
    total = {
        (row["Table"], row["Column"]): int(Decimal(row["Value"]) * 100)
        for row in rows
        if row["Row"] == "All" and row["Unit"] == "USD"
    }
    assert total["Over time", "Received"] == became["All"]
    assert total["Over time", "Cost of moving"] == became["Cost of moving the money"]
    assert total["Over time", "Reported lost"] == became["Reported lost"]
    for line in ("Goods", "Transport", "Tolls and informal payments", "Medicine"):
        (row,) = [row for row in rows if (row["Table"], row["Row"]) == ("By budget line", line)]
        assert int(Decimal(row["Value"]) * 100) == became[line]


def test_a_donor_finds_the_own_gifts_alone_and_no_group(scene: Scene, sign_in) -> None:
    browser = sign_in("donor", at=scene.donor)
    fund = scene.books.fund.code
    own = sum(int(gift.amount_minor or 0) for gift in (*scene.own, scene.earmarked))
    assert parts(browser, f"/funding/funds/{fund}/flow.csv?currency=USD")["All"] == own
    assert parts(browser, "/giving/flow.csv?currency=USD")["All"] == own
    became = Counter[str]()
    for gift in (*scene.own, scene.earmarked):
        assert "confirmed by receivers" in browser.page(f"/giving/gifts/{gift.code}").text
        became.update(parts(browser, f"/funding/contributions/{gift.code}/became.csv", "What it became"))
    assert became == parts(browser, "/giving/flow.csv?currency=USD")
    assert became["Transport and tolls"]
    for gift in scene.others:
        browser.page(f"/giving/gifts/{gift.code}", status=404)
        assert browser.get(f"/funding/contributions/{gift.code}/became.csv").status_code == 404
    browser.page("/funding/flow", status=404)
    browser.page("/funding/dashboard", status=404)
    urls = [f"/funding/funds/{fund}/{name}{kind}" for name in ("flow", "dashboard") for kind in ("", ".csv")]
    urls += ["/giving/flow", "/giving/flow.csv", f"/giving/gifts/{scene.own[0].code}"]
    text = "\n".join(browser.get(url).get_data(as_text=True) for url in urls)
    hidden = [group.code_name for group in (scene.books.group, scene.second.group)]
    hidden += [one.code for one in (scene.lost, *scene.others)]
    for mark in (*hidden, "Tolls and informal", "777.77", "99.99", "Other Circle"):
        assert mark not in text, mark


def test_a_gift_that_waits_for_its_purpose_says_so(scene: Scene, sign_in) -> None:
    fund, code = scene.books.fund.code, scene.earmarked.code
    page = sign_in("donor", at=scene.donor).page(f"/giving/gifts/{code}")
    assert "USD 11.11 waits for its purpose: Food" in page.text
    treasurer = sign_in(scene.books.treasurer)
    assert "1 gift waits for its purpose." in treasurer.page(f"/funding/funds/{fund}").text
    listed = shown(treasurer.page(f"/funding/funds/{fund}/flow"), "purpose")
    assert list(listed) == ["Gift", code]
    assert money(listed[code][2]) == 11_11
    assert scene.own[0].code not in listed


def test_what_is_bought_on_credit_is_owed_and_nobodys_gift(scene: Scene, sign_in) -> None:
    treasurer = sign_in(scene.books.treasurer)
    url = f"/funding/funds/{scene.books.fund.code}/flow"
    before = parts(treasurer, f"{url}.csv?currency=USD")
    assert "Owed to groups" not in treasurer.page(url).text
    scene.second.spend(150_00)
    page = treasurer.page(url)
    assert "USD 50.00 more than it holds" in page.text
    assert parts(treasurer, f"{url}.csv?currency=USD")["All"] == before["All"]


def test_a_coordinator_sees_the_own_groups_part_and_no_gift_of_the_fund(scene: Scene, sign_in) -> None:
    browser = sign_in(scene.books.coordinator)
    fund = scene.books.fund.code
    browser.page(f"/funding/funds/{fund}/flow", status=404)
    assert browser.get(f"/funding/funds/{fund}/flow.csv").status_code == 404
    text = browser.page(f"/funding/funds/{fund}/dashboard?currency=USD").text
    assert "your group's part of this fund" in text
    for mark in (scene.second.group.code_name, "123.45", "23.45", "33.33"):
        assert mark not in text, mark
    gift = scene.books.gift(4_000)
    page = browser.page(f"/funding/contributions/{gift.code}")
    assert "MMK 4,000" in shown(page, "became")["Reported held"][0]


def test_a_period_tells_what_moved_in_it(scene: Scene, sign_in) -> None:
    scene.books.give(3_33, received_on=DAY - timedelta(days=800))
    treasurer = sign_in(scene.books.treasurer)
    url = f"/funding/funds/{scene.books.fund.code}/dashboard.csv?currency=USD"

    def received(period: str) -> int:
        (row,) = [
            row
            for row in file_of(treasurer, f"{url}&period={period}")
            if (row["Table"], row["Row"], row["Column"]) == ("Over time", "All", "Received")
        ]
        return int(Decimal(row["Value"]) * 100)

    assert received("all") == received("12") + 3_33
    assert received("nonsense") == received("12")


def test_a_link_leads_to_the_rows_behind_a_figure(scene: Scene, sign_in) -> None:
    treasurer = sign_in(scene.books.treasurer)
    page = treasurer.page(f"/funding/funds/{scene.books.fund.code}/dashboard?currency=USD")
    (lines,) = page.all("section", id="lines")
    (link,) = [each for each in lines.all("a") if each.text == "Medicine"]
    listed = treasurer.page(link.attrs["href"])
    assert "USD 23.45" in listed.text
    assert "USD 100.00" not in listed.text


def test_what_lies_far_back_is_one_of_the_years(app: Flask) -> None:
    period = dashboard.Period.read(str(dashboard.years()[-1]))
    assert period.first is not None
    assert period.last is not None
    assert period.holds(period.last)
    assert not period.holds(period.first - timedelta(days=1))


@dataclass(frozen=True)
class Opened:
    who: str
    url: str
    statements: int


def opened(scene: Scene, people: dict[str, Client], count_queries) -> Iterator[Opened]:
    fund, gift = scene.books.fund.code, scene.own[0].code
    urls = [f"/funding/funds/{fund}/{name}{kind}" for name in ("flow", "dashboard") for kind in ("", ".csv", ".xlsx")]
    urls += ["/funding/flow", "/funding/dashboard", "/giving/flow", "/giving", f"/giving/gifts/{gift}"]
    urls += [f"/funding/contributions/{gift}", f"/funding/contributions/{gift}/became.csv", f"/funding/funds/{fund}"]
    for who, browser in people.items():
        for url in urls:
            with count_queries() as asked:
                answer = browser.get(url)
            assert answer.status_code in (200, 404), f"{who} {url}"
            if answer.status_code == 200:
                assert len(asked) <= 10, f"{who} {url}\n{asked}"
                yield Opened(who, url, len(asked))


def test_pages_ask_the_same_few_things_with_more_money(scene: Scene, sign_in, count_queries) -> None:
    people = {
        "treasurer": sign_in(scene.books.treasurer),
        "auditor": sign_in("auditor"),
        "donor": sign_in("donor", at=scene.donor),
        "coordinator": sign_in(scene.books.coordinator),
    }
    few = list(opened(scene, people, count_queries))
    assert len(few) > 30
    for _ in range(3):
        scene.books.give(9_00, donor=scene.donor.id, earmark_sector=Sector.HEA)
        scene.books.give(8_00, donor=scene.donor.id)
        scene.books.confirm(scene.books.send(6_00), 5_00)
        scene.books.spend(1_00)
    assert list(opened(scene, people, count_queries)) == few
