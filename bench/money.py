"""`python -m bench.money [SMALL LARGE]`: what the pages of money cost with 100,000 and with 1,000,000 rows in the ledger.

A short history is made through the services and copied within the database until the ledger has as many rows; running totals
are multiplied to match. So the second network is ten times as old as the first, with as much open: that is what a page must
not feel. Prints statements and CPU time (of this machine; load beside it does not count) and exits with 1 over a budget.
"""

# ruff: noqa: S608 (the names are those of our own tables)

import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol

import sqlalchemy as sa

from aidnet import clock
from aidnet.db import transaction
from aidnet.funding import proof
from aidnet.models import metadata
from aidnet.policy import Actor
from aidnet.responders.models import Sector
from tests import factories, start
from tests.counting import count_queries_of
from tests.funding import books as of_tests
from tests.funding.books import Books
from tests.world import World, token_for

TIMES = 15
RATIO_MOST, STATEMENTS_MOST = 1.3, 10
MONTHS, GROUPS = 12, 3
#: Books with fewer rows are proved, row by row, after they were copied.
PROVED = 20_000

#: Copied tables, parents first.
COPIED = (
    *(
        "contribution",
        "payout",
        "payout_confirmation",
        "expense",
        "account",
        "account_balance",
        "ledger_event",
        "transfer",
    ),
    *("trace_lot", "trace_slice", "trace_move", "gift_trace", "arrival_spread"),
)
#: Columns that name an account. Only those of one payout are copied; the others are everybody's.
ACCOUNTS = frozenset({"from_id", "to_id", "account_id"})
#: Columns that name another copied table without a foreign key.
NAMES = {("trace_lot", "rank"): "ledger_event"}
TOTALS = {
    "money_month": ("amount_minor",),
    "giver_trace": ("source_minor", "confirmed_minor"),
    "flow_delay": ("source_minor",),
    "spread_month": ("sent_minor", "arrived_with_rate_minor", "arrived_without_rate_minor", "spread_minor"),
}
ONE_PAYOUTS = "SELECT id FROM account WHERE kind = 'transit'"
FRESH = {
    "uid": "lower(hex(randomblob(16)))",
    "code": "substr(code, 1, 2) || upper(hex(randomblob(5)))",
    "receipt_code": "upper(hex(randomblob(13)))",
}


class Looked(Protocol):
    """A database, and who looks."""

    @property
    def path(self) -> Path: ...

    @property
    def people(self) -> dict[str, Actor]: ...


@dataclass(frozen=True)
class Network:
    """One database, and who looks."""

    path: Path
    rows: int
    fund: str
    gift: str
    people: dict[str, Actor]


def build(world: World, path: Path, rows: int) -> Network:
    """A network with at least so many rows in its ledger, and a little that is open."""
    url = f"sqlite:///{path}"
    start.fill(world, url)
    with world.using(url), clock.at(factories.NOW):
        books, donor = history()
        engine = world.app.extensions["aidnet.database"].engine
        had = count(engine)
        copy(engine, -(-rows // had))
        gift = still_open(books, donor)
        with transaction() as session:
            faults = proof.check(session) if rows < PROVED else []
        if faults:
            raise SystemExit("\n".join(map(str, faults[:20])))
        people = {
            "treasurer": books.treasurer,
            "auditor": factories.actor("auditor"),
            "donor": factories.actor("donor", at=donor),
            "coordinator": books.coordinator,
        }
        return Network(path, count(engine), books.fund.code, gift, people)


def history() -> tuple[Books, Any]:
    """A year of gifts that were paid out and spent, to the last of them: nothing of it is open."""
    first, donor = Books(), factories.donor()
    everybody = [first, *(Books() for _ in range(GROUPS - 1))]
    for number, books in enumerate(everybody):
        books.fund, books.treasurer = first.fund, first.treasurer
        for month in range(1, MONTHS + 1):
            of_tests.DAY = date(2025, month, 10 + number)
            books.give(100_00, donor=donor.id if month % 2 else None, received_on=date(2025, month, 1 + number))
            if month % 3:
                books.confirm(books.send(98_00, fee_minor=2_00), 98_00)
                books.spend(98_00)
            else:
                payout = books.send(100_00, into="MMK", rate=Decimal(4000))
                books.confirm(payout, 400_000)
                books.spend(400_000, "MMK")
    return first, donor


def still_open(books: Books, donor: Any) -> str:
    """What waits and is on its way now."""
    of_tests.DAY = date(2026, 8, 10)
    gift = books.give(500_00, donor=donor.id)
    for number in range(10):
        books.give(70_00, earmark_sector=Sector.FSC if number % 2 else None)
    for _ in range(5):
        books.send(20_00)
    books.spend(3_00)
    return gift.code


def count(engine: sa.Engine) -> int:
    with engine.connect() as connection:
        return int(connection.exec_driver_sql("SELECT count(*) FROM transfer").scalar_one())


def copy(engine: sa.Engine, times: int) -> None:
    """The books `times` over, each copy with rows of its own; their totals are what its rows add up to."""
    with engine.begin() as connection:
        run = connection.exec_driver_sql
        last = {
            name: int(run(f"SELECT coalesce(max(id), 0) FROM {name}").scalar_one())
            for name in COPIED
            if "id" in metadata.tables[name].columns
        }
        shared = f"UPDATE account_balance SET in_minor = in_minor * {times}, out_minor = out_minor * {times}"
        run(f"{shared} WHERE account_id NOT IN ({ONE_PAYOUTS})")
        for name, columns in TOTALS.items():
            run(f"UPDATE {name} SET " + ", ".join(f"{column} = {column} * {times}" for column in columns))
        run(f"CREATE TEMP TABLE one_payouts AS {ONE_PAYOUTS}")
        run(
            "CREATE TEMP TABLE copies AS WITH RECURSIVE s(n) AS "
            f"(SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < {times - 1}) SELECT n FROM s"
        )
        for name in COPIED:
            run(f"CREATE TEMP TABLE first_{name} AS SELECT * FROM {name}")
            table = metadata.tables[name]
            values = ", ".join(_value(table, column, last) for column in table.columns)
            of_one_payout = {"account": "id", "account_balance": "account_id"}.get(name)
            only = f"WHERE {of_one_payout} IN (SELECT id FROM one_payouts)" if of_one_payout else ""
            names = ", ".join(f'"{column.name}"' for column in table.columns)
            run(f"INSERT INTO {name} ({names}) SELECT {values} FROM copies, first_{name} {only} ORDER BY n")
        run("ANALYZE")


def _value(table: sa.Table, column: sa.Column[Any], last: dict[str, int]) -> str:
    """What a copy has in a column."""
    if column.info.get("private"):
        return "NULL"
    if column.name in FRESH:
        return FRESH[column.name]
    if column.name == "key":  # as `Side.key` makes it
        return f"'transit:' || fund_id || ':' || responder_id || ':' || (payout_id + n * {last['payout']}) || ':' || currency"
    if column.name in ACCOUNTS:
        return f"{column.name} + CASE WHEN {column.name} IN (SELECT id FROM one_payouts) THEN n * {last['account']} ELSE 0 END"
    names = [key.column.table.name for key in column.foreign_keys if key.column.name == "id"]
    named = NAMES.get((table.name, column.name)) or next((name for name in names if name in last), None)
    if named is None and column.name == "id":
        named = table.name
    if table.name == "arrival_spread" and column.name == "confirmation_id":
        named = "payout_confirmation"
    return f'"{column.name}" + n * {last[named]}' if named else f'"{column.name}"'


def pages(network: Network) -> Iterator[tuple[str, str]]:
    """Who opens what."""
    fund = f"/funding/funds/{network.fund}"
    of_fund = [
        fund,
        f"{fund}/dashboard",
        f"{fund}/dashboard?period=all",
        f"{fund}/dashboard?period=2025",
        f"{fund}/dashboard.csv",
    ]
    flow = [f"{fund}/flow", f"{fund}/flow.csv"]
    gift = f"/funding/contributions/{network.gift}"
    whole = ["/funding", "/funding/dashboard", "/funding/flow", *of_fund, *flow, gift, f"{gift}/became.csv"]
    yield from (("treasurer", url) for url in whole)
    yield from (("auditor", url) for url in ("/funding/dashboard", "/funding/flow"))
    yield from (("donor", url) for url in ["/giving/flow", f"/giving/gifts/{network.gift}", *of_fund, *flow])
    yield from (("coordinator", url) for url in of_fund[1:3])


@contextmanager
def opened(world: World, network: Looked) -> Iterator[Callable[[str, str], tuple[int, float]]]:
    """Gives, for a person and a page, statements and CPU milliseconds (the least of `TIMES` runs: load beside it only adds)."""
    with world.using(f"sqlite:///{network.path}"), clock.at(factories.NOW):
        engine = world.app.extensions["aidnet.database"].engine
        clients = {}
        for who, actor in network.people.items():
            client = clients[who] = world.app.test_client()
            token = token_for(actor)
            with client.session_transaction() as cookie:
                cookie["_user_id"], cookie["_fresh"] = token, True

        def measure(who: str, url: str) -> tuple[int, float]:
            with count_queries_of(engine) as asked:
                answer = clients[who].get(url, buffered=True)
            if answer.status_code != 200:
                raise SystemExit(f"{who} {url}: {answer.status_code}")
            taken = []
            for _ in range(TIMES):
                began = time.process_time()
                clients[who].get(url, buffered=True)
                taken.append((time.process_time() - began) * 1000)
            return len(asked), min(taken)

        yield measure


def main(sizes: list[int]) -> int:
    """Measure, print, and say whether every budget was kept."""
    kept = True
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder))
        build(world, Path(folder) / "proof.db", 1_000)
        print("the copied books were proved at 1,000 rows")
        networks = []
        for size in sizes:
            began = time.perf_counter()
            networks.append(build(world, Path(folder) / f"{size}.db", size))
            print(f"{networks[-1].rows:,} rows made in {time.perf_counter() - began:.0f} s", flush=True)
        found: list[dict[tuple[str, str], tuple[int, float]]] = []
        for network in networks:
            with opened(world, network) as measure:
                told = [(who, url.replace(network.fund, "F").replace(network.gift, "C")) for who, url in pages(network)]
                found.append({key: measure(*page) for key, page in zip(told, pages(network), strict=True)})
        few, many = found
        for who, url in few:
            (asked, took), (asked_of_many, took_of_many) = few[who, url], many[who, url]
            ratio = took_of_many / took
            fine = asked == asked_of_many <= STATEMENTS_MOST and ratio <= RATIO_MOST
            kept = kept and fine
            times = f"{took:>8.1f}{took_of_many:>8.1f} ms  x {ratio:.2f}"
            print(f"{who:<12}{url:<46}{asked:>3}{asked_of_many:>4} statements{times}{'' if fine else '   OVER'}")
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main([int(size) for size in sys.argv[1:3]] or [100_000, 1_000_000]))
