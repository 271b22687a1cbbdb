"""Writes: what each transfer is worth in the reporting currencies, worked out once, in the transaction that writes it.

Who writes money holds the network's row in common; who types a rate holds it alone. So no transfer slips between a rate
that was not there yet and one that did not see it.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from aidnet.db import Base, add_up
from aidnet.network.models import Network
from aidnet.policy import unscoped
from aidnet.rates import lookup
from aidnet.rates.lookup import Typed
from aidnet.rates.models import RateUse, ReportingCurrency, TransferValue, ValueMonth

_LEDGER = "values are kept with the ledger, below policy"
_REPORTING = (
    sa.select(ReportingCurrency.currency)
    .select_from(Network)
    .outerjoin(ReportingCurrency, sa.true())
    .order_by(ReportingCurrency.rank)
    .with_for_update(read=True, key_share=True, of=Network)
)
_VALUES = unscoped(
    sa.select(TransferValue).where(TransferValue.transfer_id.in_(sa.bindparam("transfers", expanding=True))),
    because=_LEDGER,
)
_INSERT = sa.insert(TransferValue)


@dataclass(frozen=True)
class Moved:
    """A transfer as it was written, with the key of the monthly total it adds to."""

    transfer_id: int
    happened_on: date
    amount_minor: int
    cell: Mapping[str, Any]
    #: The transfer it undoes.
    undoes_id: int | None = None


@dataclass(frozen=True)
class Worth:
    """What a transfer is worth in one currency; `rate_id` is None where it is its own."""

    reporting: str
    value_minor: int
    rate_id: int | None


def value(session: Session, moved: Sequence[Moved]) -> None:
    """Convert transfers that were just written. What undoes another has that one's worth, whatever was typed since."""
    reporting = [currency for currency in session.scalars(_REPORTING) if currency]
    if any(one.undoes_id for one in moved):
        known = values_of(session, [one.undoes_id for one in moved if one.undoes_id])
        keep(session, [(one, worth) for one in moved for worth in known.get(one.undoes_id or 0, ())])
    elif reporting:
        currencies = {*reporting, *(one.cell["currency"] for one in moved)}
        days = [one.happened_on for one in moved]
        rates = lookup.typed(session, currencies, min(days), max(days))
        keep(session, [(one, worth) for one in moved for worth in worths(rates, one, reporting)])


def worths(rates: Typed, one: Moved, reporting: Iterable[str]) -> Iterable[Worth]:
    """What a transfer is worth in each reporting currency for which a rate holds."""
    for currency in reporting:
        if currency == one.cell["currency"]:
            yield Worth(currency, one.amount_minor, None)
        elif used := rates.best(one.cell["currency"], currency, one.happened_on):
            minor = used.worth(one.amount_minor)
            if minor is not None:
                yield Worth(currency, minor, used.row.id)


def values_of(session: Session, transfers: Collection[int]) -> dict[int, list[Worth]]:
    """What transfers were converted to. One statement."""
    found: dict[int, list[Worth]] = {}
    for row in session.scalars(_VALUES, {"transfers": sorted(transfers)}):
        found.setdefault(row.transfer_id, []).append(Worth(row.currency, row.value_minor, row.rate_id))
    return found


def keep(session: Session, found: Sequence[tuple[Moved, Worth]]) -> None:
    """Write down what transfers are worth, and add it to every running total. Three statements at most."""
    if not found:
        return
    rows = [
        {
            "transfer_id": one.transfer_id,
            "currency": worth.reporting,
            "value_minor": worth.value_minor,
            "rate_id": worth.rate_id,
        }
        for one, worth in found
    ]
    session.execute(_INSERT, rows)
    months, uses = totals(found)
    add_all(session, months, uses)


Key = tuple[tuple[str, Any], ...]
#: Of a cell and a reporting currency: how much of the amount had a rate, and what that was worth.
Months = Mapping[Key, tuple[int, int]]
Uses = Mapping[Key, int]


def totals(found: Iterable[tuple[Moved, Worth]]) -> tuple[Months, Uses]:
    """What transfers add to the running totals; less than nothing where they undo."""
    rated, valued, uses = Counter[Key](), Counter[Key](), Counter[Key]()
    for one, worth in found:
        sign = -1 if one.undoes_id else 1
        key = (*one.cell.items(), ("reporting", worth.reporting))
        rated[key] += sign * one.amount_minor
        valued[key] += sign * worth.value_minor
        if worth.rate_id is not None:
            place = [(name, one.cell[name]) for name in ("fund_id", "month", "responder_id")]
            uses[(*place, ("reporting", worth.reporting), ("rate_id", worth.rate_id))] += sign
    return {key: (minor, valued[key]) for key, minor in rated.items()}, uses


def add_all(session: Session, months: Months, uses: Uses) -> None:
    """Add to the running totals, each key once."""
    _add(
        session,
        ValueMonth,
        [{**dict(key), "rated_minor": rated, "value_minor": valued} for key, (rated, valued) in months.items()],
        ("rated_minor", "value_minor"),
    )
    _add(session, RateUse, [{**dict(key), "used_count": count} for key, count in uses.items()], ("used_count",))


def _add(session: Session, model: type[Base], rows: list[dict[str, Any]], summed: tuple[str, ...]) -> None:
    if rows:
        add_up(session, model, sorted(rows, key=lambda row: [str(part) for part in row.values()]), summed=summed)
