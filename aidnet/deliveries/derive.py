"""What the events of a delivery amount to: its state, where every unit of every line is, what does not add up, what came of it.

Pure: no database, no clock, no guess. The same events give the same answer in whatever order they were reported and however
often they were sent; nothing is filled in that nobody said. Lines are named by their number, quantities are in thousandths.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from aidnet.deliveries.custody_models import HandoverState
from aidnet.deliveries.facts import Fact, Holder, last_day, last_words, likely_day, standing
from aidnet.deliveries.handing import Handing, handings
from aidnet.deliveries.models import Answer, DeliveryState, EventKind, LossReason

__all__ = [
    "CLOSED",
    "Derived",
    "Discrepancy",
    "DiscrepancyKind",
    "Fact",
    "Handing",
    "Holder",
    "LineCustody",
    "Results",
    "derive",
    "last_day",
    "likely_day",
    "standing",
]

#: Where a delivery is: the last of these says it.
_MOVES: dict[EventKind, DeliveryState] = {
    EventKind.LOADED: DeliveryState.LOADED,
    EventKind.DEPARTED: DeliveryState.ON_THE_WAY,
    EventKind.CROSSED: DeliveryState.CROSSED,
    EventKind.HANDED_OVER: DeliveryState.HANDED_OVER,
    EventKind.ARRIVED: DeliveryState.ARRIVED,
    EventKind.CANCELLED: DeliveryState.CANCELLED,
}
_SETTING_OUT = frozenset({EventKind.DEPARTED, EventKind.CROSSED, EventKind.HANDED_OVER, EventKind.ARRIVED})
#: Goods leave the books by these.
_LEAVING = frozenset({EventKind.DISTRIBUTED, EventKind.LOST, EventKind.RETURNED, EventKind.MOVED})
#: What cannot have happened before the loading.
_AFTER_LOADING = frozenset({EventKind.CROSSED, EventKind.HANDED_OVER, EventKind.ARRIVED}) | _LEAVING

#: States in which nothing of a delivery waits any more.
CLOSED = frozenset(
    {
        DeliveryState.DISTRIBUTED,
        DeliveryState.CONFIRMED,
        DeliveryState.LOST,
        DeliveryState.RETURNED,
        DeliveryState.CANCELLED,
        DeliveryState.MOVED_ON,
    }
)


@dataclass(frozen=True)
class LineCustody:
    """Where every unit of a line is.

    `whole + surplus == planned + distributed + lost + returned + moved + between + sum(held.values())`, and none is below zero.
    """

    number: int
    #: What was loaded; where no loading was reported, what was planned.
    whole: int
    #: Reported as loaded; None: no report.
    loaded: int | None
    #: Not reported as on its way.
    planned: int
    distributed: int
    lost: int
    returned: int
    #: Went on with another consignment.
    moved: int
    #: Left one report and came into none.
    between: int
    #: Accounted for beyond `whole`.
    surplus: int
    held: Mapping[Holder, int]
    lost_by: Mapping[LossReason, int]
    #: Of `held`, what only the giver says they have.
    unconfirmed: Mapping[Holder, int] = field(default_factory=dict)
    #: Somebody gave out more than any report says they had.
    leg_missing: bool = False

    @property
    def open(self) -> int:
        """What may still be handed out."""
        return self.planned + self.between + sum(self.held.values())


class DiscrepancyKind(StrEnum):
    """What does not add up."""

    #: A hand-over counted less than was given.
    SHORT = "short"
    #: More is accounted for than there was.
    SURPLUS = "surplus"
    #: Somebody gave out what no report says they had.
    LEG_MISSING = "leg-missing"
    #: Somebody asked, and a hand-out did not arrive as reported.
    NOT_ARRIVED = "not-arrived"
    #: Something is said to have happened before the loading.
    DAYS = "days"


@dataclass(frozen=True)
class Discrepancy:
    """Something a person should look at; by how much, of which line (None and 0: it is about days, or nobody said how much)."""

    kind: DiscrepancyKind
    line: int | None = None
    quantity_milli: int = 0


@dataclass(frozen=True)
class Results:
    """What the standing distributions reached. People and households as counted at each hand-out."""

    distributions: int = 0
    households: int = 0
    people: int = 0

    def plus(self, fact: Fact) -> "Results":
        """These and one distribution more."""
        return Results(self.distributions + 1, self.households + (fact.households or 0), self.people + (fact.people or 0))


@dataclass(frozen=True)
class Derived:
    """All that follows from a delivery's events."""

    state: DeliveryState
    is_open: bool
    lines: tuple[LineCustody, ...]
    discrepancies: tuple[Discrepancy, ...]
    #: The first and the last day anything happened, and when we last heard.
    first_on: date
    last_on: date
    last_recorded_at: datetime
    results: Results
    #: By the first day of the month.
    by_month: Mapping[date, Results]
    #: How often it was handed out at a place, and the last day.
    by_place: Mapping[int, tuple[int, date]]
    #: Every hand-over that was reported, by the uid of its event.
    handovers: Mapping[UUID, Handing]
    #: The events as they stand after corrections, in the order they happened.
    standing: tuple[Fact, ...]


def custody(
    number: int, planned_milli: int, stand: Sequence[Fact], hands: Mapping[UUID, Handing], owner: Holder
) -> LineCustody:
    """Where every unit of one line is, by the standing events alone (a hand-over that was refused is none of them).

    What somebody holds is what came into their hands less what left them. Where that is below zero, a leg was not
    reported: what others hold is believed as far as the sum allows, and the rest of the line lies between reports.
    """
    in_hands: Counter[Holder] = Counter()
    gone: Counter[EventKind] = Counter()
    lost_by: Counter[LossReason] = Counter()
    said_by_giver: Counter[Holder] = Counter()
    loaded: int | None = None
    short = 0
    about = [fact for fact in stand if fact.kind in _GOODS and _names(fact, number, hands)]
    for fact in about:
        if fact.kind is EventKind.HANDED_OVER:
            hand = hands[fact.uid]
            in_hands[hand.giver] -= hand.given[number]
            in_hands[hand.receiver] += hand.counted[number]
            short += hand.given[number] - hand.counted[number]
            if hand.state is HandoverState.OPEN:
                said_by_giver[hand.receiver] += hand.counted[number]
            continue
        counted = fact.quantities[number]
        if fact.kind is EventKind.LOADED:
            loaded = (loaded or 0) + counted
            in_hands[owner] += counted
        else:
            in_hands[fact.giver] -= counted
            gone[fact.kind] += counted
            if fact.reason is not None:
                lost_by[fact.reason] += counted
    whole = planned_milli if loaded is None else loaded
    rest = whole - gone.total()
    held = {holder: quantity for holder, quantity in in_hands.items() if quantity > 0}
    leg_missing = min(in_hands.values(), default=0) < 0
    planned = between = surplus = 0
    if loaded is not None and not leg_missing:
        between, surplus = max(short, 0), max(-short, 0)
    elif about or _set_out_unloaded(stand):
        if sum(held.values()) > rest:
            held = {}
        between, surplus = max(rest - sum(held.values()), 0), max(-rest, 0)
    else:
        planned = whole
    return LineCustody(
        number=number,
        whole=whole,
        loaded=loaded,
        planned=planned,
        distributed=gone[EventKind.DISTRIBUTED],
        lost=gone[EventKind.LOST],
        returned=gone[EventKind.RETURNED],
        moved=gone[EventKind.MOVED],
        between=between,
        surplus=surplus,
        held=held,
        lost_by=dict(lost_by),
        unconfirmed={holder: min(said, held[holder]) for holder, said in said_by_giver.items() if said and holder in held},
        leg_missing=leg_missing,
    )


#: Events whose quantities are goods that move; of others they are only what somebody says of such.
_GOODS = _LEAVING | {EventKind.LOADED, EventKind.HANDED_OVER}


def _names(fact: Fact, number: int, hands: Mapping[UUID, Handing]) -> bool:
    return number in (hands[fact.uid].given if fact.kind is EventKind.HANDED_OVER else fact.quantities)


def _set_out_unloaded(stand: Sequence[Fact]) -> bool:
    """Whether the delivery set out without any report of a loading: then its lines are somewhere on the way."""
    kinds = {fact.kind for fact in stand}
    return EventKind.LOADED not in kinds and not kinds.isdisjoint(_SETTING_OUT)


def _state(stand: Sequence[Fact], lines: Sequence[LineCustody], asked: Mapping[UUID, Fact]) -> DeliveryState:
    confirmed = _is_confirmed(stand, asked)
    waiting = any(line.open for line in lines)
    gone_otherwise = any(line.lost or line.returned or line.moved for line in lines)
    if any(line.distributed for line in lines):
        if waiting:
            return DeliveryState.PARTLY_DISTRIBUTED
        return DeliveryState.CONFIRMED if confirmed else DeliveryState.DISTRIBUTED
    if confirmed:
        return DeliveryState.CONFIRMED
    if gone_otherwise and not waiting:
        if any(line.returned for line in lines):
            return DeliveryState.RETURNED
        return DeliveryState.MOVED_ON if any(line.moved for line in lines) else DeliveryState.LOST
    moves = [_MOVES[fact.kind] for fact in stand if fact.kind in _MOVES]
    if moves:
        return moves[-1]
    return DeliveryState.ON_THE_WAY if gone_otherwise else DeliveryState.PLANNED


def _asked(heard: Sequence[Fact], stand: Sequence[Fact]) -> dict[UUID, Fact]:
    """The last word on each hand-out that somebody asked about."""
    return {uid: fact for (uid, _receiver), fact in last_words(EventKind.CONFIRMED, heard, stand).items()}


def _is_confirmed(stand: Sequence[Fact], asked: Mapping[UUID, Fact]) -> bool:
    """The receiver's word on the whole, or on every hand-out; and no word against any."""
    if any(_did_not(fact) for fact in asked.values()):
        return False
    handed_out = {fact.uid for fact in stand if fact.kind is EventKind.DISTRIBUTED}
    on_the_whole = any(fact.kind is EventKind.CONFIRMED and fact.about is None and not _did_not(fact) for fact in stand)
    return on_the_whole or (bool(handed_out) and handed_out <= asked.keys())


def _did_not(fact: Fact) -> bool:
    return fact.answer in (Answer.SHORT, Answer.REFUSED)


def _not_arrived(stand: Sequence[Fact], asked: Mapping[UUID, Fact]) -> Iterator[Discrepancy]:
    """Of each hand-out that did not arrive as reported, what is missing by its receiver's word: all of it, or less than was counted."""
    for fact in stand:
        word = asked.get(fact.uid)
        if fact.kind is not EventKind.DISTRIBUTED or word is None or not _did_not(word):
            continue
        missing = {
            number: milli - (0 if word.answer is Answer.REFUSED else word.quantities.get(number, milli))
            for number, milli in sorted(fact.quantities.items())
        }
        found = [Discrepancy(DiscrepancyKind.NOT_ARRIVED, number, milli) for number, milli in missing.items() if milli > 0]
        yield from found or [Discrepancy(DiscrepancyKind.NOT_ARRIVED)]


def _discrepancies(
    stand: Sequence[Fact], lines: Sequence[LineCustody], asked: Mapping[UUID, Fact]
) -> tuple[Discrepancy, ...]:
    found = []
    for line in lines:
        if line.surplus:
            found.append(Discrepancy(DiscrepancyKind.SURPLUS, line.number, line.surplus))
        elif line.between and line.leg_missing:
            found.append(Discrepancy(DiscrepancyKind.LEG_MISSING, line.number, line.between))
        elif line.between and line.loaded is not None:
            found.append(Discrepancy(DiscrepancyKind.SHORT, line.number, line.between))
    found += _not_arrived(stand, asked)
    loaded_on = [fact.happened_on for fact in stand if fact.kind is EventKind.LOADED]
    if loaded_on and any(fact.kind in _AFTER_LOADING and fact.last_day < min(loaded_on) for fact in stand):
        found.append(Discrepancy(DiscrepancyKind.DAYS))
    return tuple(found)


def derive(planned: Mapping[int, int], facts: Iterable[Fact], owner: Holder) -> Derived:
    """Everything that follows from a delivery's events.

    `planned` is each line's quantity by its number, `owner` the responder whose delivery it is. There must be an event.
    """
    heard = list(facts)
    stand = standing(heard)
    hands = handings(heard, stand)
    asked = _asked(heard, stand)
    moving = [fact for fact in stand if fact.uid not in hands or hands[fact.uid].moves]
    lines = tuple(custody(number, quantity, moving, hands, owner) for number, quantity in sorted(planned.items()))
    state = _state(moving, lines, asked)
    in_hands = any(line.between or line.held for line in lines)
    discrepancies = _discrepancies(moving, lines, asked)
    happened = [fact for fact in stand if fact.kind is not EventKind.PLANNED] or list(stand) or heard
    by_month: dict[date, Results] = {}
    by_place: dict[int, tuple[int, date]] = {}
    handed_out = [fact for fact in stand if fact.kind is EventKind.DISTRIBUTED]
    for fact in handed_out:
        month = fact.happened_on.replace(day=1)
        by_month[month] = by_month.get(month, Results()).plus(fact)
        if fact.place_id is not None:
            times, last = by_place.get(fact.place_id, (0, fact.happened_on))
            by_place[fact.place_id] = (times + 1, max(last, fact.happened_on))
    total = Results()
    for fact in handed_out:
        total = total.plus(fact)
    return Derived(
        state=state,
        is_open=state not in CLOSED or (state is DeliveryState.CANCELLED and in_hands),
        lines=lines,
        discrepancies=discrepancies,
        first_on=min(fact.happened_on for fact in happened),
        last_on=max(fact.happened_on for fact in happened),
        last_recorded_at=max(fact.recorded_at for fact in heard),
        results=total,
        by_month=by_month,
        by_place=by_place,
        handovers=hands,
        standing=stand,
    )
