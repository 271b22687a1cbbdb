"""One act taken back: every move runs backwards, if its gift is still where it was brought."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from aidnet.ledger.models import LedgerEvent
from aidnet.policy import unscoped
from aidnet.trace.models import Fate, TraceDebt, TraceMove
from aidnet.trace.terms import SpentSince
from aidnet.trace.work import TRACE, Work


def take_back(work: Work, event: LedgerEvent) -> None:
    """Every move of an event, and of the settling of its debts, runs backwards, the last first."""
    later = aliased(TraceMove)
    own_debts = sa.select(TraceDebt.id).where(TraceDebt.event_id == event.id)
    statement = (
        sa.select(TraceMove, LedgerEvent.happened_on)
        .join(LedgerEvent, LedgerEvent.id == TraceMove.event_id)
        .where((TraceMove.event_id == event.id) | TraceMove.debt_id.in_(own_debts), TraceMove.undoes_id.is_(None))
        .where(~sa.exists().where(later.undoes_id == TraceMove.id))
        .order_by(TraceMove.id.desc())
    )
    moves = work.session.execute(unscoped(statement, because=TRACE)).all()
    work.load_gifts({move.contribution_id for move, _day in moves})
    lots = {id_ for move, _day in moves for id_ in (move.from_lot_id, move.to_lot_id) if id_ is not None}
    work.read(lots)
    short = {move.to_lot_id for move, day in moves if not _one(work, move, day)}
    if short:
        raise SpentSince(_takers(work, short, event))
    debts = sa.select(TraceDebt).where(
        (TraceDebt.event_id == event.id) | TraceDebt.id.in_([move.debt_id for move, _day in moves if move.debt_id])
    )
    again = Counter({move.debt_id: 0 for move, _day in moves})
    for move, _day in moves:
        again[move.debt_id] += move.came_minor
    for debt in work.session.scalars(unscoped(debts.execution_options(populate_existing=True), because=TRACE)).all():
        debt.left_minor = 0 if debt.event_id == event.id else debt.left_minor + again[debt.id]
    work.session.flush()
    held = {
        work.lots[lot_id].account_id
        for move, _day in moves
        for lot_id, fate in ((move.from_lot_id, move.from_fate), (move.to_lot_id, move.to_fate))
        if lot_id is not None and fate is Fate.HELD
    }
    for account_id in sorted(held):
        work.settle(account_id)


def _one(work: Work, move: TraceMove, day: date) -> bool:
    """One move backwards; False where its gift is no longer in the lot it was brought to."""
    if move.to_lot_id is not None:
        lot = work.lots[move.to_lot_id]
        mine = next(one for one in lot.slices if one.gift.id == move.contribution_id)
        mine.source_minor -= move.source_minor
        mine.target_minor -= move.came_minor
        lot.left_minor -= move.came_minor
        work.changed.add(lot.id)
        if mine.source_minor < 0 or mine.target_minor < 0:
            return False
    since = None
    if move.from_lot_id is not None:
        lot = work.lots[move.from_lot_id]
        mine = next(one for one in lot.slices if one.gift.id == move.contribution_id)
        mine.source_minor += move.source_minor
        mine.target_minor += move.left_minor
        lot.left_minor += move.left_minor
        since = lot.since
        work.changed.add(lot.id)
    gift = work.known[move.contribution_id]
    work.totals.note(gift, move.from_fate, move.was_confirmed, move.budget_line, move.source_minor)
    work.totals.note(gift, move.to_fate, move.is_confirmed, move.budget_line, -move.source_minor)
    work.totals.time(gift, move.from_fate, move.to_fate, since, day, -move.source_minor)
    work.moves.append(
        {
            "event_id": work.event.id,
            "contribution_id": move.contribution_id,
            "from_lot_id": move.to_lot_id,
            "to_lot_id": move.from_lot_id,
            "from_fate": move.to_fate,
            "to_fate": move.from_fate,
            "was_confirmed": move.is_confirmed,
            "is_confirmed": move.was_confirmed,
            "budget_line": move.budget_line,
            "source_minor": move.source_minor,
            "left_minor": move.came_minor,
            "came_minor": move.left_minor,
            "debt_id": move.debt_id,
            "undoes_id": move.id,
        }
    )
    return True


def _takers(work: Work, lot_ids: Iterable[int | None], event: LedgerEvent) -> Sequence[int]:
    """The latest five acts, not undone, that took gifts out of these lots since."""
    undoing = aliased(LedgerEvent)
    statement = (
        sa.select(TraceMove.event_id)
        .join(LedgerEvent, LedgerEvent.id == TraceMove.event_id)
        .where(TraceMove.from_lot_id.in_(list(lot_ids)), TraceMove.event_id != event.id)
        .where(TraceMove.undoes_id.is_(None), ~sa.exists().where(undoing.reverses_id == LedgerEvent.id))
        .distinct()
        .order_by(TraceMove.event_id.desc())
        .limit(5)
    )
    return work.session.scalars(unscoped(statement, because=TRACE)).all()
