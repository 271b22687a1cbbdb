"""Reads: what the rate cost where payouts became another currency, and the rates that they got."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from aidnet import disclosure, policy
from aidnet.disclosure import Shown
from aidnet.funding.models import Fund, Payout, PayoutConfirmation
from aidnet.money import CURRENCIES, EXPONENTS
from aidnet.policy import Actor, Permission
from aidnet.rates.models import ArrivalSpread, Rate, SpreadMonth
from aidnet.rates.seen import full, own_part


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
    """What the rate cost of one arrival. `market` None: nobody typed the market's rate of its day."""

    arrived_on: date
    #: Of what was sent, in its currency: the part that became what arrived.
    sent_minor: int
    sent_currency: str
    #: What arrived, and the currency of the spread.
    currency: str
    #: Units that arrived for one that was sent; None where nothing of the payout became it.
    achieved: Decimal | None
    spread_minor: int | None
    market: Shown | None


@dataclass(frozen=True)
class Achieved:
    """What payouts of a month got, all of those the actor may see together: units of `quote` for one of `base`."""

    base: str
    quote: str
    month: date
    rate: Decimal


def spreads(session: Session, actor: Actor, fund_ids: Collection[int]) -> list[Spread]:
    """What the rate cost, by fund, month, channel and currencies, oldest first; a coordinator sees the own group's part. One statement."""
    names = ("sent_minor", "arrived_with_rate_minor", "arrived_without_rate_minor", "spread_minor")
    if not full(actor, "spread_month", *names):
        return []
    by = (SpreadMonth.fund_id, SpreadMonth.month, SpreadMonth.channel, SpreadMonth.sent_currency, SpreadMonth.currency)
    found = (
        policy.select(
            actor, {Fund: Permission.FUND_READ}, *by, *(sa.func.sum(getattr(SpreadMonth, name)) for name in names)
        )
        .join(Fund, Fund.id == SpreadMonth.fund_id)
        .where(SpreadMonth.fund_id.in_(fund_ids), own_part(actor, SpreadMonth.responder_id))
        .group_by(*by)
        .order_by(SpreadMonth.month, SpreadMonth.fund_id, SpreadMonth.channel, SpreadMonth.sent_currency)
    )
    rows = (Spread(*row[:5], *(int(minor) for minor in row[5:])) for row in session.execute(found))
    return [one for one in rows if one.sent_minor or one.arrived_with_rate_minor or one.arrived_without_rate_minor]


def spreads_of(session: Session, actor: Actor, code: str) -> list[SpreadOf]:
    """What the rate cost of each arrival of a payout, in the order of the receiver's words. One statement."""
    if not full(actor, "arrival_spread", "sent_minor", "spread_minor"):
        return []
    reads = {Payout: Permission.PAYOUT_READ, Rate: Permission.RATE_READ}
    found = (
        policy.select(actor, reads, ArrivalSpread, PayoutConfirmation, Payout, Rate)
        .select_from(ArrivalSpread)
        .join(PayoutConfirmation, PayoutConfirmation.id == ArrivalSpread.confirmation_id)
        .join(Payout, Payout.id == PayoutConfirmation.payout_id)
        .outerjoin(Rate, Rate.id == ArrivalSpread.rate_id)
        .where(Payout.code == code)
        .order_by(ArrivalSpread.confirmation_id)
    )
    return [
        SpreadOf(
            arrived_on=word.arrived_on,
            sent_minor=row.sent_minor,
            sent_currency=payout.currency,
            currency=payout.expected_currency,
            achieved=_per_one(row.sent_minor, payout.currency, word.amount_minor, payout.expected_currency),
            spread_minor=row.spread_minor,
            market=disclosure.show(actor, rate) if rate else None,
        )
        for row, word, payout, rate in session.execute(found)
    ]


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


def achieved(session: Session, actor: Actor, base: str, quote: str, since: date) -> list[Achieved]:
    """What payouts got by month, in the funds the actor may see (a coordinator: the own group's payouts). One statement."""
    if not full(actor, "spread_month", "sent_minor", "arrived_with_rate_minor", "arrived_without_rate_minor"):
        return []
    arrived = sa.func.sum(SpreadMonth.arrived_with_rate_minor + SpreadMonth.arrived_without_rate_minor)
    found = (
        policy.select(
            actor, {Fund: Permission.FUND_READ}, SpreadMonth.month, sa.func.sum(SpreadMonth.sent_minor), arrived
        )
        .join(Fund, Fund.id == SpreadMonth.fund_id)
        .where(SpreadMonth.sent_currency == base, SpreadMonth.currency == quote, SpreadMonth.month >= since)
        .where(own_part(actor, SpreadMonth.responder_id))
        .group_by(SpreadMonth.month)
    )
    rows = [(month, _per_one(int(sent), base, int(minor), quote)) for month, sent, minor in session.execute(found)]
    return [Achieved(base, quote, month, rate) for month, rate in rows if rate]


def _per_one(sent_minor: int, sent: str, arrived_minor: int, arrived: str) -> Decimal | None:
    """Units that arrived for one that was sent, to six digits that count."""
    if sent_minor <= 0 or arrived_minor <= 0:
        return None
    exact = Decimal(arrived_minor).scaleb(-EXPONENTS[arrived]) / Decimal(sent_minor).scaleb(-EXPONENTS[sent])
    return (
        exact.quantize(Decimal(1).scaleb(exact.adjusted() - 5)) if exact.adjusted() < 5 else exact.quantize(Decimal(1))
    )
