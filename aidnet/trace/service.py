"""Writes: gifts are followed as the ledger moves money, in the same transaction, while the fund is held.

Nothing is read but what lies open now: history is never added up again.
"""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from aidnet.ledger.models import Account, AccountKind, LedgerEvent
from aidnet.trace.lots import Piece
from aidnet.trace.shares import share
from aidnet.trace.terms import PLAIN, Hop, KeptForPurpose, Purpose, SpentSince
from aidnet.trace.undoing import take_back
from aidnet.trace.work import Work

__all__ = ["PLAIN", "Hop", "KeptForPurpose", "Purpose", "SpentSince", "enter_many", "follow", "undo"]


def follow(session: Session, event: LedgerEvent, hops: Sequence[Hop], purpose: Purpose | None = PLAIN) -> None:
    """Follow the gifts through the transfers of a new event, in their order. The fund is held; balances are moved already.

    `purpose` None: whatever gifts are earmarked for.

    Raises:
        KeptForPurpose: what may go this way is not enough.
    """
    work = Work(session, event)
    changed: tuple[AccountKind, list[Piece]] = (AccountKind.EXCHANGE, [])
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
    work = Work(session, reversal)
    take_back(work, event)
    work.write()


def enter_many(session: Session, came: Sequence[tuple[LedgerEvent, Account, int]]) -> None:
    """What `follow()` does for gifts that came into a fund, each by a new event of its own, in the order of their ids.

    Statements do not grow with the gifts. `came`: event, account it came into, amount in minor units.
    """
    if came:
        work = Work(session, came[0][0])
        work.enter(came)
        work.write()
