"""The figures of a report: as the books say today, and, once it was sent, as they stood then.

Before it is sent a report is read with today's figures. Sending keeps every one of them as a row, and which releases it
told of; from then on it is read from these alone, whatever moves later.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from aidnet import disclosure, policy
from aidnet.grants import queries
from aidnet.grants.models import FigurePart, Grant, GrantReport, GrantReportFigure, GrantReportRelease
from aidnet.grants.queries import Budget, budget_of
from aidnet.ledger.models import BudgetLine
from aidnet.policy import Actor, Permission
from aidnet.rates import queries as rates
from aidnet.releases import queries as releases
from aidnet.releases.queries import Report, ReportLine
from aidnet.statements.models import Section, Statement, StatementLine
from aidnet.trace.models import Fate

_READ = Permission.GRANT_READ


@dataclass(frozen=True)
class Arrived:
    """Money of the whole fund that arrived as another currency, in that currency's minor unit."""

    currency: str
    rated_minor: int
    unrated_minor: int


@dataclass(frozen=True)
class Figures:
    """All figures of a report but those of releases."""

    #: Section of the statements, what of it, minor units.
    money: Sequence[tuple[Section, str, int]]
    budget: Budget
    arrived: Sequence[Arrived]


#: A release that a report tells of, with its lines: none where it is withdrawn.
Results = list[tuple[Report, Sequence[ReportLine]]]


@dataclass(frozen=True)
class About:
    """What a report is of."""

    report_id: int
    grant: str
    fund_id: int
    donor_id: int
    currency: str
    first_month: date
    last_month: date


def about(grant: Grant, report: GrantReport) -> About:
    """What this report of this grant is of."""
    return About(
        report_id=report.id,
        grant=grant.code,
        fund_id=grant.fund_id,
        donor_id=grant.donor_id,
        currency=grant.currency,
        first_month=report.first_month,
        last_month=report.last_month,
    )


def now(session: Session, actor: Actor, one: About) -> Figures:
    """As the books say today. Three statements."""
    return Figures(
        _money(session, actor, one), queries.budget(session, actor, one.grant), _arrived(session, actor, one)
    )


def results_now(session: Session, actor: Actor, one: About) -> Results:
    """Releases of its months that are out today. Three statements."""
    return releases.of_months(session, actor, one.fund_id, one.first_month, one.last_month)


def sent(session: Session, actor: Actor, one: About) -> Figures:
    """As they stood when the report was sent. One statement."""
    statement = (
        policy.select(actor, {Grant: _READ}, GrantReportFigure)
        .join(GrantReport, GrantReport.id == GrantReportFigure.report_id)
        .join(Grant, Grant.id == GrantReport.grant_id)
        .where(GrantReportFigure.report_id == one.report_id)
        .order_by(GrantReportFigure.position)
    )
    shown = [disclosure.show(actor, row) for row in session.scalars(statement)]
    return _figures([(row.part, row.name, row.amount_minor) for row in shown])


def results_sent(session: Session, actor: Actor, one: About) -> Results:
    """The releases the report told of when it was sent. Three statements."""
    told = (
        policy.select(actor, {Grant: _READ}, GrantReportRelease.release_id)
        .join(GrantReport, GrantReport.id == GrantReportRelease.report_id)
        .join(Grant, Grant.id == GrantReport.grant_id)
        .where(GrantReportRelease.report_id == one.report_id)
    )
    return releases.of_months(session, actor, one.fund_id, one.first_month, one.last_month, only=told)


def keep(session: Session, actor: Actor, one: About) -> None:
    """Keep what the books say now with the report that is being sent: its rows are never changed."""
    rows = [
        {"report_id": one.report_id, "position": position, "part": part, "name": name, "amount_minor": minor}
        for position, (part, name, minor) in enumerate(_rows(now(session, actor, one)), 1)
    ]
    session.execute(sa.insert(GrantReportFigure), rows)
    told = [
        {"report_id": one.report_id, "release_id": report.release_id}
        for report, _lines in results_now(session, actor, one)
    ]
    if told:
        session.execute(sa.insert(GrantReportRelease), told)


_Row = tuple[FigurePart, str, int]


def _rows(figures: Figures) -> Iterator[_Row]:
    """The figures as they are kept. `_figures()` makes the same of them again."""
    for section, name, minor in figures.money:
        yield FigurePart(section.value), name, minor
    for line in figures.budget.lines:
        yield FigurePart.PLANNED, line.line.value, line.planned_minor
        yield FigurePart.SPENT, line.line.value, line.spent_minor
    for fate, minor in figures.budget.rest:
        yield FigurePart.REST, fate.value, minor
    yield FigurePart.CONFIRMED, "", figures.budget.confirmed_minor
    for arrived in figures.arrived:
        yield FigurePart.RATED, arrived.currency, arrived.rated_minor
        yield FigurePart.UNRATED, arrived.currency, arrived.unrated_minor


def _figures(rows: Sequence[_Row]) -> Figures:
    named: Mapping[FigurePart, dict[str, int]] = defaultdict(dict)
    for part, name, minor in rows:
        named[part][name] = minor
    return Figures(
        money=[(Section(part.value), name, minor) for part, name, minor in rows if part.value in set(Section)],
        budget=budget_of(
            {BudgetLine(name): minor for name, minor in named[FigurePart.PLANNED].items()},
            {BudgetLine(name): minor for name, minor in named[FigurePart.SPENT].items()},
            {Fate(name): minor for name, minor in named[FigurePart.REST].items()},
            named[FigurePart.CONFIRMED].get("", 0),
        ),
        arrived=[
            Arrived(currency, minor, named[FigurePart.UNRATED].get(currency, 0))
            for currency, minor in named[FigurePart.RATED].items()
        ],
    )


def _money(session: Session, actor: Actor, one: About) -> list[tuple[Section, str, int]]:
    """The donor's statements of the months as one: what was there, all that happened, what is there."""
    statement = (
        policy.select(actor, {Statement: Permission.STATEMENT_READ}, StatementLine, Statement.month)
        .join(Statement, Statement.id == StatementLine.statement_id)
        .where(Statement.fund_id == one.fund_id, Statement.donor_id == one.donor_id)
        .where(Statement.month.between(one.first_month, one.last_month))
        .where(StatementLine.currency == one.currency)
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
    return [(section, name, sums[section, name]) for section, name in keys]


def _arrived(session: Session, actor: Actor, one: About) -> list[Arrived]:
    """For how much of what changed currency in the months the market's rate is known."""
    rated: Counter[str] = Counter()
    unrated: Counter[str] = Counter()
    for spread in rates.spreads(session, actor, [one.fund_id]):
        if spread.sent_currency == one.currency and one.first_month <= spread.month <= one.last_month:
            rated[spread.currency] += spread.arrived_with_rate_minor
            unrated[spread.currency] += spread.arrived_without_rate_minor
    return [Arrived(currency, rated[currency], unrated[currency]) for currency in rated]
