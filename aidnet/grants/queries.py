"""Reads: grants, what became of their money, and the reports they owe, as the actor may see them."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from aidnet import clock, disclosure, policy
from aidnet.disclosure import Shown
from aidnet.errors import NotVisible
from aidnet.funding.models import Contribution, ContributionState, Fund
from aidnet.grants.models import Grant, GrantLine, GrantReport, GrantState, ReportState, Tranche
from aidnet.ledger.models import BudgetLine
from aidnet.partners.models import Partner
from aidnet.policy import Actor, Permission, Role, unscoped
from aidnet.trace.models import Fate, GiftTrace
from aidnet.web import keyset
from aidnet.web.keyset import Page

_READ = Permission.GRANT_READ
#: How many days before its day a report is told of.
SOON_DAYS = 14
#: What a first page tells of.
DUE_MOST = 10
_BECAUSE = "each table carries its own rule; what may be missing carries it in its join"


class Coming(StrEnum):
    """Whether a tranche came. It is derived: days go by without anybody's act."""

    LATER = "later"
    OVERDUE = "overdue"
    RECEIVED = "received"


@dataclass(frozen=True)
class GrantRow:
    """A grant with its names. `donor` is withheld from whoever may not know who gives."""

    grant: Shown
    fund: object
    donor: object
    #: All lines of its budget, in its currency.
    budget_minor: int
    #: The next day on which a report is owed; None: none is.
    report_due_on: date | None
    is_open: bool
    version: int

    @property
    def overdue(self) -> bool:
        """A report should have been sent."""
        return self.is_open and self.report_due_on is not None and self.report_due_on < clock.today()


@dataclass(frozen=True)
class TrancheRow:
    """A tranche, and the gift it came as."""

    tranche: Shown
    state: Coming
    #: Somebody named a gift, which may be undone since.
    linked: bool
    #: Code of the gift; None: not yet.
    gift: object
    received_on: date | None
    received_minor: int


@dataclass(frozen=True)
class ReportRow:
    """A report in a list. `code` None: it is not the reader's to open."""

    code: str | None
    due_on: date
    first_month: date
    last_month: date
    state: ReportState
    overdue: bool


@dataclass(frozen=True)
class BudgetRow:
    """A line of the budget, with what the grant's own gifts were spent on in it. In minor units of the grant's currency."""

    line: BudgetLine
    planned_minor: int
    spent_minor: int

    @property
    def left_minor(self) -> int:
        """Below zero: more was spent than was planned."""
        return self.planned_minor - self.spent_minor


@dataclass(frozen=True)
class Budget:
    """Budget against actual, and where the rest of the grant's money is. `rest` and what is spent are all that came."""

    lines: Sequence[BudgetRow]
    #: Parts that are not spent, in the order of `Fate`; parts of nothing are left out.
    rest: Sequence[tuple[Fate, int]]
    confirmed_minor: int

    @property
    def planned_minor(self) -> int:
        return sum(row.planned_minor for row in self.lines)

    @property
    def spent_minor(self) -> int:
        return sum(row.spent_minor for row in self.lines)

    @property
    def came_minor(self) -> int:
        """What the grant's tranches brought, with what was given back."""
        return self.spent_minor + sum(minor for _fate, minor in self.rest)


@dataclass(frozen=True)
class Due:
    """What a first page tells: a report that is owed, or a tranche that did not come."""

    grant: str
    title: str
    due_on: date
    #: None: it is a tranche.
    state: ReportState | None
    #: Of the report, where the reader may open it.
    report: str | None
    #: Of the tranche, in `currency`.
    minor: int
    currency: str

    @property
    def overdue(self) -> bool:
        return self.due_on < clock.today()


def told(line: BudgetLine) -> BudgetLine:
    """SECURITY: a grant is its donor's too: everybody sees its tolls inside transport. Kept by tests/grants/test_walls.py."""
    return BudgetLine.TRANSPORT if line is BudgetLine.TOLLS else line


def is_open_to(actor: Actor) -> sa.ColumnElement[bool]:
    """SECURITY: a donor opens a report once it is sent, and never before. Kept by tests/grants/test_walls.py."""
    return GrantReport.state == ReportState.SENT if actor.role is Role.DONOR else sa.true()


def rows(actor: Actor, *more: Any) -> sa.Select[Any]:
    """Grants with what `row()` takes, then `more` columns of what the caller joins."""
    reads = {Grant: _READ, Fund: _READ}
    planned = sa.select(sa.func.sum(GrantLine.amount_minor)).where(GrantLine.grant_id == Grant.id).correlate(Grant)
    due_on = (
        sa.select(sa.func.min(GrantReport.due_on))
        .where(GrantReport.grant_id == Grant.id, GrantReport.state != ReportState.SENT)
        .correlate(Grant)
    )
    named = (Partner.id == Grant.donor_id) & policy.rule(actor, _READ, Partner)
    statement = (
        sa.select(Grant, Fund.name, Partner.code_name, planned.scalar_subquery(), due_on.scalar_subquery(), *more)
        .join(Fund, Fund.id == Grant.fund_id)
        .outerjoin(Partner, named)
        .where(*(policy.rule(actor, permission, model) for model, permission in reads.items()))
    )
    return unscoped(statement, because=_BECAUSE)


def row(actor: Actor, grant: Grant, fund: str, donor: str | None, planned: int | None, due_on: date | None) -> GrantRow:
    """A row of `rows()` as the actor may see it."""
    return GrantRow(
        grant=disclosure.show(actor, grant),
        fund=disclosure.field(actor, "grant_agreement", "fund", fund),
        donor=disclosure.field(actor, "grant_agreement", "donor", donor),
        budget_minor=int(planned or 0),
        report_due_on=due_on,
        is_open=grant.state is GrantState.OPEN,
        version=grant.version,
    )


def _narrowed(actor: Actor, state: GrantState | None) -> sa.Select[Any]:
    statement = rows(actor)
    return statement.where(Grant.state == state) if state else statement


def page(session: Session, actor: Actor, state: GrantState | None, after: str | None) -> Page[GrantRow]:
    """A page of grants, the newest first. One statement."""
    found = keyset.page(session, _narrowed(actor, state), Grant.created_at, Grant.id, after=after)
    return Page([row(actor, *each) for each in found.rows], found.after)


def everything(session: Session, actor: Actor, state: GrantState | None) -> Iterator[GrantRow]:
    """Every grant of the same list. One statement."""
    ordered = _narrowed(actor, state).order_by(Grant.created_at.desc(), Grant.id.desc())
    for found in session.execute(ordered):
        yield row(actor, *found)


def one(session: Session, actor: Actor, code: str) -> GrantRow:
    """One grant. One statement. Raises: NotVisible."""
    found = session.execute(rows(actor).where(Grant.code == code).order_by(Grant.id)).first()
    if found is None:
        raise NotVisible
    return row(actor, *found)


def budget(session: Session, actor: Actor, code: str) -> Budget:
    """A grant's budget, and what the gifts that its tranches came as became. One statement, whatever the history."""
    may = policy.rule(actor, Permission.CONTRIBUTION_READ, Contribution)
    planned = sa.select(
        GrantLine.grant_id.label("grant_id"),
        sa.literal("").label("fate"),
        sa.type_coerce(GrantLine.budget_line, sa.String).label("line"),
        GrantLine.amount_minor.label("minor"),
        sa.literal(0).label("confirmed"),
    )
    became = (
        sa.select(
            Tranche.grant_id,
            sa.type_coerce(GiftTrace.fate, sa.String),
            GiftTrace.budget_line,
            GiftTrace.source_minor,
            GiftTrace.confirmed_minor,
        )
        .join(Contribution, (Contribution.id == Tranche.contribution_id) & may)
        .join(GiftTrace, GiftTrace.contribution_id == Contribution.id)
    )
    parts = planned.union_all(became).subquery()
    by = (parts.c.fate, parts.c.line)
    statement = (
        sa.select(*by, sa.func.sum(parts.c.minor), sa.func.sum(parts.c.confirmed))
        .join(Grant, Grant.id == parts.c.grant_id)
        .where(Grant.code == code, policy.rule(actor, _READ, Grant))
        .group_by(*by)
    )
    plan: Counter[BudgetLine] = Counter()
    spent: Counter[BudgetLine] = Counter()
    rest: Counter[Fate] = Counter()
    confirmed_minor = 0
    for fate, line, minor, confirmed in session.execute(unscoped(statement, because=_BECAUSE)):
        confirmed_minor += int(confirmed)
        if not fate:
            plan[told(BudgetLine(line))] += int(minor)
        elif line:
            spent[told(BudgetLine(line))] += int(minor)
        else:
            rest[Fate(fate)] += int(minor)
    return budget_of(plan, spent, rest, confirmed_minor)


def budget_of(
    plan: Mapping[BudgetLine, int], spent: Mapping[BudgetLine, int], rest: Mapping[Fate, int], confirmed_minor: int
) -> Budget:
    """Minor units by line and by fate as a budget, in the order of lines and fates, without what is nothing."""
    return Budget(
        [
            BudgetRow(line, plan.get(line, 0), spent.get(line, 0))
            for line in BudgetLine
            if plan.get(line) or spent.get(line)
        ],
        [(fate, rest[fate]) for fate in Fate if rest.get(fate)],
        confirmed_minor,
    )


def tranches(session: Session, actor: Actor, code: str) -> list[TrancheRow]:
    """The tranches of a grant, in the order of their days. One statement."""
    gift = (Contribution.id == Tranche.contribution_id) & policy.rule(actor, Permission.CONTRIBUTION_READ, Contribution)
    statement = (
        sa.select(Tranche, Contribution)
        .join(Grant, Grant.id == Tranche.grant_id)
        .outerjoin(Contribution, gift)
        .where(Grant.code == code, policy.rule(actor, _READ, Grant))
        .order_by(Tranche.due_on, Tranche.number)
    )
    found = []
    for tranche, came in session.execute(unscoped(statement, because=_BECAUSE)):
        is_here = came is not None and came.state is ContributionState.RECEIVED
        shown = disclosure.show(actor, came) if is_here else None
        late = Coming.OVERDUE if tranche.due_on < clock.today() else Coming.LATER
        found.append(
            TrancheRow(
                tranche=disclosure.show(actor, tranche),
                state=Coming.RECEIVED if is_here else late,
                linked=tranche.contribution_id is not None,
                gift=shown.code if shown else None,
                received_on=shown.received_on if shown else None,
                received_minor=shown.amount_minor if shown else 0,
            )
        )
    return found


def reports(session: Session, actor: Actor, code: str) -> list[ReportRow]:
    """The reports a grant owes or owed, in the order of their days. One statement."""
    statement = (
        policy.select(actor, {Grant: _READ}, GrantReport, Grant.state, is_open_to(actor))
        .join(Grant, Grant.id == GrantReport.grant_id)
        .where(Grant.code == code)
        .order_by(GrantReport.due_on, GrantReport.id)
    )
    return [_report(actor, *row) for row in session.execute(statement)]


def _report(actor: Actor, report: GrantReport, state: GrantState, is_open: bool) -> ReportRow:
    shown = disclosure.show(actor, report)
    waits = report.state is not ReportState.SENT
    return ReportRow(
        code=shown.code if is_open else None,
        due_on=shown.due_on,
        first_month=shown.first_month,
        last_month=shown.last_month,
        state=shown.state if is_open else ReportState.DUE,
        overdue=waits and state is GrantState.OPEN and report.due_on < clock.today(),
    )


def grant_of(session: Session, actor: Actor, report: str) -> str | None:
    """The code of the grant that owes a report, for whoever may open it; else None. One statement."""
    statement = (
        policy.select(actor, {Grant: _READ}, Grant.code)
        .join(GrantReport, GrantReport.grant_id == Grant.id)
        .where(GrantReport.code == report, is_open_to(actor))
    )
    return session.scalars(statement.order_by(GrantReport.id)).first()


def _told(actor: Actor) -> sa.Subquery:
    """What is due of every grant: reports soon to be sent, and tranches that should have come."""
    today = clock.today()
    sent = sa.and_(Contribution.state == ContributionState.RECEIVED, Contribution.id == Tranche.contribution_id)
    came = sa.exists().where(sent, policy.rule(actor, Permission.CONTRIBUTION_READ, Contribution)).correlate(Tranche)
    owed = sa.select(
        GrantReport.grant_id.label("grant_id"),
        GrantReport.due_on.label("due_on"),
        sa.type_coerce(GrantReport.state, sa.String).label("state"),
        sa.case((is_open_to(actor), GrantReport.code), else_="").label("report"),
        sa.literal(0).label("minor"),
    ).where(GrantReport.state != ReportState.SENT, GrantReport.due_on <= today + timedelta(days=SOON_DAYS))
    missing = sa.select(Tranche.grant_id, Tranche.due_on, sa.literal(""), sa.literal(""), Tranche.amount_minor).where(
        Tranche.due_on < today, ~came
    )
    return owed.union_all(missing).subquery()


def due(session: Session, actor: Actor) -> list[Due]:
    """Reports that are owed soon or should have been sent, and tranches that should have come; of open grants, oldest first.

    One statement.
    """
    told = _told(actor)
    statement = (
        sa.select(Grant.code, Grant.title, told.c.due_on, told.c.state, told.c.report, told.c.minor, Grant.currency)
        .join(Grant, Grant.id == told.c.grant_id)
        .where(Grant.state == GrantState.OPEN, policy.rule(actor, _READ, Grant))
        .order_by(told.c.due_on, Grant.code)
        .limit(DUE_MOST)
    )
    return [
        Due(
            code,
            disclosure.field(actor, "grant_agreement", "title", title),
            due_on,
            _said(actor, state),
            report or None,
            minor,
            currency,
        )
        for code, title, due_on, state, report, minor, currency in session.execute(
            unscoped(statement, because=_BECAUSE)
        )
    ]


def due_of(actor: Actor, fund_id: sa.SQLColumnExpression[int]) -> sa.ScalarSelect[int]:
    """How many of the same the actor's grants to a fund have: a column of another's statement, which is `unscoped`."""
    told = _told(actor)
    return (
        sa.select(sa.func.count())
        .select_from(told)
        .join(Grant, Grant.id == told.c.grant_id)
        .where(Grant.state == GrantState.OPEN, Grant.fund_id == fund_id, policy.rule(actor, _READ, Grant))
        .scalar_subquery()
    )


def _said(actor: Actor, state: str) -> ReportState | None:
    """Whether a report is written already is not the donor's to know."""
    if not state:
        return None
    return ReportState.DUE if actor.role is Role.DONOR else ReportState(state)
