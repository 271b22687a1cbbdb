"""Every figure of money on every page and file agrees with every other: gathered from what is rendered, for each audience, of one network.

A figure has a fund, a name and a unit. Each page that tells it is one witness; a figure with one witness proves nothing.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask, current_app
from werkzeug.routing import Rule

from aidnet.funding.models import Rest
from aidnet.ledger.models import BudgetLine
from aidnet.statements import service as statements
from tests import factories
from tests.funding.books import Books, act
from tests.funding.test_dashboards import file_of, shown
from tests.grants.granting import Granted, on
from tests.pages import Element, Page
from tests.rates.typing import report_in, typed
from tests.world import Client

CURRENCIES = ("MMK", "THB", "USD")
LINES = {"tolls": "Tolls and informal payments"}
#: Names of one thing on different pages.
SAME = {
    "Cost of moving": "cost",
    "Cost of moving the money": "cost",
    "cost of moving": "cost",
    "Reported lost": "lost",
    "Paid out": "paid out",
    "Received": "received",
    "Spent": "spent",
    "Given back": "given back",
    "Given back to givers": "given back",
    "Still in the fund": "in the fund",
    "Still in the fund, today": "in the fund",
    "In the fund": "in the fund",
    "Waiting in the fund": "in the fund",
    "Paid out without report yet": "on the way",
    "Paid out without report yet, today": "on the way",
    "Paid out, without report yet": "on the way",
    "Reported held": "held",
    "Reported held by responders": "held",
    "Reported held by responders, today": "held",
    "With a group, as it reported": "held",
    "Arrived with groups": "arrived",
    "Transport and tolls": "Transport",
}
#: Pages that draw a file's own tables (test_dashboards.py, tests/grants and tests/statements hold the two together).
DRAWN = {
    *("funding.dashboard", "funding.fund_dashboard", "trace.fund", "trace.giving", "trace.network", "releases.giving"),
    *("statements.index", "statements.show", "statements.show_csv"),
    *("grants.show", "grants.show_report", "grants.report_csv"),
}
#: Addresses that tell one act, a list's rows alone, or no money.
NO_SUMS = {
    *("funding.contribution_receipt", "funding.expense", "funding.payout", "funding.ledger_event"),
    *("funding.contributions", "funding.payouts", "funding.expenses", "funding.ledger", "funding.ledger_hledger"),
    *("rates.index", "rates.index_csv", "rates.months_csv", "grants.index", "grants.index_csv"),
}

#: Fund, name and unit of a figure.
Key = tuple[str, str, str]


def same(name: str) -> str:
    return SAME.get(name, name)


class Network(Granted):
    """Two funds and three currencies, one of which has no rate; gifts of a grant, of others and undone; every way money takes."""

    def __init__(self) -> None:
        report_in("USD")
        super().__init__()
        typed(self.treasurer, 4000)
        self.gifts = [self.came(1, 60_00), self.given(1_000_003, currency="MMK"), self.given(33_33)]
        self.refund(self.gifts[2], 3_21)
        self.others = [self.give(777_77, donor=factories.donor("Other Circle").id), self.give(500_00, "THB")]
        self.confirm(self.send(400_00, fee_minor=4_44), 380_00, rest=Rest.COST)
        self.confirm(self.send(100_00, into="MMK", rate=Decimal(4010)), 400_000)
        self.confirm(self.send(700_001, "MMK"), 600_000)
        self.spend(100_01)
        self.spend(50_55, line=BudgetLine.TOLLS)
        self.spend(60_66, line=BudgetLine.TRANSPORT)
        self.spend(333_333, "MMK")
        self.undo(self.spend(9_99).code)
        self.lose_held(7_07)
        self.charge(1_11)
        self.change(10_00, "USD", 39_000, "MMK")
        self.undo(self.give(88_88).code)
        self.neighbour = neighbour = Books()
        neighbour.fund, neighbour.treasurer = self.fund, self.treasurer
        neighbour.lose(neighbour.send(33_33))
        neighbour.confirm(neighbour.send(120_00), 119_99)
        neighbour.spend(23_45, line=BudgetLine.MEDICINE)
        self.other_fund = other = Books()
        other.treasurer = self.treasurer
        self.gifts.append(other.give(250_00, donor=self.partner.id))
        other.confirm(other.send(200_00), 150_00)
        other.spend(149_99, line=BudgetLine.SHELTER)
        with on(date(2026, 10, 2)):
            for fund in self.funds:
                act(statements.build_fund, self.treasurer, fund.id)

    @property
    def funds(self) -> list[Any]:
        return [self.fund, self.other_fund.fund]


class Gathered:
    """What one person is told, with who told it."""

    def __init__(self, network: Network, browser: Client) -> None:
        self.network, self.browser = network, browser
        self.figures: defaultdict[Key, dict[str, Decimal]] = defaultdict(dict)
        #: The endpoints that were opened.
        self.opened: set[str] = set()

    def get(self, url: str) -> Any:
        path = url.partition("?")[0]
        self.opened.add(current_app.url_map.bind("localhost").match(path)[0])
        return self.browser.get(url)

    def open(self, url: str) -> Page:
        self.get(url)
        return self.browser.page(url)

    def note(self, witness: str, found: Counter[Key]) -> None:
        for key, value in found.items():
            self.figures[key][witness] = value

    def file(self, url: str) -> list[dict[str, str]] | None:
        return file_of(self.browser, url) if self.get(url).status_code == 200 else None

    def everything(self) -> None:
        for fund in self.network.funds:
            self.months(fund)
            self.values(fund)
            for currency in CURRENCIES:
                self.page(fund, currency)
                self.dashboard(f"/funding/funds/{fund.code}/dashboard.csv", fund.name, currency)
                self.flow(f"/funding/funds/{fund.code}/flow.csv", fund.name, currency)
            self.flow_in_one(f"/funding/funds/{fund.code}/flow.csv", fund.name)
        for currency in CURRENCIES:
            self.dashboard("/funding/dashboard.csv", "", currency)
            for url in ("/funding/flow.csv", "/giving/flow.csv"):
                self.flow(url, "", currency)
        for url in ("/funding/flow.csv", "/giving/flow.csv"):
            self.flow_in_one(url, "")
        self.gifts()
        self.lists()
        self.ledger()
        self.statements()
        self.giving()
        self.index()
        self.grant()
        self.add_funds()

    def months(self, fund: Any) -> None:
        found = Counter[Key]()
        for row in self.file(f"/funding/funds/{fund.code}/months.csv") or ():
            for name, value in row.items():
                if name.startswith("spent: "):
                    found[fund.name, same(name.removeprefix("spent: ")), row["currency"]] += Decimal(value)
                elif name not in ("month", "currency", "arrived"):
                    found[fund.name, same(name), row["currency"]] += Decimal(value)
        self.note("months", found)

    def values(self, fund: Any) -> None:
        """In one currency: the page, its tables and its file; and what has no rate."""
        if (rows := self.file(f"/funding/funds/{fund.code}/values.csv")) is None:
            return
        names = {"fees": "cost", "kept": "cost", "lost-held": "lost", "refunded": "given back", "paid-out": "paid out"}
        names["arrived-changed"] = "arrived"
        found, page = Counter[Key](), Counter[Key]()
        for row in rows:
            unit = "in USD" if row["converted"] == "yes" else f"{row['currency']} without a rate"
            found[fund.name, names.get(row["what"], row["what"]), unit] += Decimal(row["amount"])
        self.note("values.csv", found)
        first, second = self.open(f"/funding/funds/{fund.code}/values").all("table")
        for name, value, left in cells_of(first)[1:]:
            page[fund.name, same(name), "in USD"] = number(value)
            for currency, amount in re.findall(r"([A-Z]{3}) ([\d,.]+)", left):
                page[fund.name, same(name), f"{currency} without a rate"] = number(amount)
        self.note("values", page)
        head, *by_month = cells_of(second)
        months = Counter[Key]()
        for cells in by_month:
            for name, value in zip(head[1:-1], cells[1:-1], strict=True):
                months[fund.name, same(name), "in USD"] += number(value)
        self.note("values by month", months)

    def page(self, fund: Any, currency: str) -> None:
        """The page of a fund: its figures, and where the money is."""
        url = f"/funding/funds/{fund.code}?currency={currency}"
        if self.get(url).status_code == 404:
            return
        text = self.open(url).text
        found = Counter[Key]()
        for label, name in (
            ("received", "received"),
            ("spent", "spent"),
            ("reported lost", "lost"),
            ("reported held", "held"),
            ("paid out without report yet", "on the way"),
        ):
            if figure := re.search(rf"\b{label} {currency} ([\d,.]+)", text):
                found[fund.name, name, currency] = number(figure[1])
        _before, _title, where = text.partition("All that came in, and where it is")
        for label in ("Still in the fund", "Goods", "Transport", "Transport and tolls", "Medicine", "Shelter"):
            told = where.partition("Spent by month")[0]
            if figure := re.search(rf"\b{label} ([\d,]+(\.\d\d)?)(?: |$)", told):
                found[fund.name, same(label), currency] = number(figure[1])
        self.note("fund page", found)

    def dashboard(self, url: str, fund: str, currency: str) -> None:
        found = Counter[Key]()
        for row in self.file(f"{url}?currency={currency}&period=all") or ():
            if row["Unit"] != currency:
                continue
            value = Decimal(row["Value"])
            if (row["Table"], row["Row"]) == ("Over time", "All"):
                self.figures[fund, same(row["Column"]), currency]["over time"] = value
            if (row["Table"], row["Row"]) == ("By channel", "All"):
                self.figures[fund, same(row["Column"]), currency]["by channel"] = value
            if row["Table"] == "By budget line":
                found[fund, "spent" if row["Row"] == "All" else same(row["Row"]), currency] += value
            if row["Table"].startswith("Cost of moving money, by") and row["Row"] == row["Column"] == "All":
                self.figures[fund, "cost", currency]["cost by channel"] = value
        self.note("by line", found)

    def flow(self, url: str, fund: str, currency: str) -> None:
        """In the gifts' own currency: nothing but what was given is the same as the fund's figure of that currency."""
        rows = self.file(f"{url}?currency={currency}") or []
        if any(row["Table"] == "What became of it" and row["Unit"] != currency for row in rows):
            return  # nothing was given in it, and another is shown
        found = Counter[Key]()
        for row in rows:
            if (row["Table"], row["Column"]) == ("What became of it", "Amount"):
                found[fund, f"gifts: {same(row['Row'])}", currency] += Decimal(row["Value"])
        self.note(f"flow {url.split('/')[1]}", found)
        if self.sees_funds and found:
            self.figures[fund, "received", currency]["flow"] = found[fund, "gifts: All", currency]

    def flow_in_one(self, url: str, fund: str) -> None:
        found, became = Counter[Key](), Counter[Key]()
        for row in self.file(f"{url}?currency=all") or ():
            if (row["Table"], row["Column"]) == ("What became of it", "Amount"):
                part = "gifts: All" if row["Row"] == "All" else "gifts: parts"
                became[fund, part, row["Unit"]] += Decimal(row["Value"])
            if row["Table"] == "Without a rate":
                found[fund, "received", f"{row['Unit']} without a rate"] += Decimal(row["Value"])
        for _fund, _name, unit in became:
            assert unit == "USD"
        whole = became[fund, "gifts: All", "USD"]
        assert whole == became[fund, "gifts: parts", "USD"]
        if self.sees_funds and became:
            found[fund, "received", "in USD"] = whole
            self.note("flow in one", found)

    @property
    def sees_funds(self) -> bool:
        """Whether flows are of whole funds: a donor's are of the own gifts."""
        return self.get("/funding/dashboard").status_code == 200

    def gifts(self) -> None:
        """Each gift by itself: its file, its page, its receipt; together they are the flow."""
        found = Counter[Key]()
        names = {fund.id: fund.name for fund in self.network.funds}
        for gift in (*self.network.gifts, *self.network.others):
            rows = self.file(f"/funding/contributions/{gift.code}/became.csv")
            if not rows:
                continue
            fund, currency = names[gift.fund_id], gift.currency or ""
            told = {row["Row"]: Decimal(row["Value"]) for row in rows if row["Column"] == "Amount"}
            for name, value in told.items():
                found[fund, f"gifts: {same(name)}", currency] += value
            opened = self.get(f"/giving/gifts/{gift.code}").status_code == 200
            page = self.open(f"/giving/gifts/{gift.code}" if opened else f"/funding/contributions/{gift.code}")
            listed = {name: number(cells[0]) for name, cells in shown(page, "became").items() if cells[0] != "Amount"}
            listed["All"] = listed.pop("The gift", listed.get("All", Decimal()))
            assert listed == told, gift.code
            receipt = dict(self.open(f"/receipts/{gift.receipt_code}").table[1:])
            of_receipt = Counter[str]()
            for name, text in receipt.items():
                of_receipt[same(name.removeprefix("Spent: "))] += number(text)
            folded = Counter[str]()
            for name, value in told.items():
                folded["The whole gift" if name == "All" else RECEIPT.get(name, same(name))] += value
            assert of_receipt == folded, gift.code
        self.note("gifts", found)

    def lists(self) -> None:
        """Gifts, payouts and spending, row by row."""
        mine = not self.sees_funds
        found = Counter[Key]()
        for row in self.file("/funding/contributions.csv") or ():
            if row["State"] == "received" and row["Amount"]:
                found[row["Fund"], "gifts: All", row["Currency"]] += Decimal(row["Amount"])
                found[row["Fund"], "gifts: given back", row["Currency"]] += Decimal(row["Given back"] or 0)
                if not mine:
                    found[row["Fund"], "received", row["Currency"]] += Decimal(row["Amount"])
        for row in self.file("/funding/payouts.csv") or ():
            if row["State"] not in ("waiting", "declined", "reversed"):
                found[row["Fund"], "paid out", row["Currency"]] += Decimal(row["Amount sent"])
        for row in self.file("/funding/expenses.csv") or ():
            if row["State"] == "recorded":
                line = LINES.get(row["Spent on"], row["Spent on"].capitalize())
                found[row["Fund"], "spent", row["Currency"]] += Decimal(row["Amount"])
                found[row["Fund"], line, row["Currency"]] += Decimal(row["Amount"])
        self.note("lists", Counter({key: value for key, value in found.items() if value}))

    def ledger(self) -> None:
        """Transfer by transfer, as a list and as a file for programs that are not ours."""
        found = Counter[Key]()
        for row in self.file("/funding/ledger.csv") or ():
            undoes = row["What"] == "reversal"
            amount = -Decimal(row["Amount"]) if undoes else Decimal(row["Amount"])
            source, target = (row["To"], row["From"]) if undoes else (row["From"], row["To"])
            for name in _moved(source, target):
                found[row["Fund"], name, row["Currency"]] += amount
            for side, sign in ((row["From"], -1), (row["To"], 1)):
                if name := PURSES.get(side.split(",")[0]):
                    found[row["Fund"], name, row["Currency"]] += sign * Decimal(row["Amount"])
        self.note("ledger", found)
        answer = self.get("/funding/ledger.beancount")
        if answer.status_code != 200:
            return
        names, exported = {fund.code: fund.name for fund in self.network.funds}, Counter[Key]()
        roots = {"Assets:Fund": "in the fund", "Assets:Held": "held", "Assets:Transit": "on the way"}
        roots |= {"Expenses:Fees": "cost", "Expenses:Lost": "lost", "Expenses:Spent": "spent"}
        for root, fund, rest, amount, currency in re.findall(
            r"^  (\w+:\w+):(F-\w+-\w+)(\S*)  (-?[\d.]+) ([A-Z]{3})$", answer.get_data(as_text=True), re.MULTILINE
        ):
            if root in roots:
                exported[names[fund], roots[root], currency] += Decimal(amount)
            if root == "Expenses:Spent":
                line = rest.removeprefix(":")
                exported[names[fund], LINES.get(line.lower(), line), currency] += Decimal(amount)
        self.note("beancount", exported)

    def statements(self) -> None:
        """All happened in one month: a statement of it is the whole time, and its end is now."""
        fund, own = Counter[Key](), Counter[Key]()
        for row in self.file("/funding/statements.csv") or ():
            is_own, value = row["of"] == self.network.partner.code_name, Decimal(row["amount"])
            if row["month"] != "2026-08" or not (is_own or row["of"] == "whole fund"):
                continue
            found, what = (own, f"gifts: {same(row['figure'])}") if is_own else (fund, same(row["figure"]))
            if row["section"] == "There at the end" or row["figure"] == "Received":
                found[row["fund"], what, row["currency"]] += value
            elif row["section"] == "Went out":
                found[row["fund"], what, row["currency"]] -= value
        self.note("statements", fund)
        if not self.sees_funds:
            renamed = Counter(
                {
                    (name, "gifts: All" if what == "gifts: received" else what, unit): value
                    for (name, what, unit), value in own.items()
                }
            )
            self.note("own statements", renamed)

    def giving(self) -> None:
        found = Counter[Key]()
        for row in self.file("/giving.csv") or ():
            value = Decimal(row["amount"])
            if row["whose"] == "you":
                name = {"You gave": "gifts: All", "Given back to you": "gifts: given back"}[row["figure"]]
                found[row["fund"], name, row["currency"]] += value
                continue
            found[row["fund"], same(row["figure"]), row["currency"]] += value
            if row["budget line"]:
                found[row["fund"], same(row["budget line"]), row["currency"]] += value
        self.note("giving", found)

    def index(self) -> None:
        """The list of funds: all in one table, or, for who gave to them, a table each."""
        found = Counter[Key]()
        page = self.open("/funding")
        for panel in page.all("section"):
            for table in panel.all("table"):
                head, *rows = cells_of(table)
                for cells in rows:
                    told = dict(zip(head, cells, strict=False))
                    if told.get("Currency") not in CURRENCIES:
                        continue
                    named = [fund.name for fund in self.network.funds if fund.name in panel.text]
                    fund = told.get("Fund") or (named[0] if len(named) == 1 else "")
                    for name, text in told.items():
                        if fund and same(name) in LISTED:
                            found[fund, same(name), told["Currency"]] = number(text)
        self.note("index", found)

    def grant(self) -> None:
        """A grant of one tranche is what that gift became."""
        gift, grant = self.network.gifts[0], Counter[str]()
        for row in self.file(f"/funding/grants/{self.network.grant.code}.csv") or ():
            if row["Column"] == "Amount" or (row["Column"] == "Spent" and row["Row"] != "All"):
                grant[same(row["Row"])] += Decimal(row["Value"])
        became = Counter[str]()
        for row in self.file(f"/funding/contributions/{gift.code}/became.csv") or ():
            if row["Column"] == "Amount":
                became[RECEIPT.get(row["Row"], same(row["Row"]))] += Decimal(row["Value"])
        assert not grant or {name: grant[name] for name in became} == became

    def add_funds(self) -> None:
        """The network is its funds."""
        sums: defaultdict[Key, Decimal] = defaultdict(Decimal)
        for (fund, name, unit), told in list(self.figures.items()):
            if fund:
                sums["", name, unit] += next(iter(told.values()))
        for key, value in sums.items():
            if key in self.figures:
                self.figures[key]["all funds"] = value

    def disagreements(self) -> Iterator[str]:
        for key, told in sorted(self.figures.items()):
            if len(set(told.values())) > 1:
                yield f"{key}: {told}"


LISTED = {"received", "paid out", "spent", "cost", "lost", "held", "on the way", "in the fund"}
PURSES = {"In the fund": "in the fund", "Held": "held", "On its way": "on the way"}
#: What a receipt tells as one.
RECEIPT = {"Tolls and informal payments": "Transport"}


def _moved(source: str, target: str) -> Iterator[str]:
    start, (end, _comma, rest) = source.split(",", maxsplit=1)[0], target.partition(", ")
    if start == "Givers":
        yield "received"
    if end == "Givers":
        yield "given back"
    if (start, end) == ("In the fund", "On its way"):
        yield "paid out"
    if end == "Cost of moving":
        yield "cost"
    if end == "Lost":
        yield "lost"
    if end == "Spent":
        yield "spent"
        yield rest


def cells_of(table: Element) -> list[list[str]]:
    return [[cell.text for cell in row.walk() if cell.tag in ("td", "th")] for row in table.all("tr")]


def number(text: str) -> Decimal:
    found = re.search(r"([-−])?[^\d−-]*([\d,]+(\.\d+)?)", text)
    if not found:
        assert text in ("", "–", "-"), text
        return Decimal()
    return Decimal(found[2].replace(",", "")) * (-1 if found[1] else 1)


@pytest.fixture
def network(app: Flask) -> Network:
    return Network()


#: What each audience is told by how many witnesses at least: the least that a figure must have, by name.
WITNESSES = {
    "treasurer": {
        "received": 8,
        "spent": 7,
        "Goods": 6,
        "cost": 6,
        "lost": 6,
        "in the fund": 5,
        "held": 5,
        "paid out": 5,
    },
    "auditor": {
        "received": 8,
        "spent": 7,
        "Goods": 6,
        "cost": 6,
        "lost": 6,
        "in the fund": 5,
        "held": 5,
        "paid out": 5,
    },
    "donor": {"received": 5, "spent": 5, "Goods": 4, "cost": 4, "gifts: All": 5, "gifts: held": 3},
    "coordinator": {"spent": 4, "Goods": 4, "cost": 3},
}


@pytest.mark.parametrize("who", WITNESSES)
def test_every_figure_agrees_with_every_other(network: Network, sign_in, who: str) -> None:
    actors = {"treasurer": network.treasurer, "donor": network.donor, "coordinator": network.coordinator}
    gathered = Gathered(network, sign_in(actors.get(who, who)))
    gathered.everything()
    found = list(gathered.disagreements())
    assert not found, "\n".join(found)
    for name, least in WITNESSES[who].items():
        told = gathered.figures[network.fund.name, name, "USD"]
        assert len(told) >= least, (name, sorted(told))
    if who == "treasurer":
        endpoints = {rule.endpoint for rule in current_app.url_map.iter_rules()}
        assert endpoints >= DRAWN | NO_SUMS
        missing = {rule.endpoint for rule in current_app.url_map.iter_rules() if tells_money(rule)} - gathered.opened
        assert not missing - DRAWN - NO_SUMS, f"no figure is gathered from {sorted(missing - DRAWN - NO_SUMS)}"


def tells_money(rule: Rule) -> bool:
    """Whether an address shows money, and is no form. A workbook is made of the rows of its CSV, by one function."""
    if rule.methods is None or "POST" in rule.methods or rule.endpoint.endswith("_xlsx"):
        return False
    return rule.endpoint.partition(".")[0] in ("funding", "trace", "rates", "statements", "grants") or (
        rule.endpoint in ("releases.giving", "releases.giving_csv", "intake.receipt")
    )
