"""Labels for the packages of a consignment: its code, what is inside, which package of how many. They name no place and no person."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from aidnet.deliveries import records
from aidnet.deliveries.forms import shares
from aidnet.deliveries.items import lines_of
from aidnet.deliveries.models import Delivery
from aidnet.disclosure import Withheld
from aidnet.disclosure import field as shown_field
from aidnet.policy import Actor

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


@dataclass(frozen=True)
class Packed:
    """A line of what is labelled."""

    number: int
    item: str
    unit: str
    #: How much of it, in thousandths; None: not for this reader.
    milli: int | None


def packed(session: Session, actor: Actor, delivery: Delivery) -> list[Packed]:
    """What of a delivery that was fetched under its rule is to be labelled: what is in the own hands; of a line nobody reported
    anything of, what is planned. Lines of which nothing is left are none. Four statements at most.
    """
    lines = lines_of(session, actor, delivery)
    if any(isinstance(line.planned_milli, Withheld) for line in lines):
        return [Packed(line.number, line.item, line.unit, None) for line in lines]
    owner = delivery.responder_id
    known = {custody.number: custody for custody in records.load(session, [delivery.id])[delivery.id].derived().lines}
    found = []
    for line in lines:
        milli = known[line.number].planned or known[line.number].held.get(owner, 0)
        if milli:
            seen = shown_field(actor, "delivery_line", "quantity_milli", milli, owner_id=owner)
            found.append(Packed(line.number, line.item, line.unit, seen))
    return found


def labels(lines: Sequence[Packed], packages: Mapping[int, int]) -> list[Label]:
    """A label for each package, numbered through: each line in as many as `packages` says (else one), shared out evenly."""
    found: list[Label] = []
    for line in lines:
        often = min(max(packages.get(line.number, 1), 0), MOST_OF_A_LINE, MOST - len(found))
        if line.milli is None:
            inside: list[int | None] = [None] * often
        else:
            inside = [milli or None for milli in shares(line.milli, [1] * often)] if often else []
        found += [Label(len(found) + step, line.item, line.unit, milli) for step, milli in enumerate(inside, 1)]
    return found
