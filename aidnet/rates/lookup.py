"""Which rate holds on a day, and what an amount is worth by it: exact, and rounded once."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

import sqlalchemy as sa
from sqlalchemy.orm import Session

from aidnet.money import EXPONENTS
from aidnet.policy import unscoped
from aidnet.rates.models import Rate, RateKind

#: A typed rate holds until the next, so many days at most.
HOLDS_DAYS = 7
#: Kinds by which the ledger is converted: where the market's is not known, the official one.
CONVERTING = (RateKind.MARKET, RateKind.OFFICIAL)
#: A worth beyond this is no worth: sums of it would leave 64 bits.
_MOST = 10**17

_TYPED = unscoped(
    sa.select(Rate)
    .where(
        Rate.base.in_(sa.bindparam("currencies", expanding=True)),
        Rate.quote.in_(sa.bindparam("currencies", expanding=True)),
        Rate.on_day.between(sa.bindparam("first"), sa.bindparam("last")),
    )
    .order_by(Rate.on_day, Rate.id),
    because="the ledger is converted by what was typed, whoever moves the money",
)


@dataclass(frozen=True)
class RateUsed:
    """A typed rate as it is applied: as it stands, or the other way round."""

    row: Rate
    inverse: bool

    def worth(self, amount_minor: int) -> int | None:
        """The amount in the other currency's minor unit, half to even; None where it is beyond all sense."""
        if self.row.rate is None:
            return None
        source, target = (self.row.quote, self.row.base) if self.inverse else (self.row.base, self.row.quote)
        factor = 1 / Fraction(self.row.rate) if self.inverse else Fraction(self.row.rate)
        minor = round(amount_minor * factor * Fraction(10) ** (EXPONENTS[target] - EXPONENTS[source]))
        return minor if minor <= _MOST else None


class Typed:
    """The rates typed for some days: of each pair, kind and day the newest counts."""

    def __init__(self, rows: Iterable[Rate]) -> None:
        self._rows = {(row.base, row.quote, row.kind, row.on_day): row for row in rows}

    def rate(self, base: str, quote: str, kind: RateKind, on: date) -> RateUsed | None:
        """The rate of a kind that holds on a day: the pair as asked, else the other way round, never through a third."""
        for pair, inverse in (((base, quote), False), ((quote, base), True)):
            for back in range(HOLDS_DAYS + 1):
                row = self._rows.get((*pair, kind, on - timedelta(days=back)))
                if row is not None and row.rate is not None:
                    return RateUsed(row, inverse)
        return None

    def best(self, base: str, quote: str, on: date) -> RateUsed | None:
        """The rate by which the ledger is converted: the market's, else the official one."""
        found = (self.rate(base, quote, kind, on) for kind in CONVERTING)
        return next((used for used in found if used is not None), None)


def typed(session: Session, currencies: Collection[str], first: date, last: date) -> Typed:
    """All that may hold between two days among these currencies. One statement."""
    asked = {"currencies": sorted(currencies), "first": first - timedelta(days=HOLDS_DAYS), "last": last}
    return Typed(session.scalars(_TYPED, asked))


def market_rate(session: Session, base: str, quote: str, on: date) -> RateUsed | None:
    """The market's rate that holds on a day; None where nobody typed one. One statement.

    The newest of the day, else of the latest day before, no more than seven days back; the pair as asked, else the
    other way round (`inverse`); never worked out through a third currency.
    """
    return typed(session, (base, quote), on, on).rate(base, quote, RateKind.MARKET, on)
