"""Writes: undoing what was recorded by mistake."""

from collections.abc import Iterable
from typing import cast
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from aidnet import audit, policy
from aidnet.db import Base
from aidnet.errors import NotVisible
from aidnet.funding import ledger
from aidnet.funding.contributions import posted_before, refunds
from aidnet.funding.ledger import AlreadyReversed, MovedOn, transit
from aidnet.funding.models import (
    Contribution,
    ContributionState,
    Expense,
    ExpenseState,
    Fund,
    Payout,
    PayoutConfirmation,
    PayoutState,
)
from aidnet.i18n import gettext as _
from aidnet.ledger.models import LedgerEvent, LedgerEventKind
from aidnet.policy import Actor, Permission, unscoped

#: What an event may be undone as: the record it belongs to, or (None) the event by itself.
Undoable = Contribution | Payout | Expense | LedgerEvent
_RECORDS: dict[str, type[Base]] = {"C": Contribution, "Y": Payout, "E": Expense}
_MINE = "the actor may undo it, and so may know what it hangs on"


def reversible(session: Session, actor: Actor, code: str, *, lock: bool = False) -> Undoable:
    """What a code names, if the actor may undo it: a gift, a payout, an expense, or (`L-…`) one act of the ledger.

    Raises: NotVisible.
    """
    if model := _RECORDS.get(code[:1]):
        record = policy.fetch(session, actor, Permission.MONEY_REVERSE, model, code, lock=lock)
        return cast(Contribution | Payout | Expense, record)
    statement = (
        policy.select(actor, {Fund: Permission.MONEY_REVERSE}, LedgerEvent)
        .join(Fund, Fund.id == LedgerEvent.fund_id)
        .where(LedgerEvent.code == code)
        .order_by(LedgerEvent.id)
        .limit(1)
    )
    event: LedgerEvent | None = session.scalars(statement).one_or_none()
    if event is None:
        raise NotVisible
    return event


def reverse(session: Session, actor: Actor, code: str, *, uid: UUID) -> Undoable:
    """Undo a gift, a payout, an expense or one act of the ledger (a word on a payout, a refund, a fee, …), named by its code.

    The money runs back, the record says so, and nothing is removed.

    Raises:
        NotVisible.
        AlreadyReversed: it was undone before, or nothing came of it yet.
        MovedOn: the money is no longer where it went; the sentence names what must be undone first.
    """
    undone = reversible(session, actor, code, lock=True)
    if posted_before(session, actor, uid):
        return undone
    event = undone if isinstance(undone, LedgerEvent) else _event_of(session, undone)
    if isinstance(undone, LedgerEvent):
        undone = _record_of(session, actor, undone) or undone
    if event is not None:
        try:
            if isinstance(undone, Contribution) and (given_back := refunds(session, undone)):
                raise MovedOn(given_back)
            ledger.reverse(session, actor, event, LedgerEvent(uid=uid))
        except MovedOn as moved:
            named = ", ".join(names(session, moved.events))
            moved.shown = (
                _("This money has moved on since. Undo first: %(named)s.", named=named) if named else moved.shown
            )
            raise
    if isinstance(undone, Payout) and event is not None and event.confirmation_id is not None:
        _unsay(session, undone, event.confirmation_id)
        action = "payout.unconfirmed"
    else:
        _mark(undone)
        action = f"{undone.__tablename__.removeprefix('ledger_')}.reversed"
    session.flush()
    audit.record(session, actor, action, undone, code=undone.code)
    return undone


def _event_of(session: Session, record: Contribution | Payout | Expense) -> LedgerEvent | None:
    """The event that moved a record's money; None for things, which are no money. Raises: AlreadyReversed."""
    column, kind = {
        "contribution": (LedgerEvent.contribution_id, LedgerEventKind.CONTRIBUTION),
        "payout": (LedgerEvent.payout_id, LedgerEventKind.PAYOUT),
        "expense": (LedgerEvent.expense_id, LedgerEventKind.EXPENSE),
    }[record.__tablename__]
    statement = sa.select(LedgerEvent).where(column == record.id, LedgerEvent.kind == kind)
    event = session.scalars(unscoped(statement, because=_MINE)).one_or_none()
    in_kind = isinstance(record, Contribution) and record.amount_minor is None
    if event is None and not (in_kind and record.state is ContributionState.RECEIVED):
        raise AlreadyReversed
    return event


def _record_of(session: Session, actor: Actor, event: LedgerEvent) -> Contribution | Payout | Expense | None:
    """The record whose state an event decides; None where undoing it changes no record."""
    if event.kind is LedgerEventKind.CONTRIBUTION and event.contribution_id:
        return policy.fetch(session, actor, Permission.MONEY_REVERSE, Contribution, event.contribution_id, lock=True)
    if event.kind in (LedgerEventKind.PAYOUT, LedgerEventKind.CONFIRMATION, LedgerEventKind.LOSS) and event.payout_id:
        return policy.fetch(session, actor, Permission.MONEY_REVERSE, Payout, event.payout_id, lock=True)
    if event.kind is LedgerEventKind.EXPENSE and event.expense_id:
        return policy.fetch(session, actor, Permission.MONEY_REVERSE, Expense, event.expense_id, lock=True)
    return None


def _mark(undone: Undoable) -> None:
    if isinstance(undone, Contribution):
        undone.state = ContributionState.REVERSED
    elif isinstance(undone, Payout):
        undone.state = PayoutState.REVERSED
    elif isinstance(undone, Expense):
        undone.state = ExpenseState.REVERSED


def _unsay(session: Session, payout: Payout, confirmation_id: int) -> None:
    """The receiver's word is undone: the payout stands as it did without it."""
    statement = sa.select(PayoutConfirmation).where(PayoutConfirmation.id == confirmation_id)
    word = session.scalars(unscoped(statement, because=_MINE)).one()
    payout.confirmed_minor -= word.amount_minor
    side = transit(payout.responder_id, payout.id)
    if ledger.balance(session, payout.fund_id, side, payout.currency):
        payout.state = PayoutState.PARTIAL if payout.confirmed_minor else PayoutState.SENT


def names(session: Session, events: Iterable[LedgerEvent]) -> list[str]:
    """The codes by which a person undoes these acts: the record's, or the act's own."""
    return [_name(session, event) for event in events]


def _name(session: Session, event: LedgerEvent) -> str:
    if event.kind is LedgerEventKind.CONTRIBUTION:
        statement = sa.select(Contribution.code).where(Contribution.id == event.contribution_id)
    elif event.kind is LedgerEventKind.PAYOUT:
        statement = sa.select(Payout.code).where(Payout.id == event.payout_id)
    elif event.kind is LedgerEventKind.EXPENSE:
        statement = sa.select(Expense.code).where(Expense.id == event.expense_id)
    else:
        return event.code
    return session.scalars(unscoped(statement, because=_MINE)).one()
