"""Writes: grants with their budgets and tranches, and the reports they owe.

A report is written by one treasurer and read by another: then, and not before, it is the donor's. Where there is no other,
it waits as every act of two persons does, and stands marked afterwards (`aidnet/approvals`).
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeVar
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified

from aidnet import audit, clock, codes, policy
from aidnet.approvals import service as approvals
from aidnet.approvals.models import Act, ApprovalState
from aidnet.approvals.service import Request
from aidnet.errors import AidnetError, Invalid, NotVisible, Stale
from aidnet.funding.contributions import hold_open, made_before
from aidnet.funding.drafts import Key
from aidnet.funding.ledger import author
from aidnet.funding.models import Contribution, ContributionState
from aidnet.grants import figures
from aidnet.grants.models import Grant, GrantLine, GrantReport, GrantState, ReportState, Tranche
from aidnet.i18n import gettext as _
from aidnet.i18n import lazy_gettext as _l
from aidnet.ledger.models import BudgetLine
from aidnet.money import MOST_MINOR
from aidnet.partners.models import Partner
from aidnet.policy import Actor, Permission, unscoped
from aidnet.roles import PartnerKind
from aidnet.statements.service import closed_until

_WRITE = Permission.GRANT_WRITE
Part = TypeVar("Part", GrantLine, GrantReport, Tranche)
#: What a budget may name. SECURITY: donors know tolls and informal payments only inside transport.
LINES = tuple(line for line in BudgetLine if line is not BudgetLine.TOLLS)
#: Rows of each kind that a grant may have.
ROWS_MOST = 40
#: Gifts that a tranche's page offers.
GIFTS_MOST = 200


class GrantClosed(AidnetError):
    """The grant is closed: nothing is written to it any more."""

    status = 409
    code = "grant-closed"
    sentence = _l("This grant is closed.")


class ReportSent(AidnetError):
    """The report is with the donor: it never changes."""

    status = 409
    code = "report-sent"
    sentence = _l("This report was sent. It does not change any more.")


class NotWritten(AidnetError):
    """There are no words to read yet."""

    status = 409
    code = "report-not-written"
    sentence = _l("Nobody wrote this report yet.")


class SamePerson(AidnetError):
    """Who wrote a report is not the one who reads it before it goes out."""

    status = 409
    code = "same-person"
    sentence = _l("You wrote this report: another treasurer must read it.")


@dataclass(frozen=True)
class LineDraft:
    """The budget of one line, in the grant's currency."""

    budget_line: BudgetLine
    amount_minor: int


@dataclass(frozen=True)
class TrancheDraft:
    """A part that is to come on a day."""

    due_on: date
    amount_minor: int


@dataclass(frozen=True)
class ReportDraft:
    """A report that is owed on a day, over months (their first days)."""

    due_on: date
    first_month: date
    last_month: date


@dataclass(frozen=True)
class Terms:
    """What may be changed of a grant while it is open."""

    title: str
    first_day: date
    last_day: date
    lines: Sequence[LineDraft]
    #: Those that have not come yet.
    tranches: Sequence[TrancheDraft]
    #: Those that nobody wrote yet.
    reports: Sequence[ReportDraft]


@dataclass(frozen=True)
class GrantDraft:
    """A new grant of a donor partner to a fund of the network."""

    uid: UUID
    donor: Key
    fund: Key
    currency: str
    terms: Terms


def add(session: Session, actor: Actor, draft: GrantDraft) -> Grant:
    """Write a grant down. Sent twice, it is one.

    Raises:
        NotVisible: no such donor or fund.
        FundClosed, Invalid.
    """
    fund = hold_open(session, actor, _WRITE, draft.fund)
    if before := made_before(session, actor, _WRITE, Grant, draft.uid):
        return before
    donor = policy.fetch(session, actor, _WRITE, Partner, draft.donor)
    if donor.kind is not PartnerKind.DONOR:
        raise NotVisible
    _judge(draft.terms)
    grant = Grant(
        uid=draft.uid,
        code=codes.code_of("G", draft.uid),
        donor_id=donor.id,
        fund_id=fund.id,
        title=draft.terms.title,
        currency=draft.currency,
        first_day=draft.terms.first_day,
        last_day=draft.terms.last_day,
        state=GrantState.OPEN,
        created_at=clock.now(),
        created_by_id=author(actor),
    )
    session.add(grant)
    session.flush()
    _write_terms(session, grant, draft.terms)
    audit.record(session, actor, "grant.added", grant, code=grant.code, fund=fund.code)
    return grant


def change(session: Session, actor: Actor, code: str, *, version: int, terms: Terms) -> Grant:
    """Change what is agreed. What came, and what was written, stays.

    Raises: NotVisible, GrantClosed, Stale, Invalid.
    """
    grant = _held(session, actor, code)
    if grant.version != version:
        raise Stale
    _judge(terms)
    grant.title, grant.first_day, grant.last_day = terms.title, terms.first_day, terms.last_day
    flag_modified(grant, "title")  # so that its version tells of a change in its rows, too
    session.flush()
    _write_terms(session, grant, terms)
    audit.record(session, actor, "grant.changed", grant, code=grant.code)
    return grant


def close(session: Session, actor: Actor, code: str) -> Grant:
    """Close a grant: nothing is waited for any more. A second time changes nothing. Raises: NotVisible."""
    grant = policy.fetch(session, actor, _WRITE, Grant, code, lock=True)
    if grant.state is GrantState.OPEN:
        grant.state = GrantState.CLOSED
        session.flush()
        _take_back(session, actor, [report.code for report in _rows(session, GrantReport, grant)])
        audit.record(session, actor, "grant.closed", grant, code=grant.code)
    return grant


def receive(session: Session, actor: Actor, code: str, number: int, gift: str) -> Tranche:
    """Say as which gift a tranche came; with no gift: that it has not come after all. A second time changes nothing.

    Raises:
        NotVisible: no such grant or tranche.
        GrantClosed.
        Invalid: the gift is none of this donor to this fund in this currency, or another tranche came as it.
    """
    grant = _held(session, actor, code)
    tranche = next((one for one in _rows(session, Tranche, grant) if one.number == number), None)
    if tranche is None:
        raise NotVisible
    found = session.scalars(fitting(actor, grant).where(Contribution.code == gift)).first() if gift else None
    if gift and found is None:
        raise Invalid(_("Choose a gift that this donor gave to this fund, and that is in the books."), field="gift")
    if found is not None:
        taken = sa.select(Tranche.grant_id, Tranche.number).where(Tranche.contribution_id == found.id)
        rows = session.execute(unscoped(taken, because="a gift is one tranche, of whichever grant")).all()
        if any(tuple(row) != (grant.id, number) for row in rows):
            raise Invalid(_("Another tranche came as this gift already."), field="gift")
    came_id = found.id if found is not None else None
    if tranche.contribution_id == came_id:
        return tranche
    tranche.contribution_id = came_id
    session.flush()
    action = "grant.tranche-received" if found is not None else "grant.tranche-awaited"
    audit.record(session, actor, action, grant, code=grant.code, number=number, gift=gift or None)
    return tranche


def fitting(actor: Actor, grant: Grant) -> sa.Select[Contribution]:
    """Gifts that a tranche of the grant can have come as, the newest first."""
    return (
        policy.visible(actor, _WRITE, Contribution)
        .where(Contribution.donor_id == grant.donor_id, Contribution.fund_id == grant.fund_id)
        .where(Contribution.state == ContributionState.RECEIVED, Contribution.currency == grant.currency)
        .order_by(Contribution.received_on.desc(), Contribution.id.desc())
    )


def write(session: Session, actor: Actor, code: str, report: str, *, version: int, words: str) -> GrantReport:
    """Write a report's words: it waits then for another treasurer to read it, and where there is none, for a time.

    Words that are changed wait anew.

    Raises:
        NotVisible, GrantClosed, ReportSent, Stale.
        Invalid: its months are not closed yet.
    """
    grant = _held(session, actor, code)
    row = _report(session, grant, report)
    if row.state is ReportState.SENT:
        raise ReportSent
    if row.version != version:
        raise Stale
    closed = closed_until(session, grant.fund_id)
    if closed is None or closed < row.last_month:
        raise Invalid(_("Its months are not closed yet: close them with a statement first."))
    row.words, row.written_by_id, row.state = words, author(actor), ReportState.WRITTEN
    session.flush()
    audit.record(session, actor, "grant-report.written", row, code=row.code, grant=grant.code)
    _take_back(session, actor, [row.code])
    approvals.ask(session, actor, Request(uuid4(), Act.REPORT, fund_id=grant.fund_id, subject_code=row.code))
    return row


def _take_back(session: Session, actor: Actor, codes: Collection[str]) -> None:
    """Nobody's word on these reports is waited for any more."""
    for asked in approvals.waiting_on(session, Act.REPORT, codes):
        approvals.decide(session, actor, asked, ApprovalState.WITHDRAWN)


def send(session: Session, actor: Actor, code: str, report: str, *, version: int) -> GrantReport:
    """Say that one read a report that another person wrote: it is sent, and never changes. A second time changes nothing.

    Whoever wrote it sends it alone after the wait, where nobody else could read it.

    Raises:
        NotVisible, GrantClosed, NotWritten.
        SamePerson: whoever wrote it, in whatever role, where somebody else is there.
        TooEarly: nobody else is, and the wait is not over.
        Stale: the words were changed since.
    """
    grant = policy.fetch(session, actor, Permission.GRANT_AGREE, Grant, code, lock=True)
    row = _report(session, grant, report)
    if row.state is ReportState.SENT:
        return row
    if grant.state is GrantState.CLOSED:
        raise GrantClosed
    if row.state is not ReportState.WRITTEN:
        raise NotWritten
    asked = next(iter(approvals.waiting_on(session, Act.REPORT, [row.code])), None)
    # SECURITY: a person, not a role. The table's CHECK says so too. Kept by tests/grants/test_alone.py.
    alone = row.written_by_id == author(actor)
    if alone and asked is not None and asked.opens_at is not None:
        approvals.own_opened(session, actor, asked.code)
    elif alone and approvals.must_ask(session, actor):
        raise SamePerson
    if row.version != version:
        raise Stale
    row.read_by_id, row.sent_at, row.state, row.alone = author(actor), clock.now(), ReportState.SENT, alone
    session.flush()
    figures.keep(session, actor, figures.about(grant, row))
    audit.record(session, actor, "grant-report.sent", row, code=row.code, grant=grant.code, one_person=alone)
    if asked is not None:
        approvals.decide(session, actor, asked, ApprovalState.AGREED, alone=alone)
    return row


def _held(session: Session, actor: Actor, code: str) -> Grant:
    grant = policy.fetch(session, actor, _WRITE, Grant, code, lock=True)
    if grant.state is GrantState.CLOSED:
        raise GrantClosed
    return grant


def _report(session: Session, grant: Grant, code: str) -> GrantReport:
    """A report of a grant that is held. Raises: NotVisible."""
    for row in _rows(session, GrantReport, grant):
        if row.code == code:
            return row
    raise NotVisible


def _judge(terms: Terms) -> None:
    if terms.first_day > terms.last_day:
        raise Invalid(_("The last day lies before the first."), field="last_day")
    if not terms.lines:
        raise Invalid(_("Type at least one line of the budget."), field="lines")
    if len({line.budget_line for line in terms.lines}) < len(terms.lines):
        raise Invalid(_("Each line of the budget stands once."), field="lines")
    if any(line.budget_line not in LINES for line in terms.lines):
        raise Invalid(_("Choose one of the list."), field="lines")
    amounts = [*(line.amount_minor for line in terms.lines), *(each.amount_minor for each in terms.tranches)]
    if not all(0 < minor <= MOST_MINOR for minor in amounts):
        raise Invalid(_("The amount must be more than zero."), field="lines")
    if any(one.first_month > one.last_month for one in terms.reports):
        raise Invalid(_("The last month lies before the first."), field="reports")


def _write_terms(session: Session, grant: Grant, terms: Terms) -> None:
    """The rows of what is agreed. Tranches that came keep their numbers; reports that are written, or owed as before, their codes."""
    for line in _rows(session, GrantLine, grant):
        session.delete(line)
    kept: set[int] = set()
    for tranche in _rows(session, Tranche, grant):
        if tranche.contribution_id is None:
            session.delete(tranche)
        else:
            kept.add(tranche.number)
    owed = list(terms.reports)
    for report in _rows(session, GrantReport, grant):
        same = ReportDraft(report.due_on, report.first_month, report.last_month)
        if report.state is ReportState.DUE and same in owed:
            owed.remove(same)
        elif report.state is ReportState.DUE:
            session.delete(report)
    session.flush()
    session.add_all(
        GrantLine(grant_id=grant.id, budget_line=line.budget_line, amount_minor=line.amount_minor)
        for line in terms.lines
    )
    free = (number for number in range(1, 10_000) if number not in kept)
    coming = sorted(terms.tranches, key=lambda each: (each.due_on, each.amount_minor))
    session.add_all(
        Tranche(grant_id=grant.id, number=number, due_on=each.due_on, amount_minor=each.amount_minor)
        for number, each in zip(free, coming, strict=False)
    )
    session.add_all(_reports(grant, owed))
    session.flush()


def _reports(grant: Grant, owed: Iterable[ReportDraft]) -> Iterable[GrantReport]:
    for each in owed:
        report = GrantReport(
            grant_id=grant.id,
            code="",
            due_on=each.due_on,
            first_month=each.first_month,
            last_month=each.last_month,
            state=ReportState.DUE,
        )
        report.code = codes.code_of("T", report.uid)
        yield report


def _rows(session: Session, model: type[Part], grant: Grant) -> Sequence[Part]:
    """The rows of one kind of a grant that is held."""
    mine = sa.select(model).where(model.grant_id == grant.id).execution_options(populate_existing=True)
    return session.scalars(unscoped(mine, because="the grant was fetched by its rule, and is held")).all()
