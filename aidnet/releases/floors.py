"""The least that a shown line must stand on. Constants: a network's settings only make them tighter."""

from collections.abc import Iterable

#: Deliveries that a line counts.
FLOOR_DELIVERIES = 5
#: Villages they reached.
FLOOR_VILLAGES = 3
#: The largest part of a line's people, households or hand-outs that may be one village's, in per cent.
MOST_OF_ONE_VILLAGE = 60
#: Days between the end of a month and the day its results are published.
CLOSED_DAYS = 14
#: People and households are rounded to this.
ROUND_TO = 10
#: Items that a line names.
MOST_ITEMS = 3


def passes(deliveries: int, villages: Iterable[tuple[int, ...]]) -> bool:
    """Whether a line may be shown that counts `deliveries`, and of each village the same few numbers (people, households, …).

    No number may be mostly one village's: who knows that village would know the rest too.
    """
    by_village = list(villages)
    if deliveries < FLOOR_DELIVERIES or len(by_village) < FLOOR_VILLAGES:
        return False
    return all(100 * max(column) <= MOST_OF_ONE_VILLAGE * sum(column) for column in zip(*by_village, strict=True))


def rounded(number: int) -> int:
    """The nearest multiple of `ROUND_TO`; halves go up."""
    return (number + ROUND_TO // 2) // ROUND_TO * ROUND_TO
