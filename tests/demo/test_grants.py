"""The grants of the invented network: one report is with its donor, one is due soon, one is overdue."""

import random
from datetime import date, datetime, timedelta
from uuid import UUID

import pytest

from aidnet import audit, clock
from aidnet.db import db, transaction
from aidnet.demo.grants_story import grant
from aidnet.demo.stage import set_stage
from aidnet.demo.telling import MONTHS
from aidnet.funding import service as funding
from aidnet.funding.drafts import ContributionDraft
from aidnet.funding.models import Channel, GiverKind
from aidnet.grants import queries
from aidnet.grants.models import ReportState
from aidnet.network.models import Network, NetworkKind
from aidnet.policy import OPERATOR, Role
from aidnet.statements import service as statements
from tests.approvals.people import present

TODAY = date(2026, 11, 22)


@pytest.fixture
def made(app):
    """The stage, with a few gifts of its donors, and the months closed."""
    with transaction() as session:
        network = session.get_one(Network, 1)
        network.kind, network.set_up_at = NetworkKind.DEMO, None
        session.flush()
        audit.record(session, OPERATOR, "network.made", network)
    midnight = datetime(TODAY.year, TODAY.month, TODAY.day, tzinfo=clock.YANGON)
    with clock.at(midnight - timedelta(days=31 * MONTHS + 20)):
        found = set_stage(random.Random(1), TODAY)
    chance = random.Random(2)
    for donor, fund, currency in (("Lantern Foundation", 1, "EUR"), ("Melbourne Friends Circle", 0, "AUD")):
        for number, ago in enumerate((200, 170, 140, 110)):
            day = TODAY - timedelta(ago)
            draft = ContributionDraft(
                uid=_uid(chance),
                fund=found.stage.funds[fund],
                amount_minor=(number + 1) * 100_00,
                currency=currency,
                channel=Channel.BANK,
                giver_kind=GiverKind.GROUP,
                donor=found.stage.donors[donor],
                received_on=day,
            )
            with clock.at(midnight - timedelta(ago)), transaction() as session:
                funding.record_contribution(session, found.people["abacus"], draft)
    with clock.at(midnight), transaction() as session:
        for fund_id in statements.fund_ids(session):
            statements.build_fund(session, OPERATOR, fund_id)
    present(*(person for person in found.people.values() if person.role in (Role.TREASURER, Role.ADMIN)))
    return found


def _uid(chance):
    return UUID(int=chance.getrandbits(128), version=4)


def test_one_report_is_sent_one_due_soon_and_one_overdue(made, command):
    grant(made.stage, made.people, TODAY)
    with clock.at(datetime(TODAY.year, TODAY.month, TODAY.day, 9, tzinfo=clock.YANGON)):
        treasurer, lantern = made.people["abacus"], made.people["lantern"]
        [rice, rains] = sorted(queries.everything(db(), treasurer, None), key=lambda row: row.grant.title, reverse=True)
        told = {row.grant.title: queries.reports(db(), treasurer, row.grant.code) for row in (rice, rains)}
        due = queries.due(db(), treasurer)
        sent, soon = told["Open hand, two rains"]
        [late] = told["Rice for the rains"]
        assert (sent.state, soon.state, late.state) == (ReportState.SENT, ReportState.DUE, ReportState.DUE)
        assert (soon.overdue, late.overdue) == (False, True)
        assert [(one.title, one.overdue) for one in due] == [
            ("Rice for the rains", True),
            ("Open hand, two rains", False),
        ]
        assert {one.code for one in queries.reports(db(), lantern, rains.grant.code)} == {sent.code, None}
        budget = queries.budget(db(), lantern, rains.grant.code)
        assert budget.planned_minor == 700_00
        assert budget.came_minor == 500_00
    command("audit", "verify")
