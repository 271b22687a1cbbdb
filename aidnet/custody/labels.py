"""Labels for the packages of a consignment: its code, what is inside, which package of how many. They name no place and no person."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aidnet.deliveries.forms import shares
from aidnet.deliveries.items import Line
from aidnet.disclosure import Withheld

#: Packages of one line, and of all lines together.
MOST_OF_A_LINE, MOST = 60, 120


@dataclass(frozen=True)
class Label:
    """One package."""

    number: int
    item: str
    unit: str
    #: How much is inside, in thousandths; None: not for this reader, or nothing left for so many packages.
    milli: int | None


def labels(lines: Sequence[Line], packages: Mapping[int, int]) -> list[Label]:
    """A label for each package, numbered through: each line in as many as `packages` says (else one), shared out evenly."""
    found: list[Label] = []
    for line in lines:
        often = min(max(packages.get(line.number, 1), 0), MOST_OF_A_LINE, MOST - len(found))
        if isinstance(line.planned_milli, Withheld):
            inside: list[int | None] = [None] * often
        else:
            inside = [milli or None for milli in shares(line.planned_milli, [1] * often)] if often else []
        found += [Label(len(found) + step, line.item, line.unit, milli) for step, milli in enumerate(inside, 1)]
    return found
