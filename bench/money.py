"""`python -m bench.money [SIZE …]`: what the pages of money cost with 1,000, 100,000 and 1,000,000 rows in the ledger.

A year of history is made through the services and copied within the database until the ledger has as many rows; running
totals are multiplied to match, and the months are closed. So each network has moved more money than the one before it
in the same time, with as much open: that is what a page must not feel. Small books are proved, row by row, after they
were copied. Prints statements and CPU time (of this machine) of each page and exits with 1 over a budget: the same
statements whatever the size, and at the last size little more time than at the one before it.
"""

# ruff: noqa: S608 (the names are those of our own tables)

import logging
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
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
from aidnet.statements import service as statements
from tests import factories, start
from tests.counting import count_queries_of
from tests.funding.books import Books, act
from tests.rates.typing import report_in, typed
from tests.world import World, token_for

#: Times a page is opened at each size: the sizes take turns, so that what else the machine does falls on all of them.
ROUNDS, TIMES = 5, 3
RATIO_MOST, STATEMENTS_MOST = 1.3, 10
MONTHS, GROUPS = 12, 3
#: When pages are looked at: a month after the books were written.
LATER = datetime(2026, 9, 2, 6, tzinfo=UTC)
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
        "transfer_value",
    ),
    *("trace_lot", "trace_slice", "trace_move", "gift_trace", "arrival_spread"),
)
#: Columns that name an account. Only those of one payout are copied; the others are everybody's.
ACCOUNTS = frozenset({"from_id", "to_id", "account_id"})
#: Columns that name another copied table without a foreign key.
NAMES = {("trace_lot", "rank"): "ledger_event"}
TOTALS = {
    "money_month": ("amount_minor",),
    "value_month": ("rated_minor", "value_minor"),
    "rate_use": ("used_count",),
    "agent_balance": ("handed_minor", "settled_minor", "lost_minor"),
    "giver_month": ("amount_minor", "acts"),
    "giver_trace": ("source_minor", "confirmed_minor"),
    "giver_value": ("rated_minor", "value_minor", "confirmed_minor"),
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
    #: Of the whole fund, and of the donor's gifts.
    statements: Sequence[str]
    people: dict[str, Actor]


def build(world: World, path: Path, rows: int) -> Network:
    """A network with at least so many rows in its ledger, and a little that is open."""
    url = f"sqlite:///{path}"
    start.fill(world, url)
    with world.using(url), clock.at(factories.NOW):
        books, donor = history()
        engine = world.app.extensions["aidnet.database"].engine
        copy(engine, -(-rows // count(engine)))
        gift = still_open(books, donor)
        with clock.at(LATER):
            closed = act(statements.build_fund, books.treasurer, books.fund.id)
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
        return Network(path, count(engine), books.fund.code, gift, [one.code for one in closed], people)


def history() -> tuple[Books, Any]:
    """A year of gifts that were paid out and spent, to the last of them: nothing of it is open."""
    first, donor = Books(), factories.donor()
    report_in("USD")
    everybody = [first, *(Books() for _ in range(GROUPS - 1))]
    for month in range(1, MONTHS):  # of the last month nobody typed one
        typed(first.treasurer, 4100, date(2025, month, 10))
    for number, books in enumerate(everybody):
        books.fund, books.treasurer = first.fund, first.treasurer
        for month in range(1, MONTHS + 1):
            books.day = date(2025, month, 10 + number)
            books.give(100_00, donor=donor.id if month % 2 else None, received_on=date(2025, month, 1 + number))
            if month % 3:
                books.confirm(books.send(98_00, fee_minor=2_00, agent=f"Agent {number}"), 98_00)
                books.spend(98_00)
            else:
                payout = books.send(100_00, into="MMK", rate=Decimal(4000))
                books.confirm(payout, 400_000)
                books.spend(400_000, "MMK")
    return first, donor


def still_open(books: Books, donor: Any) -> str:
    """What waits and is on its way now."""
    books.day = date(2026, 8, 10)
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
    whole = ["/funding", "/funding/dashboard", "/funding/flow", *of_fund, *flow, f"{fund}/values"]
    lists = [f"/funding/{name}" for name in ("contributions", "payouts", "expenses", "ledger", "agents", "rates")]
    of_whole, of_donor = (f"/funding/statements/{code}" for code in network.statements)
    closed = ["/funding/statements", of_whole]
    yield from (("treasurer", url) for url in [*whole, gift, f"{gift}/became.csv", *closed, *lists])
    yield from (("auditor", url) for url in ["/funding/dashboard", "/funding/flow", *closed])
    given = ["/giving", "/giving?period=all", "/giving.csv", "/giving/flow", f"/giving/gifts/{network.gift}"]
    yield from (("donor", url) for url in [*given, *of_fund, *flow, "/funding/statements", of_donor])
    yield from (("coordinator", url) for url in of_fund[1:3])


def told(network: Network, url: str) -> str:
    """The address without its codes, which differ from network to network."""
    for code, short in ((network.fund, "F"), (network.gift, "C"), *((code, "S") for code in network.statements)):
        url = url.replace(code, short)
    return url


@contextmanager
def opened(world: World, network: Looked, at: datetime) -> Iterator[Callable[[str, str], tuple[int, list[float]]]]:
    """Gives, for a person and a page, how many statements it takes, and CPU milliseconds each time it is opened."""
    with world.using(f"sqlite:///{network.path}"), clock.at(at):
        engine = world.app.extensions["aidnet.database"].engine
        clients = {}
        for who, actor in network.people.items():
            client = clients[who] = world.app.test_client()
            token = token_for(actor)
            with client.session_transaction() as cookie:
                cookie["_user_id"], cookie["_fresh"] = token, True

        def measure(who: str, url: str) -> tuple[int, list[float]]:
            with count_queries_of(engine) as asked:
                answer = clients[who].get(url, buffered=True)
            if answer.status_code != 200:
                raise SystemExit(f"{who} {url}: {answer.status_code}")
            taken = []
            for _ in range(TIMES):
                began = time.process_time()
                clients[who].get(url, buffered=True)
                taken.append((time.process_time() - began) * 1000)
            return len(asked), taken

        yield measure


def main(sizes: list[int]) -> int:
    """Measure, print, and say whether every budget was kept."""
    logging.disable(logging.INFO)
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder))
        networks = []
        for size in sizes:
            began = time.perf_counter()
            networks.append(build(world, Path(folder) / f"{size}.db", size))
            print(f"{networks[-1].rows:,} rows made in {time.perf_counter() - began:.0f} s", flush=True)
        #: By page, for each size: statements, and milliseconds.
        found: defaultdict[tuple[str, str], list[tuple[set[int], list[float]]]] = defaultdict(
            lambda: [(set(), []) for _ in sizes]
        )
        for _ in range(ROUNDS):
            for place, network in enumerate(networks):
                with opened(world, network, LATER) as measure:
                    for who, url in pages(network):
                        asked, taken = measure(who, url)
                        statements_of_page, milliseconds = found[who, told(network, url)][place]
                        statements_of_page.add(asked)
                        milliseconds += taken
    rows = ", ".join(f"{size:,}" for size in sizes)
    print(f"\nStatements, then CPU ms (median of {ROUNDS * TIMES}), at {rows} rows; the last time by the one before it")
    kept = [_print(page, of_page) for page, of_page in found.items()]
    return 0 if all(kept) else 1


def _print(page: tuple[str, str], of_page: Sequence[tuple[set[int], list[float]]]) -> bool:
    """One page's line; whether its budgets were kept."""
    asked = [sorted(numbers) for numbers, _taken in of_page]
    took = [statistics.median(taken) for _numbers, taken in of_page]
    ratio = took[-1] / took[-2]
    same = len(set().union(*asked)) == 1 and asked[0][0] <= STATEMENTS_MOST
    counts = "".join(f"{'/'.join(map(str, numbers)):>4}" for numbers in asked)
    times = "".join(f"{milliseconds:>8.1f}" for milliseconds in took)
    fine = same and ratio <= RATIO_MOST
    print(f"{page[0]:<12}{page[1]:<44}{counts}{times}  x {ratio:.2f}  {'PASS' if fine else 'OVER'}")
    return fine


if __name__ == "__main__":
    sys.exit(main([int(size) for size in sys.argv[1:]] or [1_000, 100_000, 1_000_000]))
