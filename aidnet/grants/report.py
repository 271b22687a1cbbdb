"""One report to a board: the money of closed months, the budget, results as they were released, and how sure it all is.

Money of the months is the donor's statements', which never change; results are the fund's releases'. What the grant's own
gifts became is of the day somebody looks, and says so, until the report is sent: from then on it is of that day
(`aidnet/grants/figures.py`). Only a release that is withdrawn leaves a sent report, and the report says so.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from aidnet import clock, disclosure
from aidnet.approvals import queries as approvals
from aidnet.approvals.models import ApprovalState
from aidnet.approvals.service import must_ask
from aidnet.disclosure import Shown
from aidnet.errors import NotVisible
from aidnet.grants import figures, queries, words
from aidnet.grants.figures import About, Figures
from aidnet.grants.models import Grant, GrantReport, GrantState, ReportState
from aidnet.grants.queries import Budget, GrantRow
from aidnet.i18n import gettext as _
from aidnet.i18n import lazy_gettext as _l
from aidnet.policy import Actor, Permission
from aidnet.releases import queries as releases
from aidnet.releases.queries import Report, ReportLine
from aidnet.releases.words import joined, months
from aidnet.statements.models import Statement
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
    #: From when whoever wrote it may send it alone, because nobody else was there; None: somebody was.
    opens_at: datetime | None
    about: About


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
    """A report of a grant. Four statements at most. Raises: NotVisible, where it is none the actor may open."""
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
    asked = approvals.of_report(session, actor, one.code) if waits and actor.may(Permission.APPROVAL_READ) else None
    if asked is not None and asked.state is not ApprovalState.WAITING:
        asked = None
    return Head(
        row=queries.row(actor, *parts),
        report=disclosure.show(actor, one),
        state=one.state,
        version=one.version,
        closed=one.state is ReportState.SENT or (until is not None and until >= one.last_month),
        may_write=is_open and one.state is not ReportState.SENT and actor.may(Permission.GRANT_WRITE),
        may_read=waits and actor.may(Permission.GRANT_AGREE) and (not own or _may_alone(session, actor, asked)),
        own=waits and own,
        opens_at=asked.opens_at if asked else None,
        about=figures.about(row, one),
    )


def _may_alone(session: Session, actor: Actor, asked: Shown | None) -> bool:
    """Whether whoever wrote a report may send it: after the wait, and at once while one person sets the network up."""
    if asked is None:
        return not must_ask(session, actor)
    return asked.opens_at is not None and clock.now() >= asked.opens_at


def tell(session: Session, actor: Actor, one: Head) -> Told:
    """All that a report says, to whoever may open it: once it was sent, as it was sent. Six statements."""
    about, grant, is_sent = one.about, one.row.grant, one.state is ReportState.SENT
    said = figures.sent(session, actor, about) if is_sent else figures.now(session, actor, about)
    found: figures.Results = []
    if is_sent:
        found = figures.results_sent(session, actor, about)
    elif one.closed:
        found = figures.results_now(session, actor, about)
    of = _own_gifts(one)
    standing = [(report, lines) for report, lines in found if not report.withdrawn]
    return Told(
        head=one,
        tables=[
            *([_money(said, grant.currency)] if one.closed else []),
            *budget_tables(said.budget, grant.currency, of),
            _sure(said, one, of),
        ],
        results=[
            *(_results(report, lines) for report, lines in standing),
            *_withdrawn([report for report, _lines in found if report.withdrawn]),
        ],
        something_withheld=any(report.something_withheld for report, _lines in standing),
    )


def _own_gifts(one: Head) -> str:
    """What figures of the grant's own gifts are of, and as of when."""
    if one.state is ReportState.SENT:
        return _("This grant's own gifts, as of %(day)s", day=day(one.report.sent_at))
    return str(OWN_GIFTS)


def _money(said: Figures, currency: str) -> Table:
    return Table(
        key="money",
        title=_("Money in these months"),
        head=(_("Figure"), _("Part of the statement"), _("Amount")),
        rows=tuple(
            Row(figure(name), (tables.words(str(SECTIONS[section])), tables.money(minor, currency)))
            for section, name, minor in said.money
        ),
        note=_("All of this donor's gifts in %(currency)s to the fund", currency=currency),
        caption=_(
            "From the statements of these months, which never change. "
            "What was there at the beginning and all that happened add up to what is there at the end."
        ),
    )


def budget_tables(budget: Budget, currency: str, of: str) -> list[Table]:
    """Budget against actual, and where all of the grant's money is. `of`: what the figures are of."""
    planned = Table(
        key="budget",
        title=_("Budget and what was spent"),
        head=(_("Line"), _("Budget"), _("Spent"), _("Left of the budget")),
        rows=tuple(
            Row(str(words.LINES[row.line]), _amounts(currency, row.planned_minor, row.spent_minor, row.left_minor))
            for row in budget.lines
        ),
        total=_amounts(currency, budget.planned_minor, budget.spent_minor, budget.planned_minor - budget.spent_minor),
        note=of,
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
        note=of,
    )
    return [planned, where]


def _amounts(currency: str, *minors: int) -> tuple[Cell, ...]:
    return tuple(tables.money(minor, currency) for minor in minors)


def _sure(said: Figures, one: Head, of: str) -> Table:
    """How much of it somebody confirmed, and for how much the market's rate is known."""
    currency, as_of = one.row.grant.currency, one.report.sent_at or clock.today()
    confirmed = tables.percent(said.budget.confirmed_minor, said.budget.came_minor)
    return Table(
        key="sure",
        title=_("How sure this is"),
        head=(_("Figure"), _("Of what"), _("Share")),
        rows=(
            Row(_("Confirmed by those who received it"), (tables.words(of), confirmed)),
            *(
                Row(
                    _("The market's rate is known"),
                    (
                        tables.words(
                            _(
                                "%(sent)s of the whole fund that arrived as %(arrived)s in these months",
                                sent=currency,
                                arrived=arrived.currency,
                            )
                        ),
                        tables.percent(arrived.rated_minor, arrived.rated_minor + arrived.unrated_minor),
                    ),
                )
                for arrived in said.arrived
            ),
        ),
        note=_("%(grant)s, as of %(day)s", grant=one.row.grant.title, day=day(as_of)),
        caption=""
        if said.arrived
        else _("No %(currency)s of the fund became another currency in these months.", currency=currency),
    )


def _withdrawn(gone: Sequence[Report]) -> Iterator[Table]:
    """SECURITY: in words, without a figure: what stands elsewhere less what is shown here would give it away."""
    if not gone:
        return
    yield Table(
        key="withdrawn",
        title=_("Results reports that were withdrawn"),
        head=(_("Months"), _("What is withheld")),
        rows=tuple(
            Row(months(report.first_month, report.last_month), (tables.words(_("All of it: nothing of it is shown")),))
            for report in gone
        ),
        note=_("The whole fund"),
        caption=_(
            "A results report is withdrawn as a whole where it could hurt somebody. What it told is in no figure here."
        ),
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
