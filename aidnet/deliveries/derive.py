"""What the events of a delivery amount to: its state, where every unit of every line is, what does not add up, what came of it.

Pure: no database, no clock, no guess. The same events give the same answer in whatever order they were reported and however
often they were sent; nothing is filled in that nobody said. Lines are named by their number, quantities are in thousandths.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from aidnet.deliveries.models import Answer, DeliveryState, EventKind, LossReason, Precision

#: Whose hands goods are in: a responder's id, or None for anybody outside the network.
Holder = int | None

#: What comes first where several things happened on one day.
ORDER: dict[EventKind, int] = {kind: place for place, kind in enumerate(EventKind)}

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
_LEAVING = frozenset({EventKind.DISTRIBUTED, EventKind.LOST, EventKind.RETURNED})
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
    }
)


@dataclass(frozen=True)
class Fact:
    """An event as these rules read it."""

    uid: UUID
    kind: EventKind
    happened_on: date
    recorded_at: datetime
    precision: Precision = Precision.DAY
    #: The event this one corrects; `void`: the other never happened, else these facts take its place.
    corrects: UUID | None = None
    void: bool = False
    #: By line; of a hand-over, as counted by whoever received it.
    quantities: Mapping[int, int] = field(default_factory=dict)
    #: Of a hand-over, by line: what was given, where that is not what was counted.
    given: Mapping[int, int] = field(default_factory=dict)
    giver: Holder = None
    receiver: Holder = None
    reason: LossReason | None = None
    place_id: int | None = None
    #: The responder's own site there.
    site_id: int | None = None
    households: int | None = None
    people: int | None = None
    #: The event this one speaks of, and what is said of it.
    about: UUID | None = None
    answer: Answer | None = None

    @property
    def last_day(self) -> date:
        """The last day on which it may have happened."""
        return last_day(self.happened_on, self.precision)


def last_day(first: date, precision: Precision) -> date:
    """The last day of the day, week or month that begins on `first`."""
    if precision is Precision.WEEK:
        return first + timedelta(days=6)
    if precision is Precision.MONTH:
        return (first.replace(day=1) + timedelta(days=32)).replace(day=1) - timedelta(days=1)
    return first


#: Of a week or a month, these are taken to fall on its first day, and these on its last; all others in the middle.
_BEGINNINGS = frozenset({EventKind.PLANNED, EventKind.LOADED, EventKind.DEPARTED})
_ENDS = frozenset({EventKind.DISTRIBUTED, EventKind.RETURNED, EventKind.CANCELLED, EventKind.CONFIRMED})


def likely_day(fact: Fact) -> date:
    """The day by which an event takes its place among the others: its own, or where in the week or month its kind falls.

    So a hand-out of some day of a week comes after a loading of that week's Wednesday. It orders; it is never shown.
    """
    if fact.kind in _BEGINNINGS:
        return fact.happened_on
    if fact.kind in _ENDS:
        return fact.last_day
    return fact.happened_on + (fact.last_day - fact.happened_on) / 2


@dataclass(frozen=True)
class LineCustody:
    """Where every unit of a line is.

    `whole + surplus == planned + distributed + lost + returned + between + sum(held.values())`, and none is below zero.
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
    #: Left one report and came into none.
    between: int
    #: Accounted for beyond `whole`.
    surplus: int
    held: Mapping[Holder, int]
    lost_by: Mapping[LossReason, int]
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
    #: Something is said to have happened before the loading.
    DAYS = "days"


@dataclass(frozen=True)
class Discrepancy:
    """Something a person should look at; by how much, of which line (None and 0: it is about days)."""

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
    #: The events as they stand after corrections, in the order they happened.
    standing: tuple[Fact, ...]


def standing(facts: Iterable[Fact]) -> tuple[Fact, ...]:
    """The events that stand, in the order they happened: each with the facts of the last word on it.

    A correction speaks of the event it names, or of the one that its own target corrects. Of several the last recorded
    stands; where that is void, the event never happened.
    """
    known = {fact.uid: fact for fact in facts}
    said: dict[UUID, Fact] = {}
    for fact in known.values():
        root = fact
        while root.corrects in known:
            root = known[root.corrects]
        if root.corrects is not None:
            continue
        latest = said.get(root.uid)
        if latest is None or _newer(fact, latest):
            said[root.uid] = fact
    stand = [
        replace(fact, uid=uid, kind=known[uid].kind, corrects=None) for uid, fact in said.items() if not fact.void
    ]
    return tuple(sorted(stand, key=lambda fact: (likely_day(fact), ORDER[fact.kind], fact.uid)))


def _newer(one: Fact, other: Fact) -> bool:
    """Whether `one` is the later word: a correction is always later than what it corrects."""
    key = (one.corrects is not None, one.recorded_at, one.uid)
    return key > (other.corrects is not None, other.recorded_at, other.uid)


def custody(number: int, planned_milli: int, stand: Sequence[Fact], owner: Holder) -> LineCustody:
    """Where every unit of one line is, by the standing events alone.

    What somebody holds is what came into their hands less what left them. Where that is below zero, a leg was not
    reported: what others hold is believed as far as the sum allows, and the rest of the line lies between reports.
    """
    in_hands: Counter[Holder] = Counter()
    gone: Counter[EventKind] = Counter()
    lost_by: Counter[LossReason] = Counter()
    loaded: int | None = None
    short = 0
    about = [fact for fact in stand if number in fact.quantities]
    for fact in about:
        counted = fact.quantities[number]
        if fact.kind is EventKind.LOADED:
            loaded = (loaded or 0) + counted
            in_hands[owner] += counted
        elif fact.kind is EventKind.HANDED_OVER:
            given = fact.given.get(number, counted)
            in_hands[fact.giver] -= given
            in_hands[fact.receiver] += counted
            short += given - counted
        elif fact.kind in _LEAVING:
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
        between=between,
        surplus=surplus,
        held=held,
        lost_by=dict(lost_by),
        leg_missing=leg_missing,
    )


def _set_out_unloaded(stand: Sequence[Fact]) -> bool:
    """Whether the delivery set out without any report of a loading: then its lines are somewhere on the way."""
    kinds = {fact.kind for fact in stand}
    return EventKind.LOADED not in kinds and not kinds.isdisjoint(_SETTING_OUT)


def _state(stand: Sequence[Fact], lines: Sequence[LineCustody]) -> DeliveryState:
    confirmed = any(fact.kind is EventKind.CONFIRMED for fact in stand)
    waiting = any(line.open for line in lines)
    gone_otherwise = any(line.lost or line.returned for line in lines)
    if any(line.distributed for line in lines):
        if waiting:
            return DeliveryState.PARTLY_DISTRIBUTED
        return DeliveryState.CONFIRMED if confirmed else DeliveryState.DISTRIBUTED
    if confirmed:
        return DeliveryState.CONFIRMED
    if gone_otherwise and not waiting:
        return DeliveryState.RETURNED if any(line.returned for line in lines) else DeliveryState.LOST
    moves = [_MOVES[fact.kind] for fact in stand if fact.kind in _MOVES]
    if moves:
        return moves[-1]
    return DeliveryState.ON_THE_WAY if gone_otherwise else DeliveryState.PLANNED


def _discrepancies(stand: Sequence[Fact], lines: Sequence[LineCustody]) -> tuple[Discrepancy, ...]:
    found = []
    for line in lines:
        if line.surplus:
            found.append(Discrepancy(DiscrepancyKind.SURPLUS, line.number, line.surplus))
        elif line.between and line.leg_missing:
            found.append(Discrepancy(DiscrepancyKind.LEG_MISSING, line.number, line.between))
        elif line.between and line.loaded is not None:
            found.append(Discrepancy(DiscrepancyKind.SHORT, line.number, line.between))
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
    lines = tuple(custody(number, quantity, stand, owner) for number, quantity in sorted(planned.items()))
    state = _state(stand, lines)
    in_hands = any(line.between or line.held for line in lines)
    discrepancies = _discrepancies(stand, lines)
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
        standing=stand,
    )
