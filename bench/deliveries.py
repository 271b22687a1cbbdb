"""`python -m bench.deliveries [SMALL LARGE]`: what the pages of deliveries cost with 100,000 and with 1,000,000 of them.

A year of three groups is made through the services, copied within the database to the work of a large network, and that year again
for each year before it; running totals are multiplied to match. So the second network is ten times as old as the first, with as
much open: that is what a page must not feel. Prints statements and CPU time (of this machine; load beside it does not count) and
exits with 1 over a budget.
"""

# ruff: noqa: S608 (the names are those of our own tables)

import logging
import math
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from uuid import uuid4

import sqlalchemy as sa

from aidnet import clock
from aidnet.access import service as access
from aidnet.access.models import ConstraintKind, Ease, SourceKind
from aidnet.codes import code_of
from aidnet.custody import service as custody
from aidnet.custody.drafts import AnswerDraft
from aidnet.db import transaction
from aidnet.deliveries import rollups, service
from aidnet.deliveries.drafts import OUTSIDE, DeliveryDraft, EventDraft, LineDraft
from aidnet.deliveries.models import Answer, EventKind, LossReason
from aidnet.evacuations import service as evacuations
from aidnet.models import metadata
from aidnet.needs import service as needs
from aidnet.needs.drafts import NeedDraft
from aidnet.needs.models import Urgency
from aidnet.policy import OPERATOR, Actor
from aidnet.responders.models import Sector
from bench.money import RATIO_MOST, STATEMENTS_MOST, opened
from tests import factories, start
from tests.deliveries.shared import villages
from tests.evacuations import moving
from tests.world import World

GROUPS, MONTHS, A_MONTH = 3, 12, 3
#: How often the sizes take turns: other work on the machine comes and goes in minutes.
ROUNDS = 12
#: Deliveries of the year that is written through the services, and how often it is copied to make a large network's year.
WRITTEN = GROUPS * MONTHS * A_MONTH
COPIES = 93
A_YEAR = WRITTEN * COPIES
#: Deliveries are proved, each from its events, in networks no larger than this.
PROVED = 2_000

#: Copied tables, parents first.
COPIED = ("delivery", "delivery_line", "delivery_stop", "delivery_event", "event_quantity", "event_people", "handover")
#: Totals of a month: multiplied for the year's copies, and there again for each year before.
MONTHLY = {
    "result_month": ("deliveries", "distributions", "households", "people"),
    "loss_month": ("losses", "quantity_milli"),
    "served_month": ("distributions", "households", "people"),
}
FRESH = {"uid": "lower(hex(randomblob(16)))", "code": "substr(code, 1, 2) || upper(hex(randomblob(2))) || '-' || upper(hex(randomblob(2)))"}


@dataclass(frozen=True)
class Network:
    """One database, and who looks."""

    path: Path
    rows: int
    code: str
    village: str
    people: dict[str, Actor]


def build(world: World, path: Path, years: int, copies: int = COPIES) -> Network:
    """A network that worked so many years, with a little that is open."""
    url = f"sqlite:///{path}"
    start.fill(world, url)
    with world.using(url), clock.at(factories.NOW):
        groups = [factories.actor("coordinator") for _ in range(GROUPS)]
        places = villages(60)
        for number, actor in enumerate(groups):
            a_year(actor, number, places, groups[(number + 1) % GROUPS])
        engine = world.app.extensions["aidnet.database"].engine
        copy(engine, copies, years)
        code = still_open(groups, places)
        # Of a network at work: where nothing is open, a state would look as if it told nothing apart.
        with engine.begin() as connection:
            connection.exec_driver_sql("ANALYZE")
        rows = count(engine)
        if rows < PROVED:
            with transaction() as session:
                found = rollups.recount(session, OPERATOR, repair=False)
            if not found.sound:
                raise SystemExit(f"the copied deliveries are not what their totals say: {found}")
        return Network(path, rows, code, places[0], {"coordinator": groups[0]})


def _lines() -> tuple[LineDraft, ...]:
    return (LineDraft(item="rice", quantity_milli=90_000, unit="rice_bag"), LineDraft(item="soap_bath", quantity_milli=40_000))


def a_year(actor: Actor, number: int, places: list[str], other: Actor) -> None:
    """What a group did from September to August: all of it ended, some of it lost on the way, some handed over to another group."""
    for month in range(MONTHS):
        for turn in range(A_MONTH):
            first = date(2025 + (month + 8) // 12, (month + 8) % 12 + 1, 1 + turn * 5)
            place = places[(number * 17 + month * A_MONTH + turn) % len(places)]
            lost = EventDraft(
                kind=EventKind.LOST, happened_on=first + timedelta(days=2), quantities={1: 10_000}, reason=list(LossReason)[turn]
            )
            rest = {1: 80_000 if turn else 90_000, 2: 40_000}
            handed = EventDraft(
                kind=EventKind.HANDED_OVER, happened_on=first + timedelta(days=2), quantities=rest, receiver=other.partner_id or OUTSIDE
            )
            given = EventDraft(
                kind=EventKind.DISTRIBUTED,
                happened_on=first + timedelta(days=3),
                place=place,
                quantities=rest,
                giver=other.partner_id if turn == 1 else None,
                households=40,
                people=190,
            )
            on_the_way = ((), (lost, handed), (lost,))[turn]
            events = (EventDraft(kind=EventKind.LOADED, happened_on=first), *on_the_way, given)
            draft = DeliveryDraft(lines=_lines(), places=(place,), events=events, planned_on=first + timedelta(days=4))
            with transaction() as session:
                service.log(session, actor, draft)
            if handed in events:
                answered = AnswerDraft(answer=Answer.ACCEPTED, happened_on=first + timedelta(days=3))
                with transaction() as session:
                    custody.answer(session, other, code_of("H", handed.uid), answered)


def still_open(groups: list[Actor], places: list[str]) -> str:
    """What moves, is late and waits for others' words now; what is needed, what stands in the way, and who has to leave."""
    today = clock.today()
    codes = []
    for number in range(30):
        events = [EventDraft(kind=EventKind.LOADED, happened_on=today - timedelta(days=9))]
        if number % 3 == 0:
            receiver = groups[1].partner_id if number % 2 else None
            events.append(
                EventDraft(
                    kind=EventKind.HANDED_OVER, happened_on=today - timedelta(days=4), quantities={1: 9_000}, receiver=receiver or OUTSIDE
                )
            )
        plan = today + timedelta(days=number - 15)
        draft = DeliveryDraft(lines=_lines(), places=(places[number],), events=tuple(events), planned_on=plan)
        with transaction() as session:
            codes.append(service.log(session, groups[0], draft).code)
    for number in range(20):
        need = NeedDraft(
            place=places[number], sector=Sector.FSC, urgency=Urgency.HIGH, people=100 + number, words="nothing is left", reported_on=today
        )
        way = access.ConstraintDraft(
            uid=uuid4(),
            kind=ConstraintKind.CHECKPOINT,
            ease=list(Ease)[number % len(Ease)],
            since_on=today - timedelta(days=number),
            source_kind=SourceKind.OWN_TEAM,
            place=places[number],
        )
        with transaction() as session:
            told = needs.report(session, groups[number % GROUPS], need)
            if number % GROUPS == 0:
                needs.cover(session, groups[0], [told.code], codes[number])
            access.report(session, groups[number % GROUPS], way)
            evacuations.plan(session, groups[number % GROUPS], moving.draft(planned_on=today + timedelta(days=number)))
    return codes[-1]


def count(engine: sa.Engine) -> int:
    with engine.connect() as connection:
        return int(connection.exec_driver_sql("SELECT count(*) FROM delivery").scalar_one())


def copy(engine: sa.Engine, copies: int, years: int) -> None:
    """The year `copies` times over, and all that for each of `years`; totals are what the rows add up to."""
    with engine.begin() as connection:
        run = connection.exec_driver_sql
        last = {name: int(run(f"SELECT coalesce(max(id), 0) FROM {name}").scalar_one()) for name in COPIED if _has_id(name)}
        run(
            "CREATE TEMP TABLE copies AS WITH RECURSIVE s(n) AS "
            f"(SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < {copies * years - 1}) SELECT n, n / {copies} AS ago FROM s"
        )
        for name in COPIED:
            run(f"CREATE TEMP TABLE first_{name} AS SELECT * FROM {name}")
            columns = list(metadata.tables[name].columns)
            names, values = ", ".join(f'"{column.name}"' for column in columns), ", ".join(_value(name, column, last) for column in columns)
            run(f"INSERT INTO {name} ({names}) SELECT {values} FROM copies, first_{name} ORDER BY n")
        for name, sums in MONTHLY.items():
            run(f"UPDATE {name} SET " + ", ".join(f"{column} = {column} * {copies}" for column in sums))
            names = ", ".join(f'"{column.name}"' for column in metadata.tables[name].columns)
            values = ", ".join(
                "date(month, '-' || ago || ' years')" if column.name == "month" else f'"{column.name}"'
                for column in metadata.tables[name].columns
            )
            run(f"CREATE TEMP TABLE first_{name} AS SELECT * FROM {name}")
            run(f"INSERT INTO {name} ({names}) SELECT {values} FROM (SELECT DISTINCT ago FROM copies WHERE ago > 0), first_{name}")
        run(f"UPDATE served_place SET distributions = distributions * {copies * years}")


def _has_id(name: str) -> bool:
    return "id" in metadata.tables[name].columns


def _value(name: str, column: sa.Column[object], last: dict[str, int]) -> str:
    """What a copy has in a column."""
    if (name, column.name) == ("handover", "uid"):
        return f"(SELECT uid FROM delivery_event WHERE id = event_id + n * {last['delivery_event']})"
    if column.info.get("private"):
        return "NULL"
    if column.name in FRESH:
        return FRESH[column.name]
    if isinstance(column.type, sa.Date):
        return f"date({column.name}, '-' || ago || ' years')"
    if column.name in ("last_recorded_at", "recorded_at", "created_at"):
        return f"strftime('%Y-%m-%d %H:%M:%S.000000', {column.name}, '-' || ago || ' years')"
    if column.name == "id":
        return f"id + n * {last[name]}"
    named = [key.column.table.name for key in column.foreign_keys if key.column.table.name in last]
    return f'"{column.name}" + n * {last[named[0]]}' if named else f'"{column.name}"'


def pages(network: Network) -> Iterator[str]:
    """What a coordinator opens in a morning."""
    month = f"{clock.today():%Y-%m}"
    yield from ("/board", "/deliveries", f"/deliveries/{network.code}", "/handovers")
    yield from ("/handovers?state=accepted", "/handovers?side=from-us")
    # Copies have codes of hexadecimal digits: this begins many.
    yield from ("/search?q=D-2A", "/search?q=Yinmarbin")
    asked = ["state=open", "state=late", "state=question", "state=loaded", "state=distributed", "item=rice", "item=rope", "q=soap"]
    asked += [f"place={network.village}", "place=MMR005", "place=MMR005D002", f"q={network.code}", f"q={network.code[:6]}"]
    asked += [f"due={month}-20", f"since={month}-01&until={month}-15", "by=day"]
    yield from (f"/deliveries?{each}" for each in asked)
    yield from (f"/deliveries/calendar?month={month}", "/deliveries/map", "/deliveries/map?months=36", "/deliveries/losses")
    yield from ("/deliveries/losses?months=36", "/served", "/served?region=MMR005", "/served.csv", "/needs/gaps")
    yield from ("/needs", "/needs/near", "/access", "/access/months", "/evacuations", f"/places/{network.village}")


def _told(url: str, code: str) -> str:
    """The address without what differs from network to network."""
    return url.replace(code, "D").replace(code[:6], "D-1234")


def main(sizes: list[int]) -> int:
    """Measure, print, and say whether every budget was kept."""
    logging.disable(logging.INFO)
    kept = True
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder))
        proved = build(world, Path(folder) / "proof.db", years=3, copies=2)
        print(f"the copied deliveries were proved at {proved.rows:,}")
        networks = []
        for size in sizes:
            began = time.perf_counter()
            networks.append(build(world, Path(folder) / f"{size}.db", years=-(-size // A_YEAR)))
            print(f"{networks[-1].rows:,} deliveries made in {time.perf_counter() - began:.0f} s", flush=True)
        #: By page, for each size: statements, and the least it took. The sizes take turns: a slow minute is slow for both.
        found: list[dict[str, tuple[int, float]]] = [{} for _ in networks]
        for _ in range(ROUNDS):
            for network, so_far in zip(networks, found, strict=True):
                with opened(world, network, factories.NOW) as measure:
                    for url in pages(network):
                        page = _told(url, network.code)
                        asked, times = measure("coordinator", url)
                        most, least = so_far.get(page, (0, math.inf))
                        so_far[page] = (max(most, asked), min(least, *times))
        few, many = found
        for page in few:
            (asked, took), (asked_of_many, took_of_many) = few[page], many[page]
            ratio = took_of_many / took
            fine = asked == asked_of_many <= STATEMENTS_MOST and ratio <= RATIO_MOST
            kept = kept and fine
            times_of_page = f"{took:>8.1f}{took_of_many:>8.1f} ms  x {ratio:.2f}"
            print(f"{page:<46}{asked:>3}{asked_of_many:>4} statements{times_of_page}{'' if fine else '   OVER'}")
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main([int(size) for size in sys.argv[1:3]] or [100_000, 1_000_000]))
