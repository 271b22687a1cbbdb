"""The ledger itself: it cannot be changed, it is kept by one module, it can be proved, and it holds when many write at once."""

import ast
import threading
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest
import sqlalchemy as sa
from click.testing import Result
from flask import Flask

from aidnet import config
from aidnet.db import Database, database
from aidnet.errors import AidnetError, Invalid
from aidnet.funding.models import Payout
from aidnet.ledger.models import AccountBalance, AccountKind, Measure, MoneyMonth
from aidnet.ledger.totals import measure_of
from aidnet.roles import Role
from tests import factories
from tests.funding.books import Books
from tests.world import World

APPEND_ONLY = ["ledger_event", "transfer", "payout_confirmation"]


def written(world: World, statement: str, **values: object) -> None:
    """Somebody at the database's own prompt."""
    with world.engine.begin() as connection:
        connection.execute(sa.text(statement), values)


@pytest.fixture
def books(app: Flask) -> Books:
    made = Books()
    made.give(100_00)
    made.confirm(made.send(40_00, fee_minor=1_00), 30_00)
    made.spend(50_00)
    return made


@pytest.mark.parametrize("table", APPEND_ONLY)
@pytest.mark.parametrize("act", ["UPDATE {} SET recorded_at = recorded_at", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_a_row_of_the_ledger_is_never_changed_or_removed(
    world: World, books: Books, dialect: str, table: str, act: str
) -> None:
    if act.startswith("TRUNCATE") and dialect == "sqlite":
        pytest.skip("SQLite has no TRUNCATE")
    statement = act.format(table).replace("recorded_at = recorded_at", "uid = uid")
    with pytest.raises(sa.exc.DBAPIError, match="append-only"):
        written(world, statement)


def test_a_transfer_stays_within_one_fund_and_one_currency(world: World, books: Books) -> None:
    other = Books()
    other.give(1_00, "THB")
    crossing = (
        "INSERT INTO transfer (uid, event_id, fund_id, kind, from_id, to_id, amount_minor, currency) "
        "SELECT :uid, min(e.id), min(e.fund_id), 'fee', min(a.id), max(a.id), 1, :currency FROM ledger_event e, account a"
    )
    for currency in ("USD", "THB"):
        with pytest.raises(sa.exc.IntegrityError):
            written(world, crossing, uid=uuid4().hex, currency=currency)


def test_one_module_writes_the_ledger_and_one_its_months() -> None:
    writer = {"Transfer": "ledger.py", "AccountBalance": "ledger.py", "MoneyMonth": "totals.py", "GiverMonth": "totals.py"}
    kept = set(writer)

    def writes(call: ast.Call) -> bool:
        verb = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", None)
        named = {name.id for part in call.args for name in ast.walk(part) if isinstance(name, ast.Name)}
        return verb in kept or (verb in {"insert", "update", "add_up"} and bool(kept & named))

    writers = {
        (path.name, name)
        for path in Path(config.ROOT, "aidnet").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and writes(node)
        for name in kept & {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
    }
    assert writers == {(path, name) for name, path in writer.items()}


def test_every_way_money_takes_has_a_meaning_of_its_own() -> None:
    kinds = [(a, b) for a in AccountKind for b in AccountKind]
    ways = {}
    for way in kinds:
        try:
            ways[way] = measure_of(*way)
        except KeyError:
            continue
    assert set(ways.values()) == set(Measure)
    assert ways[AccountKind.TRANSIT, AccountKind.HELD] is Measure.ARRIVED


def test_true_books_pass_the_check(books: Books, command: Callable[..., Result]) -> None:
    assert "The books are true: 4 events" in command("ledger", "check").output


@pytest.mark.parametrize(
    ("model", "change", "named"),
    [
        (
            AccountBalance,
            "UPDATE account_balance SET in_minor = in_minor + 1 WHERE account_id = 1",
            "account_balance 1",
        ),
        (MoneyMonth, "UPDATE money_month SET amount_minor = 7 WHERE measure = 'paid-out'", "money_month"),
        (MoneyMonth, "DELETE FROM money_month WHERE measure = 'received'", "money_month"),
        (Payout, "UPDATE payout SET confirmed_minor = 1", "payout 1"),
        (Payout, "UPDATE expense SET amount_minor = 1", "expense 1"),
        (Payout, "UPDATE contribution SET state = 'reversed'", "contribution 1"),
    ],
)
def test_the_check_names_the_wrong_row(
    world: World, books: Books, command: Callable[..., Result], model: type, change: str, named: str
) -> None:
    written(world, change)
    output = command("ledger", "check", status=1).output
    assert named in output
    assert "wrong" in output


def test_totals_are_made_anew(world: World, books: Books, command: Callable[..., Result]) -> None:
    written(world, "UPDATE account_balance SET in_minor = in_minor + 5")
    written(world, "DELETE FROM money_month")
    command("ledger", "check", status=1)
    command("ledger", "rebuild")
    command("ledger", "check")


def test_a_donors_months_are_proved_and_made_anew(world: World, books: Books, command: Callable[..., Result]) -> None:
    donor = factories.actor(Role.DONOR)
    books.undo(books.give(3_00, donor=donor.partner_id).code)
    books.give(7_00, donor=donor.partner_id)
    command("ledger", "check")
    for change in ("UPDATE giver_month SET amount_minor = amount_minor + 1", "DELETE FROM giver_month"):
        written(world, change)
        assert "giver_month" in command("ledger", "check", status=1).output
        command("ledger", "rebuild")
        command("ledger", "check")


def test_proving_begins_with_a_look_at_the_sizes(
    world: World, dialect: str, books: Books, command: Callable[..., Result]
) -> None:
    """PostgreSQL plans by what it believes; told nothing, it believed a full table empty, and the proof took hours."""
    for amount in (1_00, 2_00, 3_00):
        books.give(amount)
    for proving in ("check", "rebuild"):
        books.give(4_00)
        command("ledger", proving)
        if dialect == "postgresql":
            size = sa.text("SELECT reltuples FROM pg_class WHERE oid = 'ledger_event'::regclass")
            with world.engine.connect() as connection:
                believed = connection.scalar(size)
                assert believed == connection.scalar(sa.text("SELECT count(*) FROM ledger_event"))


def at_once(app: Flask, acts: list[Callable[[], object]]) -> list[object]:
    """Do them at the same time, each in a thread of its own; what each gave, or the refusal it met."""
    start, done = threading.Barrier(len(acts)), [None] * len(acts)

    def run(number: int, one: Callable[[], object]) -> None:
        with app.app_context():
            start.wait()
            try:
                done[number] = one()
            except AidnetError as refusal:
                done[number] = refusal

    threads = [threading.Thread(target=run, args=(number, one)) for number, one in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return done


def test_of_sixteen_payouts_of_the_last_money_one_succeeds(app: Flask, world: World) -> None:
    books = Books()
    books.give(100_00)
    done = at_once(app, [lambda: books.send(60_00) for _ in range(16)])
    assert sum(isinstance(one, Payout) for one in done) == 1
    assert sum(isinstance(one, Invalid) for one in done) == 15
    assert books.in_fund() == 40_00
    assert not books.faults()


def test_a_form_sent_eight_times_at_once_is_recorded_once(app: Flask, world: World) -> None:
    books = Books()
    books.give(100_00)
    gift, payout, expense = uuid4(), uuid4(), uuid4()
    done = at_once(
        app,
        [lambda: books.give(1_00, uid=gift) for _ in range(4)]
        + [lambda: books.send(2_00, uid=payout) for _ in range(4)],
    )
    assert len({one.id for one in done[:4]}) == len({one.id for one in done[4:]}) == 1  # type: ignore[attr-defined]
    at_once(app, [lambda: books.spend(3_00, uid=expense) for _ in range(4)])
    assert (books.in_fund(), books.held()) == (99_00, -3_00)


def test_many_who_move_the_same_purses_never_lock_each_other_out(app: Flask, world: World) -> None:
    books = Books()
    books.give(100_00)
    books.give(100_00, "THB")
    books.confirm(books.send(10_00), 10_00)
    acts: list[Callable[[], object]] = []
    for _ in range(4):
        acts += [
            lambda: books.change(1_00, "USD", 1_00, "THB"),
            lambda: books.change(1_00, "THB", 1_00, "USD"),
            lambda: books.spend(1_00),
            lambda: books.send(1_00, "THB", fee_minor=1),
        ]
    done = at_once(app, acts)
    assert not [one for one in done if isinstance(one, AidnetError)]
    assert not books.faults()


def test_the_first_gifts_of_a_group_make_one_purse(app: Flask, world: World) -> None:
    books = Books()
    done = at_once(app, [lambda: books.gift(1_000) for _ in range(6)])
    assert len({one.fund_id for one in done}) == 1  # type: ignore[attr-defined]
    assert books.held("MMK", done[0].fund_id) == 6_000  # type: ignore[attr-defined]
    assert isinstance(database(), Database)
