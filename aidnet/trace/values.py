"""Writes: what gifts and their parts are worth in the reporting currencies, kept as the money moves.

A gift is worth what the transfer was that brought it: converted once, by the rate of its day (`rates.valuing`). Its parts
share that worth in one order, by cumulative rounding: so they are the gift's worth to the minor unit, and depend on
nothing but what the gift is now, not on when a rate was typed or by which way money came where it is.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from aidnet.db import add_up
from aidnet.funding.models import Contribution
from aidnet.ledger.models import LedgerEvent, LedgerEventKind, Transfer
from aidnet.policy import unscoped
from aidnet.rates.models import Rate, RateKind, TransferValue
from aidnet.trace.models import Fate, GiftTrace, GiverValue
from aidnet.trace.shares import share

_KEPT = "worths of gifts are kept with the ledger, below policy"
SUMMED = ("rated_minor", "value_minor", "confirmed_minor")

#: Of a gift: fate and budget line to how much of it that is, and how much of that is confirmed; in its own currency.
Parts = Mapping[tuple[Fate, str], tuple[int, int]]
#: The key of a `GiverValue`.
Key = tuple[Any, ...]


@dataclass(frozen=True)
class Worth:
    """What a gift is worth in a reporting currency that is not its own."""

    gift_id: int
    donor_id: int
    fund_id: int
    currency: str
    reporting: str
    kind: RateKind
    value_minor: int


def worths() -> sa.Select[Any]:
    """Gifts with what they are worth, in the order of `Worth`: by the latest act that brought them, undone or not."""
    later = aliased(LedgerEvent)
    brought = LedgerEventKind.CONTRIBUTION
    again = sa.exists().where(
        later.contribution_id == LedgerEvent.contribution_id, later.kind == brought, later.id > LedgerEvent.id
    )
    donor = sa.func.coalesce(Contribution.donor_id, 0)
    columns: tuple[Any, ...] = (Contribution.id, donor, LedgerEvent.fund_id, Transfer.currency)
    return (
        sa.select(*columns, TransferValue.currency, Rate.kind, TransferValue.value_minor)
        .select_from(LedgerEvent)
        .join(Contribution, Contribution.id == LedgerEvent.contribution_id)
        .join(Transfer, Transfer.event_id == LedgerEvent.id)
        .join(TransferValue, TransferValue.transfer_id == Transfer.id)
        .join(Rate, Rate.id == TransferValue.rate_id)
        .where(LedgerEvent.kind == brought, ~again)
    )


_PARTS = (
    worths()
    .add_columns(GiftTrace.fate, GiftTrace.budget_line, GiftTrace.source_minor, GiftTrace.confirmed_minor)
    .join(GiftTrace, GiftTrace.contribution_id == Contribution.id)
)
_OF_GIFTS = unscoped(_PARTS.where(Contribution.id.in_(sa.bindparam("gifts", expanding=True))), because=_KEPT)
_OF_TRANSFERS = unscoped(
    _PARTS.where(
        Transfer.id.in_(sa.bindparam("transfers", expanding=True)), TransferValue.currency == sa.bindparam("reporting")
    ),
    because=_KEPT,
)


def shares(worth: Worth, parts: Parts) -> Iterator[tuple[Key, tuple[int, int, int]]]:
    """What each part of a gift adds to the totals. Together they are worth what the gift is; nothing, where it was undone."""
    names = sorted(parts)
    values = share(worth.value_minor, [parts[name][0] for name in names])
    for name, value in zip(names, values, strict=True):
        source, confirmed = parts[name]
        key = (worth.donor_id, worth.fund_id, worth.currency, worth.reporting, worth.kind, *name)
        if source:
            yield key, (source, value, value * confirmed // source)


def follow(session: Session, changed: Iterable[Mapping[str, Any]]) -> None:
    """Gifts changed by so much, and `GiftTrace` says so already. One statement; another where one of them has a worth."""
    changes: defaultdict[int, dict[tuple[Fate, str], tuple[int, int]]] = defaultdict(dict)
    for row in changed:
        part = row["fate"], row["budget_line"]
        changes[row["contribution_id"]][part] = row["source_minor"], row["confirmed_minor"]
    sums: defaultdict[Key, list[int]] = defaultdict(lambda: [0, 0, 0])
    for worth, now in _as_they_are(session.execute(_OF_GIFTS, {"gifts": sorted(changes)})):
        change = changes[worth.gift_id]
        before = {
            part: (source - change.get(part, (0, 0))[0], confirmed - change.get(part, (0, 0))[1])
            for part, (source, confirmed) in now.items()
        }
        add(sums, shares(worth, now), 1)
        add(sums, shares(worth, before), -1)
    _write(session, sums)


def rate(session: Session, transfers: Collection[int], reporting: str) -> None:
    """Transfers were converted after they were written: gifts that they brought have a worth from now on. Two statements."""
    sums: defaultdict[Key, list[int]] = defaultdict(lambda: [0, 0, 0])
    for worth, now in _as_they_are(session.execute(_OF_TRANSFERS, {"transfers": transfers, "reporting": reporting})):
        add(sums, shares(worth, now), 1)
    _write(session, sums)


def _as_they_are(rows: Iterable[Sequence[Any]]) -> Iterator[tuple[Worth, Parts]]:
    """Gifts that have a worth, with all their parts."""
    found: defaultdict[Worth, dict[tuple[Fate, str], tuple[int, int]]] = defaultdict(dict)
    for *worth, fate, line, source, confirmed in rows:
        found[Worth(*worth)][fate, line] = source, confirmed
    yield from found.items()


def add(sums: Mapping[Key, list[int]], added: Iterable[tuple[Key, tuple[int, int, int]]], sign: int) -> None:
    """Add what `shares` gave to sums; `sign` -1: take it away."""
    for key, minors in added:
        for at, minor in enumerate(minors):
            sums[key][at] += sign * minor


def _write(session: Session, sums: Mapping[Key, list[int]]) -> None:
    names = [column.name for column in GiverValue.__table__.primary_key]
    rows = [
        dict(zip((*names, *SUMMED), (*key, *minors), strict=True))
        for key, minors in sorted(sums.items())
        if any(minors)
    ]
    if rows:
        add_up(session, GiverValue, rows, summed=SUMMED)
