"""Reads: what moved in funds, in a reporting currency, from running totals alone."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from aidnet import policy
from aidnet.funding.models import Fund
from aidnet.ledger.models import BudgetLine, Measure, MoneyMonth
from aidnet.money import CURRENCIES
from aidnet.policy import Actor, Permission
from aidnet.rates.models import Rate, RateKind, RateUse, ValueMonth
from aidnet.rates.seen import full, own_part, told_line


@dataclass(frozen=True)
class Valued:
    """Of one month, measure, budget line and channel: what was converted, in the reporting currency."""

    month: date
    measure: Measure
    #: None: not an expense.
    line: BudgetLine | None
    #: Empty: neither gift nor payout.
    channel: str
    value_minor: int


@dataclass(frozen=True)
class Unrated:
    """The same for what had no rate, in its own currency."""

    month: date
    measure: Measure
    line: BudgetLine | None
    channel: str
    currency: str
    minor: int


@dataclass(frozen=True)
class RatesUsed:
    """By which rates a figure was converted."""

    count: int
    kinds: tuple[RateKind, ...]
    first: date
    last: date


@dataclass(frozen=True)
class Values:
    """Funds' money in one reporting currency. The two parts together are all of it."""

    reporting: str
    valued: Sequence[Valued]
    unrated: Sequence[Unrated]
    #: None: nothing was converted, or all of it was in the reporting currency already.
    rates: RatesUsed | None

    def total(self, *measures: Measure) -> int:
        """What was converted, of these measures, over all months."""
        return sum(one.value_minor for one in self.valued if one.measure in measures)

    def without_rate(self, *measures: Measure) -> dict[str, int]:
        """What was not, by currency, in the order of every page; currencies of nothing are left out."""
        sums = Counter[str]()
        for one in self.unrated:
            if one.measure in measures:
                sums[one.currency] += one.minor
        return {currency: sums[currency] for currency in CURRENCIES if sums[currency]}


def values(
    session: Session,
    actor: Actor,
    fund_ids: Collection[int],
    reporting: str,
    *,
    since: date | None = None,
    until: date | None = None,
) -> Values:
    """What moved in funds, in a reporting currency, by month, measure, line and channel; what has no rate beside it.

    `since` and `until` are first days of months; None: from the beginning, to the end. A coordinator sees the own
    group's part. Three statements, whatever the history.
    Source: `ValueMonth` (converted once, as it was written), `MoneyMonth` less that, and `RateUse`.
    """
    if not full(actor, "value_month", "value_minor", "rated_minor"):
        return Values(reporting, (), (), None)
    span = (since or date.min, until or date.max)
    sums = Counter[tuple[date, Measure, str, str]]()
    for month, measure, line, channel, minor in session.execute(_valued(actor, fund_ids, reporting, span)):
        sums[month, Measure(measure), told_line(actor, line), channel] += int(minor)
    left = Counter[tuple[date, Measure, str, str, str]]()
    for month, measure, line, channel, currency, minor in session.execute(_unrated(actor, fund_ids, reporting, span)):
        left[month, measure, told_line(actor, line), channel, currency] += int(minor)
    return Values(
        reporting,
        [
            Valued(month, measure, BudgetLine(line) if line else None, channel, minor)
            for (month, measure, line, channel), minor in sorted(sums.items())
            if minor
        ],
        [
            Unrated(month, measure, BudgetLine(line) if line else None, channel, currency, minor)
            for (month, measure, line, channel, currency), minor in sorted(left.items())
            if minor
        ],
        _used(session, actor, fund_ids, reporting, span),
    )


def _valued(actor: Actor, fund_ids: Collection[int], reporting: str, span: tuple[date, date]) -> sa.Select[Any]:
    by = (ValueMonth.month, ValueMonth.measure, ValueMonth.budget_line, ValueMonth.channel)
    return (
        policy.select(actor, {Fund: Permission.FUND_READ}, *by, sa.func.sum(ValueMonth.value_minor))
        .join(Fund, Fund.id == ValueMonth.fund_id)
        .where(ValueMonth.fund_id.in_(fund_ids), ValueMonth.reporting == reporting, ValueMonth.month.between(*span))
        .where(own_part(actor, ValueMonth.responder_id))
        .group_by(*by)
    )


def _unrated(actor: Actor, fund_ids: Collection[int], reporting: str, span: tuple[date, date]) -> sa.Select[Any]:
    by = (MoneyMonth.month, MoneyMonth.measure, MoneyMonth.budget_line, MoneyMonth.channel, MoneyMonth.currency)
    keys = ("fund_id", "month", "currency", "measure", "responder_id", "budget_line", "channel")
    same = sa.and_(*(getattr(ValueMonth, key) == getattr(MoneyMonth, key) for key in keys))
    left = sa.func.sum(MoneyMonth.amount_minor - sa.func.coalesce(ValueMonth.rated_minor, 0))
    return (
        policy.select(actor, {Fund: Permission.FUND_READ}, *by, left)
        .select_from(MoneyMonth)
        .join(Fund, Fund.id == MoneyMonth.fund_id)
        .outerjoin(ValueMonth, same & (ValueMonth.reporting == reporting))
        .where(MoneyMonth.fund_id.in_(fund_ids), MoneyMonth.month.between(*span))
        .where(own_part(actor, MoneyMonth.responder_id))
        .group_by(*by)
        .having(left != 0)
    )


def _used(
    session: Session, actor: Actor, fund_ids: Collection[int], reporting: str, span: tuple[date, date]
) -> RatesUsed | None:
    reads = {Fund: Permission.FUND_READ, Rate: Permission.RATE_READ}
    found = (
        policy.select(
            actor,
            reads,
            Rate.kind,
            sa.func.count(Rate.id.distinct()),
            sa.func.min(Rate.on_day),
            sa.func.max(Rate.on_day),
        )
        .select_from(RateUse)
        .join(Fund, Fund.id == RateUse.fund_id)
        .join(Rate, Rate.id == RateUse.rate_id)
        .where(RateUse.fund_id.in_(fund_ids), RateUse.reporting == reporting, RateUse.month.between(*span))
        .where(RateUse.used_count > 0, own_part(actor, RateUse.responder_id))
        .group_by(Rate.kind)
    )
    rows = session.execute(found).all()
    if not rows:
        return None
    kinds, counts, firsts, lasts = zip(*rows, strict=True)
    return RatesUsed(sum(counts), tuple(kind for kind in RateKind if kind in kinds), min(firsts), max(lasts))
