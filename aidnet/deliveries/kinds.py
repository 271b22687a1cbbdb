"""Which facts each kind of event needs, and which it may have. Others are dropped: a form may send more than a kind has."""

from dataclasses import dataclass
from enum import StrEnum

from aidnet.deliveries.models import EventKind


class Need(StrEnum):
    """Whether an event has a fact."""

    NO = "no"
    MAY = "may"
    MUST = "must"


@dataclass(frozen=True)
class Facts:
    """What an event of a kind says beside its day and whose word it is."""

    quantities: Need = Need.NO
    place: Need = Need.NO
    crossing: bool = False
    #: Whose hands the goods left.
    giver: bool = False
    #: Whose hands they came into, and what was given where the count differs.
    receiver: bool = False
    reason: bool = False
    #: Households and people reached, who received it and how that is known.
    people: bool = False
    #: The kind of event it speaks of, and gives an answer about; None: of none.
    about: EventKind | None = None
    #: Added by the pages of hand-overs and consignments alone, never reported as such.
    custody: bool = False


FACTS: dict[EventKind, Facts] = {
    EventKind.PLANNED: Facts(),
    EventKind.LOADED: Facts(quantities=Need.MUST, place=Need.MAY),
    EventKind.DEPARTED: Facts(place=Need.MAY),
    EventKind.CROSSED: Facts(crossing=True),
    EventKind.HANDED_OVER: Facts(quantities=Need.MUST, place=Need.MAY, giver=True, receiver=True),
    EventKind.DELAYED: Facts(place=Need.MAY),
    EventKind.ARRIVED: Facts(place=Need.MAY),
    EventKind.DISTRIBUTED: Facts(quantities=Need.MUST, place=Need.MUST, giver=True, people=True),
    #: The place of a loss is kept no finer than its district.
    EventKind.LOST: Facts(quantities=Need.MUST, place=Need.MAY, giver=True, reason=True),
    EventKind.RETURNED: Facts(quantities=Need.MUST, place=Need.MAY, giver=True),
    EventKind.CANCELLED: Facts(),
    #: Of the whole, it ends a delivery only where no group of the network has to speak for itself (`derive.Waiting`).
    #: Quantities: what came, where somebody asked about a hand-out and part of it did.
    EventKind.CONFIRMED: Facts(quantities=Need.MAY, place=Need.MAY, about=EventKind.DISTRIBUTED),
    EventKind.ANSWERED: Facts(quantities=Need.MAY, about=EventKind.HANDED_OVER, custody=True),
    EventKind.MOVED: Facts(quantities=Need.MUST, giver=True, custody=True),
}

#: What can be reported of a delivery that exists, in the order of a journey.
REPORTABLE: tuple[EventKind, ...] = tuple(kind for kind, facts in FACTS.items() if kind is not EventKind.PLANNED and not facts.custody)
