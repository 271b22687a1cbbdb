"""What the money of a donor's funds did in a period, from `funding.queries`: what a figure means is said there."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType

from sqlalchemy.orm import Session

from aidnet.funding import queries as funding
from aidnet.funding.queries import Flows, FundFigures, added_flows
from aidnet.ledger.models import BudgetLine
from aidnet.policy import Actor


class Line(StrEnum):
    """Budget lines as donors see them: tolls and informal payments only inside a total."""

    GOODS = "goods"
    TRANSPORT = "transport"
    MEDICINE = "medicine"
    SHELTER = "shelter"
    CASH = "cash"
    STIPENDS = "stipends"
    OTHER = "other"


_LINES: Mapping[BudgetLine, Line] = MappingProxyType(
    {
        BudgetLine.GOODS: Line.GOODS,
        BudgetLine.TRANSPORT: Line.TRANSPORT,
        BudgetLine.TOLLS: Line.TRANSPORT,
        BudgetLine.MEDICINE: Line.MEDICINE,
        BudgetLine.SHELTER: Line.SHELTER,
        BudgetLine.CASH_HANDED: Line.CASH,
        BudgetLine.STIPENDS: Line.STIPENDS,
        BudgetLine.OTHER: Line.OTHER,
    }
)


def spent(flows: Flows, *lines: Line) -> int:
    """What was spent on donors' lines; on all of them where none is named."""
    return sum(minor for line, minor in flows.by_line.items() if not lines or _LINES[line] in lines)


def _change(flows: Flows) -> int:
    """By how much the money that is left grew."""
    came = flows.received + flows.changed_in
    return came - flows.refunded - flows.cost - flows.spent - flows.lost - flows.changed_out


@dataclass(frozen=True)
class Figures:
    """Money of one currency in a period: how it moved, and how much was left, in all purses, less what is owed."""

    flows: Flows
    before: int
    #: At the end of the period.
    left: int
    #: Paid out without report yet, at the end of the period.
    on_the_way: int
    #: Where it is today; None in a month's figures.
    now: FundFigures | None = None


@dataclass(frozen=True)
class Money:
    """Figures of some funds, each currency by itself, in the order currencies are listed."""

    whole: Mapping[str, Figures]
    #: By currency and fund id; their flows add up to those of `whole`.
    by_fund: Mapping[tuple[str, int], Figures]
    #: By currency and month, the newest first; their flows add up to those of `whole`.
    by_month: Mapping[tuple[str, date], Figures]
    #: By fund id, month and currency: the least that a file shows.
    cells: Mapping[tuple[int, date, str], Flows]

    @property
    def currencies(self) -> Sequence[str]:
        return list(self.whole)


def money(session: Session, actor: Actor, fund_ids: Collection[int], first: date | None, last: date | None) -> Money:
    """What the funds' money did from month `first` (None: ever) to month `last` (None: now). Two statements."""
    months = funding.months(session, actor, fund_ids)
    figures = funding.fund_figures(session, actor, fund_ids, months)
    cells = {
        (one.fund_id, one.month, one.flows.currency): one.flows
        for one in months
        if last is None or one.month <= last
    }
    now = {(one.currency, one.fund_id): one for one in figures if one.fund_id is not None}
    return Money(
        whole={
            one.currency: _figures(one.currency, _of(cells, currency=one.currency), first, one)
            for one in funding.together(figures)
        },
        by_fund={
            (currency, fund_id): _figures(currency, _of(cells, currency=currency, fund_id=fund_id), first, one)
            for (currency, fund_id), one in now.items()
        },
        by_month=_by_month(cells, first),
        cells={key: flows for key, flows in cells.items() if first is None or key[1] >= first},
    )


_Cells = Mapping[tuple[int, date, str], Flows]


def _of(cells: _Cells, *, currency: str, fund_id: int | None = None) -> list[tuple[date, Flows]]:
    return [
        (month, flows)
        for (its_fund, month, its_currency), flows in cells.items()
        if its_currency == currency and fund_id in (None, its_fund)
    ]


def _figures(currency: str, flows: Sequence[tuple[date, Flows]], first: date | None, now: FundFigures) -> Figures:
    within = added_flows(currency, [one for month, one in flows if first is None or month >= first])
    ever = added_flows(currency, [one for _month, one in flows])
    before = _change(ever) - _change(within)
    return Figures(within, before, _change(ever), ever.on_the_way, now)


def _by_month(cells: _Cells, first: date | None) -> dict[tuple[str, date], Figures]:
    by_month: defaultdict[tuple[str, date], list[Flows]] = defaultdict(list)
    for (_fund_id, month, currency), flows in cells.items():
        by_month[currency, month].append(flows)
    ever: dict[str, Flows] = {}
    found: dict[tuple[str, date], Figures] = {}
    for (currency, month), parts in sorted(by_month.items()):
        until = ever.get(currency, added_flows(currency, []))
        ever[currency] = added_flows(currency, [until, *parts])
        if first is None or month >= first:
            within, whole = added_flows(currency, parts), ever[currency]
            found[currency, month] = Figures(within, _change(until), _change(whole), whole.on_the_way)
    return dict(reversed(found.items()))
