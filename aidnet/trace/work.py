"""One act followed: what leaves its purses, and what arrives.

Money that comes into a purse makes a lot there; money that leaves it takes the oldest lots first, and of each lot every
gift gives its part. What a responder spends beyond its purse is a debt, which the next money that arrives settles.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.orm import Session

from aidnet.funding.models import Contribution
from aidnet.ledger.models import Account, AccountKind, LedgerEvent
from aidnet.places.models import Place
from aidnet.policy import unscoped
from aidnet.trace.lots import Gift, Lot, Piece, Slice
from aidnet.trace.models import Fate, TraceDebt, TraceLot, TraceMove, TraceSlice
from aidnet.trace.terms import FATES, PURSES, Hop, KeptForPurpose, Purpose
from aidnet.trace.totals import Totals

TRACE = "the trace is kept with the ledger, below policy"


class Work:
    """One event's moves: what it reads, changes in memory, and writes at the end, each table in one statement."""

    def __init__(self, session: Session, event: LedgerEvent) -> None:
        self.session = session
        self.event = event
        self.lots: dict[int, Lot] = {}
        self.changed: set[int] = set()
        #: By account: what the event took of it so far.
        self.taken: Counter[int] = Counter()
        self.moves: list[dict[str, Any]] = []
        self.totals = Totals()
        self.known: dict[int, Gift] = {}

    # Leaving

    def take(self, hop: Hop, purpose: Purpose | None) -> list[Piece]:
        """The pieces that leave with a transfer, oldest first."""
        if hop.source.kind is AccountKind.OUTSIDE:
            return [self._given(hop.amount_minor)]
        pieces: list[Piece] = []
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

    def _given(self, amount_minor: int) -> Piece:
        key = cast(int, self.event.contribution_id)
        gift = self.load_gifts([key])[key]
        return Piece(gift, None, self.event.id, self.event.happened_on, amount_minor, amount_minor)

    def _open(self, hop: Hop, purpose: Purpose | None) -> list[Lot]:
        """The oldest open lots of an account that may go this way, as many as are needed. One statement."""
        upto = sa.func.sum(TraceLot.left_minor).over(order_by=(TraceLot.rank, TraceLot.id))
        lots = sa.select(TraceLot.id, upto.label("upto")).where(
            TraceLot.account_id == hop.source.id, TraceLot.left_minor > 0, *self._eligible(hop, purpose)
        )
        found = lots.subquery()
        return self.read(
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

    def read(self, ids: Any) -> list[Lot]:
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
        found: dict[int, Lot] = {}
        rows = self.session.execute(unscoped(statement, because=TRACE))
        for lot_id, account_id, rank, left, since, gift_id, source, target, currency, donor_id, received_on in rows:
            gift = self.known.setdefault(gift_id, Gift(gift_id, currency, donor_id or 0, received_on or since))
            if lot_id in self.lots:
                found[lot_id] = self.lots[lot_id]
                continue
            lot = found.setdefault(lot_id, Lot(lot_id, account_id, rank, since, left, []))
            lot.slices.append(Slice(gift, source, target))
        self.lots |= found
        return list(found.values())

    def load_gifts(self, ids: Iterable[int]) -> dict[int, Gift]:
        missing = [gift_id for gift_id in ids if gift_id not in self.known]
        if missing:
            gift = Contribution
            statement = sa.select(gift.id, gift.currency, gift.donor_id, gift.received_on).where(gift.id.in_(missing))
            for gift_id, currency, donor_id, received_on in self.session.execute(unscoped(statement, because=TRACE)):
                self.known[gift_id] = Gift(
                    gift_id, cast(str, currency), donor_id or 0, received_on or self.event.happened_on
                )
        return self.known

    # Arriving

    def bring(self, source: AccountKind, target: Account, pieces: Sequence[Piece], came: Sequence[int]) -> None:
        """The pieces arrive, as `came`: in lots that are made for them, or at their end."""
        lots = self._make_lots(source, target, pieces, came) if target.kind in PURSES else {}
        for piece, came_minor in zip(pieces, came, strict=True):
            to_lot_id = lots.get(self._alone(source, target, piece))
            self.move(source, target.kind, piece, came_minor, to_lot_id, line=target.budget_line or "")
        if target.kind is AccountKind.HELD:
            self.settle(target.id)

    @staticmethod
    def _alone(source: AccountKind, target: Account, piece: Piece) -> int | None:
        """In a fund, and straight from its giver, a gift has a lot of its own; elsewhere what came together stays together."""
        alone = target.kind is AccountKind.FUND or source is AccountKind.OUTSIDE
        return piece.gift.id if alone else None

    def _make_lots(
        self, source: AccountKind, target: Account, pieces: Sequence[Piece], came: Sequence[int]
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
        lots = dict(self.session.execute(unscoped(made, because=TRACE)).all())
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

    def enter(self, came: Sequence[tuple[LedgerEvent, Account, int]]) -> None:
        """Gifts come from their givers into a fund, each by an event of its own and as a lot of its own."""
        gifts = self.load_gifts({cast(int, event.contribution_id) for event, _account, _minor in came})
        self.session.execute(
            sa.insert(TraceLot),
            [
                {
                    "account_id": account.id,
                    "event_id": event.id,
                    "contribution_id": event.contribution_id,
                    "rank": event.id,
                    "left_minor": minor,
                }
                for event, account, minor in came
            ],
        )
        first, last = came[0][0].id, came[-1][0].id
        made = sa.select(TraceLot.contribution_id, TraceLot.id).where(TraceLot.event_id.between(first, last))
        lots = dict(self.session.execute(unscoped(made, because=TRACE)).all())
        slices = []
        for event, account, minor in came:
            gift = gifts[cast(int, event.contribution_id)]
            slices.append(
                {"lot_id": lots[gift.id], "contribution_id": gift.id, "source_minor": minor, "target_minor": minor}
            )
            piece = Piece(gift, None, event.id, event.happened_on, minor, minor)
            self.move(AccountKind.OUTSIDE, account.kind, piece, minor, lots[gift.id], line="", event_id=event.id)
        self.session.execute(sa.insert(TraceSlice), slices)

    def settle(self, account_id: int) -> None:
        """What a responder holds pays what is owed to it, oldest first. One statement where nothing is owed."""
        owed = (
            sa.select(TraceDebt)
            .where(TraceDebt.account_id == account_id, TraceDebt.left_minor > 0)
            .order_by(TraceDebt.id)
            .execution_options(populate_existing=True)
        )
        debts = list(self.session.scalars(unscoped(owed, because=TRACE)))
        if not debts:
            return
        self.write()
        lots = self.read(sa.select(TraceLot.id).where(TraceLot.account_id == account_id, TraceLot.left_minor > 0))
        for debt in debts:
            for lot in lots:
                for piece in lot.take(debt.left_minor) if debt.left_minor and lot.left_minor else ():
                    debt.left_minor -= piece.left_minor
                    self.changed.add(lot.id)
                    self.move(
                        AccountKind.HELD,
                        AccountKind.SPENT,
                        piece,
                        piece.left_minor,
                        None,
                        line=debt.budget_line,
                        debt_id=debt.id,
                    )

    # Writing

    def move(
        self,
        source: AccountKind,
        target: AccountKind,
        piece: Piece,
        came_minor: int,
        to_lot_id: int | None,
        *,
        line: str,
        debt_id: int | None = None,
        event_id: int | None = None,
    ) -> None:
        from_fate = None if source is AccountKind.OUTSIDE else FATES[source]
        to_fate = FATES[target]
        was = source is AccountKind.HELD
        is_now = target is AccountKind.HELD or (was and target is not AccountKind.OUTSIDE)
        self.totals.note(piece.gift, from_fate, was, line, -piece.source_minor)
        self.totals.note(piece.gift, to_fate, is_now, line, piece.source_minor)
        self.totals.time(piece.gift, from_fate, to_fate, piece.since, self.event.happened_on, piece.source_minor)
        self.moves.append(
            {
                "event_id": event_id or self.event.id,
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

    def write(self) -> None:
        """Everything that changed, each table in one statement."""
        changed = [self.lots[lot_id] for lot_id in sorted(self.changed)]
        if changed:
            self.session.execute(
                unscoped(sa.update(TraceLot), because=TRACE),
                [{"id": lot.id, "left_minor": lot.left_minor} for lot in changed],
            )
            self.session.execute(
                unscoped(sa.update(TraceSlice), because=TRACE),
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
        self.totals.write(self.session, self.event.fund_id)
        self.changed, self.moves = set(), []
        self.lots.clear()
