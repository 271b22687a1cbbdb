"""The proof of the trace: lots, slices and totals, added up again from the moves, and compared with the books."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from aidnet.db import add_up
from aidnet.funding.models import Contribution, ContributionState
from aidnet.ledger.models import Account, AccountBalance, AccountKind, LedgerEvent, LedgerEventKind, Transfer
from aidnet.policy import unscoped
from aidnet.trace import values
from aidnet.trace.models import (
    Fate,
    FlowDelay,
    GiftTrace,
    GiverTrace,
    GiverValue,
    Step,
    TraceDebt,
    TraceLot,
    TraceMove,
    TraceSlice,
)
from aidnet.trace.service import Hop, follow, undo

_PROOF = "the proof re-adds every row, for the machine's operator"
#: Rows written in one statement.
_BATCH = 500
#: Where money lies in lots.
_PURSES = (AccountKind.FUND, AccountKind.TRANSIT, AccountKind.HELD, AccountKind.LOST)

#: A wrong row: its table, which row, and how it is wrong.
Wrong = tuple[str, str, str]


def wrong(session: Session) -> Iterator[Wrong]:
    """Every fault in the trace: what the moves say against what is kept, and what is kept against the books."""
    yield from _wrong_purses(session)
    yield from _wrong_slices(session)
    yield from _wrong_debts(session)
    yield from _wrong_totals(session)
    yield from _wrong_gifts(session)


def rebuild(session: Session) -> None:
    """Make lots, slices, debts and totals anew from the moves; acts that were never followed are followed now, in their order.

    Money that moved before there was a trace is followed whatever it was earmarked for: what was done is done.
    """
    slices = _added_slices(session)
    left: Counter[int] = Counter()
    for (lot_id, _gift_id), (_source, target) in slices.items():
        left[lot_id] += target
    for lot in session.scalars(unscoped(sa.select(TraceLot), because=_PROOF)):
        lot.left_minor = left[lot.id]
    for one in session.scalars(unscoped(sa.select(TraceSlice), because=_PROOF)):
        one.source_minor, one.target_minor = slices.get((one.lot_id, one.contribution_id), (0, 0))
    debts = _added_debts(session)
    for debt in session.scalars(unscoped(sa.select(TraceDebt), because=_PROOF)):
        debt.left_minor = debts[debt.id]
    session.flush()
    for model, rows in _added_totals(session).items():
        session.execute(unscoped(sa.delete(model), because=_PROOF))
        summed = tuple(column.name for column in model.__table__.columns if column.name.endswith("_minor"))
        keys = [column.name for column in model.__table__.primary_key]
        whole = [dict(zip((*keys, *summed), (*key, *amounts), strict=True)) for key, amounts in rows.items()]
        for start in range(0, len(whole), _BATCH):
            add_up(session, model, whole[start : start + _BATCH], summed=summed)
    _catch_up(session)


def is_behind(session: Session) -> bool:
    """Whether money has moved that was never followed: it moved before there was a trace."""
    return session.scalars(unscoped(_unfollowed().limit(1), because=_PROOF)).first() is not None


def _unfollowed() -> sa.Select[LedgerEvent]:
    """Events without a move. An act that only made debts has none either, and neither has its undoing."""
    moved = sa.exists().where(TraceMove.event_id == LedgerEvent.id)
    owed = sa.exists().where(TraceDebt.event_id.in_([LedgerEvent.id, LedgerEvent.reverses_id]))
    return sa.select(LedgerEvent).where(~moved, ~owed).order_by(LedgerEvent.id)


def _catch_up(session: Session) -> None:
    for event in session.scalars(unscoped(_unfollowed(), because=_PROOF)).all():
        if event.kind is LedgerEventKind.REVERSAL:
            original = sa.select(LedgerEvent).where(LedgerEvent.id == event.reverses_id)
            undo(session, session.scalars(unscoped(original, because=_PROOF)).one(), event)
            continue
        transfers = sa.select(Transfer).where(Transfer.event_id == event.id).order_by(Transfer.id)
        found = session.scalars(unscoped(transfers, because=_PROOF)).all()
        ids = {id_ for one in found for id_ in (one.from_id, one.to_id)}
        named = session.scalars(unscoped(sa.select(Account).where(Account.id.in_(ids)), because=_PROOF))
        accounts = {account.id: account for account in named}
        hops = [Hop(accounts[one.from_id], accounts[one.to_id], one.amount_minor) for one in found]
        follow(session, event, hops, None)


def _added_slices(session: Session) -> dict[tuple[int, int], tuple[int, int]]:
    """Lot and gift to what is left of it there, in the gift's currency and in the lot's."""
    totals: defaultdict[tuple[int, int], list[int]] = defaultdict(lambda: [0, 0])
    ways: tuple[tuple[Any, Any, int], ...] = (
        (TraceMove.to_lot_id, TraceMove.came_minor, 1),
        (TraceMove.from_lot_id, TraceMove.left_minor, -1),
    )
    for lot, amount, sign in ways:
        statement = (
            sa.select(lot, TraceMove.contribution_id, sa.func.sum(TraceMove.source_minor), sa.func.sum(amount))
            .where(lot.is_not(None))
            .group_by(lot, TraceMove.contribution_id)
        )
        for lot_id, gift_id, source, target in session.execute(unscoped(statement, because=_PROOF)):
            totals[lot_id, gift_id][0] += sign * int(source)
            totals[lot_id, gift_id][1] += sign * int(target)
    return {key: (source, target) for key, (source, target) in totals.items()}


def _added_debts(session: Session) -> dict[int, int]:
    """Debt to what of it is not settled; nothing where what was bought was undone."""
    undoing = aliased(LedgerEvent)
    paid = sa.func.coalesce(
        sa.func.sum(sa.case((TraceMove.undoes_id.is_(None), TraceMove.came_minor), else_=-TraceMove.left_minor)), 0
    )
    undone = sa.exists().where(undoing.reverses_id == TraceDebt.event_id)
    statement = (
        sa.select(TraceDebt.id, TraceDebt.owed_minor, paid, undone)
        .outerjoin(TraceMove, TraceMove.debt_id == TraceDebt.id)
        .group_by(TraceDebt.id, TraceDebt.owed_minor, TraceDebt.event_id)
    )
    rows = session.execute(unscoped(statement, because=_PROOF))
    return {debt_id: 0 if gone else owed - int(settled) for debt_id, owed, settled, gone in rows}


def _added_totals(session: Session) -> dict[type[Any], dict[tuple[Any, ...], tuple[int, ...]]]:
    """Each kind of total, by its key, as the moves make it."""
    gifts: defaultdict[tuple[Any, ...], list[int]] = defaultdict(lambda: [0, 0])
    givers: defaultdict[tuple[Any, ...], list[int]] = defaultdict(lambda: [0, 0])
    delays: Counter[tuple[Any, ...]] = Counter()
    undone, original, lot, arrival = aliased(TraceMove), aliased(LedgerEvent), aliased(TraceLot), aliased(LedgerEvent)
    # A move that takes another back counts as that one less: its time is that one's, and so is the lot it had left.
    from_lot = sa.func.coalesce(undone.from_lot_id, TraceMove.from_lot_id)
    statement = (
        sa.select(TraceMove, Contribution, LedgerEvent.fund_id, original.happened_on, arrival.happened_on)
        .join(Contribution, Contribution.id == TraceMove.contribution_id)
        .join(LedgerEvent, LedgerEvent.id == TraceMove.event_id)
        .outerjoin(undone, undone.id == TraceMove.undoes_id)
        .join(original, original.id == sa.func.coalesce(undone.event_id, TraceMove.event_id))
        .outerjoin(lot, lot.id == from_lot)
        .outerjoin(arrival, arrival.id == lot.event_id)
    )
    for move, gift, fund_id, day, since in session.execute(unscoped(statement, because=_PROOF)):
        for fate, confirmed, sign in ((move.from_fate, move.was_confirmed, -1), (move.to_fate, move.is_confirmed, 1)):
            if fate is None:
                continue
            line = move.budget_line if fate is Fate.SPENT else ""
            for totals, key in (
                (gifts, (gift.id, fate, line)),
                (givers, (gift.donor_id or 0, fund_id, gift.currency, fate, line)),
            ):
                totals[key][0] += sign * move.source_minor
                totals[key][1] += sign * move.source_minor if confirmed else 0
        way, sign = (
            ((move.from_fate, move.to_fate), 1) if move.undoes_id is None else ((move.to_fate, move.from_fate), -1)
        )
        began = gift.received_on if way == (Fate.ON_THE_WAY, Fate.HELD) else since
        if way in _STEPS and began is not None:
            days = max((day - began).days, 0)
            delays[fund_id, gift.currency, _STEPS[way], day.replace(day=1), days] += sign * move.source_minor
    return {
        GiftTrace: {key: (source, confirmed) for key, (source, confirmed) in gifts.items()},
        GiverTrace: {key: (source, confirmed) for key, (source, confirmed) in givers.items()},
        GiverValue: _added_values(session, gifts),
        FlowDelay: {key: (minor,) for key, minor in delays.items()},
    }


def _added_values(
    session: Session, gifts: Mapping[tuple[Any, ...], Sequence[int]]
) -> dict[tuple[Any, ...], tuple[int, ...]]:
    """What gifts, as the moves make them, are worth by the transfers that brought them."""
    parts: defaultdict[int, dict[tuple[Fate, str], tuple[int, int]]] = defaultdict(dict)
    for (gift_id, *part), (source, confirmed) in gifts.items():
        parts[gift_id][part[0], part[1]] = source, confirmed
    sums: defaultdict[tuple[Any, ...], list[int]] = defaultdict(lambda: [0, 0, 0])
    for row in session.execute(unscoped(values.worths(), because=_PROOF)):
        worth = values.Worth(*row)
        values.add(sums, values.shares(worth, parts[worth.gift_id]), 1)
    return {key: (rated, value, confirmed) for key, (rated, value, confirmed) in sums.items()}


_STEPS: dict[tuple[Fate | None, Fate | None], Step] = {
    (Fate.ON_THE_WAY, Fate.HELD): Step.RECEIVED_TO_CONFIRMED,
    (Fate.HELD, Fate.SPENT): Step.CONFIRMED_TO_SPENT,
}


def _wrong_purses(session: Session) -> Iterator[Wrong]:
    lots = (
        sa.select(TraceLot.account_id, sa.func.sum(TraceLot.left_minor).label("minor"))
        .group_by(TraceLot.account_id)
        .subquery()
    )
    debts = (
        sa.select(TraceDebt.account_id, sa.func.sum(TraceDebt.left_minor).label("minor"))
        .group_by(TraceDebt.account_id)
        .subquery()
    )
    lying, owed = sa.func.coalesce(lots.c.minor, 0), sa.func.coalesce(debts.c.minor, 0)
    balance = AccountBalance.in_minor - AccountBalance.out_minor
    statement = (
        sa.select(Account.id, Account.key, balance, lying, owed)
        .join(AccountBalance, AccountBalance.account_id == Account.id)
        .outerjoin(lots, lots.c.account_id == Account.id)
        .outerjoin(debts, debts.c.account_id == Account.id)
        .where(Account.kind.in_(_PURSES), (balance != lying - owed) | ((lying > 0) & (owed > 0)))
    )
    for account_id, key, minor, lies, owes in session.execute(unscoped(statement, because=_PROOF)):
        yield "account", f"{account_id} ({key})", f"has {minor}; the gifts traced to it are {lies}, and {owes} is owed"


def _wrong_slices(session: Session) -> Iterator[Wrong]:
    added = _added_slices(session)
    left: Counter[int] = Counter()
    statement = sa.select(
        TraceSlice.lot_id, TraceSlice.contribution_id, TraceSlice.source_minor, TraceSlice.target_minor
    )
    for lot_id, gift_id, source, target in session.execute(unscoped(statement, because=_PROOF)):
        left[lot_id] += target
        true = added.pop((lot_id, gift_id), (0, 0))
        if (source, target) != true:
            wrong_by = f"{source} is {target}; its moves say {true[0]} is {true[1]}"
            yield "trace_slice", f"{lot_id} of gift {gift_id}", wrong_by
    for (lot_id, gift_id), true in added.items():
        yield "trace_slice", f"{lot_id} of gift {gift_id}", f"is not there; its moves say {true[0]} is {true[1]}"
    for lot_id, minor in session.execute(unscoped(sa.select(TraceLot.id, TraceLot.left_minor), because=_PROOF)):
        if left[lot_id] != minor:
            yield "trace_lot", str(lot_id), f"{minor} left; its slices say {left[lot_id]}"


def _wrong_debts(session: Session) -> Iterator[Wrong]:
    added = _added_debts(session)
    for debt_id, minor in session.execute(unscoped(sa.select(TraceDebt.id, TraceDebt.left_minor), because=_PROOF)):
        if added[debt_id] != minor:
            yield "trace_debt", str(debt_id), f"{minor} left; what settled it says {added[debt_id]}"


def _wrong_totals(session: Session) -> Iterator[Wrong]:
    for model, added in _added_totals(session).items():
        table = model.__table__
        keys = list(table.primary_key)
        amounts = [column for column in table.columns if column.name.endswith("_minor")]
        nothing = (0,) * len(amounts)
        kept = {
            tuple(row[: len(keys)]): tuple(row[len(keys) :])
            for row in session.execute(
                unscoped(sa.select(*(getattr(model, column.name) for column in (*keys, *amounts))), because=_PROOF)
            )
        }
        for key in kept.keys() | added.keys():
            if kept.get(key, nothing) != added.get(key, nothing):
                name = " ".join(part.isoformat() if isinstance(part, date) else str(part) for part in key)
                yield table.name, name, f"{kept.get(key, nothing)}; the moves say {added.get(key, nothing)}"


def _wrong_gifts(session: Session) -> Iterator[Wrong]:
    """What a gift became adds up to the gift; a gift that is not in the books became nothing."""
    became = sa.func.coalesce(sa.func.sum(GiftTrace.source_minor), 0)
    statement = (
        sa.select(Contribution.id, Contribution.code, Contribution.state, Contribution.amount_minor, became)
        .outerjoin(GiftTrace, GiftTrace.contribution_id == Contribution.id)
        .where(Contribution.amount_minor.is_not(None))
        .group_by(Contribution.id, Contribution.code, Contribution.state, Contribution.amount_minor)
    )
    for gift_id, code, state, minor, total in session.execute(unscoped(statement, because=_PROOF)):
        whole = minor if state is ContributionState.RECEIVED else 0
        if whole != int(total):
            yield "contribution", f"{gift_id} ({code})", f"{whole} was given; what became of it adds up to {total}"
