"""What the money of some funds became: flows by month and where it is, from the ledger's running totals.

The money of a fund is in the fund, on its way (paid out, and nobody has reported yet), or held by responders; what a
responder spent beyond what it held is owed to it. In every currency what came in and is owed equals what went and is left.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from aidnet import policy
from aidnet.funding.models import BudgetLine, Fund, Measure, MoneyMonth
from aidnet.policy import Actor, Permission

_GIVING = Permission.GIVING_READ


class Flow(StrEnum):
    """What donors are told that money did. Spending is told by `Line`."""

    RECEIVED = "received"
    RETURNED = "returned"
    PAID_OUT = "paid-out"
    CHANGED_IN = "changed-in"
    CHANGED_OUT = "changed-out"
    SPENT = "spent"
    COST = "cost"
    LOST = "lost"


class Line(StrEnum):
    """Budget lines as donors see them: tolls only inside a total."""

    GOODS = "goods"
    TRANSPORT = "transport"
    MEDICINE = "medicine"
    CASH = "cash"
    OTHER = "other"


_LINES: Mapping[BudgetLine, Line] = MappingProxyType(
    {
        BudgetLine.GOODS: Line.GOODS,
        BudgetLine.TRANSPORT: Line.TRANSPORT,
        BudgetLine.TOLLS: Line.TRANSPORT,
        BudgetLine.MEDICINE: Line.MEDICINE,
        BudgetLine.CASH_HANDED: Line.CASH,
        BudgetLine.SHELTER: Line.OTHER,
        BudgetLine.STIPENDS: Line.OTHER,
        BudgetLine.OTHER: Line.OTHER,
    }
)


class Purse(StrEnum):
    """Where a fund's money can be while it is neither spent nor gone."""

    FUND = "fund"
    #: Paid out without report yet.
    ON_ITS_WAY = "on-its-way"
    #: With responders, less what is owed to them.
    HELD = "held"


#: Instead of a purse: what responders hold where a responder's money moved, else the fund.
_OWN = "own"
#: A measure's flow, and the purse it leaves and the one it reaches.
_MEANINGS: Mapping[Measure, tuple[Flow | None, str | None, str | None]] = MappingProxyType(
    {
        Measure.RECEIVED: (Flow.RECEIVED, None, _OWN),
        Measure.REFUNDED: (Flow.RETURNED, _OWN, None),
        Measure.PAID_OUT: (Flow.PAID_OUT, Purse.FUND, Purse.ON_ITS_WAY),
        Measure.FEES: (Flow.COST, Purse.FUND, None),
        Measure.KEPT: (Flow.COST, Purse.ON_ITS_WAY, None),
        Measure.ARRIVED: (None, Purse.ON_ITS_WAY, Purse.HELD),
        Measure.CHANGED: (Flow.CHANGED_OUT, Purse.ON_ITS_WAY, None),
        Measure.ARRIVED_CHANGED: (Flow.CHANGED_IN, None, Purse.HELD),
        Measure.EXCHANGED_OUT: (Flow.CHANGED_OUT, Purse.FUND, None),
        Measure.EXCHANGED_IN: (Flow.CHANGED_IN, None, Purse.FUND),
        Measure.SPENT: (Flow.SPENT, _OWN, None),
        Measure.LOST: (Flow.LOST, Purse.ON_ITS_WAY, None),
        Measure.LOST_HELD: (Flow.LOST, Purse.HELD, None),
    }
)


@dataclass(frozen=True)
class Figures:
    """What money of one currency did in a period, and where it is at the end. All in minor units."""

    flows: Counter[Flow] = field(default_factory=Counter)
    #: `flows[SPENT]` by line.
    spent: Counter[Line] = field(default_factory=Counter)
    #: In each purse at the end; by month, the change in that month.
    purses: Counter[Purse] = field(default_factory=Counter)
    #: What was there before the period, over all purses.
    before: int = 0
    #: Spent by responders beyond what they held, at the end.
    owed: int = 0

    @property
    def held(self) -> int:
        """Reported as held by responders who hold something."""
        return self.purses[Purse.HELD] + self.owed

    @property
    def came(self) -> int:
        """All there was to use. Equals `went`."""
        flows = self.flows
        return self.before + self.owed + flows[Flow.RECEIVED] - flows[Flow.RETURNED] + flows[Flow.CHANGED_IN]

    @property
    def went(self) -> int:
        """What was used, and what is left."""
        flows = self.flows
        used = flows[Flow.SPENT] + flows[Flow.COST] + flows[Flow.LOST] + flows[Flow.CHANGED_OUT]
        return used + self.held + self.purses[Purse.ON_ITS_WAY] + self.purses[Purse.FUND]


@dataclass(frozen=True)
class Money:
    """Figures of some funds, each currency by itself."""

    #: By currency.
    whole: Mapping[str, Figures]
    #: By currency and fund id; they add up to `whole`.
    by_fund: Mapping[tuple[str, int], Figures]
    #: By currency and month; their flows add up to those of `whole`.
    by_month: Mapping[tuple[str, date], Figures]
    #: By fund id, currency and month: the least that a file shows.
    cells: Mapping[tuple[int, str, date], Figures]

    @property
    def currencies(self) -> Sequence[str]:
        return list(self.whole)


#: Stands for all months before a period.
_BEFORE = date(1, 1, 1)


def money(session: Session, actor: Actor, fund_ids: Sequence[int], first: date | None, last: date) -> Money:
    """What the funds' money did from month `first` (None: ever) to month `last`. Two statements, whatever the history."""
    whole: defaultdict[str, Figures] = defaultdict(Figures)
    by_fund: defaultdict[tuple[str, int], Figures] = defaultdict(Figures)
    by_month: defaultdict[tuple[str, date], Figures] = defaultdict(Figures)
    cells: defaultdict[tuple[int, str, date], Figures] = defaultdict(Figures)
    before: Counter[tuple[str, int]] = Counter()
    for fund_id, month, currency, measure, line, by_responder, total in session.execute(
        _flows(actor, fund_ids, first, last)
    ):
        flow, purses = _meaning(measure, by_responder, int(total))
        at_end = (whole[currency], by_fund[currency, fund_id])
        for figures in at_end:
            figures.purses.update(purses)
        if month == _BEFORE:
            before[currency, fund_id] += sum(purses.values())
            continue
        in_month = (by_month[currency, month], cells[fund_id, currency, month])
        for figures in in_month:
            figures.purses.update(purses)
        for figures in (*at_end, *in_month):
            if flow is not None:
                figures.flows[flow] += int(total)
            if flow is Flow.SPENT:
                figures.spent[_LINES[BudgetLine(line)]] += int(total)
    owed = {
        (currency, fund_id): int(minor) for fund_id, currency, minor in session.execute(_owed(actor, fund_ids, last))
    }
    funds = {
        key: Figures(found.flows, found.spent, found.purses, before[key], owed.get(key, 0))
        for key, found in sorted(by_fund.items())
    }
    return Money(
        {currency: _sum(whole[currency], currency, funds) for currency in sorted(whole)},
        funds,
        dict(sorted(by_month.items())),
        dict(sorted(cells.items())),
    )


def _sum(found: Figures, currency: str, funds: Mapping[tuple[str, int], Figures]) -> Figures:
    parts = [figures for (code, _fund_id), figures in funds.items() if code == currency]
    before, owed = sum(part.before for part in parts), sum(part.owed for part in parts)
    return Figures(found.flows, found.spent, found.purses, before, owed)


def _meaning(measure: Measure, by_responder: bool, minor: int) -> tuple[Flow | None, Counter[Purse]]:
    """The flow a measure is told as, and what it does to the purses."""
    flow, source, target = _MEANINGS[measure]
    own = Purse.HELD if by_responder else Purse.FUND
    purses: Counter[Purse] = Counter()
    if source is not None:
        purses[own if source == _OWN else Purse(source)] -= minor
    if target is not None:
        purses[own if target == _OWN else Purse(target)] += minor
    return flow, purses


def _flows(actor: Actor, fund_ids: Iterable[int], first: date | None, last: date) -> sa.Select[*tuple[Any, ...]]:
    month = sa.case((MoneyMonth.month < (first or _BEFORE), sa.literal(_BEFORE)), else_=MoneyMonth.month)
    by_responder = MoneyMonth.responder_id != 0
    columns = (
        *(MoneyMonth.fund_id, month.label("in_month"), MoneyMonth.currency, MoneyMonth.measure),
        *(MoneyMonth.budget_line, by_responder.label("by_responder")),
    )
    return (
        policy.select(actor, {Fund: _GIVING}, *columns, sa.func.sum(MoneyMonth.amount_minor))
        .join(Fund, Fund.id == MoneyMonth.fund_id)
        .where(MoneyMonth.fund_id.in_(fund_ids), MoneyMonth.month <= last)
        .group_by(*(column.name if isinstance(column, sa.Label) else column for column in columns))
    )


def _owed(actor: Actor, fund_ids: Iterable[int], last: date) -> sa.Select[*tuple[Any, ...]]:
    """What is owed to responders, by fund and currency; which responder does not leave the database."""
    comes = [measure for measure, (_flow, _source, target) in _MEANINGS.items() if target in (_OWN, Purse.HELD)]
    goes = [measure for measure, (_flow, source, _target) in _MEANINGS.items() if source in (_OWN, Purse.HELD)]
    sign = sa.case((MoneyMonth.measure.in_(comes), 1), (MoneyMonth.measure.in_(goes), -1), else_=0)
    left = sa.func.sum(sign * MoneyMonth.amount_minor)
    by_responder = (
        policy.select(actor, {Fund: _GIVING}, MoneyMonth.fund_id, MoneyMonth.currency, left.label("left_minor"))
        .join(Fund, Fund.id == MoneyMonth.fund_id)
        .where(MoneyMonth.fund_id.in_(fund_ids), MoneyMonth.month <= last, MoneyMonth.responder_id != 0)
        .group_by(MoneyMonth.fund_id, MoneyMonth.currency, MoneyMonth.responder_id)
        .having(left < 0)
    )
    each = by_responder.subquery()
    return (
        sa.select(each.c.fund_id, each.c.currency, -sa.func.sum(each.c.left_minor))
        .group_by(each.c.fund_id, each.c.currency)
        .execution_options(**by_responder.get_execution_options())
    )
