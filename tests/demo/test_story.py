"""The invented network: the same for the same day, as large as promised, invented where it must be, and inside every rule."""

import csv
import gzip
import random
import re
from collections import Counter
from datetime import date, datetime, timedelta

import pytest
import sqlalchemy as sa

from aidnet import audit, clock
from aidnet.accounts.models import Presence, User
from aidnet.approvals.models import Act, Approval, ApprovalState
from aidnet.config import ROOT
from aidnet.db import transaction
from aidnet.demo.asking import NEVER_HERE, ask
from aidnet.demo.cast import CROSSINGS, DONORS, GROUPS, OWN_CROSSINGS
from aidnet.demo.playing import play
from aidnet.demo.stage import VILLAGES, set_stage, villages_by_township
from aidnet.demo.story import tell
from aidnet.demo.telling import MONTHS, Stage
from aidnet.network.models import Network, NetworkKind
from aidnet.policy import OPERATOR, unscoped
from aidnet.responders.models import Reach

TODAY = date(2026, 11, 22)
SHIPPED = ROOT / "aidnet" / "places" / "data" / "places.csv.gz"


@pytest.fixture(scope="module")
def stage() -> Stage:
    crossings = [*CROSSINGS, *(name for name, _country in OWN_CROSSINGS.values())]
    return Stage(
        responders={group.code_name: number for number, group in enumerate(GROUPS, 1)},
        donors={donor.code_name: number for number, donor in enumerate(DONORS, 50)},
        funds=(1, 2, 3, 4),
        crossings={name: number for number, name in enumerate(crossings, 1)},
        villages=villages_by_township(),
        districts=(1, 2, 3, 4, 5),
    )


@pytest.fixture(scope="module")
def acts(stage):
    return tell(stage, TODAY)


def test_the_same_day_tells_the_same_story(stage, acts):
    assert tell(stage, TODAY) == acts
    assert tell(stage, TODAY - timedelta(days=1)) != acts


def test_the_story_is_as_large_as_promised(acts, stage):
    verbs = Counter(act.verb for act in acts)
    gifts = [draft for act in acts if act.verb == "contribute-many" for draft in act.draft]

    assert verbs["log"] >= 1200
    assert len(gifts) >= 3500
    assert verbs["pay"] >= 240
    assert len(GROUPS) >= 14
    assert len(DONORS) >= 3
    assert {gift.currency for gift in gifts} >= {
        "USD",
        "THB",
        "INR",
        "EUR",
        "AUD",
        "MMK",
    }
    assert len({act.draft.crossing_id for act in acts if act.verb == "log"}) >= 4
    served = {event.place for act in acts if act.verb == "log" for event in act.draft.events if event.place}
    assert len(served) == 74
    assert (acts[-1].at - acts[0].at).days > 30 * (MONTHS - 1)


def test_nothing_is_written_down_before_it_happened_or_after_today(acts):
    end = datetime(TODAY.year, TODAY.month, TODAY.day, tzinfo=clock.YANGON)
    assert all(act.at < end for act in acts)
    for act in acts:
        day = act.at.astimezone(clock.YANGON).date()
        events = act.draft.events if act.verb == "log" else (act.draft,) if act.verb == "report" else ()
        assert all(event.happened_on <= day for event in events)


def test_every_village_is_invented():
    with VILLAGES.open(newline="") as file:
        invented = list(csv.DictReader(file))
    with gzip.open(SHIPPED, "rt", newline="") as file:
        real = {_plain(row[name]) for row in csv.DictReader(file) for name in ("name_en", "name_my")}

    assert sum(row["level"] == "village" for row in invented) == 74
    assert not [row["pcode"] for row in invented if re.match(r"MMR", row["pcode"])]
    assert not [row["name_en"] for row in invented if _plain(row["name_en"]) in real or _plain(row["name_my"]) in real]


def _plain(name: str) -> str:
    return re.sub(r"[\s-]", "", name).casefold()


def test_it_is_played_through_every_rule(app, command):
    with transaction() as session:
        network = session.get_one(Network, 1)
        network.kind, network.set_up_at = NetworkKind.DEMO, None
        session.flush()
        audit.record(session, OPERATOR, "network.made", network)
    eve = datetime(TODAY.year, TODAY.month, TODAY.day, tzinfo=clock.YANGON) - timedelta(days=31 * MONTHS + 20)
    with clock.at(eve):
        made = set_stage(random.Random(1), TODAY)
    story = tell(made.stage, TODAY)
    first = story[:330]
    assert {act.verb for act in first} >= {"contribute-many", "pay", "confirm", "log"}

    with clock.at(first[-1].at + timedelta(hours=1)):
        assert [*play(first, made.people, TODAY)][-1] == len(first)

    with transaction() as session:
        reached = session.scalars(unscoped(sa.select(Reach.place_id).distinct(), because="a test counts")).all()
    assert len(reached) == 74
    assert {account.role for account in made.accounts} == {
        "admin",
        "treasurer",
        "auditor",
        "coordinator",
        "logger",
        "donor",
    }
    ask(made.stage, made.people, TODAY)
    with transaction() as session:
        here = sa.select(User.sign_in_name).join(Presence, Presence.user_id == User.id)
        been = set(session.scalars(unscoped(here, because="a test looks")))
        assert session.get_one(Network, 1).public_page
        opened = unscoped(sa.select(Approval).where(Approval.act == Act.PUBLIC_PAGE), because="a test looks")
        asked = session.scalars(opened).one()
    assert (asked.state, asked.alone) == (ApprovalState.AGREED, False)
    assert {account.name for account in made.accounts} - been == set(NEVER_HERE)
    command("ledger", "check")
    command("audit", "verify")
    command("deliveries", "recount")
