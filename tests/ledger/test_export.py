"""The exported ledger proves our totals: tools that are not ours accept it whole, and refuse it when one line is wrong."""

import re
import stat
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import Result
from flask import Flask
from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from aidnet import clock
from aidnet.db import db
from aidnet.errors import Refused
from aidnet.funding import queries
from aidnet.funding.models import Fund
from aidnet.ledger import export
from aidnet.ledger.export import Format
from aidnet.ledger.models import Account, AccountBalance, AccountKind, BudgetLine
from aidnet.money import format_amount
from aidnet.policy import OPERATOR, Actor, Role, unscoped
from tests import factories
from tests.canary import network
from tests.funding.books import Books
from tests.funding.test_books_machine import Money
from tests.ledger.proving import TOOLS, Balances, Beancount, Hledger
from tests.world import World

Tool = Beancount | Hledger
each_tool = pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.form)

#: Said once more, apart from the export.
ROOTS = {
    "outside": "Income:Givers",
    "fund": "Assets:Fund",
    "transit": "Assets:Transit",
    "held": "Assets:Held",
    "spent": "Expenses:Spent",
    "fees": "Expenses:Fees",
    "exchange": "Equity:Exchange",
    "lost": "Expenses:Lost",
}


def exported(tool: Tool, path: Path, fund: Fund | None = None) -> Path:
    path.write_text("".join(export.pieces(db(), OPERATOR, Format(tool.form), fund)))
    return path


def by_kind(balances: Balances) -> dict[tuple[str, str, str], int]:
    """Kind of account, fund and currency to minor units."""
    found = Counter[tuple[str, str, str]]()
    for (account, currency), minor in balances.items():
        first, second, code, *_rest = account.split(":")
        found[f"{first}:{second}", code, currency] += minor
    return {key: minor for key, minor in found.items() if minor}


def kept() -> dict[tuple[str, str, str], int]:
    """The same from our running totals."""
    left = sa.func.sum(AccountBalance.in_minor - AccountBalance.out_minor)
    by = (Account.kind, Fund.code, Account.currency)
    statement = sa.select(*by, left).join(Account.__table__, Account.id == AccountBalance.account_id)
    statement = statement.join(Fund, Fund.id == Account.fund_id).group_by(*by)
    rows = db().execute(unscoped(statement, because="a test"))
    return {(ROOTS[kind], code, currency): int(minor) for kind, code, currency, minor in rows if minor}


def shown(actor: Actor, funds: list[Fund]) -> dict[tuple[str, str, str], int]:
    """The same from the figures of the funds' pages."""
    codes = {fund.id: fund.code for fund in funds}
    found = {}
    for one in queries.fund_figures(db(), actor, list(codes)):
        flows = one.flows
        figures = {
            "Income:Givers": flows.refunded - flows.received,
            "Assets:Fund": one.in_fund,
            "Assets:Transit": one.on_the_way,
            "Assets:Held": one.held - one.owed,
            "Expenses:Spent": flows.spent,
            "Expenses:Fees": flows.cost,
            "Equity:Exchange": flows.changed_out - flows.changed_in,
            "Expenses:Lost": flows.lost,
        }
        found |= {(kind, codes[one.fund_id or 0], one.currency): minor for kind, minor in figures.items() if minor}
    return found


def assert_proved(tool: Tool, path: Path) -> Balances:
    answer = tool.check(path)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    return tool.balances(path)


class Exported(Money):
    """Any sequence of acts, and then the export."""

    folder: Path

    def teardown(self) -> None:
        funds = queries.funds(db(), self.books.treasurer)
        for tool in TOOLS:
            balances = assert_proved(tool, exported(tool, self.folder / f"book.{tool.form}"))
            assert by_kind(balances) == kept() == shown(self.books.treasurer, funds)


def test_whatever_happens_to_money_both_tools_prove_it(app: Flask, tmp_path: Path) -> None:
    Exported.folder = tmp_path
    few = settings(max_examples=4, stateful_step_count=25, phases=[Phase.explicit, Phase.generate], deadline=None)
    run_state_machine_as_test(Exported, settings=few)


@each_tool
def test_the_books_of_a_whole_network_are_proved(
    app: Flask, sign_in: Any, command: Callable[..., Result], tmp_path: Path, tool: Tool
) -> None:
    with clock.at(factories.NOW):
        network.build()
    path = tmp_path / "all"
    told = command("ledger", "export", "--format", tool.form, "--output", str(path)).output
    assert f"Written to {path}" in told
    balances = assert_proved(tool, path)
    treasurer = sign_in("treasurer")
    funds = queries.funds(db(), treasurer.actor)
    assert len(funds) > 2
    assert by_kind(balances) == kept() == shown(treasurer.actor, funds)

    assert treasurer.get(f"/funding/ledger.{Format(tool.form).ending}").text == path.read_text()
    for one in queries.fund_figures(db(), treasurer.actor, [fund.id for fund in funds]):
        fund = next(fund for fund in funds if fund.id == one.fund_id)
        page = treasurer.page(f"/funding/funds/{fund.code}?currency={one.currency}")
        there = balances.get((f"Assets:Fund:{fund.code}", one.currency), 0)
        assert format_amount(there, one.currency).split()[-1] in page.text
    alone = tmp_path / "one"
    command("ledger", "export", "--format", tool.form, "--fund", funds[0].code.lower(), "--output", str(alone))
    mine = {key: minor for key, minor in balances.items() if key[0].split(":")[2] == funds[0].code}
    assert assert_proved(tool, alone) == mine
    assert mine
    assert mine != balances


@pytest.fixture
def books(app: Flask) -> Books:
    made = Books()
    made.give(100_00)
    made.confirm(made.send(40_00, fee_minor=1_00), 30_00)
    made.change(10_00, "USD", 43_500, "MMK")
    made.charge(25)
    made.spend(50_00)
    made.undo(made.spend(7_00, line=BudgetLine.CASH_HANDED).code)
    return made


WRONG: dict[str, tuple[str, str]] = {
    "one side of an entry": (r"( Assets:Held:\S+  )30.00 USD", r"\g<1>30.01 USD"),
    "both sides of an entry": (r"-0\.25 USD(\n[^\n]*) 0\.25 USD", r"-0.26 USD\1 0.26 USD"),
    "a sign": (r"-100.00 USD(?=\n +Assets:Fund)", "100.00 USD"),
    "a running total": (r"(Held:\S+  (?:0 USD = )?)-20.00", r"\g<1>-20.01"),
    "a total of kyat": (r"(balance Assets:Fund:\S+  |0 MMK = )43500", r"\g<1>43501"),
    "an account": (r"Expenses:Spent:(\S+):Goods(?=  50)", r"Expenses:Spent:\1:Medicine"),
    "a currency": (r"0.25 USD", "0.25 USDT"),
    "a whole entry": (r'(?m)^\S+ \* (?:"fee".*|.* fee)\n.*\n.*\n', ""),
}


@each_tool
@pytest.mark.parametrize("wrong", WRONG)
def test_one_wrong_line_is_refused(books: Books, tmp_path: Path, tool: Tool, wrong: str) -> None:
    path = exported(tool, tmp_path / "book")
    assert_proved(tool, path)
    found, instead = WRONG[wrong]
    text, times = re.subn(found, instead, path.read_text(), count=1)
    assert times == 1
    path.write_text(text)

    assert tool.check(path).returncode != 0


@each_tool
def test_an_undoing_names_what_it_undoes(books: Books, tmp_path: Path, tool: Tool) -> None:
    text = exported(tool, tmp_path / "book").read_text()
    undone, undoing = re.findall(r"(?m)^\S+ \* .*(?:expense|reversal).*$", text)[-2:]
    code = re.search(r"L-\w{4}-\w{4}", undone)
    assert code
    assert code[0] in undoing
    assert "reversal" in undoing


@each_tool
def test_empty_books_are_a_file_too(app: Flask, tmp_path: Path, tool: Tool) -> None:
    assert assert_proved(tool, exported(tool, tmp_path / "book")) == {}


@each_tool
def test_groups_are_told_apart_whatever_they_are_called(app: Flask, world: World, tmp_path: Path, tool: Tool) -> None:
    called = ["S 07", "S-07", "ရွှေ", "Itself", "x: y", '"quoted"', "lower"]
    codes = []
    for number, name in enumerate(called, 1):
        books = Books()
        codes.append(books.group.code)
        with world.engine.begin() as connection:
            rename = "UPDATE partner SET code_name = :name WHERE code = :code"
            connection.execute(sa.text(rename), {"name": name, "code": books.group.code})
        books.give(number)
        books.confirm(books.send(number), number)
    balances = assert_proved(tool, exported(tool, tmp_path / "book"))
    held = {
        account.split(":")[3]: minor for (account, _), minor in balances.items() if account.startswith("Assets:Held")
    }
    assert held == {"S-07": 1} | {code: number for number, code in enumerate(codes, 1) if number > 1}


def test_nothing_private_is_in_it(books: Books, tmp_path: Path) -> None:
    books.give(5_00, giver="Daw Mya the giver", note="by way of her aunt")
    books.send(2_00, note="through the blue gate")
    for tool in TOOLS:
        text = exported(tool, tmp_path / tool.form).read_text()
        for word in ("Mya", "aunt", "blue", books.fund.name, "hundi"):
            assert word not in text


def test_a_file_is_never_written_over(books: Books, command: Callable[..., Result], tmp_path: Path) -> None:
    path = tmp_path / "book"
    command("ledger", "export", "--format", "hledger", "--output", str(path))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    before = path.read_text()
    again = command("ledger", "export", "--format", "beancount", "--output", str(path), status=1)
    assert "exists already" in again.output
    assert path.read_text() == before


def test_an_unknown_fund_is_told(books: Books, command: Callable[..., Result], tmp_path: Path) -> None:
    path = tmp_path / "book"
    answer = command(
        "ledger", "export", "--format", "hledger", "--fund", "F-0000-0000", "--output", str(path), status=1
    )
    assert "There is no fund" in answer.output
    assert not path.exists()


def test_without_a_file_it_is_printed(books: Books, command: Callable[..., Result]) -> None:
    assert "commodity 1.00 USD" in command("ledger", "export", "--format", "hledger").output


@pytest.mark.parametrize("ending", ["beancount", "journal"])
@pytest.mark.parametrize(("role", "status"), [("treasurer", 200), ("auditor", 200), ("admin", 404), ("donor", 404)])
def test_those_who_read_the_ledger_may_take_it_home(
    books: Books, sign_in: Any, ending: str, role: str, status: int
) -> None:
    browser = sign_in(role)
    answer = browser.get(f"/funding/ledger.{ending}?fund={books.fund.code}")
    assert answer.status_code == status
    assert ("Assets:Held" in answer.text) == (status == 200)
    if status == 200:
        assert f'filename="ledger.{ending}"' in answer.headers["Content-Disposition"]
        page = browser.page(f"/funding/ledger?fund={books.fund.code}")
        assert f"/funding/ledger.{ending}?fund={books.fund.code}" in page.links()
        assert browser.get(f"/funding/ledger.{ending}?fund=F-0000-0000").status_code == 404


def test_who_sees_the_ledger_in_part_gets_none_of_it(books: Books) -> None:
    for role in (Role.DONOR, Role.ADMIN):
        with pytest.raises(Refused):
            export.pieces(db(), factories.actor(role), Format.HLEDGER)


def test_every_kind_of_account_has_a_name() -> None:
    assert set(ROOTS) == {kind.value for kind in AccountKind}


def test_amounts_are_exact_to_the_minor_unit(app: Flask, tmp_path: Path) -> None:
    books = Books()
    books.give(10**15)
    books.give(1)
    for tool in TOOLS:
        balances = assert_proved(tool, exported(tool, tmp_path / tool.form))
        assert balances[f"Assets:Fund:{books.fund.code}", "USD"] == 10**15 + 1
