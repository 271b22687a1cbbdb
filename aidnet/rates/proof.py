"""The proof: every value against its rate, every total of values and spreads added up again. For `flask ledger check`."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from aidnet.db import Base, add_up
from aidnet.funding.models import Contribution, Payout, PayoutConfirmation
from aidnet.ledger.models import Account, AccountKind, LedgerEvent, Transfer
from aidnet.ledger.totals import cell_of
from aidnet.policy import unscoped
from aidnet.rates import history, spread, valuing
from aidnet.rates.lookup import CONVERTING, HOLDS_DAYS, RateUsed
from aidnet.rates.models import ArrivalSpread, Rate, RateKind, RateUse, SpreadMonth, TransferValue, ValueMonth
from aidnet.rates.spread import SUMMED, Arrival
from aidnet.rates.valuing import Moved, Worth

_PROOF = "the proof re-adds every row, for the machine's operator"
#: Rows read, and totals written, at once.
_BATCH = 500
#: Table, row, what is wrong: what `funding.proof` makes faults of.
Wrong = tuple[str, str, str]


def wrong(session: Session) -> Iterator[Wrong]:
    """Every fault in what was converted and in what the rate cost; none where all is true."""
    found: list[Wrong] = []
    months, uses = valuing.totals(_values(session, lambda *fault: found.append(fault)))
    yield from found
    yield from _forgotten(session)
    yield from _other_totals(session, ValueMonth, ("rated_minor", "value_minor"), months)
    yield from _other_totals(session, RateUse, ("used_count",), {key: (count,) for key, count in uses.items()})
    yield from _wrong_spreads(session)
    yield from _other_totals(session, SpreadMonth, SUMMED, _spread_months(session))


def rebuild(session: Session) -> None:
    """Make the totals of values and spreads anew. What each transfer was converted to stays: it is history."""
    history.forget_totals(session, ValueMonth, RateUse, SpreadMonth)
    months, uses = valuing.totals(_values(session, lambda *_fault: None))
    for totals in _in_batches(months):
        valuing.add_all(session, totals, {})
    for counts in _in_batches(uses):
        valuing.add_all(session, {}, counts)
    for spreads in _in_batches(_spread_months(session)):
        rows = [dict(key) | dict(zip(SUMMED, sums, strict=True)) for key, sums in spreads.items()]
        add_up(session, SpreadMonth, sorted(rows, key=lambda row: [str(part) for part in row.values()]), summed=SUMMED)


def _in_batches(totals: Mapping[Any, Any]) -> Iterator[dict[Any, Any]]:
    items = list(totals.items())
    for start in range(0, len(items), _BATCH):
        yield dict(items[start : start + _BATCH])


def _values(session: Session, fault: Callable[[str, str, str], None]) -> Iterator[tuple[Moved, Worth]]:
    """Every transfer with what it was converted to; `fault` is told of each that is not worth that."""
    source, target, undone = aliased(Account), aliased(Account), aliased(TransferValue)
    statement = (
        sa.select(
            TransferValue,
            Transfer,
            LedgerEvent.happened_on,
            source,
            target,
            sa.func.coalesce(sa.cast(Contribution.channel, sa.Text), sa.cast(Payout.channel, sa.Text), ""),
            Rate,
            undone,
        )
        .select_from(TransferValue)
        .join(Transfer, Transfer.id == TransferValue.transfer_id)
        .join(LedgerEvent, LedgerEvent.id == Transfer.event_id)
        .join(source, source.id == Transfer.from_id)
        .join(target, target.id == Transfer.to_id)
        .outerjoin(Contribution, Contribution.id == LedgerEvent.contribution_id)
        .outerjoin(Payout, Payout.id == LedgerEvent.payout_id)
        .outerjoin(Rate, Rate.id == TransferValue.rate_id)
        .outerjoin(undone, (undone.transfer_id == Transfer.reverses_id) & (undone.currency == TransferValue.currency))
        .order_by(TransferValue.transfer_id, TransferValue.currency)
        .execution_options(yield_per=_BATCH)
    )
    for kept, transfer, day, from_, to, channel, rate, first in session.execute(unscoped(statement, because=_PROOF)):
        name = f"{kept.transfer_id} {kept.currency}"
        if transfer.reverses_id is None:
            said = _fault_of(kept, transfer, day, rate)
        else:
            same = first is not None and (first.value_minor, first.rate_id) == (kept.value_minor, kept.rate_id)
            said = "" if same else "is not worth what it undoes"
        if said:
            fault("transfer_value", name, said)
        cell = cell_of(transfer.fund_id, day, from_, to, channel, undoes=transfer.reverses_id is not None)
        moved = Moved(transfer.id, day, transfer.amount_minor, vars(cell), transfer.reverses_id)
        yield moved, Worth(kept.currency, kept.value_minor, kept.rate_id)


def _fault_of(kept: TransferValue, transfer: Transfer, day: Any, rate: Rate | None) -> str:
    if kept.currency == transfer.currency:
        own = kept.rate_id is None and kept.value_minor == transfer.amount_minor
        return "" if own else f"{kept.value_minor}; in its own currency it is {transfer.amount_minor}"
    if rate is None or {rate.base, rate.quote} != {kept.currency, transfer.currency} or rate.kind not in CONVERTING:
        return "was converted by no rate of its currencies"
    if not 0 <= (day - rate.on_day).days <= HOLDS_DAYS:
        return f"moved on {day}; its rate is of {rate.on_day}"
    worth = RateUsed(rate, rate.base == kept.currency).worth(transfer.amount_minor)
    return "" if worth == kept.value_minor else f"{kept.value_minor}; by its rate it is worth {worth}"


def _forgotten(session: Session) -> Iterator[Wrong]:
    """What undoes a converted transfer is converted too, or the undone one would still count."""
    undoing, kept = aliased(Transfer), aliased(TransferValue)
    also = sa.exists().where(kept.transfer_id == undoing.id, kept.currency == TransferValue.currency)
    statement = (
        sa.select(undoing.id, TransferValue.currency)
        .join(TransferValue, TransferValue.transfer_id == undoing.reverses_id)
        .where(~also)
    )
    for transfer_id, currency in session.execute(unscoped(statement, because=_PROOF)):
        yield "transfer", str(transfer_id), f"undoes what was converted to {currency}, and is not converted itself"


def _other_totals(
    session: Session,
    model: type[Base],
    summed: tuple[str, ...],
    added: Mapping[tuple[tuple[str, Any], ...], tuple[int, ...]],
) -> Iterator[Wrong]:
    """Rows of a running total that differ from what was added up; a row of nothing is as good as none."""
    keys = [column.name for column in model.__table__.primary_key]
    true = {_named(dict(key), keys): sums for key, sums in added.items() if any(sums)}
    columns = [getattr(model, name) for name in (*keys, *summed)]
    kept = {}
    for row in session.execute(unscoped(sa.select(*columns), because=_PROOF)):
        sums = tuple(int(minor) for minor in row[len(keys) :])
        if any(sums):
            kept[_named(dict(zip(keys, row, strict=False)), keys)] = sums
    for name in sorted(kept.keys() | true.keys()):
        if kept.get(name) != true.get(name):
            yield model.__tablename__, name, f"{kept.get(name, 0)}; its rows say {true.get(name, 0)}"


def _named(key: Mapping[str, Any], names: list[str]) -> str:
    return " ".join(str(key[name]) for name in names)


def _spread_months(session: Session) -> dict[tuple[tuple[str, Any], ...], tuple[int, ...]]:
    statement = (
        sa.select(Payout, PayoutConfirmation, ArrivalSpread)
        .select_from(ArrivalSpread)
        .join(PayoutConfirmation, PayoutConfirmation.id == ArrivalSpread.confirmation_id)
        .join(Payout, Payout.id == PayoutConfirmation.payout_id)
    )
    rows = session.execute(unscoped(statement, because=_PROOF))
    return {
        tuple((name, value) for name, value in one.items() if name not in SUMMED): tuple(one[name] for name in SUMMED)
        for one in spread.added(Arrival(*row).total() for row in rows)
    }


def _wrong_spreads(session: Session) -> Iterator[Wrong]:
    """Each arrival that changed its currency, and stands, has its spread, over the part of the payout that became it."""
    undoing, side = aliased(LedgerEvent), aliased(Account)
    sent = sa.func.coalesce(
        sa.func.sum(sa.case((side.kind == AccountKind.EXCHANGE, Transfer.amount_minor), else_=0)), 0
    )
    moved = (
        sa.select(LedgerEvent.confirmation_id.label("confirmation_id"), sent.label("sent_minor"))
        .join(Transfer, Transfer.event_id == LedgerEvent.id)
        .join(side, side.id == Transfer.to_id)
        .where(LedgerEvent.confirmation_id.is_not(None), LedgerEvent.reverses_id.is_(None))
        .where(~sa.exists().where(undoing.reverses_id == LedgerEvent.id))
        .group_by(LedgerEvent.confirmation_id)
        .subquery()
    )
    statement = (
        sa.select(PayoutConfirmation, Payout, moved.c.sent_minor, ArrivalSpread, Rate)
        .join(Payout, Payout.id == PayoutConfirmation.payout_id)
        .outerjoin(moved, moved.c.confirmation_id == PayoutConfirmation.id)
        .outerjoin(ArrivalSpread, ArrivalSpread.confirmation_id == PayoutConfirmation.id)
        .outerjoin(Rate, Rate.id == ArrivalSpread.rate_id)
        .where(Payout.currency != Payout.expected_currency)
    )
    for word, payout, sent_minor, row, rate in session.execute(unscoped(statement, because=_PROOF)):
        changed = sent_minor is not None and (int(sent_minor) > 0 or word.amount_minor > 0)
        if row is None:
            if changed:
                yield "arrival_spread", str(word.id), "is missing (`flask rates value` notes it)"
        elif not changed or row.sent_minor != int(sent_minor):
            yield "arrival_spread", str(word.id), f"sent {row.sent_minor}; its transfers say {sent_minor or 0}"
        elif rate is not None:
            worth = RateUsed(rate, rate.base != payout.currency).worth(row.sent_minor)
            holds = rate.kind is RateKind.MARKET and 0 <= (word.arrived_on - rate.on_day).days <= HOLDS_DAYS
            if not holds or worth is None or row.spread_minor != worth - word.amount_minor:
                yield "arrival_spread", str(word.id), f"{row.spread_minor}; by its rate the sent part was worth {worth}"
