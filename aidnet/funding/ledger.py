"""The ledger: the only writer of events, transfers, accounts, balances and monthly totals (`proof` re-adds them).

An act is posted as one event with one or more legs; a leg moves money from one side to another within a fund. The
running totals are kept in the same transaction, so that a page never adds up history. Nothing is changed: a mistake is
undone by an event whose transfers run backwards and name what they undo.

Locks, always in this order: the record the act is about (by its service), the fund, the balances by account id, the
monthly totals by key, the head of the audit chain.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from aidnet import clock, codes
from aidnet.db import insert_many
from aidnet.errors import AidnetError, Refused
from aidnet.funding.models import Contribution, Fund, Payout
from aidnet.i18n import current_language
from aidnet.i18n import gettext as _
from aidnet.i18n import lazy_gettext as _l
from aidnet.ledger.models import (
    Account,
    AccountBalance,
    AccountKind,
    BudgetLine,
    LedgerEvent,
    LedgerEventKind,
    Transfer,
)
from aidnet.ledger.totals import GIVERS_MEASURES, Cell, GiverCell, add_to_givers, add_to_months, cell_of
from aidnet.money import format_amount
from aidnet.policy import Actor, unscoped
from aidnet.rates import valuing
from aidnet.rates.valuing import Moved
from aidnet.trace import service as trace
from aidnet.trace.service import PLAIN, Hop, KeptForPurpose, Purpose, SpentSince

_LEDGER = "the ledger is kept below policy: the service has asked whether the actor may"

# Built once: every act on money runs these, and building them takes as long as running them.
_LOCK = unscoped(
    sa.select(Fund.id).where(Fund.id == sa.bindparam("fund")).with_for_update(key_share=True), because=_LEDGER
)
_BALANCE = unscoped(
    sa.select(AccountBalance.in_minor - AccountBalance.out_minor)
    .join(Account, Account.id == AccountBalance.account_id)
    .where(Account.key == sa.bindparam("key")),
    because=_LEDGER,
)
_ACCOUNTS = unscoped(sa.select(Account).where(Account.key.in_(sa.bindparam("keys", expanding=True))), because=_LEDGER)
_BALANCES = unscoped(
    sa.select(AccountBalance.account_id, AccountBalance.in_minor - AccountBalance.out_minor)
    .where(AccountBalance.account_id.in_(sa.bindparam("accounts", expanding=True)))
    .order_by(AccountBalance.account_id)
    .with_for_update(),
    because=_LEDGER,
)
_TOTALS = AccountBalance.__table__.c
_MOVE = unscoped(
    sa.update(AccountBalance.__table__)  # type: ignore[arg-type]
    .where(_TOTALS.account_id == sa.bindparam("account"))
    .values(in_minor=_TOTALS.in_minor + sa.bindparam("came"), out_minor=_TOTALS.out_minor + sa.bindparam("went")),
    because=_LEDGER,
)
_TRANSFERS = sa.insert(Transfer).returning(Transfer.id, sort_by_parameter_order=True)

#: Givers give without our leave, and one currency becomes another: these may stand below zero.
_BOTTOMLESS = frozenset({AccountKind.OUTSIDE, AccountKind.EXCHANGE})

class NotEnough(AidnetError):
    """An account would go below zero. `available_minor` is what it has."""

    status = 422
    code = "not-enough"

    def __init__(self, available_minor: int, currency: str, kind: AccountKind) -> None:
        left = format_amount(max(available_minor, 0), currency, current_language())
        super().__init__(_("There is only %(left)s there.", left=left), field="amount")
        self.available_minor = available_minor
        self.currency = currency
        self.kind = kind


class AlreadyReversed(AidnetError):
    """What was to be undone has been undone before, is itself an undoing, or never moved anything."""

    status = 409
    code = "already-reversed"
    sentence = _l("There is nothing left to undo here.")


class MovedOn(AidnetError):
    """The money to be undone is no longer where it went. `events` are the latest acts that moved it on."""

    status = 409
    code = "moved-on"
    sentence = _l("This money has moved on since.")

    def __init__(self, events: Sequence[LedgerEvent]) -> None:
        super().__init__()
        self.events = events


@dataclass(frozen=True)
class Side:
    """Where money can be. With a fund and a currency it names one account."""

    kind: AccountKind
    responder_id: int | None = None
    payout_id: int | None = None
    budget_line: BudgetLine | None = None

    def key(self, fund_id: int, currency: str) -> str:
        """The account's name, such as "held:3:12:MMK"."""
        hangs_on = (self.responder_id, self.payout_id, self.budget_line)
        return ":".join([self.kind, str(fund_id), *(str(part) for part in hangs_on if part is not None), currency])


OUTSIDE = Side(AccountKind.OUTSIDE)
FUND = Side(AccountKind.FUND)
EXCHANGE = Side(AccountKind.EXCHANGE)
LOST = Side(AccountKind.LOST)


def transit(responder_id: int, payout_id: int) -> Side:
    """On its way to a responder, with one payout."""
    return Side(AccountKind.TRANSIT, responder_id, payout_id)


def held(responder_id: int) -> Side:
    """With a responder. Below zero: owed to it."""
    return Side(AccountKind.HELD, responder_id)


def fees(responder_id: int | None = None) -> Side:
    """The cost of moving money: to a responder, or of the fund itself."""
    return Side(AccountKind.FEES, responder_id)


def spent(line: BudgetLine) -> Side:
    """Spent on a budget line."""
    return Side(AccountKind.SPENT, budget_line=line)


@dataclass(frozen=True)
class Leg:
    """One positive amount from one side to another."""

    source: Side
    target: Side
    amount_minor: int
    currency: str


@dataclass(frozen=True)
class Posting:
    """One act of many that are posted together."""

    #: New, and in no session.
    event: LedgerEvent
    legs: Sequence[Leg]
    #: How the gift moved that it brings; empty: none.
    channel: str
    #: The donor partner whose gift it brings; None: nobody with an account.
    donor_id: int | None = None


@dataclass(frozen=True)
class _Move:
    """A leg between accounts that exist; `undoes` is the transfer it runs against."""

    source: Account
    target: Account
    amount_minor: int
    undoes: Transfer | None = None


@dataclass(frozen=True)
class _Source:
    """What the gift or the payout says that an event is about."""

    channel: str = ""
    donor_id: int | None = None


def author(actor: Actor) -> int:
    """The person who acts: money is moved by people only. Raises: Refused."""
    if actor.user_id is None:
        raise Refused
    return actor.user_id


def hold(session: Session, fund_id: int) -> None:
    """Be alone with a fund's money until the transaction ends. Whoever asks twice has it already; on SQLite a writer is alone."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(_LOCK, {"fund": fund_id})


def balance(session: Session, fund_id: int, side: Side, currency: str) -> int:
    """What is there now, in minor units; 0 where nothing ever was."""
    return session.scalars(_BALANCE, {"key": side.key(fund_id, currency)}).one_or_none() or 0


def post(
    session: Session,
    actor: Actor,
    event: LedgerEvent,
    legs: Sequence[Leg],
    *,
    on_credit: bool = False,
    purpose: Purpose = PLAIN,
) -> LedgerEvent:
    """Move money, all legs or none. `event` says why, in which fund and when; it is new, and has at least one leg.

    Of a fund's money only what is free, or meant for this `purpose`, leaves it.

    No account may be left below zero by it, but for givers' and exchange accounts, and, `on_credit`, what a responder
    holds (then the money is owed to the responder).

    Raises:
        NotEnough: an account has less than the legs take from it, or less that may go there.
    """
    hold(session, event.fund_id)
    accounts = _accounts(
        session, event.fund_id, {(side, leg.currency) for leg in legs for side in (leg.source, leg.target)}
    )
    moves = [
        _Move(accounts[leg.source, leg.currency], accounts[leg.target, leg.currency], leg.amount_minor) for leg in legs
    ]
    bottomless = _BOTTOMLESS | {AccountKind.HELD} if on_credit else _BOTTOMLESS
    written = _write(session, actor, event, moves, bottomless)
    hops = [Hop(move.source, move.target, move.amount_minor) for move in moves]
    try:
        trace.follow(session, written, hops, purpose)
    except KeptForPurpose as kept:
        raise NotEnough(kept.available_minor, kept.account.currency, kept.account.kind) from kept
    return written


def post_many(session: Session, actor: Actor, postings: Sequence[Posting]) -> None:
    """Move the money that many gifts bring into one fund, as `post()` does for each in turn, a thousand a statement.

    Events get their ids in that order. Whether an account has enough is asked once, for all of them together.
    """
    if not postings:
        return
    hold(session, postings[0].event.fund_id)
    sides = {(side, leg.currency) for each in postings for leg in each.legs for side in (leg.source, leg.target)}
    accounts = _accounts(session, postings[0].event.fund_id, sides)
    moves = [
        [
            _Move(accounts[leg.source, leg.currency], accounts[leg.target, leg.currency], leg.amount_minor)
            for leg in each.legs
        ]
        for each in postings
    ]
    _move_balances(session, [move for of_one in moves for move in of_one], _BOTTOMLESS)
    for each in postings:
        _sign(actor, each.event)
    insert_many(session, [each.event for each in postings])
    sources = [_Source(each.channel, each.donor_id) for each in postings]
    events = [each.event for each in postings]
    _book(session, list(zip(events, moves, sources, strict=True)))
    trace.enter_many(
        session,
        [(each.event, of_one[0].target, of_one[0].amount_minor) for each, of_one in zip(postings, moves, strict=True)],
    )


def reverse(session: Session, actor: Actor, event: LedgerEvent, reversal: LedgerEvent) -> LedgerEvent:
    """Undo `event`: the same amounts run backwards, as the new event `reversal`. It counts in the month of what it undoes.

    Raises:
        AlreadyReversed: it was undone before, or is itself an undoing.
        MovedOn: the money is no longer where the event brought it.
    """
    hold(session, event.fund_id)
    if event.kind is LedgerEventKind.REVERSAL or is_reversed(session, event):
        raise AlreadyReversed
    transfers = session.scalars(
        unscoped(sa.select(Transfer).where(Transfer.event_id == event.id).order_by(Transfer.id), because=_LEDGER)
    ).all()
    ids = {account_id for transfer in transfers for account_id in (transfer.from_id, transfer.to_id)}
    found = session.scalars(unscoped(sa.select(Account).where(Account.id.in_(ids)), because=_LEDGER))
    accounts = {account.id: account for account in found}
    moves = [
        _Move(accounts[transfer.to_id], accounts[transfer.from_id], transfer.amount_minor, undoes=transfer)
        for transfer in transfers
    ]
    for name in ("fund_id", "contribution_id", "payout_id", "confirmation_id", "expense_id", "settlement_id", "happened_on"):
        setattr(reversal, name, getattr(event, name))
    reversal.kind, reversal.reverses_id = LedgerEventKind.REVERSAL, event.id
    try:
        written = _write(session, actor, reversal, moves, _BOTTOMLESS)
        trace.undo(session, event, written)
    except SpentSince as gone:
        since = sa.select(LedgerEvent).where(LedgerEvent.id.in_(gone.event_ids)).order_by(LedgerEvent.id.desc())
        raise MovedOn(session.scalars(unscoped(since, because=_LEDGER)).all()) from gone
    except NotEnough as short:
        emptied = [move.source.id for move in moves if move.source.kind is short.kind]
        raise MovedOn(_moved_on(session, event, emptied)) from short
    return written


def is_reversed(session: Session, event: LedgerEvent) -> bool:
    """Whether an event was undone."""
    undoing = sa.select(LedgerEvent.id).where(LedgerEvent.reverses_id == event.id)
    return session.scalars(unscoped(undoing, because=_LEDGER)).first() is not None


def _moved_on(session: Session, event: LedgerEvent, account_ids: Iterable[int]) -> Sequence[LedgerEvent]:
    """The latest five events, not undone, that took money out of these accounts after `event`."""
    undoing = aliased(LedgerEvent)
    out = sa.select(Transfer.event_id).where(Transfer.from_id.in_(list(account_ids)), Transfer.event_id > event.id)
    statement = (
        sa.select(LedgerEvent)
        .where(
            LedgerEvent.id.in_(out),
            LedgerEvent.kind != LedgerEventKind.REVERSAL,
            ~sa.exists().where(undoing.reverses_id == LedgerEvent.id),
        )
        .order_by(LedgerEvent.id.desc())
        .limit(5)
    )
    return session.scalars(unscoped(statement, because=_LEDGER)).all()


def _accounts(session: Session, fund_id: int, wanted: set[tuple[Side, str]]) -> dict[tuple[Side, str], Account]:
    """The accounts of these sides and currencies; those never used before are opened. The fund is held."""
    by_key = {side.key(fund_id, currency): (side, currency) for side, currency in wanted}
    found = {by_key[account.key]: account for account in session.scalars(_ACCOUNTS, {"keys": sorted(by_key)})}
    opened = {
        (side, currency): Account(
            key=key,
            kind=side.kind,
            fund_id=fund_id,
            responder_id=side.responder_id,
            payout_id=side.payout_id,
            budget_line=side.budget_line,
            currency=currency,
        )
        for key, (side, currency) in sorted(by_key.items())
        if (side, currency) not in found
    }
    if opened:
        session.add_all(opened.values())
        session.flush()
        balances = [
            {
                "account_id": account.id,
                "in_minor": 0,
                "out_minor": 0,
                "may_go_below": account.kind in _BOTTOMLESS or account.kind is AccountKind.HELD,
            }
            for account in opened.values()
        ]
        session.execute(sa.insert(AccountBalance), balances)
    return found | opened


def _write(
    session: Session, actor: Actor, event: LedgerEvent, moves: Sequence[_Move], bottomless: frozenset[AccountKind]
) -> LedgerEvent:
    """The event, its transfers, and every running total they change."""
    _move_balances(session, moves, bottomless)
    _sign(actor, event)
    session.add(event)
    session.flush()
    _book(session, [(event, moves, _source_of(session, event))])
    return event


def _book(session: Session, written: Iterable[tuple[LedgerEvent, Sequence[_Move], _Source]]) -> None:
    """The transfers of events that have their ids, each with what its gift or payout says; monthly totals; values."""
    moves = [(event, move, source) for event, of_one, source in written for move in of_one]
    ids = session.scalars(_TRANSFERS, [_transfer(event, move) for event, move, _of in moves]).all()
    totals, given, moved = Counter[Cell](), Counter[GiverCell](), []
    acts = Counter[GiverCell]()
    for transfer_id, (event, move, of) in zip(ids, moves, strict=True):
        day, undoes = event.happened_on, move.undoes
        cell = cell_of(event.fund_id, day, move.source, move.target, of.channel, undoes=undoes is not None)
        sign = -1 if undoes else 1
        totals[cell] += sign * move.amount_minor
        if of.donor_id is not None and cell.measure in GIVERS_MEASURES:
            mine = GiverCell(of.donor_id, cell.fund_id, cell.month, cell.currency, cell.measure)
            given[mine] += sign * move.amount_minor
            acts[mine] += sign
        moved.append(Moved(transfer_id, day, move.amount_minor, vars(cell), undoes.id if undoes else None))
    add_to_months(session, totals)
    add_to_givers(session, {cell: (minor, acts[cell]) for cell, minor in given.items()})
    valuing.value(session, moved)


def _sign(actor: Actor, event: LedgerEvent) -> None:
    event.code = codes.code_of("L", event.uid)
    event.recorded_at = clock.now()
    event.recorded_by_id = author(actor)


def _transfer(event: LedgerEvent, move: _Move) -> dict[str, Any]:
    return {
        "uid": uuid4(),
        "event_id": event.id,
        "fund_id": event.fund_id,
        "kind": event.kind,
        "from_id": move.source.id,
        "to_id": move.target.id,
        "amount_minor": move.amount_minor,
        "currency": move.source.currency,
        "reverses_id": move.undoes.id if move.undoes else None,
    }


def _source_of(session: Session, event: LedgerEvent) -> _Source:
    """What the gift or the payout says that the event is about; nothing for what is neither."""
    if event.payout_id is not None:
        channel = sa.select(Payout.channel).where(Payout.id == event.payout_id)
        return _Source(session.scalars(unscoped(channel, because=_LEDGER)).one())
    if event.contribution_id is None:
        return _Source()
    gift = sa.select(Contribution.channel, Contribution.donor_id).where(Contribution.id == event.contribution_id)
    return _Source(*session.execute(unscoped(gift, because=_LEDGER)).one())


def _move_balances(session: Session, moves: Sequence[_Move], bottomless: frozenset[AccountKind]) -> None:
    accounts = {account.id: account for move in moves for account in (move.source, move.target)}
    came, went = Counter[int](), Counter[int]()
    for move in moves:
        went[move.source.id] += move.amount_minor
        came[move.target.id] += move.amount_minor
    changes = []
    for account_id, before in session.execute(_BALANCES, {"accounts": list(accounts)}):
        account, change = accounts[account_id], came[account_id] - went[account_id]
        if change < 0 and before + change < 0 and account.kind not in bottomless:
            raise NotEnough(before, account.currency, account.kind)
        changes.append({"account": account_id, "came": came[account_id], "went": went[account_id]})
    session.execute(_MOVE, changes)
