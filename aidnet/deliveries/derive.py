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
    def gone(self) -> int:
        """What is in nobody's hands any more."""
        return self.distributed + self.lost + self.returned + self.moved

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


class Waiting(StrEnum):
    """Why the receiver's word on the whole of a delivery does not end it."""

    #: Part of it was handed out, and the rest was not.
    PARTLY = "partly"
    #: Part of it was only planned.
    PLANNED = "planned"
    #: Its own group still has part of it.
    OWN_HANDS = "own-hands"
    #: Only the giver says that a group of the network has part of it.
    UNANSWERED = "unanswered"
    #: A group of the network counted less than was given, and nobody said where the rest is.
    SHORT = "short"


@dataclass(frozen=True)
class Unsettled:
    """What a delivery still waits for, and whose it is to settle, where it is one's."""

    why: Waiting
    holder: Holder = None


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
    #: Why it is open although the receiver is said to have confirmed the whole; empty where nobody says so.
    unsettled: tuple[Unsettled, ...]
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


@dataclass
class _Reported:
    """What the reports say of one line, added up. What somebody has is `loose` and `stays` together."""

    #: No report names the line.
    silent: bool = True
    loaded: int | None = None
    #: What may have gone on by a leg that was not reported: the loading, and what somebody outside has by the giver's word alone.
    loose: Counter[Holder] = field(default_factory=Counter)
    #: What came by every other hand-over, less all that left: it stays until a report says otherwise.
    stays: Counter[Holder] = field(default_factory=Counter)
    #: What came by hand-overs that nobody answered.
    unanswered: Counter[Holder] = field(default_factory=Counter)
    gone: Counter[EventKind] = field(default_factory=Counter)
    lost_by: Counter[LossReason] = field(default_factory=Counter)

    @property
    def in_hands(self) -> dict[Holder, int]:
        """What everybody has by these reports; below zero: more left them than came."""
        return {holder: self.loose[holder] + self.stays[holder] for holder in (*self.loose, *self.stays)}

    @property
    def leg_missing(self) -> bool:
        """Whether somebody gave out more than they had: how they came to have it was not reported."""
        return any(milli < 0 for milli in self.in_hands.values())

    def held(self, rest: int) -> dict[Holder, int]:
        """Who has what of the `rest`, which has not gone.

        Where a leg is missing, loose goods are believed to be where they were as far as the sum allows. What a group of the
        network was given, or somebody outside counted, is never dropped to make a sum: then the sum is told as too much.
        """
        held = _above_zero(self.in_hands)
        return _above_zero(self.stays) if self.leg_missing and sum(held.values()) > rest else held


def _above_zero(amounts: Mapping[Holder, int]) -> dict[Holder, int]:
    return {holder: milli for holder, milli in amounts.items() if milli > 0}


def _reported(number: int, stand: Sequence[Fact], hands: Mapping[UUID, Handing], owner: Holder) -> _Reported:
    found = _Reported()
    for fact in stand:
        if fact.kind not in _GOODS or not _names(fact, number, hands):
            continue
        found.silent = False
        if fact.kind is EventKind.HANDED_OVER:
            _hand_on(found, number, hands[fact.uid])
            continue
        counted = fact.quantities[number]
        if fact.kind is EventKind.LOADED:
            found.loaded = (found.loaded or 0) + counted
            found.loose[owner] += counted
            continue
        found.stays[fact.giver] -= counted
        found.gone[fact.kind] += counted
        if fact.reason is not None:
            found.lost_by[fact.reason] += counted
    return found


def _hand_on(found: _Reported, number: int, hand: Handing) -> None:
    counted = hand.counted[number]
    unanswered = hand.state is HandoverState.OPEN
    came = found.loose if unanswered and hand.receiver is None else found.stays
    came[hand.receiver] += counted
    found.stays[hand.giver] -= hand.given[number]
    if unanswered:
        found.unanswered[hand.receiver] += counted


def custody(
    number: int, planned_milli: int, stand: Sequence[Fact], hands: Mapping[UUID, Handing], owner: Holder
) -> LineCustody:
    """Where every unit of one line is, by the standing events alone (a hand-over that was refused is none of them).

    What is neither gone nor held lies between reports; what is gone or held beyond the whole is a surplus.
    """
    reported = _reported(number, stand, hands, owner)
    gone = reported.gone
    whole = planned_milli if reported.loaded is None else reported.loaded
    rest = whole - gone.total()
    planned = whole if reported.silent and not _set_out_unloaded(stand) else 0
    held = reported.held(rest)
    unplaced = rest - planned - sum(held.values())
    return LineCustody(
        number=number,
        whole=whole,
        loaded=reported.loaded,
        planned=planned,
        distributed=gone[EventKind.DISTRIBUTED],
        lost=gone[EventKind.LOST],
        returned=gone[EventKind.RETURNED],
        moved=gone[EventKind.MOVED],
        between=max(unplaced, 0),
        surplus=max(-unplaced, 0),
        held=held,
        lost_by=dict(reported.lost_by),
        unconfirmed={holder: min(said, held[holder]) for holder, said in reported.unanswered.items() if said and holder in held},
        leg_missing=reported.leg_missing,
    )


#: Events whose quantities are goods that move; of others they are only what somebody says of such.
_GOODS = _LEAVING | {EventKind.LOADED, EventKind.HANDED_OVER}


def _names(fact: Fact, number: int, hands: Mapping[UUID, Handing]) -> bool:
    return number in (hands[fact.uid].given if fact.kind is EventKind.HANDED_OVER else fact.quantities)


def _set_out_unloaded(stand: Sequence[Fact]) -> bool:
    """Whether the delivery set out without any report of a loading: then its lines are somewhere on the way."""
    kinds = {fact.kind for fact in stand}
    return EventKind.LOADED not in kinds and not kinds.isdisjoint(_SETTING_OUT)


def _state(stand: Sequence[Fact], lines: Sequence[LineCustody], *, confirmed: bool) -> DeliveryState:
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


def _unsettled(lines: Sequence[LineCustody], hands: Iterable[Handing], owner: Holder) -> Iterator[Unsettled]:
    """What the owner's report that the receiver confirmed the whole cannot settle.

    A group of the network speaks for itself, by its answer. Somebody outside cannot: for them that report is their word.
    """
    if any(line.distributed for line in lines) and any(line.open for line in lines):
        yield Unsettled(Waiting.PARTLY)
    if any(line.planned for line in lines):
        yield Unsettled(Waiting.PLANNED)
    if any(owner in line.held for line in lines):
        yield Unsettled(Waiting.OWN_HANDS, owner)
    unanswered = {holder for line in lines for holder in line.unconfirmed if holder is not None}
    for holder in sorted(unanswered - {owner}):
        yield Unsettled(Waiting.UNANSWERED, holder)
    between = {line.number for line in lines if line.between}
    short = {hand.receiver for hand in hands if hand.receiver is not None and hand.moves and hand.short.keys() & between}
    for holder in sorted(short):
        yield Unsettled(Waiting.SHORT, holder)


def _asked(heard: Sequence[Fact], stand: Sequence[Fact]) -> dict[UUID, Fact]:
    """The last word on each hand-out that somebody asked about."""
    return {uid: fact for (uid, _receiver), fact in last_words(EventKind.CONFIRMED, heard, stand).items()}


def _is_confirmed(stand: Sequence[Fact], asked: Mapping[UUID, Fact]) -> bool:
    """The receiver's word on the whole, or on every hand-out; and no word against any."""
    if any(_did_not(fact) for fact in asked.values()):
        return False
    handed_out = {fact.uid for fact in stand if fact.kind is EventKind.DISTRIBUTED}
    return _is_confirmed_whole(stand) or (bool(handed_out) and handed_out <= asked.keys())


def _is_confirmed_whole(stand: Sequence[Fact]) -> bool:
    return any(fact.kind is EventKind.CONFIRMED and fact.about is None and not _did_not(fact) for fact in stand)


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
    unsettled = tuple(_unsettled(lines, hands.values(), owner))
    state = _state(moving, lines, confirmed=not unsettled and _is_confirmed(moving, asked))
    in_hands = any(line.between or line.held for line in lines)
    is_open = state not in CLOSED or (state is DeliveryState.CANCELLED and in_hands)
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
        is_open=is_open,
        lines=lines,
        discrepancies=discrepancies,
        unsettled=unsettled if is_open and _is_confirmed_whole(stand) else (),
        first_on=min(fact.happened_on for fact in happened),
        last_on=max(fact.happened_on for fact in happened),
        last_recorded_at=max(fact.recorded_at for fact in heard),
        results=total,
        by_month=by_month,
        by_place=by_place,
        handovers=hands,
        standing=stand,
    )
