"""Dividing an amount exactly: no minor unit is lost, and none appears."""

from collections.abc import Sequence


def share(part: int, sizes: Sequence[int]) -> list[int]:
    """How much each of `sizes` has of `part`, in proportion, by cumulative rounding.

    The shares add up to `part`. Where `part` is no more than the sum of the sizes, no share is more than its size.
    Source: each running total is rounded down, and a share is the difference of two; so the error of any run of shares
    stays below one unit.
    """
    whole, running, given = sum(sizes), 0, 0
    shares = []
    for size in sizes:
        running += size
        upto = part * running // whole if whole else 0
        shares.append(upto - given)
        given = upto
    return shares
