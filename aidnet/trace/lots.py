"""Lots as they are read, and how one gives: every gift in it gives its part."""

from dataclasses import dataclass
from datetime import date

from aidnet.trace.shares import share


@dataclass(frozen=True)
class Gift:
    """What the trace needs to know of a gift."""

    id: int
    currency: str
    donor_id: int
    received_on: date


@dataclass(frozen=True)
class Piece:
    """A part of a gift on the move. `left_minor` in the currency of where it comes from."""

    gift: Gift
    lot_id: int | None
    rank: int
    #: When the lot came.
    since: date
    source_minor: int
    left_minor: int


@dataclass
class Slice:
    """A gift's part of an open lot, as it was read."""

    gift: Gift
    source_minor: int
    target_minor: int


@dataclass
class Lot:
    """An open lot, as it was read; taken from in memory, written once."""

    id: int
    account_id: int
    rank: int
    #: When it came.
    since: date
    left_minor: int
    slices: list[Slice]

    def take(self, most: int) -> list[Piece]:
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
                pieces.append(Piece(one.gift, self.id, self.rank, self.since, source, target))
        return pieces
