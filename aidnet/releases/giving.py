"""The donor's dashboard: what the donor gave, what the money of the funds became, and the newest results.

One set of figures, drawn as a page and written as a file.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy.orm import Session

from aidnet import clock
from aidnet.funding.queries import Flows, FundFigures
from aidnet.i18n import gettext as _
from aidnet.money import EXPONENTS, decimal_of
from aidnet.policy import Actor
from aidnet.releases import gifts, money, months, queries
from aidnet.releases.gifts import Gift, Giving
from aidnet.releases.money import Figures, Money, spent
from aidnet.releases.queries import FundOutlook, LostLine, ReportLine
from aidnet.releases.words import LINES

#: The choice of the last twelve months; else "all", or a year.
LAST_12 = "12"
#: Years that the filter offers.
_YEARS = 4
#: Funds whose newest results are shown in full.
_TOLD = 3


@dataclass(frozen=True)
class Wanted:
    """What the page is narrowed to. A word that means nothing narrows nothing."""

    #: A fund's code; empty: all of the donor's.
    fund: str
    period: str
    #: Of the details; empty: the currency most was spent in.
    currency: str
    #: The months: `first` None is as long as there are books, `last` None is now.
    first: date | None
    last: date | None

    @classmethod
    def read(cls, args: Mapping[str, str]) -> "Wanted":
        """From a page's address."""
        period = args.get("period", LAST_12)
        this = months.month_of(clock.today())
        first: date | None = months.after(this.replace(year=this.year - 1))
        last = None
        if period == "all":
            first = None
        elif period in map(str, years()):
            first = date(int(period), 1, 1)
            last = date(int(period), 12, 1) if int(period) < this.year else None
        else:
            period = LAST_12
        currency = args.get("currency", "")
        return cls(args.get("fund", ""), period, currency if currency in EXPONENTS else "", first, last)

    @property
    def until(self) -> date:
        """The last month, also where it is this one."""
        return self.last or months.month_of(clock.today())


def years() -> list[int]:
    """The years one may choose, newest first."""
    this = clock.today().year
    return list(range(this, this - _YEARS, -1))


@dataclass(frozen=True)
class Dashboard:
    """All that the page shows."""

    wanted: Wanted
    #: Every fund the donor gave to.
    funds: Sequence[FundOutlook]
    #: Those the page is about.
    chosen: Sequence[FundOutlook]
    giving: Giving
    money: Money
    #: Of the details; None where there is no money yet.
    currency: str | None
    gifts: Sequence[Gift]
    #: Funds with a release, the newest first; lines of the first few only.
    results: Sequence[tuple[FundOutlook, Sequence[ReportLine]]]
    #: Lines of losses of the same first few releases, by release id.
    losses: Mapping[int, Sequence[LostLine]]

    @property
    def detail(self) -> Figures | None:
        """The chosen currency's figures."""
        return self.money.whole[self.currency] if self.currency else None

    @property
    def detail_by_month(self) -> dict[date, Figures]:
        """The chosen currency's figures by month, the newest first."""
        return {month: figures for (code, month), figures in self.money.by_month.items() if code == self.currency}

    @property
    def detail_by_fund(self) -> dict[str, Figures]:
        """The chosen currency's figures by the fund's name."""
        found = {fund_id: figures for (code, fund_id), figures in self.money.by_fund.items() if code == self.currency}
        return {fund.name: found[fund.fund_id] for fund in self.chosen if fund.fund_id in found}


def load(session: Session, actor: Actor, wanted: Wanted) -> Dashboard:
    """The donor's dashboard. Eight statements, whatever the history."""
    funds = queries.outlooks(session, actor)
    chosen = [fund for fund in funds if fund.code == wanted.fund] or funds
    ids = {fund.fund_id: fund.name for fund in chosen}
    found = money.money(session, actor, list(ids), wanted.first, wanted.last)
    told = sorted((fund for fund in chosen if fund.newest), key=_newest, reverse=True)
    shown = [fund.newest.release_id for fund in told[:_TOLD] if fund.newest]
    lines = queries.lines(session, actor, shown)
    return Dashboard(
        wanted=wanted,
        funds=funds,
        chosen=chosen,
        giving=gifts.giving(session, actor, list(ids), wanted.first, wanted.until),
        money=found,
        currency=wanted.currency if wanted.currency in found.whole else _chief(found),
        gifts=gifts.newest(session, actor, ids),
        results=[(fund, lines.get(fund.newest.release_id, ())) for fund in told if fund.newest],
        losses=queries.losses(session, actor, shown),
    )


def _newest(fund: FundOutlook) -> date:
    return fund.newest.last_month if fund.newest else date.min


def _chief(found: Money) -> str | None:
    """The currency that was spent in most months; where none was, the one received in most."""
    flows = [(currency, figures.flows) for (currency, _month), figures in found.by_month.items()]
    return max(
        found.whole,
        key=lambda code: (
            sum(1 for currency, one in flows if currency == code and one.spent),
            sum(1 for currency, one in flows if currency == code and one.received),
        ),
        default=None,
    )


#: The file's columns.
HEADER = ("whose", "fund", "month", "currency", "figure", "budget line", "amount")


def rows(dashboard: Dashboard) -> Iterator[tuple[str, str, str, str, str, str, Decimal]]:
    """The page's figures as a file: the donor's own, what the funds' money did by month, and where it is now."""
    names = {fund.fund_id: fund.name for fund in dashboard.chosen}
    for (fund_id, currency, when), given in dashboard.giving.cells.items():
        told = (
            (_("You gave"), given.received),
            (_("Given back to you"), given.returned),
            (_("You promised, not received yet"), given.pledged),
        )
        for label, minor in told:
            if minor:
                yield _row(_("you"), names[fund_id], when, currency, label, "", minor)
    for (fund_id, month, currency), flows in dashboard.money.cells.items():
        for label, minor in _flows(flows):
            if minor:
                yield _row(_("whole fund"), names[fund_id], month, currency, label, "", minor)
        for line, word in LINES.items():
            if minor := spent(flows, line):
                yield _row(_("whole fund"), names[fund_id], month, currency, _("Spent"), str(word), minor)
    for (currency, fund_id), figures in dashboard.money.by_fund.items():
        for label, minor in standing(figures.now):
            if minor:
                yield _row(_("whole fund"), names[fund_id], None, currency, label, "", minor)


def _flows(flows: Flows) -> list[tuple[str, int]]:
    """How money moved, but for what was spent."""
    return [
        (_("Received"), flows.received),
        (_("Given back to givers"), flows.refunded),
        (_("Paid out"), flows.paid_out),
        (_("Changed from other currencies"), flows.changed_in),
        (_("Changed into other currencies"), flows.changed_out),
        (_("Cost of moving the money"), flows.cost),
        (_("Reported lost"), flows.lost),
    ]


def standing(now: FundFigures | None) -> list[tuple[str, int]]:
    """Where money is today, and what is owed."""
    if now is None:
        return []
    return [
        (_("Reported held by responders, today"), now.held),
        (_("Paid out without report yet, today"), now.on_the_way),
        (_("Still in the fund, today"), now.in_fund),
        (_("Owed to responders who paid first, today"), now.owed),
    ]


@dataclass(frozen=True)
class Statement:
    """What came and what went or is left, in lines whose sums are equal."""

    came: Sequence[tuple[str, int]]
    went: Sequence[tuple[str, int]]


def statement(figures: Figures, last: date | None) -> Statement:
    """The figures of a period to month `last` (None: now) as lines; lines of nothing are left out."""
    flows = figures.flows
    came = [
        (_("There before"), figures.before),
        (_("Received"), flows.received),
        (_("Given back to givers"), -flows.refunded),
        (_("Changed from other currencies"), flows.changed_in),
    ]
    went = [
        *((_("Spent: %(line)s", line=word), spent(flows, line)) for line, word in LINES.items()),
        (_("Cost of moving the money"), flows.cost),
        (_("Reported lost"), flows.lost),
        (_("Changed into other currencies"), flows.changed_out),
    ]
    if last is None:
        *places, owed = standing(figures.now)
        came.append(owed)
        went += places
    else:
        went.append((_("Left at the end, in the funds, on its way or held"), figures.left))
    return Statement([line for line in came if line[1]], [line for line in went if line[1]])


def _row(
    whose: str, fund: str, month: date | None, currency: str, label: str, line: str, minor: int
) -> tuple[str, str, str, str, str, str, Decimal]:
    when = f"{month:%Y-%m}" if month else ""
    return whose, fund, when, currency, label, line, decimal_of(minor, currency)
