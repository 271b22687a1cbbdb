"""One report to a board: the money of closed months, the budget, results as they were released, and how sure it all is.

Money of the months is the donor's statements', which never change; results are the fund's releases'. What the grant's own
gifts became is of the day somebody looks, and says so.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from aidnet import clock, disclosure, policy
from aidnet.accounts.models import AccountState, Membership, User
from aidnet.disclosure import Shown
from aidnet.errors import NotVisible
from aidnet.grants import queries, words
from aidnet.grants.models import Grant, GrantReport, GrantState, ReportState
from aidnet.grants.queries import Budget, GrantRow
from aidnet.i18n import gettext as _
from aidnet.i18n import lazy_gettext as _l
from aidnet.policy import Actor, Permission, unscoped
from aidnet.rates import queries as rates
from aidnet.releases import queries as releases
from aidnet.releases.queries import Report, ReportLine
from aidnet.releases.words import joined, months
from aidnet.statements.models import Section, Statement, StatementLine
from aidnet.statements.service import WHOLE_FUND
from aidnet.statements.words import SECTIONS, figure
from aidnet.trace.words import FATES
from aidnet.web import tables
from aidnet.web.context import day
from aidnet.web.tables import Cell, Row, Table

OWN_GIFTS = _l("This grant's own gifts, as of today")


@dataclass(frozen=True)
class Head:
    """A report without its figures."""

    row: GrantRow
    report: Shown
    state: ReportState
    version: int
    #: Its months are closed with a statement.
    closed: bool
    may_write: bool
    may_read: bool
    #: Whoever looks wrote it, and so is not its second person.
    own: bool
    #: Nobody else could be the second person now.
    alone: bool
    grant_id: int
    fund_id: int
    donor_id: int


@dataclass(frozen=True)
class Told:
    """All that a report says."""

    head: Head
    tables: Sequence[Table]
    results: Sequence[Table]
    #: A group of the fund withholds everything about itself.
    something_withheld: bool

    @property
    def span(self) -> str:
        """Its months in words."""
        return months(self.head.report.first_month, self.head.report.last_month)

    @property
    def scope(self) -> str:
        """What its figures are of."""
        return f"{self.head.row.grant.title}, {self.span}"


def head(session: Session, actor: Actor, grant: str, report: str) -> Head:
    """A report of a grant. Two statements at most. Raises: NotVisible, where it is none the actor may open."""
    closed = (
        sa.select(sa.func.max(Statement.month))
        .where(Statement.fund_id == Grant.fund_id, Statement.donor_id == WHOLE_FUND)
        .correlate(Grant)
    )
    statement = (
        queries.rows(actor, GrantReport, closed.scalar_subquery())
        .join(GrantReport, GrantReport.grant_id == Grant.id)
        .where(Grant.code == grant, GrantReport.code == report, queries.is_open_to(actor))
        .order_by(GrantReport.id)
    )
    found = session.execute(statement).first()
    if found is None:
        raise NotVisible
    *parts, one, until = found
    row = found[0]
    is_open = row.state is GrantState.OPEN
    waits = one.state is ReportState.WRITTEN and is_open
    own = one.written_by_id == actor.user_id
    return Head(
        row=queries.row(actor, *parts),
        report=disclosure.show(actor, one),
        state=one.state,
        version=one.version,
        closed=one.state is ReportState.SENT or (until is not None and until >= one.last_month),
        may_write=is_open and one.state is not ReportState.SENT and actor.may(Permission.GRANT_WRITE),
        may_read=waits and not own and actor.may(Permission.GRANT_AGREE),
        own=waits and own,
        alone=waits and own and not _somebody_else(session, actor),
        grant_id=row.id,
        fund_id=row.fund_id,
        donor_id=row.donor_id,
    )


def _somebody_else(session: Session, actor: Actor) -> bool:
    """Whether another person can read reports."""
    roles = [role for role, permissions in policy.ROLES.items() if Permission.GRANT_AGREE in permissions]
    other = (
        sa.select(Membership.id)
        .join(User, User.id == Membership.user_id)
        .where(Membership.role.in_(roles), Membership.state == AccountState.ACTIVE, Membership.user_id != actor.user_id)
        .where(User.state == AccountState.ACTIVE)
        .limit(1)
    )
    return (
        session.scalar(unscoped(other, because="whether a second person is there does not depend on who asks"))
        is not None
    )


def tell(session: Session, actor: Actor, one: Head) -> Told:
    """All that a report says, to whoever may open it. Six statements."""
    grant, first, last = one.row.grant, one.report.first_month, one.report.last_month
    budget = queries.budget(session, actor, grant.code)
    found = releases.of_months(session, actor, one.fund_id, first, last) if one.closed else []
    return Told(
        head=one,
        tables=[
            *([_money(session, actor, one)] if one.closed else []),
            *budget_tables(budget, grant.currency),
            _sure(session, actor, one, budget),
        ],
        results=[_results(report, lines) for report, lines in found],
        something_withheld=any(report.something_withheld for report, _lines in found),
    )


def _money(session: Session, actor: Actor, one: Head) -> Table:
    """The donor's statements of the months as one: what was there, all that happened, what is there."""
    currency = one.row.grant.currency
    statement = (
        policy.select(actor, {Statement: Permission.STATEMENT_READ}, StatementLine, Statement.month)
        .join(Statement, Statement.id == StatementLine.statement_id)
        .where(Statement.fund_id == one.fund_id, Statement.donor_id == one.donor_id)
        .where(Statement.month.between(one.report.first_month, one.report.last_month))
        .where(StatementLine.currency == currency)
        .order_by(Statement.month, StatementLine.position)
    )
    rows = [(disclosure.show(actor, line), month) for line, month in session.execute(statement)]
    begun, ended = ((min if first else max)((month for _line, month in rows), default=None) for first in (True, False))
    sums: Counter[tuple[Section, str]] = Counter()
    for line, month in rows:
        edge = {Section.OPENING: begun, Section.CLOSING: ended}.get(line.section, month)
        if month == edge:
            sums[line.section, line.figure] += line.amount_minor
    sections = list(Section)
    keys = sorted((key for key in sums if sums[key]), key=lambda key: sections.index(key[0]))
    return Table(
        key="money",
        title=_("Money in these months"),
        head=(_("Figure"), _("Part of the statement"), _("Amount")),
        rows=tuple(
            Row(figure(name), (tables.words(str(SECTIONS[section])), tables.money(sums[section, name], currency)))
            for section, name in keys
        ),
        note=_("All of this donor's gifts in %(currency)s to the fund", currency=currency),
        caption=_(
            "From the statements of these months, which never change. "
            "What was there at the beginning and all that happened add up to what is there at the end."
        ),
    )


def budget_tables(budget: Budget, currency: str) -> list[Table]:
    """Budget against actual, and where all of the grant's money is."""
    planned = Table(
        key="budget",
        title=_("Budget and what was spent"),
        head=(_("Line"), _("Budget"), _("Spent"), _("Left of the budget")),
        rows=tuple(
            Row(str(words.LINES[row.line]), _amounts(currency, row.planned_minor, row.spent_minor, row.left_minor))
            for row in budget.lines
        ),
        total=_amounts(currency, budget.planned_minor, budget.spent_minor, budget.planned_minor - budget.spent_minor),
        note=str(OWN_GIFTS),
        caption=_(
            "Spent: what the gifts that came as tranches became, followed as the money moved. Tolls are inside transport."
        ),
    )
    where = Table(
        key="became",
        title=_("Where the grant's money is"),
        head=(_("Part"), _("Amount")),
        rows=(
            Row(_("Spent"), _amounts(currency, budget.spent_minor)),
            *(Row(str(FATES[fate]), _amounts(currency, minor)) for fate, minor in budget.rest),
        ),
        total=_amounts(currency, budget.came_minor),
        note=str(OWN_GIFTS),
    )
    return [planned, where]


def _amounts(currency: str, *minors: int) -> tuple[Cell, ...]:
    return tuple(tables.money(minor, currency) for minor in minors)


def _sure(session: Session, actor: Actor, one: Head, budget: Budget) -> Table:
    """How much of it somebody confirmed, and for how much the market's rate is known."""
    first, last, currency = one.report.first_month, one.report.last_month, one.row.grant.currency
    known: Counter[str] = Counter()
    every: Counter[str] = Counter()
    for spread in rates.spreads(session, actor, [one.fund_id]):
        if spread.sent_currency == currency and first <= spread.month <= last:
            known[spread.currency] += spread.arrived_with_rate_minor
            every[spread.currency] += spread.arrived_with_rate_minor + spread.arrived_without_rate_minor
    confirmed = tables.percent(budget.confirmed_minor, budget.came_minor)
    return Table(
        key="sure",
        title=_("How sure this is"),
        head=(_("Figure"), _("Of what"), _("Share")),
        rows=(
            Row(_("Confirmed by those who received it"), (tables.words(str(OWN_GIFTS)), confirmed)),
            *(
                Row(
                    _("The market's rate is known"),
                    (
                        tables.words(
                            _(
                                "%(sent)s of the whole fund that arrived as %(arrived)s in these months",
                                sent=currency,
                                arrived=arrived,
                            )
                        ),
                        tables.percent(known[arrived], every[arrived]),
                    ),
                )
                for arrived in every
            ),
        ),
        note=_("%(grant)s, as of %(day)s", grant=one.row.grant.title, day=day(clock.today())),
        caption=""
        if every
        else _("No %(currency)s of the fund became another currency in these months.", currency=currency),
    )


def _results(report: Report, lines: Sequence[ReportLine]) -> Table:
    """A release's lines and their sum."""
    total = releases.total_of(lines)

    def cells(deliveries: int, households: int, people: int, mostly: str) -> tuple[Cell, ...]:
        return (
            tables.count(deliveries, ""),
            tables.count(households, ""),
            tables.count(people, ""),
            tables.words(mostly),
        )

    return Table(
        key=f"results-{report.code}",
        title=_("What arrived, %(months)s", months=months(report.first_month, report.last_month)),
        head=(_("District"), _("Deliveries"), _("Households"), _("People"), _("Mostly")),
        rows=tuple(_result_rows(lines, cells)),
        total=cells(total.deliveries, total.households, total.people, ""),
        note=_("The whole fund"),
        caption=_(
            "From results report %(code)s, published %(day)s; rounded.", code=report.code, day=day(report.published_on)
        ),
    )


def _result_rows(lines: Sequence[ReportLine], cells: Callable[..., tuple[Cell, ...]]) -> Iterator[Row]:
    for line in lines:
        name = joined(line.names)
        label = _("%(place)s, for earlier months", place=name) if line.earlier else name
        yield Row(label, cells(line.deliveries, line.households, line.people, ", ".join(line.mostly)))
