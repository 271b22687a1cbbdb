"""Events as the rules of `derive` read them, and which of them stand after corrections. Pure: no database, no clock."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from uuid import UUID

from aidnet.deliveries.models import Answer, EventKind, LossReason, Precision, Refusal

#: Whose hands goods are in: a responder's id, or None for anybody outside the network.
Holder = int | None

#: What comes first where several things happened on one day.
ORDER: dict[EventKind, int] = {kind: place for place, kind in enumerate(EventKind)}


@dataclass(frozen=True)
class Fact:
    """An event as these rules read it."""

    uid: UUID
    kind: EventKind
    happened_on: date
    recorded_at: datetime
    #: When it was said, by the clock of the device it was said to. A claim.
    device_at: datetime | None = None
    precision: Precision = Precision.DAY
    #: The event this one corrects; `void`: the other never happened, else these facts take its place.
    corrects: UUID | None = None
    void: bool = False
    #: By line; of a hand-over, as its giver says it was counted; of an answer, as the receiver counted it.
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
    refusal: Refusal | None = None

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


def standing(facts: Iterable[Fact]) -> tuple[Fact, ...]:
    """The events that stand, in the order they happened: each with the facts of the last word on it.

    A correction speaks of the event it names, or of the one that its own target corrects. Of several the last said stands, however
    late each was heard; where that is void, the event never happened.
    """
    known = {fact.uid: fact for fact in facts}
    said: dict[UUID, Fact] = {}
    for fact in known.values():
        root = root_of(fact, known)
        if root.corrects is not None:
            continue
        latest = said.get(root.uid)
        if latest is None or _rank(fact, known) > _rank(latest, known):
            said[root.uid] = fact
    stand = [
        replace(fact, uid=uid, kind=known[uid].kind, about=known[uid].about, corrects=None)
        for uid, fact in said.items()
        if not fact.void
    ]
    return tuple(sorted(stand, key=lambda fact: (likely_day(fact), ORDER[fact.kind], fact.uid)))


def root_of(fact: Fact, known: Mapping[UUID, Fact]) -> Fact:
    """The event that `fact` is, or in the end corrects, as far as that is known."""
    while fact.corrects is not None and fact.corrects in known:
        fact = known[fact.corrects]
    return fact


def _rank(fact: Fact, known: Mapping[UUID, Fact]) -> tuple[bool, datetime, UUID]:
    """By which the last word on an event is found: a correction is always later than what it corrects."""
    return fact.corrects is not None, said_at(fact, known), fact.uid


def said_at(fact: Fact, known: Mapping[UUID, Fact]) -> datetime:
    """When it was said: when the device claims, so that a word which waited for weeks does not take the place of a later one.

    A claim that cannot be, after it was heard or before what it speaks of was said, is a wrong clock's: then when it was heard.
    """
    of = known.get(fact.corrects or fact.about or fact.uid, fact)
    claimed = _claimed(fact)
    return claimed if _claimed(of) <= claimed else fact.recorded_at


def _claimed(fact: Fact) -> datetime:
    return fact.recorded_at if fact.device_at is None else min(fact.device_at, fact.recorded_at)


def last_words(kind: EventKind, heard: Iterable[Fact], stand: Iterable[Fact]) -> dict[tuple[UUID, Holder], Fact]:
    """The last said of the standing events of a kind that speak of another, by the uid of that other and by whose word it is."""
    known = {fact.uid: fact for fact in heard}
    words: dict[tuple[UUID, Holder], Fact] = {}
    for fact in stand:
        if fact.kind is kind and fact.about in known:
            about = root_of(known[fact.about], known).uid, fact.receiver
            latest = words.get(about)
            if latest is None or _rank(fact, known) > _rank(latest, known):
                words[about] = fact
    return words
