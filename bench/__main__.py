"""`make bench`: what pages, searches, loads and backups cost, beside the budgets of the project.

It measures the demo (AIDNET_INSTANCE, else instance/demo; `make demo` builds it) and a gazetteer loaded into a temporary database.
Exits with 1 where a budget is not kept. Times are of this machine; statements and bytes are not.
"""

import gzip
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import sqlalchemy as sa
from flask import Flask

from aidnet import create_app, schema
from aidnet.accounts.models import Membership, User
from aidnet.config import ROOT, Settings
from aidnet.db import Database, db, transaction
from aidnet.house import backup
from aidnet.partners.models import Partner
from aidnet.places.load import load_gazetteer
from aidnet.places.search import search
from aidnet.policy import Actor, Role, unscoped
from bench import intake
from tests.counting import count_queries_of
from tests.world import token_for

TIMES = 15
QUERIES = (
    "Yinmarbin",
    "ယင်းမာပင်",
    "MMR005016",
    "Depayin",
    "ywar thit",
    "shwe",
    "kanbaloo",
    "ရွာ",
    "Ywar Thit Yinmarbin",
    "zzzz",
)


@dataclass(frozen=True)
class Line:
    """One thing measured. `most` is its budget; None: none was set."""

    what: str
    value: float
    unit: str
    most: float | None = None

    @property
    def kept(self) -> bool:
        return self.most is None or self.value <= self.most

    def __str__(self) -> str:
        budget = "" if self.most is None else f"  ≤ {self.most:g}{'' if self.kept else '   OVER'}"
        return f"{self.what:<52} {self.value:>10.1f} {self.unit}{budget}"


def median_ms(act: Callable[[], object]) -> float:
    """The middle of `TIMES` runs, after one to warm up."""
    act()
    taken = []
    for _ in range(TIMES):
        began = time.perf_counter()
        act()
        taken.append((time.perf_counter() - began) * 1000)
    return statistics.median(taken)


def actors() -> Iterator[Actor]:
    """One person for each role, the first of it."""
    because = "a benchmark signs in as everybody"
    for role in Role:
        found = (
            db()
            .execute(
                unscoped(
                    sa.select(User, Membership, Partner)
                    .join(Membership, Membership.user_id == User.id)
                    .join(Partner, Partner.id == Membership.partner_id)
                    .where(Membership.role == role)
                    .order_by(Membership.id)
                    .limit(1),
                    because=because,
                )
            )
            .first()
        )
        if found is not None:
            user, held, partner = found
            yield Actor(user.id, held.id, partner.id, partner.kind, role, user.sign_in_name, partner.code_name)


@contextmanager
def elsewhere(app: Flask) -> Iterator[None]:
    """The app on a new, migrated SQLite database in a temporary folder."""
    before = app.extensions["aidnet.database"]
    with tempfile.TemporaryDirectory() as folder:
        made = app.extensions["aidnet.database"] = Database(f"sqlite:///{folder}/bench.db")
        schema.upgrade(made.engine)
        with app.app_context():
            yield
        made.engine.dispose()
        app.extensions["aidnet.database"] = before


def gazetteer(app: Flask) -> Iterator[Line]:
    """Loading all places."""
    with elsewhere(app):
        began = time.perf_counter()
        with transaction() as session:
            load_gazetteer(session)
        yield Line("places load, 91,039 places into SQLite", time.perf_counter() - began, "s", 15)


def gift_lists(app: Flask) -> Iterator[Line]:
    """A list of five thousand gifts."""
    with elsewhere(app):
        for what, taken in intake.seconds().items():
            yield Line(what, taken, "s", 3 if "looked through" in what else None)


def searches() -> Iterator[Line]:
    """Each query as a coordinator types it, over all places."""
    coordinator = next(actor for actor in actors() if actor.role is Role.COORDINATOR)
    for query in QUERIES:
        taken = median_ms(partial(search, db(), coordinator, query))
        yield Line(f"search {query!r}", taken, "ms", 30)


def pages(app: Flask) -> Iterator[Line]:
    """Every page without a code in its address, for each role that may open it."""
    with app.app_context():
        tokens = [(actor, token_for(actor)) for actor in actors()]
    rules = sorted(
        (rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ()) and not rule.arguments),
        key=lambda rule: rule.rule,
    )
    for actor, token in tokens:
        client = app.test_client()
        with client.session_transaction() as cookie:
            cookie["_user_id"] = token
            cookie["_fresh"] = True
        for rule in rules:
            if not any(actor.may(needed) for needed in app.view_functions[rule.endpoint].guard):  # type: ignore[attr-defined]
                continue
            engine = app.extensions["aidnet.database"].engine
            get = partial(client.get, rule.rule, buffered=True)
            get()
            with count_queries_of(engine) as asked:
                answer = get()
            if answer.status_code != 200:
                continue
            told = f"{actor.role} {rule.rule}"
            yield Line(told, len(asked), "statements", 10)
            yield Line(told, median_ms(get), "ms")
            if answer.mimetype == "text/html":
                yield Line(told, len(gzip.compress(answer.data, 6)) / 1000, "kB compressed", 10)


def backups(app: Flask, settings: Settings) -> Iterator[Line]:
    """A backup of the demo, and its restore into an empty database."""
    with tempfile.TemporaryDirectory() as folder, app.app_context():
        path = Path(folder) / "b.zip"
        began = time.perf_counter()
        made = backup.make(path, settings, lambda table, rows: None)
        yield Line(f"backup of {made.rows:,} rows", time.perf_counter() - began, "s")
        with elsewhere(app):
            began = time.perf_counter()
            backup.restore(path, settings, lambda table, rows: None)
            yield Line("restore of it", time.perf_counter() - began, "s")


def main() -> int:
    """Measure, print, and say whether every budget was kept."""
    instance = Path(os.environ.get("AIDNET_INSTANCE", ROOT / "instance" / "demo"))
    if not (instance / "demo-accounts.json").exists():
        print(f"There is no demo in {instance}: run `make demo` first (Ctrl-C once it serves).")
        return 2
    settings = Settings.load(os.environ | {"AIDNET_INSTANCE": str(instance)})
    app = create_app(settings)
    app.config["TRUSTED_HOSTS"] = None
    kept = True
    for measured in (gazetteer(app), gift_lists(app), _within(app, searches), pages(app), backups(app, settings)):
        for line in measured:
            print(line, flush=True)
            kept = kept and line.kept
    return 0 if kept else 1


def _within(app: Flask, measure: Callable[[], Iterator[Line]]) -> Iterator[Line]:
    with app.app_context():
        yield from measure()


if __name__ == "__main__":
    sys.exit(main())
