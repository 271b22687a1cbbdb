"""The proof: everything the ledger keeps as a running total, added up again from the transfers themselves."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from aidnet import audit
from aidnet.agents import proof as agents
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
from aidnet.ledger import proof as frame
from aidnet.ledger.models import (
    Account,
    AccountBalance,
    GiverMonth,
    LedgerEvent,
    LedgerEventKind,
    MoneyMonth,
    Transfer,
)
from aidnet.ledger.totals import GIVERS_MEASURES, Cell, GiverCell, add_to_givers, add_to_months, measure_of
from aidnet.network.models import Network
from aidnet.policy import Actor, unscoped
from aidnet.rates import proof as rates
from aidnet.statements import proof as statements
from aidnet.trace import proof as trace

_PROOF = "the proof re-adds every row, for the machine's operator"
#: No money of these moved, or it moved back.
_UNSENT = (PayoutState.WAITING, PayoutState.DECLINED, PayoutState.REVERSED)
#: Monthly totals written in one statement.
_BATCH = 500


@dataclass(frozen=True)
class Fault:
    """One row that is wrong, and how."""

    table: str
    row: str
    wrong: str

    def __str__(self) -> str:
        return f"{self.table} {self.row}: {self.wrong}"


@dataclass(frozen=True)
class Counted:
    """How much was proved."""

    events: int
    transfers: int
    accounts: int


def count(session: Session) -> Counted:
    """How many rows the books have."""
    counts = [
        session.scalars(unscoped(sa.select(sa.func.count()).select_from(model), because=_PROOF)).one()
        for model in (LedgerEvent, Transfer, Account)
    ]
    return Counted(*counts)


def check(session: Session) -> list[Fault]:
    """Every fault in the books; none where they are true.

    Running totals against the transfers, every currency's sum against zero, events against their transfers, undoings
    against what they undo, records against their events; what became of every gift; rates; statements. Before all of
    that, whether rows name rows that are there, and stand once: where that is broken, nothing else is asked.
    """
    broken = [Fault(*wrong) for wrong in frame.wrong(session)]
    return broken or [
        *_wrong_balances(session),
        *_wrong_currencies(session),
        *_wrong_months(session),
        *_wrong_givers(session),
        *_wrong_events(session),
        *_wrong_reversals(session),
        *_wrong_records(session),
        *_wrong_payouts(session),
        *(Fault(*wrong) for wrong in trace.wrong(session)),
        *(Fault(*wrong) for wrong in rates.wrong(session)),
        *(Fault(*wrong) for wrong in statements.wrong(session)),
        *(Fault(*wrong) for wrong in agents.faults(session)),
    ]


def rebuild(session: Session, actor: Actor) -> None:
    """Make every running total anew from the transfers, alone with all funds until the transaction ends."""
    funds = sa.select(Fund.id).order_by(Fund.id).with_for_update(key_share=True)
    session.execute(unscoped(funds, because=_PROOF)).all()
    balances = sa.select(AccountBalance).order_by(AccountBalance.account_id).with_for_update()
    added = _added_balances(session)
    for row in session.scalars(unscoped(balances, because=_PROOF)).all():
        row.in_minor, row.out_minor = added.get(row.account_id, (0, 0))
    session.flush()
    session.execute(unscoped(sa.delete(MoneyMonth), because=_PROOF))
    months = list(_added_months(session).items())
    for start in range(0, len(months), _BATCH):
        add_to_months(session, dict(months[start : start + _BATCH]))
    session.execute(unscoped(sa.delete(GiverMonth), because=_PROOF))
    givers = list(_added_givers(session).items())
    for start in range(0, len(givers), _BATCH):
        add_to_givers(session, dict(givers[start : start + _BATCH]))
    trace.rebuild(session)
    rates.rebuild(session)
    audit.record(session, actor, "ledger.rebuilt", session.scalars(sa.select(Network)).one(), totals=len(months))


def _added_balances(session: Session) -> dict[int, tuple[int, int]]:
    """Account to in and out, for every account that money ever moved through."""
    totals = []
    for column in (Transfer.to_id, Transfer.from_id):
        statement = sa.select(column, sa.func.sum(Transfer.amount_minor)).group_by(column)
        totals.append(
            {account_id: int(minor) for account_id, minor in session.execute(unscoped(statement, because=_PROOF))}
        )
    came, went = totals
    return {account_id: (came.get(account_id, 0), went.get(account_id, 0)) for account_id in came.keys() | went.keys()}


def _added_months(session: Session) -> Counter[Cell]:
    """Every monthly total that is not zero."""
    source, target = aliased(Account), aliased(Account)
    by = (
        LedgerEvent.fund_id,
        LedgerEvent.happened_on,
        Transfer.currency,
        source.kind,
        target.kind,
        sa.func.coalesce(source.responder_id, target.responder_id, 0),
        sa.func.coalesce(sa.cast(source.budget_line, sa.Text), sa.cast(target.budget_line, sa.Text), ""),
        sa.func.coalesce(sa.cast(Contribution.channel, sa.Text), sa.cast(Payout.channel, sa.Text), ""),
        Transfer.reverses_id.is_(None),
    )
    statement = (
        sa.select(*by, sa.func.sum(Transfer.amount_minor))
        .join(LedgerEvent, LedgerEvent.id == Transfer.event_id)
        .join(source, source.id == Transfer.from_id)
        .join(target, target.id == Transfer.to_id)
        .outerjoin(Contribution, Contribution.id == LedgerEvent.contribution_id)
        .outerjoin(Payout, Payout.id == LedgerEvent.payout_id)
        .group_by(*by)
    )
    totals = Counter[Cell]()
    for (
        fund_id,
        day,
        currency,
        source_kind,
        target_kind,
        responder_id,
        line,
        channel,
        forward,
        minor,
    ) in session.execute(unscoped(statement, because=_PROOF)):
        way = (source_kind, target_kind) if forward else (target_kind, source_kind)
        totals[Cell(fund_id, day.replace(day=1), currency, measure_of(*way), responder_id, line, channel)] += int(
            minor if forward else -minor
        )
    return Counter({cell: minor for cell, minor in totals.items() if minor})


def _added_givers(session: Session) -> dict[GiverCell, tuple[int, int]]:
    """Every monthly total of a donor that is not zero: amount, and how many acts."""
    source, target = aliased(Account), aliased(Account)
    forward = Transfer.reverses_id.is_(None)
    by = (
        Contribution.donor_id,
        LedgerEvent.fund_id,
        LedgerEvent.happened_on,
        Transfer.currency,
        source.kind,
        target.kind,
        forward,
    )
    statement = (
        sa.select(*by, sa.func.sum(Transfer.amount_minor), sa.func.count())
        .join(LedgerEvent, LedgerEvent.id == Transfer.event_id)
        .join(Contribution, Contribution.id == LedgerEvent.contribution_id)
        .join(source, source.id == Transfer.from_id)
        .join(target, target.id == Transfer.to_id)
        .where(Contribution.donor_id.is_not(None))
        .group_by(*by)
    )
    amounts, acts = Counter[GiverCell](), Counter[GiverCell]()
    rows: Iterable[Any] = session.execute(unscoped(statement, because=_PROOF))
    for donor_id, fund_id, day, currency, came, went, stands, minor, times in rows:
        measure = measure_of(came, went) if stands else measure_of(went, came)
        if measure in GIVERS_MEASURES:
            cell = GiverCell(donor_id, fund_id, day.replace(day=1), currency, measure)
            amounts[cell] += int(minor if stands else -minor)
            acts[cell] += times if stands else -times
    return {cell: (minor, acts[cell]) for cell, minor in amounts.items() if minor or acts[cell]}


def _wrong_givers(session: Session) -> Iterator[Fault]:
    added = _added_givers(session)
    columns = (*GiverMonth.__table__.primary_key, GiverMonth.amount_minor, GiverMonth.acts)
    kept = {GiverCell(*row[:5]): row[5:] for row in session.execute(unscoped(sa.select(*columns), because=_PROOF))}
    for cell in kept.keys() | added.keys():
        was, true = tuple(kept.get(cell, (0, 0))), added.get(cell, (0, 0))
        if was != true:
            name = " ".join(str(part) for part in vars(cell).values())
            yield Fault("giver_month", name, f"{was[0]} in {was[1]} acts; its transfers say {true[0]} in {true[1]}")


def _wrong_balances(session: Session) -> Iterator[Fault]:
    added = _added_balances(session)
    statement = sa.select(Account.id, Account.key, AccountBalance.in_minor, AccountBalance.out_minor).outerjoin(
        AccountBalance, AccountBalance.account_id == Account.id
    )
    for account_id, key, came, went in session.execute(unscoped(statement, because=_PROOF)):
        true = added.get(account_id, (0, 0))
        if (came, went) != true:
            yield Fault(
                "account_balance",
                f"{account_id} ({key})",
                f"in {came}, out {went}; its transfers say in {true[0]}, out {true[1]}",
            )


def _wrong_currencies(session: Session) -> Iterator[Fault]:
    left = sa.func.sum(AccountBalance.in_minor - AccountBalance.out_minor)
    statement = (
        sa.select(Account.fund_id, Account.currency, left)
        .join(AccountBalance, AccountBalance.account_id == Account.id)
        .group_by(Account.fund_id, Account.currency)
        .having(left != 0)
    )
    for fund_id, currency, minor in session.execute(unscoped(statement, because=_PROOF)):
        yield Fault("fund", str(fund_id), f"the balances of all its {currency} accounts add up to {minor}, not to 0")


def _wrong_months(session: Session) -> Iterator[Fault]:
    added = _added_months(session)
    columns = (*MoneyMonth.__table__.primary_key, MoneyMonth.amount_minor)
    kept = Counter[Cell]()
    for fund_id, month, currency, measure, responder_id, line, channel, minor in session.execute(
        unscoped(sa.select(*columns), because=_PROOF)
    ):
        kept[Cell(fund_id, month, currency, measure, responder_id, line, channel)] = minor
    for cell in kept.keys() | added.keys():
        if kept[cell] != added[cell]:
            name = " ".join(str(part) for part in vars(cell).values())
            yield Fault("money_month", name, f"{kept[cell]}; its transfers say {added[cell]}")


def _wrong_events(session: Session) -> Iterator[Fault]:
    empty = sa.select(LedgerEvent.id).where(~sa.exists().where(Transfer.event_id == LedgerEvent.id))
    for event_id in session.scalars(unscoped(empty, because=_PROOF)):
        yield Fault("ledger_event", str(event_id), "has no transfer")
    differs = (Transfer.fund_id != LedgerEvent.fund_id) | (Transfer.kind != LedgerEvent.kind)
    other = sa.select(Transfer.id).join(LedgerEvent, LedgerEvent.id == Transfer.event_id).where(differs)
    for transfer_id in session.scalars(unscoped(other, because=_PROOF)):
        yield Fault("transfer", str(transfer_id), "has another fund or kind than its event")


def _wrong_reversals(session: Session) -> Iterator[Fault]:
    """A reversal undoes every transfer of its original, and nothing else."""
    undone, undoing = aliased(Transfer), aliased(Transfer)
    event = aliased(LedgerEvent)
    mirrored = (
        (undoing.from_id == undone.to_id)
        & (undoing.to_id == undone.from_id)
        & (undoing.amount_minor == undone.amount_minor)
        & (undone.event_id == event.reverses_id)
    )
    crooked = (
        sa.select(undoing.id)
        .join(event, event.id == undoing.event_id)
        .outerjoin(undone, undone.id == undoing.reverses_id)
        .where(
            sa.func.coalesce(~mirrored, sa.true()), event.reverses_id.is_not(None) | undoing.reverses_id.is_not(None)
        )
    )
    for transfer_id in session.scalars(unscoped(crooked, because=_PROOF)):
        yield Fault("transfer", str(transfer_id), "does not run backwards along what it undoes")
    forgotten = (
        sa.select(event.id)
        .join(undone, undone.event_id == event.reverses_id)
        .where(~sa.exists().where(undoing.reverses_id == undone.id))
        .distinct()
    )
    for event_id in session.scalars(unscoped(forgotten, because=_PROOF)):
        yield Fault("ledger_event", str(event_id), "undoes only a part of its original")


def _wrong_records(session: Session) -> Iterator[Fault]:
    """A record of money that came, went or was spent has exactly one event that stands, over its own amount."""
    records = (
        (
            Contribution,
            LedgerEvent.contribution_id,
            LedgerEventKind.CONTRIBUTION,
            Contribution.state == ContributionState.RECEIVED,
        ),
        (Payout, LedgerEvent.payout_id, LedgerEventKind.PAYOUT, Payout.state.not_in(_UNSENT)),
        (Expense, LedgerEvent.expense_id, LedgerEventKind.EXPENSE, Expense.state == ExpenseState.RECORDED),
    )
    for model, key, kind, stands in records:
        undoing = aliased(LedgerEvent)
        first = (
            sa.select(
                key.label("record_id"),
                sa.func.min(Transfer.id).label("transfer_id"),
                sa.func.count(LedgerEvent.id.distinct()).label("times"),
            )
            .join(Transfer, Transfer.event_id == LedgerEvent.id)
            .where(LedgerEvent.kind == kind, ~sa.exists().where(undoing.reverses_id == LedgerEvent.id))
            .group_by(key)
            .subquery()
        )
        statement = (
            sa.select(
                model.id,
                model.code,
                stands,
                sa.func.coalesce(first.c.times, 0),
                model.amount_minor,
                Transfer.amount_minor,
            )
            .outerjoin(first, first.c.record_id == model.id)
            .outerjoin(Transfer, Transfer.id == first.c.transfer_id)
            .where(model.amount_minor.is_not(None))
        )
        for row_id, code, standing, times, said, moved in session.execute(unscoped(statement, because=_PROOF)):
            if times != (1 if standing else 0):
                yield Fault(model.__tablename__, f"{row_id} ({code})", f"has {times} events that stand")
            elif standing and said != moved:
                yield Fault(model.__tablename__, f"{row_id} ({code})", f"says {said}; its event moved {moved}")


def _wrong_payouts(session: Session) -> Iterator[Fault]:
    """What a payout says was confirmed is the sum of the words that stand."""
    spoken, undoing = aliased(LedgerEvent), aliased(LedgerEvent)
    undone = sa.exists().where(spoken.confirmation_id == PayoutConfirmation.id, undoing.reverses_id == spoken.id)
    said = sa.func.coalesce(sa.func.sum(PayoutConfirmation.amount_minor), 0)
    statement = (
        sa.select(Payout.id, Payout.code, Payout.confirmed_minor, said)
        .outerjoin(PayoutConfirmation, (PayoutConfirmation.payout_id == Payout.id) & ~undone)
        .group_by(Payout.id, Payout.code, Payout.confirmed_minor)
        .having(said != Payout.confirmed_minor)
    )
    for row_id, code, confirmed, total in session.execute(unscoped(statement, because=_PROOF)):
        yield Fault("payout", f"{row_id} ({code})", f"confirmed {confirmed}; the receiver's words add up to {total}")
