"""Each kind of fault is found and its row named, whatever the database itself would have refused."""

from collections.abc import Callable

import pytest
from click.testing import Result
from flask import Flask

from aidnet.ledger.models import BudgetLine
from tests.databases import PostgresDatabases, SqliteDatabases
from tests.funding.books import Books
from tests.world import World

Databases = SqliteDatabases | PostgresDatabases


def corrupt(world: World, databases: Databases, change: str, *, loosened: str = "") -> None:
    """Change one row where nothing refuses: no trigger, no foreign key; on SQLite, in the table `loosened`, no constraint."""
    if isinstance(databases, PostgresDatabases):
        with databases.server.admin("work") as admin:
            admin.execute("SET session_replication_role = replica")
            assert admin.execute(change.encode()).rowcount == 1
        return
    with world.engine.connect() as connection:
        raw = connection.connection.cursor()
        raw.execute("PRAGMA foreign_keys=OFF")
        raw.execute("PRAGMA legacy_alter_table=ON")
        for table in ("transfer", "ledger_event"):
            for act in ("update", "delete"):
                raw.execute(f"DROP TRIGGER {table}_no_{act}")
        if loosened:
            raw.execute(f"ALTER TABLE {loosened} RENAME TO kept_{loosened}")
            raw.execute(f"CREATE TABLE {loosened} AS SELECT * FROM kept_{loosened}")
        raw.execute(change)
        assert raw.rowcount == 1
        raw.execute("PRAGMA foreign_keys=ON")
        raw.execute("PRAGMA legacy_alter_table=OFF")
        raw.close()


@pytest.fixture
def books(app: Flask) -> Books:
    """Gifts 1 and 2, payout 1, confirmation 1, expenses 1 and 2 (undone), an exchange, a fee."""
    made = Books()
    made.give(100_00)
    made.confirm(made.send(40_00), 30_00)
    made.spend(50_00)
    made.undo(made.spend(7_00, line=BudgetLine.TOLLS).code)
    made.charge(25)
    made.change(10_00, "USD", 43_500, "MMK")
    made.give(1_00)
    return made


ANYWHERE = {
    "a transfer of no event": (
        "UPDATE transfer SET event_id = 999 WHERE id = 1",
        "transfer 1: its event_id names no ledger_event that is there",
    ),
    "a transfer to nowhere": (
        "UPDATE transfer SET to_id = 999 WHERE id = 1",
        "transfer 1: its to_id, currency, fund_id",
    ),
    "a transfer of another currency": (
        "UPDATE transfer SET currency = 'EUR' WHERE id = 1",
        "names no account that is there",
    ),
    "an event of no record": (
        "UPDATE ledger_event SET contribution_id = NULL WHERE id = 1",
        "ledger_event 1: is a contribution and names no record",
    ),
    "an event of a record that is gone": (
        "DELETE FROM expense WHERE id = 1",
        "its expense_id names no expense that is there",
    ),
    "an event of another record": (
        "UPDATE ledger_event SET expense_id = NULL, payout_id = 1 WHERE kind = 'expense' AND expense_id = 1",
        "is a expense and names payout_id",
    ),
    "a record with two events": (
        "UPDATE ledger_event SET contribution_id = 1 WHERE contribution_id = 2",
        "contribution 1 (",
    ),
    "a word that moved money twice": (
        "UPDATE ledger_event SET kind = 'confirmation', payout_id = 1, confirmation_id = 1 WHERE kind = 'fee'",
        "payout_confirmation 1: moved money 2 times",
    ),
    "an undoing of something else": (
        "UPDATE ledger_event SET expense_id = 1 WHERE kind = 'reversal'",
        "is not about what it undoes",
    ),
    "an undoing on another day": (
        "UPDATE ledger_event SET happened_on = '2026-08-09' WHERE kind = 'reversal'",
        "is not about what it undoes",
    ),
    "an account under another's name": ("UPDATE account SET key = 'held:9:9:USD' WHERE id = 1", "account 1: is called"),
    "an account without a total": ("DELETE FROM account_balance WHERE account_id = 1", "account 1 ("),
    "a total of no account": (
        (
            "INSERT INTO account_balance (account_id, in_minor, out_minor, may_go_below) SELECT 999, 0, 0, may_go_below"
            " FROM account_balance WHERE account_id = 1"
        ),
        "account_balance 999: its account_id names no account",
    ),
    "an account that may not go below": (
        (
            "UPDATE account_balance SET may_go_below = NOT may_go_below WHERE account_id ="
            " (SELECT id FROM account WHERE budget_line = 'goods')"
        ),
        "says wrongly whether it may go below zero",
    ),
    "a way that money does not go": (
        (
            "UPDATE transfer SET from_id = (SELECT from_id FROM transfer WHERE id = 1), kind = 'expense' WHERE to_id IN"
            " (SELECT id FROM account WHERE budget_line = 'goods')"
        ),
        "money does not go from outside to spent",
    ),
}


@pytest.mark.parametrize("fault", ANYWHERE)
def test_a_fault_is_named(
    world: World, databases: Databases, books: Books, command: Callable[..., Result], fault: str
) -> None:
    change, named = ANYWHERE[fault]
    assert "The books are true" in command("ledger", "check").output
    corrupt(world, databases, change)
    output = command("ledger", "check", status=1).output
    assert named in output, output


REFUSED_EVERYWHERE = {
    "a uid twice": (
        "transfer",
        "UPDATE transfer SET uid = (SELECT uid FROM transfer WHERE id = 1) WHERE id = 2",
        "its uid stands 2 times",
    ),
    "an event's uid twice": (
        "ledger_event",
        "UPDATE ledger_event SET uid = (SELECT uid FROM ledger_event WHERE id = 1) WHERE id = 2",
        "ledger_event 2: its uid stands 2 times",
    ),
    "an amount of nothing": (
        "transfer",
        "UPDATE transfer SET amount_minor = 0 WHERE id = 1",
        "transfer 1: moves nothing",
    ),
    "an undoing twice": (
        "ledger_event",
        "UPDATE ledger_event SET reverses_id = (SELECT max(reverses_id) FROM ledger_event), kind = 'reversal' WHERE kind = 'fee'",
        "its reverses_id stands 2 times",
    ),
    "a purse below zero": (
        "account_balance",
        (
            "UPDATE account_balance SET out_minor = in_minor + 1 WHERE account_id ="
            " (SELECT id FROM account WHERE kind = 'fund' AND currency = 'USD')"
        ),
        "is -1, below zero",
    ),
}


@pytest.mark.parametrize("fault", REFUSED_EVERYWHERE)
def test_what_no_constraint_stopped_is_named(
    world: World, databases: Databases, books: Books, command: Callable[..., Result], fault: str
) -> None:
    if isinstance(databases, PostgresDatabases):
        pytest.skip("its constraints cannot be put to rest; the query is the same on both")
    loosened, change, named = REFUSED_EVERYWHERE[fault]
    corrupt(world, databases, change, loosened=loosened)
    output = command("ledger", "check", status=1).output
    assert named in output, output
