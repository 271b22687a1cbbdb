"""Reads: what was typed, what payouts achieved, and what the books are worth in a reporting currency.

Everything comes from running totals: a figure of a year costs what a figure of a month costs. What has no rate is told
beside, in its own currency, and never guessed.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from aidnet import disclosure, policy
from aidnet.disclosure import Level, Shown
from aidnet.funding.models import Fund, Payout, PayoutConfirmation
from aidnet.ledger.models import BudgetLine, Measure, MoneyMonth
from aidnet.money import CURRENCIES, EXPONENTS
from aidnet.policy import Actor, Permission, Role
from aidnet.rates.lookup import RateUsed, market_rate
from aidnet.rates.models import ArrivalSpread, Rate, RateKind, RateUse, ReportingCurrency, SpreadMonth, ValueMonth
from aidnet.web import keyset
from aidnet.web.keyset import Page

__all__ = ["RateUsed", "market_rate"]

#: Months a picture of rates shows.
MONTHS = 12


@dataclass(frozen=True)
class RatesWanted:
    """What the list is narrowed to; empty and None narrow nothing."""

    base: str = ""
    quote: str = ""
    kind: RateKind | None = None
    #: Its first day.
    month: date | None = None


@dataclass(frozen=True)
class RateLine:
    """A typed rate in the list. `replaced`: a newer one was typed for the same pair, kind and day."""

    rate: Shown
    replaced: bool


@dataclass(frozen=True)
class Achieved:
    """What payouts of a month got, all of those the actor may see together: units of `quote` for one of `base`."""

    base: str
    quote: str
    month: date
    rate: Decimal


@dataclass(frozen=True)
class RateMonth:
    """A month of a pair: the last rate of each kind that was typed in it, and what payouts got. None: there is none."""

    month: date
    market: Decimal | None
    official: Decimal | None
    achieved: Decimal | None


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


@dataclass(frozen=True)
class Spread:
    """What the rate cost where payouts became another currency, in the currency that arrived. Below zero: better than the market."""

    fund_id: int
    month: date
    channel: str
    sent_currency: str
    currency: str
    sent_minor: int
    arrived_with_rate_minor: int
    #: Nobody typed the market's rate of its day: what the rate cost is not known.
    arrived_without_rate_minor: int
    spread_minor: int


@dataclass(frozen=True)
class SpreadOf:
    """What the rate cost of one arrival. `used` None: nobody typed the market's rate of its day."""

    sent_minor: int
    #: Units that arrived for one that was sent; None where nothing of the payout became it.
    achieved: Decimal | None
    spread_minor: int | None
    used: RateUsed | None


def reporting_currencies(session: Session) -> list[str]:
    """The currencies the network reports in; the first is everybody's until they choose another. One statement."""
    return list(session.scalars(sa.select(ReportingCurrency.currency).order_by(ReportingCurrency.rank)))


def reporting_of(session: Session, actor: Actor) -> tuple[str | None, list[str]]:
    """The person's reporting currency, and those there are to choose from; None where the network has none. One statement."""
    offered = reporting_currencies(session)
    if actor.reporting in offered:
        return actor.reporting, offered
    return (offered[0] if offered else None), offered


def statement(actor: Actor, wanted: RatesWanted) -> sa.Select[Any]:
    """The rates the list is narrowed to, each with whether a newer one stands in its place."""
    newer = aliased(Rate)
    same = [getattr(newer, name) == getattr(Rate, name) for name in ("base", "quote", "kind", "on_day")]
    replaced = sa.exists().where(*same, newer.id > Rate.id)
    found = policy.select(actor, {Rate: Permission.RATE_READ}, Rate, replaced)
    if wanted.base:
        found = found.where(Rate.base == wanted.base, Rate.quote == wanted.quote)
    if wanted.kind:
        found = found.where(Rate.kind == wanted.kind)
    if wanted.month:
        found = found.where(Rate.on_day.between(wanted.month, last_day(wanted.month)))
    return found


def rates(session: Session, actor: Actor, wanted: RatesWanted, after: str | None) -> Page[RateLine]:
    """A page of typed rates, newest day first. One statement."""
    page = keyset.page(session, statement(actor, wanted), Rate.on_day, Rate.id, after=after)
    return Page([RateLine(disclosure.show(actor, row), bool(replaced)) for row, replaced in page.rows], page.after)


def pairs(session: Session, actor: Actor) -> list[tuple[str, str]]:
    """Every pair of which a rate was typed, in the order of currencies. One statement."""
    found = policy.select(actor, {Rate: Permission.RATE_READ}, Rate.base, Rate.quote).distinct()
    order = {currency: number for number, currency in enumerate(CURRENCIES)}
    return sorted(
        ((base, quote) for base, quote in session.execute(found)), key=lambda pair: (order[pair[1]], order[pair[0]])
    )


def pair_months(session: Session, actor: Actor, base: str, quote: str, until: date) -> list[RateMonth]:
    """The last twelve months of a pair, oldest first; a month of which nothing is known has its row. Two statements."""
    months = [back(until, number) for number in reversed(range(MONTHS))]
    typed = (
        policy.visible(actor, Permission.RATE_READ, Rate)
        .where(Rate.base == base, Rate.quote == quote, Rate.on_day.between(months[0], last_day(months[-1])))
        .order_by(Rate.on_day, Rate.id)
    )
    of_day = {(row.kind, row.on_day): row.rate for row in session.scalars(typed)}
    last: dict[tuple[RateKind, date], Decimal] = {}
    for (kind, day), rate in sorted(of_day.items(), key=lambda item: item[0][1]):
        if rate is not None:
            last[kind, day.replace(day=1)] = rate
    got = {one.month: one.rate for one in achieved(session, actor, base, quote, months[0])}
    return [
        RateMonth(month, last.get((RateKind.MARKET, month)), last.get((RateKind.OFFICIAL, month)), got.get(month))
        for month in months
    ]


def achieved(session: Session, actor: Actor, base: str, quote: str, since: date) -> list[Achieved]:
    """What payouts got by month, in the funds the actor may see (a coordinator: the own group's payouts). One statement."""
    if not _full(actor, "spread_month", "sent_minor", "arrived_with_rate_minor", "arrived_without_rate_minor"):
        return []
    arrived = sa.func.sum(SpreadMonth.arrived_with_rate_minor + SpreadMonth.arrived_without_rate_minor)
    found = (
        policy.select(
            actor, {Fund: Permission.FUND_READ}, SpreadMonth.month, sa.func.sum(SpreadMonth.sent_minor), arrived
        )
        .join(Fund, Fund.id == SpreadMonth.fund_id)
        .where(SpreadMonth.sent_currency == base, SpreadMonth.currency == quote, SpreadMonth.month >= since)
        .where(_own_part(actor, SpreadMonth.responder_id))
        .group_by(SpreadMonth.month)
    )
    rows = [(month, _per_one(int(sent), base, int(minor), quote)) for month, sent, minor in session.execute(found)]
    return [Achieved(base, quote, month, rate) for month, rate in rows if rate]


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
    if not _full(actor, "value_month", "value_minor", "rated_minor"):
        return Values(reporting, (), (), None)
    span = (since or date.min, until or date.max)
    sums = Counter[tuple[date, Measure, str, str]]()
    for month, measure, line, channel, minor in session.execute(_valued(actor, fund_ids, reporting, span)):
        sums[month, Measure(measure), _told(actor, line), channel] += int(minor)
    left = Counter[tuple[date, Measure, str, str, str]]()
    for month, measure, line, channel, currency, minor in session.execute(_unrated(actor, fund_ids, reporting, span)):
        left[month, measure, _told(actor, line), channel, currency] += int(minor)
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
        .where(_own_part(actor, ValueMonth.responder_id))
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
        .where(_own_part(actor, MoneyMonth.responder_id))
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
        .where(RateUse.used_count > 0, _own_part(actor, RateUse.responder_id))
        .group_by(Rate.kind)
    )
    rows = session.execute(found).all()
    if not rows:
        return None
    kinds, counts, firsts, lasts = zip(*rows, strict=True)
    return RatesUsed(sum(counts), tuple(kind for kind in RateKind if kind in kinds), min(firsts), max(lasts))


def spreads(session: Session, actor: Actor, fund_ids: Collection[int]) -> list[Spread]:
    """What the rate cost, by fund, month, channel and currencies, oldest first; a coordinator sees the own group's part. One statement."""
    names = ("sent_minor", "arrived_with_rate_minor", "arrived_without_rate_minor", "spread_minor")
    if not _full(actor, "spread_month", *names):
        return []
    by = (SpreadMonth.fund_id, SpreadMonth.month, SpreadMonth.channel, SpreadMonth.sent_currency, SpreadMonth.currency)
    found = (
        policy.select(
            actor, {Fund: Permission.FUND_READ}, *by, *(sa.func.sum(getattr(SpreadMonth, name)) for name in names)
        )
        .join(Fund, Fund.id == SpreadMonth.fund_id)
        .where(SpreadMonth.fund_id.in_(fund_ids), _own_part(actor, SpreadMonth.responder_id))
        .group_by(*by)
        .order_by(SpreadMonth.month, SpreadMonth.fund_id, SpreadMonth.channel, SpreadMonth.sent_currency)
    )
    rows = (Spread(*row[:5], *(int(minor) for minor in row[5:])) for row in session.execute(found))
    return [one for one in rows if one.sent_minor or one.arrived_with_rate_minor or one.arrived_without_rate_minor]


def spreads_of(session: Session, actor: Actor, payout_id: int) -> dict[int, SpreadOf]:
    """What the rate cost of each arrival of a payout, by the word's id. One statement."""
    reads = {Payout: Permission.PAYOUT_READ}
    # The rate is read through the payout whose figure it explains: whoever reads that may read its rate.
    found = (
        policy.select(actor, reads | {Rate: Permission.RATE_READ}, ArrivalSpread, Payout, PayoutConfirmation, Rate)
        .select_from(ArrivalSpread)
        .join(PayoutConfirmation, PayoutConfirmation.id == ArrivalSpread.confirmation_id)
        .join(Payout, Payout.id == PayoutConfirmation.payout_id)
        .outerjoin(Rate, Rate.id == ArrivalSpread.rate_id)
        .where(Payout.id == payout_id)
    )
    told = {}
    for row, payout, confirmation, rate in session.execute(found):
        if (
            disclosure.level_of("arrival_spread", "spread_minor", disclosure.audience_of(actor, payout.responder_id))
            is not Level.FULL
        ):
            continue
        used = RateUsed(rate, rate.base != payout.currency) if rate else None
        got = _per_one(row.sent_minor, payout.currency, confirmation.amount_minor, payout.expected_currency)
        told[confirmation.id] = SpreadOf(row.sent_minor, got, row.spread_minor, used)
    return told


def _full(actor: Actor, entity: str, *names: str) -> bool:
    """A figure that is withheld from somebody is withheld with all it could be worked out from."""
    audience = disclosure.audience_of(actor, actor.responder_id)
    return all(disclosure.level_of(entity, name, audience) is Level.FULL for name in names)


def _own_part(actor: Actor, column: sa.SQLColumnExpression[Any]) -> sa.ColumnElement[bool]:
    """SECURITY: a coordinator learns nothing of what other responders get. Kept by tests/rates/test_visibility.py."""
    return column == actor.responder_id if actor.role is Role.COORDINATOR else sa.true()


def _told(actor: Actor, line: str) -> str:
    """SECURITY: donors see tolls and informal payments only inside transport. Kept by tests/rates/test_visibility.py."""
    folded = actor.role is Role.DONOR and line == BudgetLine.TOLLS
    return BudgetLine.TRANSPORT.value if folded else str(line)


def _per_one(sent_minor: int, sent: str, arrived_minor: int, arrived: str) -> Decimal | None:
    """Units that arrived for one that was sent, to six digits that count."""
    if sent_minor <= 0 or arrived_minor <= 0:
        return None
    exact = Decimal(arrived_minor).scaleb(-EXPONENTS[arrived]) / Decimal(sent_minor).scaleb(-EXPONENTS[sent])
    return (
        exact.quantize(Decimal(1).scaleb(exact.adjusted() - 5)) if exact.adjusted() < 5 else exact.quantize(Decimal(1))
    )


def last_day(month: date) -> date:
    """The last day of a month."""
    return date.fromordinal(back(month, -1).toordinal() - 1)


def back(month: date, months: int) -> date:
    """The first day of the month so many before."""
    number = month.year * 12 + month.month - 1 - months
    return date(number // 12, number % 12 + 1, 1)


def file_rows(session: Session, actor: Actor, wanted: RatesWanted) -> Iterator[RateLine]:
    """The list as a file reads it: every row, newest day first, as it is read. One statement."""
    ordered = statement(actor, wanted).order_by(Rate.on_day.desc(), Rate.id.desc())
    for row, replaced in session.execute(ordered.execution_options(yield_per=1_000)):
        yield RateLine(disclosure.show(actor, row), bool(replaced))


def added_spreads(found: Iterable[Spread]) -> list[tuple[str, int, int, int]]:
    """By currency: the cost of the rate, what arrived with a known rate, and what without."""
    sums: dict[str, list[int]] = {}
    for one in found:
        for at, minor in enumerate((one.spread_minor, one.arrived_with_rate_minor, one.arrived_without_rate_minor)):
            sums.setdefault(one.currency, [0, 0, 0])[at] += minor
    return [
        (currency, sums[currency][0], sums[currency][1], sums[currency][2])
        for currency in CURRENCIES
        if currency in sums
    ]
