"""Writes: what the rate cost where a payout became another currency on its way, kept with the receiver's word.

The part of the payout that became what arrived, at the market's rate of the day it arrived, less what arrived: that is
the cost of the rate, in the currency that arrived. Below zero it was better than the market.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from aidnet.db import add_up
from aidnet.funding.models import Payout, PayoutConfirmation
from aidnet.policy import unscoped
from aidnet.rates import lookup
from aidnet.rates.lookup import HOLDS_DAYS, Typed
from aidnet.rates.models import ArrivalSpread, RateKind, SpreadMonth

_LEDGER = "the spread is kept with the ledger, below policy"


@dataclass(frozen=True)
class Arrival:
    """One arrival that became another currency, and its spread."""

    payout: Payout
    confirmation: PayoutConfirmation
    row: ArrivalSpread

    def total(self, sign: int = 1) -> dict[str, Any]:
        """What it adds to a month."""
        arrived_minor = sign * self.confirmation.amount_minor
        rated = self.row.rate_id is not None
        return {
            "fund_id": self.payout.fund_id,
            "month": self.confirmation.arrived_on.replace(day=1),
            "channel": self.payout.channel.value,
            "responder_id": self.payout.responder_id,
            "sent_currency": self.payout.currency,
            "currency": self.payout.expected_currency,
            "sent_minor": sign * self.row.sent_minor,
            "arrived_with_rate_minor": arrived_minor if rated else 0,
            "arrived_without_rate_minor": 0 if rated else arrived_minor,
            "spread_minor": sign * (self.row.spread_minor or 0),
        }


SUMMED = ("sent_minor", "arrived_with_rate_minor", "arrived_without_rate_minor", "spread_minor")


def added(arrivals: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Months of arrivals (`Arrival.total`) added up, each key once, in one order."""
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    for one in arrivals:
        key = tuple(value for name, value in one.items() if name not in SUMMED)
        if key in found:
            for name in SUMMED:
                found[key][name] += one[name]
        else:
            found[key] = dict(one)
    return sorted(found.values(), key=lambda row: [str(part) for part in row.values()])


def note_arrival(session: Session, payout: Payout, confirmation: PayoutConfirmation, sent_minor: int) -> None:
    """Keep what the rate cost of an arrival: `sent_minor` of the payout became what the word says arrived.

    Nothing where no currency changed. Called by who holds the payout, after the ledger has moved the money.
    """
    if payout.currency == payout.expected_currency or not (sent_minor or confirmation.amount_minor):
        return
    on = confirmation.arrived_on
    rates = lookup.typed(session, (payout.currency, payout.expected_currency), on, on)
    row = ArrivalSpread(confirmation_id=confirmation.id, sent_minor=sent_minor, rate_id=None, spread_minor=None)
    _rate(payout, confirmation, row, rates)
    session.add(row)
    session.flush()
    add_up(session, SpreadMonth, [Arrival(payout, confirmation, row).total()], summed=SUMMED)


def forget_arrival(session: Session, payout: Payout, confirmation: PayoutConfirmation) -> None:
    """The word was undone: its spread is taken back, exactly as it was kept."""
    statement = sa.select(ArrivalSpread).where(ArrivalSpread.confirmation_id == confirmation.id)
    row = session.scalars(unscoped(statement, because=_LEDGER)).one_or_none()
    if row is not None:
        add_up(session, SpreadMonth, [Arrival(payout, confirmation, row).total(-1)], summed=SUMMED)
        session.delete(row)
        session.flush()


def any_unrated(session: Session) -> bool:
    """Whether any arrival waits for a market rate. One statement."""
    waiting = sa.select(ArrivalSpread.confirmation_id).where(ArrivalSpread.rate_id.is_(None)).limit(1)
    return session.scalars(unscoped(waiting, because=_LEDGER)).first() is not None


def rate_arrivals(session: Session, base: str, quote: str, on: date, *, most: int) -> int:
    """Give a rate to arrivals that had none, in the days that a market rate just typed holds for. How many."""
    pair, other = (Payout.currency, Payout.expected_currency), (quote, base)
    either = sa.tuple_(*pair).in_([(base, quote), other])
    days = PayoutConfirmation.arrived_on.between(on, on + timedelta(days=HOLDS_DAYS))
    statement = (
        sa.select(Payout, PayoutConfirmation, ArrivalSpread)
        .select_from(ArrivalSpread)
        .join(PayoutConfirmation, PayoutConfirmation.id == ArrivalSpread.confirmation_id)
        .join(Payout, Payout.id == PayoutConfirmation.payout_id)
        .where(ArrivalSpread.rate_id.is_(None), either, days)
        .order_by(ArrivalSpread.confirmation_id)
        .limit(most)
    )
    found = [Arrival(*row) for row in session.execute(unscoped(statement, because=_LEDGER)).all()]
    if not found:
        return 0
    rates = lookup.typed(session, (base, quote), on, on + timedelta(days=HOLDS_DAYS))
    before = [one.total(-1) for one in found]
    for one in found:
        _rate(one.payout, one.confirmation, one.row, rates)
    session.flush()
    add_up(session, SpreadMonth, added([*before, *(one.total() for one in found)]), summed=SUMMED)
    return sum(one.row.rate_id is not None for one in found)


def _rate(payout: Payout, confirmation: PayoutConfirmation, row: ArrivalSpread, rates: Typed) -> None:
    used = rates.rate(payout.currency, payout.expected_currency, RateKind.MARKET, confirmation.arrived_on)
    worth_minor = used.worth(row.sent_minor) if used else None
    if used is not None and worth_minor is not None:
        row.rate_id, row.spread_minor = used.row.id, worth_minor - confirmation.amount_minor
