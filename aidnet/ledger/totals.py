"""Running totals by month: of a fund, and of a donor's own gifts. Which of them a transfer adds to, and the adding."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from aidnet.db import add_up
from aidnet.ledger.models import Account, AccountKind, GiverMonth, Measure, MoneyMonth

_MEASURES: Mapping[tuple[AccountKind, AccountKind], Measure] = {
    (AccountKind.OUTSIDE, AccountKind.FUND): Measure.RECEIVED,
    (AccountKind.OUTSIDE, AccountKind.HELD): Measure.RECEIVED,
    (AccountKind.FUND, AccountKind.OUTSIDE): Measure.REFUNDED,
    (AccountKind.HELD, AccountKind.OUTSIDE): Measure.REFUNDED,
    (AccountKind.FUND, AccountKind.TRANSIT): Measure.PAID_OUT,
    (AccountKind.FUND, AccountKind.FEES): Measure.FEES,
    (AccountKind.TRANSIT, AccountKind.FEES): Measure.KEPT,
    (AccountKind.TRANSIT, AccountKind.HELD): Measure.ARRIVED,
    (AccountKind.TRANSIT, AccountKind.EXCHANGE): Measure.CHANGED,
    (AccountKind.EXCHANGE, AccountKind.HELD): Measure.ARRIVED_CHANGED,
    (AccountKind.FUND, AccountKind.EXCHANGE): Measure.EXCHANGED_OUT,
    (AccountKind.EXCHANGE, AccountKind.FUND): Measure.EXCHANGED_IN,
    (AccountKind.FUND, AccountKind.SPENT): Measure.SPENT,
    (AccountKind.HELD, AccountKind.SPENT): Measure.SPENT,
    (AccountKind.TRANSIT, AccountKind.LOST): Measure.LOST,
    (AccountKind.HELD, AccountKind.LOST): Measure.LOST_HELD,
    (AccountKind.LOST, AccountKind.FUND): Measure.RECOVERED,
}

#: What a donor's own monthly totals tell.
GIVERS_MEASURES = frozenset({Measure.RECEIVED, Measure.REFUNDED})


@dataclass(frozen=True)
class Cell:
    """Which monthly total a transfer adds to: the key of `MoneyMonth`."""

    fund_id: int
    month: date
    currency: str
    measure: Measure
    responder_id: int
    budget_line: str
    #: Of the gift or the payout; empty: neither.
    channel: str


@dataclass(frozen=True)
class GiverCell:
    """Which of a donor's monthly totals a transfer adds to: the key of `GiverMonth`."""

    donor_id: int
    fund_id: int
    month: date
    currency: str
    measure: Measure


def measure_of(source: AccountKind, target: AccountKind) -> Measure:
    """What money that goes this way means. Raises KeyError for a way that money does not take."""
    return _MEASURES[source, target]


def cell_of(
    fund_id: int, happened_on: date, source: Account, target: Account, channel: str, *, undoes: bool = False
) -> Cell:
    """Which monthly total a transfer between two accounts adds to; one that undoes takes away where its original added."""
    if undoes:
        source, target = target, source
    return Cell(
        fund_id=fund_id,
        month=happened_on.replace(day=1),
        currency=source.currency,
        measure=measure_of(source.kind, target.kind),
        responder_id=source.responder_id or target.responder_id or 0,
        budget_line=source.budget_line or target.budget_line or "",
        channel=channel,
    )


def add_to_months(session: Session, totals: Mapping[Cell, int]) -> None:
    """Add to the monthly totals, each key once, in one statement."""
    rows = sorted(
        ({**vars(cell), "amount_minor": amount_minor} for cell, amount_minor in totals.items()),
        key=lambda row: [str(value) for value in row.values()],
    )
    add_up(session, MoneyMonth, rows, summed=("amount_minor",))


def add_to_givers(session: Session, totals: Mapping[GiverCell, tuple[int, int]]) -> None:
    """Add amounts and acts to donors' monthly totals, each key once, in one statement; none where no donor gave."""
    rows = sorted(
        ({**vars(cell), "amount_minor": minor, "acts": acts} for cell, (minor, acts) in totals.items()),
        key=lambda row: [str(value) for value in row.values()],
    )
    if rows:
        add_up(session, GiverMonth, rows, summed=("amount_minor", "acts"))
