"""Writes: what was written before a rate was typed, or before the network reported in a currency, converted afterwards; once too."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from aidnet.db import Base
from aidnet.funding.models import Contribution, Payout, PayoutConfirmation
from aidnet.ledger.models import Account, AccountKind, LedgerEvent, Transfer
from aidnet.ledger.totals import cell_of
from aidnet.network.models import Network
from aidnet.policy import unscoped
from aidnet.rates import lookup, spread, valuing
from aidnet.rates.models import ArrivalSpread, TransferValue
from aidnet.rates.valuing import Moved, Worth
from aidnet.trace import values

_HISTORY = "history is converted for everybody at once"


@dataclass(frozen=True)
class Stretch:
    """Which transfers to look at: of a currency, between two days, after one in the order they were written."""

    currency: str | None = None
    days: tuple[date, date] | None = None
    after: int = 0


@dataclass(frozen=True)
class Done:
    """What one look came to. `last` is the last transfer it looked at; None where there was none left."""

    valued: int
    last: int | None


def alone(session: Session) -> Network:
    """Be alone with what is worth what until the transaction ends: no money is written meanwhile (`valuing`)."""
    return session.scalars(sa.select(Network).with_for_update().execution_options(populate_existing=True)).one()


def waiting(session: Session, reporting: Sequence[str], days: tuple[date, date]) -> set[tuple[str, str]]:
    """Of transfers of these days: currencies, each with a reporting one, in which something has no value yet. A statement each."""
    found = set()
    for into in reporting:
        valued = sa.exists().where(TransferValue.transfer_id == Transfer.id, TransferValue.currency == into)
        statement = (
            sa.select(Transfer.currency)
            .join(LedgerEvent, LedgerEvent.id == Transfer.event_id)
            .where(LedgerEvent.happened_on.between(*days), ~valued)
            .distinct()
        )
        found |= {(currency, into) for currency in session.scalars(unscoped(statement, because=_HISTORY))}
    return found


def value_unrated(session: Session, reporting: str, stretch: Stretch, *, most: int) -> Done:
    """Convert transfers that have no value in a currency yet, oldest first, `most` at once. Six statements, and three reads."""
    rows = session.execute(_unvalued(reporting, stretch).limit(most)).all()
    if not rows:
        return Done(0, None)
    days = [row.happened_on for row in rows]
    currencies = {reporting, *(row.Transfer.currency for row in rows)}
    rates = lookup.typed(session, currencies, min(days), max(days))
    known: dict[int, Worth] = {}
    found: list[tuple[Moved, Worth]] = []
    for row in rows:
        moved = _moved(row)
        if moved.undoes_id is None:
            worth = next(iter(valuing.worths(rates, moved, [reporting])), None)
        elif row.undone_minor is not None:
            worth = Worth(reporting, row.undone_minor, row.undone_rate)
        else:
            worth = known.get(moved.undoes_id)
        if worth is not None:
            known[moved.transfer_id] = worth
            found.append((moved, worth))
    valuing.keep(session, found)
    values.rate(session, [moved.transfer_id for moved, _worth in found], reporting)
    return Done(len(found), rows[-1].Transfer.id)


def _unvalued(reporting: str, stretch: Stretch) -> sa.Select[Any]:
    source, target = aliased(Account), aliased(Account)
    mine, undone = aliased(TransferValue), aliased(TransferValue)
    channel = sa.func.coalesce(sa.cast(Contribution.channel, sa.Text), sa.cast(Payout.channel, sa.Text), "")
    kept = (undone.value_minor.label("undone_minor"), undone.rate_id.label("undone_rate"))
    columns: tuple[Any, ...] = (Transfer, LedgerEvent.happened_on, source, target, channel, *kept)
    statement = (
        sa.select(*columns)
        .select_from(Transfer)
        .join(LedgerEvent, LedgerEvent.id == Transfer.event_id)
        .join(source, source.id == Transfer.from_id)
        .join(target, target.id == Transfer.to_id)
        .outerjoin(Contribution, Contribution.id == LedgerEvent.contribution_id)
        .outerjoin(Payout, Payout.id == LedgerEvent.payout_id)
        .outerjoin(mine, (mine.transfer_id == Transfer.id) & (mine.currency == reporting))
        .outerjoin(undone, (undone.transfer_id == Transfer.reverses_id) & (undone.currency == reporting))
        .where(mine.transfer_id.is_(None), Transfer.id > stretch.after)
        .order_by(Transfer.id)
    )
    if stretch.currency:
        statement = statement.where(Transfer.currency == stretch.currency)
    if stretch.days:
        statement = statement.where(LedgerEvent.happened_on.between(*stretch.days))
    return unscoped(statement, because=_HISTORY)


def _moved(row: sa.Row[Any]) -> Moved:
    transfer, happened_on, source, target, channel = tuple(row)[:5]
    cell = cell_of(transfer.fund_id, happened_on, source, target, channel, undoes=transfer.reverses_id is not None)
    return Moved(transfer.id, happened_on, transfer.amount_minor, vars(cell), transfer.reverses_id)


def note_arrivals(session: Session, *, most: int) -> int:
    """Note the spread of arrivals that were written before it was kept, `most` at once. How many; for the machine's operator."""
    undoing = aliased(LedgerEvent)
    side = aliased(Account)
    sent = (
        sa.select(sa.func.coalesce(sa.func.sum(Transfer.amount_minor), 0))
        .join(side, side.id == Transfer.to_id)
        .where(Transfer.event_id == LedgerEvent.id, side.kind == AccountKind.EXCHANGE)
        .scalar_subquery()
    )
    statement = (
        sa.select(Payout, PayoutConfirmation, sent)
        .select_from(PayoutConfirmation)
        .join(Payout, Payout.id == PayoutConfirmation.payout_id)
        .join(LedgerEvent, LedgerEvent.confirmation_id == PayoutConfirmation.id)
        .where(
            Payout.currency != Payout.expected_currency,
            LedgerEvent.reverses_id.is_(None),
            ~sa.exists().where(undoing.reverses_id == LedgerEvent.id),
            ~sa.exists().where(ArrivalSpread.confirmation_id == PayoutConfirmation.id),
            (sent > 0) | (PayoutConfirmation.amount_minor > 0),
        )
        .order_by(PayoutConfirmation.id)
        .limit(most)
    )
    found = session.execute(unscoped(statement, because=_HISTORY)).all()
    for payout, confirmation, sent_minor in found:
        spread.note_arrival(session, payout, confirmation, int(sent_minor))
    return len(found)


def forget_totals(session: Session, *models: type[Base]) -> None:
    """Empty running totals that are about to be made anew."""
    for model in models:
        session.execute(unscoped(sa.delete(model), because=_HISTORY))
