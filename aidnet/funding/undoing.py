"""Writes: undoing what was recorded by mistake."""

from collections.abc import Iterable
from typing import cast
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.orm import Session

from aidnet import audit, policy
from aidnet.agents.keeping import keep
from aidnet.approvals import service as approvals
from aidnet.approvals.models import Act, Approval
from aidnet.approvals.service import Request
from aidnet.db import Base
from aidnet.errors import NotVisible
from aidnet.funding import ledger
from aidnet.funding.contributions import FundClosed, posted_before, refunds
from aidnet.funding.ledger import AlreadyReversed, MovedOn, transit
from aidnet.funding.models import (
    Contribution,
    ContributionState,
    Expense,
    ExpenseState,
    Fund,
    FundState,
    Payout,
    PayoutConfirmation,
    PayoutState,
)
from aidnet.funding.settling import repayments
from aidnet.i18n import gettext as _
from aidnet.ledger.models import LedgerEvent, LedgerEventKind
from aidnet.policy import Actor, Permission, unscoped
from aidnet.rates.spread import forget_arrival

#: What an event may be undone as: the record it belongs to, or (None) the event by itself.
Undoable = Contribution | Payout | Expense | LedgerEvent
_RECORDS: dict[str, type[Base]] = {"C": Contribution, "Y": Payout, "E": Expense}
_MINE = "the actor may undo it, and so may know what it hangs on"
_AGREED = "a second person agreed that it is undone"


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


def reverse(session: Session, actor: Actor, code: str, *, uid: UUID, reason: str | None = None) -> Undoable | Approval:
    """Undo a gift, a payout, an expense or one act of the ledger (a word on a payout, a refund, a fee, …), named by its code.

    The money runs back, the record says so, and nothing is removed. Confirmed money (the receiver's word on a payout, a
    received gift above the limit) runs back only when a second person agrees: then what waits for that is returned.

    Raises:
        NotVisible.
        FundClosed.
        AlreadyReversed: it was undone before, or nothing came of it yet.
        MovedOn: the money is no longer where it went; the sentence names what must be undone first.
        AskedAlready: it waits for a second person.
    """
    undone = reversible(session, actor, code, lock=True)
    if posted_before(session, actor, uid):
        return undone
    if before := approvals.asked_before(session, actor, uid):
        return before
    event = undone if isinstance(undone, LedgerEvent) else _event_of(session, undone)
    request = _request(session, undone, event, uid, reason)
    if request is not None:
        if event is not None and (event.kind is LedgerEventKind.REVERSAL or ledger.is_reversed(session, event)):
            raise AlreadyReversed
        if (asked := approvals.ask(session, actor, request)) is not None:
            return asked
    if isinstance(undone, LedgerEvent):
        undone = _record_of(session, undone) or undone
    return _undo(session, actor, undone, event, uid)


def reverse_agreed(session: Session, actor: Actor, code: str, *, uid: UUID) -> Undoable:
    """The same for what was asked for: whoever calls holds the word of a second person. Raises as `reverse`."""
    record: Undoable
    if code.startswith("L"):
        found = sa.select(LedgerEvent).where(LedgerEvent.code == code).order_by(LedgerEvent.id).limit(1)
        event = session.scalars(unscoped(found, because=_AGREED)).one()
        return _undo(session, actor, _record_of(session, event) or event, event, uid)
    model = _RECORDS[code[:1]]
    table = model.__table__
    same = sa.select(model).where(table.c.code == code).order_by(table.c.id).limit(1).with_for_update(key_share=True)
    record = cast(
        Contribution | Payout | Expense,
        session.scalars(unscoped(same, because=_AGREED).execution_options(populate_existing=True)).one(),
    )
    return _undo(session, actor, record, _event_of(session, record), uid)


def needs_agreement(session: Session, actor: Actor, undone: Undoable) -> bool:
    """Whether undoing this will wait for a second person, as far as one can tell before it is tried."""
    try:
        event = undone if isinstance(undone, LedgerEvent) else _event_of(session, undone)
    except AlreadyReversed:
        return False
    return _request(session, undone, event, uuid4(), None) is not None and approvals.must_ask(session, actor)


def _request(
    session: Session, undone: Undoable, event: LedgerEvent | None, uid: UUID, reason: str | None
) -> Request | None:
    """What a second person is asked; None where the money was not confirmed, so that one person undoes it."""
    if event is not None and event.confirmation_id is not None and event.kind is not LedgerEventKind.REVERSAL:
        statement = (
            sa.select(PayoutConfirmation.amount_minor, Payout)
            .join(Payout, Payout.id == PayoutConfirmation.payout_id)
            .where(PayoutConfirmation.id == event.confirmation_id)
        )
        said_minor, payout = session.execute(unscoped(statement, because=_MINE)).one()
        return Request(
            uid,
            Act.REVERSAL,
            fund_id=event.fund_id,
            payout_id=payout.id,
            responder_id=payout.responder_id,
            subject_code=event.code,
            amount_minor=said_minor or payout.expected_minor - payout.confirmed_minor,
            currency=payout.expected_currency,
            reason=reason,
        )
    gift: Base = undone
    if isinstance(undone, LedgerEvent) and undone.kind is LedgerEventKind.CONTRIBUTION:
        given = sa.select(Contribution).where(Contribution.id == undone.contribution_id)
        gift = session.scalars(unscoped(given, because=_MINE)).one()
    if isinstance(gift, Contribution) and gift.amount_minor is not None and gift.currency is not None:
        fund = session.scalars(unscoped(sa.select(Fund).where(Fund.id == gift.fund_id), because=_MINE)).one()
        above = approvals.is_above_limit(session, gift.currency, gift.amount_minor)
        if fund.responder_id is None and above and event is not None:
            return Request(
                uid,
                Act.REVERSAL,
                fund_id=fund.id,
                subject_code=gift.code,
                amount_minor=gift.amount_minor,
                currency=gift.currency,
                reason=reason,
            )
    return None


def _undo(session: Session, actor: Actor, undone: Undoable, event: LedgerEvent | None, uid: UUID) -> Undoable:
    """Run the money of `event` back, and let the record `undone` say so."""
    if event is not None:
        _refuse_closed(session, event.fund_id)
        try:
            if isinstance(undone, Contribution) and (given_back := refunds(session, undone)):
                raise MovedOn(given_back)
            if isinstance(undone, Payout) and event.confirmation_id and (repaid := repayments(session, undone)):
                raise MovedOn(repaid)
            ledger.reverse(session, actor, event, LedgerEvent(uid=uid))
        except MovedOn as moved:
            named = ", ".join(names(session, moved.events))
            moved.shown = (
                _("This money has moved on since. Undo first: %(named)s.", named=named) if named else moved.shown
            )
            raise
        if event.payout_id is not None:
            carried = sa.select(Payout.agent_id).where(Payout.id == event.payout_id)
            keep(session, session.scalars(unscoped(carried, because=_MINE)).one(), event, undone=True)
    if isinstance(undone, Payout) and event is not None and event.confirmation_id is not None:
        _unsay(session, undone, event.confirmation_id)
        action = "payout.unconfirmed"
    else:
        _mark(undone)
        action = f"{undone.__tablename__.removeprefix('ledger_')}.reversed"
    session.flush()
    audit.record(session, actor, action, undone, code=undone.code)
    return undone


def _refuse_closed(session: Session, fund_id: int) -> None:
    state = session.scalars(unscoped(sa.select(Fund.state).where(Fund.id == fund_id), because=_MINE)).one()
    if state is FundState.CLOSED:
        raise FundClosed


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


def _record_of(session: Session, event: LedgerEvent) -> Contribution | Payout | Expense | None:
    """The record whose state an event decides, held; None where undoing it changes no record."""
    found: tuple[type[Base], int | None] | None = None
    if event.kind is LedgerEventKind.CONTRIBUTION:
        found = Contribution, event.contribution_id
    elif event.kind in (LedgerEventKind.PAYOUT, LedgerEventKind.CONFIRMATION, LedgerEventKind.LOSS):
        found = Payout, event.payout_id
    elif event.kind is LedgerEventKind.EXPENSE:
        found = Expense, event.expense_id
    if found is None or found[1] is None:
        return None
    model, row_id = found
    row = sa.select(model).where(model.__table__.c.id == row_id).with_for_update(key_share=True)
    held = session.scalars(unscoped(row, because=_MINE).execution_options(populate_existing=True)).one()
    return cast(Contribution | Payout | Expense, held)


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
    forget_arrival(session, payout, word)
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
