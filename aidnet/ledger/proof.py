"""The proof of the ledger's frame: whether rows name rows that are there, stand once, and say what they are about.

Sums mean something only where this holds, so it is asked first (`aidnet/funding/proof.py`).
"""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from aidnet.db import Base
from aidnet.funding.ledger import Side
from aidnet.funding.models import Contribution, Expense, ExpenseShare, Payout, PayoutConfirmation, PayoutSettlement
from aidnet.ledger.models import (
    Account,
    AccountBalance,
    AccountKind,
    LedgerEvent,
    LedgerEventKind,
    MoneyMonth,
    Transfer,
)
from aidnet.ledger.totals import measure_of
from aidnet.policy import unscoped

_PROOF = "the proof re-adds every row, for the machine's operator"
_TABLES = (Account, AccountBalance, LedgerEvent, Transfer, MoneyMonth)
_RECORDS = (Contribution, Payout, PayoutConfirmation, PayoutSettlement, Expense, ExpenseShare)
#: Table, row, what is wrong: what `funding.proof` makes faults of.
Wrong = tuple[str, str, str]

#: What an event may be about. A loss is of a payout, with the word that told of it, or of what a group held.
_ABOUT: dict[LedgerEventKind, tuple[frozenset[str], ...]] = {
    LedgerEventKind.CONTRIBUTION: (frozenset({"contribution_id"}),),
    LedgerEventKind.REFUND: (frozenset({"contribution_id"}),),
    LedgerEventKind.PAYOUT: (frozenset({"payout_id"}),),
    LedgerEventKind.CONFIRMATION: (frozenset({"payout_id", "confirmation_id"}),),
    LedgerEventKind.LOSS: (frozenset({"payout_id", "confirmation_id"}), frozenset()),
    LedgerEventKind.SETTLEMENT: (frozenset({"payout_id", "settlement_id"}),),
    LedgerEventKind.EXPENSE: (frozenset({"expense_id"}),),
    LedgerEventKind.EXCHANGE: (frozenset(),),
    LedgerEventKind.FEE: (frozenset(),),
}
#: Givers give without our leave, one currency becomes another, and groups buy on credit.
_BELOW = frozenset({AccountKind.OUTSIDE, AccountKind.EXCHANGE, AccountKind.HELD})
_NAMED = ("contribution_id", "payout_id", "confirmation_id", "settlement_id", "expense_id")


def wrong(session: Session) -> Iterator[Wrong]:
    """Every row that is out of the frame; none where it is whole."""
    for model in (*_TABLES, *_RECORDS):
        yield from _orphans(session, model)
        yield from _doubles(session, model)
    yield from _wrong_accounts(session)
    yield from _wrong_amounts(session)
    yield from _wrong_ways(session)
    yield from _wrong_subjects(session)
    yield from _wrong_copies(session)
    yield from _told_twice(session)


def _key(table: sa.FromClause) -> list[Any]:
    return list(table.primary_key)


def _name(row: Any) -> str:
    return " ".join(str(value) for value in row)


def _orphans(session: Session, model: type[Base]) -> Iterator[Wrong]:
    """Rows that name one that is not there, or not of the same fund and currency."""
    table: Any = model.__table__
    for constraint in sorted(table.foreign_key_constraints, key=lambda one: list(one.column_keys)):
        target = constraint.referred_table.alias()
        columns = [table.c[name] for name in constraint.column_keys]
        same = [target.c[one.column.name] == one.parent for one in constraint.elements]
        statement = sa.select(*_key(table)).where(
            *(column.is_not(None) for column in columns), ~sa.exists().where(*same).correlate(table)
        )
        for row in session.execute(unscoped(statement, because=_PROOF)):
            said = ", ".join(constraint.column_keys)
            yield table.name, _name(row), f"its {said} names no {constraint.referred_table.name} that is there"


def _doubles(session: Session, model: type[Base]) -> Iterator[Wrong]:
    """Rows that say they are the only one, and are not."""
    table: Any = model.__table__
    alone = [column for column in table.c if column.unique and not column.primary_key]
    for column in alone:
        statement = sa.select(sa.func.max(_key(table)[0]), sa.func.count()).where(column.is_not(None))
        for row_id, times in session.execute(
            unscoped(statement.group_by(column).having(sa.func.count() > 1), because=_PROOF)
        ):
            yield table.name, str(row_id), f"its {column.name} stands {times} times"


def _wrong_accounts(session: Session) -> Iterator[Wrong]:
    """An account is called by what it stands for, has a running total, and goes below zero only where it may."""
    statement = sa.select(Account, AccountBalance).outerjoin(AccountBalance, AccountBalance.account_id == Account.id)
    for account, total in session.execute(unscoped(statement, because=_PROOF).execution_options(yield_per=500)):
        side = Side(account.kind, account.responder_id, account.payout_id, account.budget_line)
        if account.key != side.key(account.fund_id, account.currency):
            yield (
                "account",
                str(account.id),
                f"is called {account.key}; it is {side.key(account.fund_id, account.currency)}",
            )
        if total is None:
            yield "account", f"{account.id} ({account.key})", "has no running total"
        elif total.may_go_below != (account.kind in _BELOW):
            yield "account_balance", f"{account.id} ({account.key})", "says wrongly whether it may go below zero"
        elif total.in_minor < total.out_minor and not total.may_go_below:
            yield (
                "account_balance",
                f"{account.id} ({account.key})",
                f"is {total.in_minor - total.out_minor}, below zero",
            )


def _wrong_amounts(session: Session) -> Iterator[Wrong]:
    nothing = (Transfer.amount_minor <= 0) | (Transfer.from_id == Transfer.to_id)
    for row_id in session.scalars(unscoped(sa.select(Transfer.id).where(nothing), because=_PROOF)):
        yield "transfer", str(row_id), "moves nothing"


def _wrong_ways(session: Session) -> Iterator[Wrong]:
    """Money goes only where money goes."""
    source, target = aliased(Account), aliased(Account)
    by = (source.kind, target.kind, Transfer.reverses_id.is_(None))
    statement = (
        sa.select(*by, sa.func.min(Transfer.id), sa.func.count())
        .join(source, source.id == Transfer.from_id)
        .join(target, target.id == Transfer.to_id)
        .group_by(*by)
    )
    for start, end, forward, row_id, times in session.execute(unscoped(statement, because=_PROOF)):
        try:
            measure_of(*((start, end) if forward else (end, start)))
        except KeyError:
            yield "transfer", str(row_id), f"money does not go from {start} to {end}: {times} rows say so"


def _wrong_subjects(session: Session) -> Iterator[Wrong]:
    """An event names the records that its kind is about, all of them and no other, of its own fund."""
    columns = [getattr(LedgerEvent, name) for name in _NAMED]
    given = [column.is_not(None).label(column.key) for column in columns]
    by = (LedgerEvent.kind, *given)
    statement = sa.select(*by, sa.func.min(LedgerEvent.id), sa.func.count()).group_by(*by)
    statement = statement.where(LedgerEvent.kind != LedgerEventKind.REVERSAL)
    for kind, *named, row_id, times in session.execute(unscoped(statement, because=_PROOF)):
        about = frozenset(name for name, is_there in zip(_NAMED, named, strict=True) if is_there)
        if about not in _ABOUT[kind]:
            said = ", ".join(sorted(about)) or "no record"
            yield "ledger_event", str(row_id), f"is a {kind} and names {said}: {times} events do"
    for column, model in (
        (LedgerEvent.contribution_id, Contribution),
        (LedgerEvent.payout_id, Payout),
        (LedgerEvent.expense_id, Expense),
    ):
        other = sa.select(LedgerEvent.id).join(model, model.id == column).where(model.fund_id != LedgerEvent.fund_id)
        for row_id in session.scalars(unscoped(other, because=_PROOF)):
            yield "ledger_event", str(row_id), f"is of another fund than its {model.__tablename__}"
    for column, part in (
        (LedgerEvent.confirmation_id, PayoutConfirmation),
        (LedgerEvent.settlement_id, PayoutSettlement),
    ):
        strange = sa.select(LedgerEvent.id).join(part, part.id == column)
        strange = strange.where(part.payout_id != LedgerEvent.payout_id)
        for row_id in session.scalars(unscoped(strange, because=_PROOF)):
            yield "ledger_event", str(row_id), f"is of another payout than its {part.__tablename__}"


def _wrong_copies(session: Session) -> Iterator[Wrong]:
    """A reversal is about what its original is about, on the same day, in the same fund; and originals are no reversals."""
    undone = aliased(LedgerEvent)
    differs = [
        getattr(LedgerEvent, name).is_distinct_from(getattr(undone, name))
        for name in (*_NAMED, "fund_id", "happened_on")
    ]
    statement = (
        sa.select(LedgerEvent.id)
        .join(undone, undone.id == LedgerEvent.reverses_id)
        .where(sa.or_(*differs, undone.kind == LedgerEventKind.REVERSAL))
    )
    for row_id in session.scalars(unscoped(statement, because=_PROOF)):
        yield "ledger_event", str(row_id), "is not about what it undoes"


def _told_twice(session: Session) -> Iterator[Wrong]:
    """A word of a receiver and a settlement moved money once at most."""
    for column, table in (
        (LedgerEvent.confirmation_id, "payout_confirmation"),
        (LedgerEvent.settlement_id, "payout_settlement"),
    ):
        statement = (
            sa.select(column, sa.func.count())
            .where(column.is_not(None), LedgerEvent.kind != LedgerEventKind.REVERSAL)
            .group_by(column)
            .having(sa.func.count() > 1)
        )
        for row_id, times in session.execute(unscoped(statement, because=_PROOF)):
            yield table, str(row_id), f"moved money {times} times"
