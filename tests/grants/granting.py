"""Grants as short as a test wants them, beside the books of `tests.funding`."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from uuid import uuid4

import sqlalchemy as sa

from aidnet import clock
from aidnet.accounts.models import AccountState, Membership
from aidnet.db import bulk, db
from aidnet.funding.models import Contribution
from aidnet.grants import service
from aidnet.grants.models import Grant, GrantReport
from aidnet.grants.service import GrantDraft, LineDraft, ReportDraft, Terms, TrancheDraft
from aidnet.ledger.models import BudgetLine
from aidnet.policy import Actor, Role, unscoped
from aidnet.statements import service as statements
from tests import factories
from tests.approvals.people import present
from tests.funding.books import Books, act

AUGUST, SEPTEMBER = date(2026, 8, 1), date(2026, 9, 1)


@contextmanager
def on(day: date) -> Iterator[None]:
    """Noon of a day in Yangon."""
    with clock.at(datetime(day.year, day.month, day.day, 12, tzinfo=clock.YANGON)):
        yield


class Granted(Books):
    """The books with a donor that has a grant: 100 USD in two tranches, a report over August owed on 10 October."""

    def __init__(self) -> None:
        super().__init__()
        self.partner = factories.donor()
        self.donor = factories.actor(Role.DONOR, at=self.partner)
        self.second = factories.actor(Role.TREASURER)
        present(self.treasurer, self.second)
        self.grant: Grant = act(service.add, self.treasurer, self.draft())

    def terms(self, **more: object) -> Terms:
        given = {
            "title": "Rice for the rains",
            "first_day": date(2026, 8, 1),
            "last_day": date(2027, 7, 31),
            "lines": [LineDraft(BudgetLine.GOODS, 70_00), LineDraft(BudgetLine.TRANSPORT, 30_00)],
            "tranches": [TrancheDraft(date(2026, 8, 5), 60_00), TrancheDraft(date(2027, 1, 5), 40_00)],
            "reports": [ReportDraft(date(2026, 10, 10), AUGUST, AUGUST)],
        }
        return Terms(**(given | more))  # type: ignore[arg-type]

    def draft(self, **more: object) -> GrantDraft:
        return GrantDraft(
            uid=uuid4(), donor=self.partner.id, fund=self.fund.id, currency="USD", terms=self.terms(**more)
        )

    def given(self, minor: int, **more: object) -> Contribution:
        """A gift of the donor."""
        return self.give(minor, **({"donor": self.partner.id} | more))

    def came(self, number: int, minor: int) -> Contribution:
        """A tranche comes, as a gift of this much."""
        gift = self.given(minor)
        act(service.receive, self.treasurer, self.grant.code, number, gift.code)
        return gift

    def lived(self) -> None:
        """August: the first tranche comes, is paid out and mostly spent. Both months after are closed."""
        with on(date(2026, 8, 5)):
            self.came(1, 60_00)
            self.confirm(self.send(50_00), 45_00)
            self.spend(20_00)
            self.spend(5_00, line=BudgetLine.TRANSPORT)
            self.spend(3_00, line=BudgetLine.TOLLS)
        with on(date(2026, 10, 2)):
            act(statements.build_fund, self.treasurer, self.fund.id)

    @property
    def report(self) -> GrantReport:
        """Its only report, as it is now."""
        mine = sa.select(GrantReport).where(GrantReport.grant_id == self.grant.id)
        return db().scalars(unscoped(mine.execution_options(populate_existing=True), because="a test looks")).one()

    def write(self, words: str = "The rains were hard.", by: Actor | None = None) -> GrantReport:
        report = self.report
        made: GrantReport = act(
            service.write, by or self.treasurer, self.grant.code, report.code, version=report.version, words=words
        )
        return made

    def leaves(self) -> None:
        """The second treasurer is there no more."""
        with bulk() as connection:
            of = Membership.__table__.update().where(Membership.__table__.c.id == self.second.membership_id)
            connection.execute(of.values(state=AccountState.SUSPENDED))

    def send_report(self, by: Actor | None = None) -> GrantReport:
        report = self.report
        made: GrantReport = act(service.send, by or self.second, self.grant.code, report.code, version=report.version)
        return made
