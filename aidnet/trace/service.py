"""Writes: gifts are followed as the ledger moves money, in the same transaction, while the fund is held.

Money that comes into a purse makes a lot there; money that leaves it takes the oldest lots first, and of each lot every
gift gives its part. What a responder spends beyond its purse is a debt, which the next money that arrives settles.
Nothing is read but what lies open now: history is never added up again.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from aidnet.db import add_up
from aidnet.funding.models import Contribution
from aidnet.ledger.models import Account, AccountKind, LedgerEvent
from aidnet.places.models import Place
from aidnet.policy import unscoped
from aidnet.responders.models import Sector
from aidnet.trace.models import (
    Fate,
    FlowDelay,
    GiftTrace,
    GiverTrace,
    Step,
    TraceDebt,
    TraceLot,
    TraceMove,
    TraceSlice,
)
from aidnet.trace.shares import share

_TRACE = "the trace is kept with the ledger, below policy"

#: What a gift is while its money is in an account of this kind.
FATES = {
    AccountKind.FUND: Fate.WAITING,
    AccountKind.TRANSIT: Fate.ON_THE_WAY,
    AccountKind.HELD: Fate.HELD,
    AccountKind.SPENT: Fate.SPENT,
    AccountKind.FEES: Fate.COST,
    AccountKind.LOST: Fate.LOST,
    AccountKind.OUTSIDE: Fate.RETURNED,
}
#: Money in these can move on.
_PURSES = frozenset({AccountKind.FUND, AccountKind.TRANSIT, AccountKind.HELD, AccountKind.LOST})


class KeptForPurpose(Exception):
    """An account has money, but not enough that may go where it should: the rest is another gift's, or for another purpose."""

    def __init__(self, account: Account, available_minor: int) -> None:
        super().__init__(account.key)
        self.account = account
        self.available_minor = available_minor


class SpentSince(Exception):
    """Gifts that an undoing would take back are no longer where they were brought. `event_ids` are the acts that moved them."""

    def __init__(self, event_ids: Sequence[int]) -> None:
        super().__init__()
        self.event_ids = event_ids


@dataclass(frozen=True)
class Purpose:
    """What money leaves a fund for; an earmarked gift feeds only its own. The plain purpose is fed by free gifts alone."""

    responder_id: int | None = None
    #: A district or a state.
    place_id: int | None = None
    sector: Sector | None = None


PLAIN = Purpose()


@dataclass(frozen=True)
class Hop:
    """A transfer to follow."""

    source: Account
    target: Account
    amount_minor: int


@dataclass(frozen=True)
class _Gift:
    """What the trace needs to know of a gift."""

    id: int
    currency: str
    donor_id: int
    received_on: date


@dataclass(frozen=True)
class _Piece:
    """A part of a gift on the move. `left_minor` in the currency of where it comes from."""

    gift: _Gift
    lot_id: int | None
    rank: int
    #: When the lot came.
    since: date
    source_minor: int
    left_minor: int


@dataclass
class _Slice:
    """A gift's part of an open lot, as it was read."""

    gift: _Gift
    source_minor: int
    target_minor: int


@dataclass
class _Lot:
    """An open lot, as it was read; taken from in memory, written once."""

    id: int
    account_id: int
    rank: int
    #: When it came.
    since: date
    left_minor: int
    slices: list[_Slice]

    def take(self, most: int) -> list[_Piece]:
        """Up to `most` of it: every gift's part, in the lot's currency and in the gift's own."""
        taken = min(most, self.left_minor)
        targets = share(taken, [one.target_minor for one in self.slices])
        whole = sum(one.source_minor for one in self.slices)
        part = whole if taken == self.left_minor else whole * taken // self.left_minor
        sources = share(part, [one.source_minor for one in self.slices])
        self.left_minor -= taken
        pieces = []
        for one, source, target in zip(self.slices, sources, targets, strict=True):
            one.source_minor -= source
            one.target_minor -= target
            if source or target:
                pieces.append(_Piece(one.gift, self.id, self.rank, self.since, source, target))
        return pieces


def follow(session: Session, event: LedgerEvent, hops: Sequence[Hop], purpose: Purpose | None = PLAIN) -> None:
    """Follow the gifts through the transfers of a new event, in their order. The fund is held; balances are moved already.

    `purpose` None: whatever gifts are earmarked for.

    Raises:
        KeptForPurpose: what may go this way is not enough.
    """
    work = _Work(session, event)
    changed: tuple[AccountKind, list[_Piece]] = (AccountKind.EXCHANGE, [])
    for hop in hops:
        if hop.source.kind is AccountKind.EXCHANGE:
            source, pieces = changed
            work.bring(source, hop.target, pieces, share(hop.amount_minor, [piece.left_minor for piece in pieces]))
            continue
        pieces = work.take(hop, purpose)
        if hop.target.kind is AccountKind.EXCHANGE:
            changed = hop.source.kind, pieces
        else:
            work.bring(hop.source.kind, hop.target, pieces, [piece.left_minor for piece in pieces])
    work.write()


def undo(session: Session, event: LedgerEvent, reversal: LedgerEvent) -> None:
    """Take back every move of `event`, and every settling of what it bought on credit, as moves of `reversal`.

    Raises:
        SpentSince: a gift is no longer where the event brought it.
    """
    work = _Work(session, reversal)
    work.undo(event)
    work.write()


class _Work:
    """One event's moves: what it reads, changes in memory, and writes at the end, each table in one statement."""

    def __init__(self, session: Session, event: LedgerEvent) -> None:
        self.session = session
        self.event = event
        self.lots: dict[int, _Lot] = {}
        self.changed: set[int] = set()
        #: By account: what the event took of it so far.
        self.taken: Counter[int] = Counter()
        self.moves: list[dict[str, Any]] = []
        #: By gift, fate and budget line: what changed, and how much of it a receiver confirmed.
        self.gifts: defaultdict[tuple[int, Fate, str], list[int]] = defaultdict(lambda: [0, 0])
        #: By currency, step, month and days.
        self.delays: Counter[tuple[str, Step, date, int]] = Counter()
        self.known: dict[int, _Gift] = {}

    # Leaving

    def take(self, hop: Hop, purpose: Purpose | None) -> list[_Piece]:
        """The pieces that leave with a transfer, oldest first."""
        if hop.source.kind is AccountKind.OUTSIDE:
            return [self._given(hop.amount_minor)]
        pieces: list[_Piece] = []
        missing = hop.amount_minor
        for lot in self._open(hop, purpose):
            taken = lot.take(missing)
            self.changed.add(lot.id)
            pieces += taken
            missing -= sum(piece.left_minor for piece in taken)
            if not missing:
                break
        before, self.taken[hop.source.id] = self.taken[hop.source.id], self.taken[hop.source.id] + hop.amount_minor
        if missing and hop.source.kind is AccountKind.HELD and hop.target.kind is AccountKind.SPENT:
            self.session.add(
                TraceDebt(
                    account_id=hop.source.id,
                    event_id=self.event.id,
                    budget_line=hop.target.budget_line or "",
                    owed_minor=missing,
                    left_minor=missing,
                )
            )
        elif missing:
            raise KeptForPurpose(hop.source, before + hop.amount_minor - missing)
        return pieces

    def _given(self, amount_minor: int) -> _Piece:
        key = cast(int, self.event.contribution_id)
        gift = self._gifts([key])[key]
        return _Piece(gift, None, self.event.id, self.event.happened_on, amount_minor, amount_minor)

    def _open(self, hop: Hop, purpose: Purpose | None) -> list[_Lot]:
        """The oldest open lots of an account that may go this way, as many as are needed. One statement."""
        upto = sa.func.sum(TraceLot.left_minor).over(order_by=(TraceLot.rank, TraceLot.id))
        lots = sa.select(TraceLot.id, upto.label("upto")).where(
            TraceLot.account_id == hop.source.id, TraceLot.left_minor > 0, *self._eligible(hop, purpose)
        )
        found = lots.subquery()
        return self._read(
            sa.select(found.c.id)
            .join(TraceLot, TraceLot.id == found.c.id)
            .where(found.c.upto - TraceLot.left_minor < hop.amount_minor + self.taken[hop.source.id])
        )

    def _eligible(self, hop: Hop, purpose: Purpose | None) -> list[sa.ColumnElement[bool]]:
        if hop.target.kind is AccountKind.OUTSIDE:
            # A gift is given back out of itself.
            return [TraceLot.contribution_id == self.event.contribution_id]
        if hop.source.kind is AccountKind.LOST:
            of_payout = sa.select(LedgerEvent.id).where(LedgerEvent.payout_id == self.event.payout_id)
            return [TraceLot.event_id.in_(of_payout)]
        if purpose is None or hop.source.kind is not AccountKind.FUND or hop.target.kind is AccountKind.EXCHANGE:
            return []
        gift = Contribution
        state = sa.select(Place.state_id).where(Place.id == purpose.place_id).scalar_subquery()
        feeds = (
            sa.func.coalesce(gift.earmark_responder_id == purpose.responder_id, gift.earmark_responder_id.is_(None)),
            sa.func.coalesce(gift.earmark_sector == purpose.sector, gift.earmark_sector.is_(None)),
            sa.func.coalesce(gift.earmark_place_id.in_([purpose.place_id, state]), gift.earmark_place_id.is_(None)),
        )
        return [TraceLot.contribution_id.in_(sa.select(gift.id).where(gift.id == TraceLot.contribution_id, *feeds))]

    def _read(self, ids: Any) -> list[_Lot]:
        """Lots with their slices, in the order in which they give; those read before as they are now. One statement."""
        arrived = LedgerEvent.happened_on
        statement = (
            sa.select(TraceLot.id, TraceLot.account_id, TraceLot.rank, TraceLot.left_minor, arrived)
            .add_columns(TraceSlice.contribution_id, TraceSlice.source_minor, TraceSlice.target_minor)
            .add_columns(Contribution.currency, Contribution.donor_id, Contribution.received_on)
            .join(TraceSlice, TraceSlice.lot_id == TraceLot.id)
            .join(Contribution, Contribution.id == TraceSlice.contribution_id)
            .join(LedgerEvent, LedgerEvent.id == TraceLot.event_id)
            .where(TraceLot.id.in_(ids))
            .order_by(TraceLot.rank, TraceLot.id, TraceSlice.contribution_id)
        )
        found: dict[int, _Lot] = {}
        rows = self.session.execute(unscoped(statement, because=_TRACE))
        for lot_id, account_id, rank, left, since, gift_id, source, target, currency, donor_id, received_on in rows:
            gift = self.known.setdefault(gift_id, _Gift(gift_id, currency, donor_id or 0, received_on or since))
            if lot_id in self.lots:
                found[lot_id] = self.lots[lot_id]
                continue
            lot = found.setdefault(lot_id, _Lot(lot_id, account_id, rank, since, left, []))
            lot.slices.append(_Slice(gift, source, target))
        self.lots |= found
        return list(found.values())

    def _gifts(self, ids: Iterable[int]) -> dict[int, _Gift]:
        missing = [gift_id for gift_id in ids if gift_id not in self.known]
        if missing:
            gift = Contribution
            statement = sa.select(gift.id, gift.currency, gift.donor_id, gift.received_on).where(gift.id.in_(missing))
            for gift_id, currency, donor_id, received_on in self.session.execute(unscoped(statement, because=_TRACE)):
                self.known[gift_id] = _Gift(
                    gift_id, cast(str, currency), donor_id or 0, received_on or self.event.happened_on
                )
        return self.known

    # Arriving

    def bring(self, source: AccountKind, target: Account, pieces: Sequence[_Piece], came: Sequence[int]) -> None:
        """The pieces arrive, as `came`: in lots that are made for them, or at their end."""
        lots = self._make_lots(source, target, pieces, came) if target.kind in _PURSES else {}
        for piece, came_minor in zip(pieces, came, strict=True):
            to_lot_id = lots.get(self._alone(source, target, piece))
            self._move(source, target.kind, piece, came_minor, to_lot_id, line=target.budget_line or "")
        if target.kind is AccountKind.HELD:
            self._settle(target.id)

    @staticmethod
    def _alone(source: AccountKind, target: Account, piece: _Piece) -> int | None:
        """In a fund, and straight from its giver, a gift has a lot of its own; elsewhere what came together stays together."""
        alone = target.kind is AccountKind.FUND or source is AccountKind.OUTSIDE
        return piece.gift.id if alone else None

    def _make_lots(
        self, source: AccountKind, target: Account, pieces: Sequence[_Piece], came: Sequence[int]
    ) -> dict[int | None, int]:
        """The lots that an act makes in an account, by the gift they are of (None: shared). Three statements, however many."""
        ranks: dict[int | None, int] = {}
        slices: dict[int | None, dict[int, list[int]]] = {}
        keeps_age = source is AccountKind.FUND and target.kind is AccountKind.FUND
        for piece, came_minor in zip(pieces, came, strict=True):
            key = self._alone(source, target, piece)
            rank = piece.rank if keeps_age else self.event.id
            ranks[key] = min(rank, ranks.get(key, rank))
            both = slices.setdefault(key, {}).setdefault(piece.gift.id, [0, 0])
            both[0] += piece.source_minor
            both[1] += came_minor
        self.session.execute(
            sa.insert(TraceLot),
            [
                {
                    "account_id": target.id,
                    "event_id": self.event.id,
                    "contribution_id": key,
                    "rank": rank,
                    "left_minor": sum(target_minor for _source, target_minor in slices[key].values()),
                }
                for key, rank in ranks.items()
            ],
        )
        made = sa.select(TraceLot.contribution_id, TraceLot.id).where(
            TraceLot.event_id == self.event.id, TraceLot.account_id == target.id
        )
        lots = dict(self.session.execute(unscoped(made, because=_TRACE)).all())
        self.session.execute(
            sa.insert(TraceSlice),
            [
                {
                    "lot_id": lots[key],
                    "contribution_id": gift_id,
                    "source_minor": source_minor,
                    "target_minor": target_minor,
                }
                for key, gifts in slices.items()
                for gift_id, (source_minor, target_minor) in gifts.items()
            ],
        )
        return lots

    def _settle(self, account_id: int) -> None:
        """What a responder holds pays what is owed to it, oldest first. One statement where nothing is owed."""
        owed = (
            sa.select(TraceDebt)
            .where(TraceDebt.account_id == account_id, TraceDebt.left_minor > 0)
            .order_by(TraceDebt.id)
            .execution_options(populate_existing=True)
        )
        debts = list(self.session.scalars(unscoped(owed, because=_TRACE)))
        if not debts:
            return
        self.write()
        lots = self._read(sa.select(TraceLot.id).where(TraceLot.account_id == account_id, TraceLot.left_minor > 0))
        for debt in debts:
            for lot in lots:
                for piece in lot.take(debt.left_minor) if debt.left_minor and lot.left_minor else ():
                    debt.left_minor -= piece.left_minor
                    self.changed.add(lot.id)
                    self._move(
                        AccountKind.HELD,
                        AccountKind.SPENT,
                        piece,
                        piece.left_minor,
                        None,
                        line=debt.budget_line,
                        debt_id=debt.id,
                    )

    # Taking back

    def undo(self, event: LedgerEvent) -> None:
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
        moves = self.session.execute(unscoped(statement, because=_TRACE)).all()
        self._gifts({move.contribution_id for move, _day in moves})
        lots = {id_ for move, _day in moves for id_ in (move.from_lot_id, move.to_lot_id) if id_ is not None}
        self._read(lots)
        short = {move.to_lot_id for move, day in moves if not self._take_back(move, day)}
        if short:
            raise SpentSince(self._takers(short, event))
        debts = sa.select(TraceDebt).where(
            (TraceDebt.event_id == event.id) | TraceDebt.id.in_([move.debt_id for move, _day in moves if move.debt_id])
        )
        again = Counter({move.debt_id: 0 for move, _day in moves})
        for move, _day in moves:
            again[move.debt_id] += move.came_minor
        for debt in self.session.scalars(
            unscoped(debts.execution_options(populate_existing=True), because=_TRACE)
        ).all():
            debt.left_minor = 0 if debt.event_id == event.id else debt.left_minor + again[debt.id]
        self.session.flush()
        held = {
            self.lots[lot_id].account_id
            for move, _day in moves
            for lot_id, fate in ((move.from_lot_id, move.from_fate), (move.to_lot_id, move.to_fate))
            if lot_id is not None and fate is Fate.HELD
        }
        for account_id in sorted(held):
            self._settle(account_id)

    def _take_back(self, move: TraceMove, day: date) -> bool:
        """One move backwards; False where its gift is no longer in the lot it was brought to."""
        if move.to_lot_id is not None:
            lot = self.lots[move.to_lot_id]
            mine = next(one for one in lot.slices if one.gift.id == move.contribution_id)
            mine.source_minor -= move.source_minor
            mine.target_minor -= move.came_minor
            lot.left_minor -= move.came_minor
            self.changed.add(lot.id)
            if mine.source_minor < 0 or mine.target_minor < 0:
                return False
        since = None
        if move.from_lot_id is not None:
            lot = self.lots[move.from_lot_id]
            mine = next(one for one in lot.slices if one.gift.id == move.contribution_id)
            mine.source_minor += move.source_minor
            mine.target_minor += move.left_minor
            lot.left_minor += move.left_minor
            since = lot.since
            self.changed.add(lot.id)
        gift = self.known[move.contribution_id]
        self._note(gift, move.from_fate, move.was_confirmed, move.budget_line, move.source_minor)
        self._note(gift, move.to_fate, move.is_confirmed, move.budget_line, -move.source_minor)
        self._time(gift, move.from_fate, move.to_fate, since, day, -move.source_minor)
        self.moves.append(
            {
                "event_id": self.event.id,
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

    def _takers(self, lot_ids: Iterable[int | None], event: LedgerEvent) -> Sequence[int]:
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
        return self.session.scalars(unscoped(statement, because=_TRACE)).all()

    # Writing

    def _move(
        self,
        source: AccountKind,
        target: AccountKind,
        piece: _Piece,
        came_minor: int,
        to_lot_id: int | None,
        *,
        line: str,
        debt_id: int | None = None,
    ) -> None:
        from_fate = None if source is AccountKind.OUTSIDE else FATES[source]
        to_fate = FATES[target]
        was = source is AccountKind.HELD
        is_now = target is AccountKind.HELD or (was and target is not AccountKind.OUTSIDE)
        self._note(piece.gift, from_fate, was, line, -piece.source_minor)
        self._note(piece.gift, to_fate, is_now, line, piece.source_minor)
        self._time(piece.gift, from_fate, to_fate, piece.since, self.event.happened_on, piece.source_minor)
        self.moves.append(
            {
                "event_id": self.event.id,
                "contribution_id": piece.gift.id,
                "from_lot_id": piece.lot_id,
                "to_lot_id": to_lot_id,
                "from_fate": from_fate,
                "to_fate": to_fate,
                "was_confirmed": was,
                "is_confirmed": is_now,
                "budget_line": line if to_fate is Fate.SPENT else "",
                "source_minor": piece.source_minor,
                "left_minor": piece.left_minor,
                "came_minor": came_minor,
                "debt_id": debt_id,
                "undoes_id": None,
            }
        )

    def _note(self, gift: _Gift, fate: Fate | None, confirmed: bool, line: str, source_minor: int) -> None:
        """What a gift is changes by so much; None: it comes from its giver, or is as if never given."""
        if fate is None:
            return
        both = self.gifts[gift.id, fate, line if fate is Fate.SPENT else ""]
        both[0] += source_minor
        both[1] += source_minor if confirmed else 0

    def _time(
        self,
        gift: _Gift,
        from_fate: Fate | None,
        to_fate: Fate | None,
        since: date | None,
        day: date,
        source_minor: int,
    ) -> None:
        """How long a step took, in whole days; what is reported to have ended before it began took none."""
        if (from_fate, to_fate) == (Fate.ON_THE_WAY, Fate.HELD):
            step, began = Step.RECEIVED_TO_CONFIRMED, gift.received_on
        elif (from_fate, to_fate) == (Fate.HELD, Fate.SPENT) and since is not None:
            step, began = Step.CONFIRMED_TO_SPENT, since
        else:
            return
        self.delays[gift.currency, step, day.replace(day=1), max((day - began).days, 0)] += source_minor

    def write(self) -> None:
        """Everything that changed, each table in one statement."""
        changed = [self.lots[lot_id] for lot_id in sorted(self.changed)]
        if changed:
            self.session.execute(
                unscoped(sa.update(TraceLot), because=_TRACE),
                [{"id": lot.id, "left_minor": lot.left_minor} for lot in changed],
            )
            self.session.execute(
                unscoped(sa.update(TraceSlice), because=_TRACE),
                [
                    {
                        "lot_id": lot.id,
                        "contribution_id": one.gift.id,
                        "source_minor": one.source_minor,
                        "target_minor": one.target_minor,
                    }
                    for lot in changed
                    for one in lot.slices
                ],
            )
        if self.moves:
            self.session.execute(sa.insert(TraceMove), self.moves)
        self._write_totals()
        self.changed, self.moves = set(), []
        self.gifts.clear()
        self.delays.clear()
        self.lots.clear()

    def _write_totals(self) -> None:
        gifts, givers = [], defaultdict[tuple[int, str, Fate, str], list[int]](lambda: [0, 0])
        for (gift_id, fate, line), (source, confirmed) in sorted(self.gifts.items()):
            if not source and not confirmed:
                continue
            amounts = {"source_minor": source, "confirmed_minor": confirmed}
            gifts.append({"contribution_id": gift_id, "fate": fate, "budget_line": line, **amounts})
            gift = self.known[gift_id]
            both = givers[gift.donor_id, gift.currency, fate, line]
            both[0] += source
            both[1] += confirmed
        if gifts:
            add_up(self.session, GiftTrace, gifts, summed=("source_minor", "confirmed_minor"))
        fund_id = self.event.fund_id
        totals = [
            {
                "donor_id": donor_id,
                "fund_id": fund_id,
                "currency": currency,
                "fate": fate,
                "budget_line": line,
                "source_minor": source,
                "confirmed_minor": confirmed,
            }
            for (donor_id, currency, fate, line), (source, confirmed) in sorted(givers.items())
            if source or confirmed
        ]
        if totals:
            add_up(self.session, GiverTrace, totals, summed=("source_minor", "confirmed_minor"))
        delays = [
            {
                "fund_id": fund_id,
                "currency": currency,
                "step": step,
                "month": month,
                "days": days,
                "source_minor": minor,
            }
            for (currency, step, month, days), minor in sorted(self.delays.items())
            if minor
        ]
        if delays:
            add_up(self.session, FlowDelay, delays, summed=("source_minor",))
