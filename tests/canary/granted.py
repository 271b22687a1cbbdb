"""Closed months and grants of the canary's network, whose every value is a mark."""

from datetime import date
from typing import TYPE_CHECKING
from uuid import uuid4

import sqlalchemy as sa

from aidnet import clock
from aidnet.db import transaction
from aidnet.funding.models import Fund
from aidnet.grants import service
from aidnet.grants.models import Grant, GrantReport
from aidnet.grants.service import GrantDraft, LineDraft, ReportDraft, Terms, TrancheDraft
from aidnet.ledger.models import BudgetLine
from aidnet.policy import Actor, Role, unscoped
from aidnet.statements import service as statements

if TYPE_CHECKING:
    from tests.canary.network import Builder

_MONTHS = (date(2025, 10, 1), date(2025, 11, 1), date(2025, 12, 1))


def grant(make: "Builder", donors: list[Actor], fund: Fund) -> None:
    """A grant of each donor: one tranche came; reports are owed, written and sent."""
    with clock.at(make.mint.instant()), transaction() as session:
        for fund_id in statements.fund_ids(session):
            statements.build_fund(session, make.treasurer, fund_id)
    second = make.staff(Role.TREASURER)
    for donor in donors:
        made: Grant = make.act(service.add, make.treasurer, _draft(make, donor, fund))
        with transaction() as session:
            gift = session.scalars(service.fitting(make.treasurer, made)).first()
            owed = sa.select(GrantReport).where(GrantReport.grant_id == made.id).order_by(GrantReport.due_on)
            reports = session.scalars(unscoped(owed, because="the canary looks at everything")).all()
        make.act(service.receive, make.treasurer, made.code, 1, gift.code if gift else "")
        for report in reports[:2]:
            words = f"{make.mint.word()} says it"
            make.act(service.write, second, made.code, report.code, version=report.version, words=words)
        make.act(service.send, make.treasurer, made.code, reports[0].code, version=reports[0].version + 1)


def _draft(make: "Builder", donor: Actor, fund: Fund) -> GrantDraft:
    mint = make.mint
    terms = Terms(
        title=f"for {mint.word()}",
        first_day=mint.next_day(),
        last_day=mint.next_day(),
        lines=[LineDraft(line, mint.number(8)) for line in (BudgetLine.GOODS, BudgetLine.TRANSPORT)],
        tranches=[TrancheDraft(mint.next_day(), mint.number(8)) for _turn in range(2)],
        reports=[ReportDraft(mint.next_day(), month, month) for month in _MONTHS],
    )
    return GrantDraft(uid=uuid4(), donor=donor.partner_id or 0, fund=fund.id, currency="THB", terms=terms)
