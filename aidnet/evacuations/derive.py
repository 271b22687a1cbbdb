"""What the events of an evacuation amount to: how many set out, who is safe, who is still expected, what does not add up.

Pure: no database, no clock, no guess. The same events give the same answer in whatever order they were reported and however
often they were sent. A count is of everybody at that point, and reports of one group add up (one a convoy). Where groups count
differently, the word of the group that leads is taken, else the one that leaves more people expected; the difference is told.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from aidnet.evacuations.models import Band, EvacuationEventKind, EvacuationState

K = EvacuationEventKind
S = EvacuationState
Heads = Mapping[Band, int]

__all__ = ["CLOSED", "Derived", "Difference", "DifferenceKind", "Fact", "derive", "standing"]

#: States in which nobody is waited for.
CLOSED = frozenset({S.ALL_SAFE, S.ENDED, S.CANCELLED})
#: Somebody left, or came.
_MOVES = frozenset({K.DEPARTED, K.ARRIVED})
_BY_DAY = {kind: number for number, kind in enumerate(EvacuationEventKind)}


@dataclass(frozen=True)
class Fact:
    """One event, as far as it matters here."""

    uid: UUID
    kind: EvacuationEventKind
    happened_on: date
    recorded_at: datetime
    #: The group that says it.
    said_by: int
    heads: Heads = field(default_factory=dict)
    vehicles: int | None = None
    #: The event it corrects; only with the kind `corrected`.
    corrects: UUID | None = None
    #: What it corrects never happened.
    void: bool = False

    @property
    def people(self) -> int:
        return sum(self.heads.values())


class DifferenceKind(StrEnum):
    """What does not add up."""

    #: Groups count differently who set out.
    OUT = "out"
    #: Groups count differently who arrived.
    ARRIVED = "arrived"
    #: A count on the way is not of as many as set out.
    ON_THE_WAY = "on-the-way"
    #: More are accounted for than set out.
    MORE = "more"
    #: Some arrived and nobody said how many set out.
    NO_DEPARTURE = "no-departure"


@dataclass(frozen=True)
class Difference:
    """Something a person should look at, and by how many people."""

    kind: DifferenceKind
    people: int


@dataclass(frozen=True)
class Derived:
    """All that follows from an evacuation's events."""

    state: EvacuationState
    #: Who set out; None: nobody said.
    out: int | None
    safe: int
    #: Came to harm, or turned back.
    other: int
    #: Set out, and nobody said what became of them; None: nobody said how many set out.
    expected: int | None
    #: The same by band; None: not every count says the bands.
    expected_by_band: Heads | None
    vehicles: int
    #: The counts that are taken, by what they are of (set out, last counted on the way, arrived, came to harm, turned back, planned).
    taken: Mapping[EvacuationEventKind, Heads]
    differences: tuple[Difference, ...]
    first_on: date
    last_on: date
    #: None: people are still waited for, or it has not begun.
    ended_on: date | None
    #: The last day anybody arrived, or set out after that; None: nobody arrived.
    arrived_on: date | None
    last_recorded_at: datetime
    #: The events as they stand after corrections, in the order they happened.
    standing: tuple[Fact, ...]


def root_of(known: Mapping[UUID, Fact], uid: UUID) -> UUID:
    """The event that a chain of corrections is about."""
    seen = set[UUID]()
    while (above := known[uid].corrects) is not None and above in known and uid not in seen:
        seen.add(uid)
        uid = above
    return uid


def standing(facts: Iterable[Fact]) -> tuple[Fact, ...]:
    """The events as their last corrections leave them, in the order they happened. A correction of what nobody reported is none."""
    known = {fact.uid: fact for fact in facts}
    last: dict[UUID, Fact] = {}
    for fact in sorted(known.values(), key=lambda one: (one.recorded_at, one.uid.int)):
        if fact.kind is K.CORRECTED:
            last[root_of(known, fact.uid)] = fact
    found = []
    for fact in known.values():
        if fact.kind is K.CORRECTED:
            continue
        word = last.get(fact.uid)
        if word is None:
            found.append(fact)
        elif not word.void:
            found.append(replace(fact, happened_on=word.happened_on, heads=word.heads, vehicles=word.vehicles))
    return tuple(sorted(found, key=lambda one: (one.happened_on, _BY_DAY[one.kind], one.uid.int)))


def _added(facts: Sequence[Fact]) -> Heads:
    total: Counter[Band] = Counter()
    for fact in facts:
        total.update(fact.heads)
    return {band: people for band, people in total.items() if people}


def _by_group(stand: Sequence[Fact], kind: EvacuationEventKind) -> dict[int, Heads]:
    """What each group counted in all."""
    groups = dict.fromkeys(fact.said_by for fact in stand if fact.kind is kind)
    return {group: _added([fact for fact in stand if fact.kind is kind and fact.said_by == group]) for group in groups}


def _size(heads: Heads) -> int:
    return sum(heads.values())


def _taken(counts: Mapping[int, Heads], leader: int, *, most: bool = False) -> Heads | None:
    """The count that is taken: the leader's, else the largest or smallest; None: there is none."""
    if not counts:
        return None
    if leader in counts:
        return counts[leader]
    ordered = sorted(counts.items(), key=lambda pair: (_size(pair[1]), sorted(pair[1].items()), pair[0]))
    return ordered[-1 if most else 0][1]


def _spread(counts: Mapping[int, Heads]) -> int:
    sizes = [_size(heads) for heads in counts.values()]
    return max(sizes, default=0) - min(sizes, default=0)


def _expected_by_band(out: Heads | None, safe: Heads, other: Heads, expected: int | None) -> Heads | None:
    """Who is still expected, band by band, where every count says its bands and they agree."""
    if out is None or not expected or any(Band.NOT_SAID in heads for heads in (out, safe, other)):
        return None
    left = {band: out.get(band, 0) - safe.get(band, 0) - other.get(band, 0) for band in Band}
    if any(people < 0 for people in left.values()):
        return None
    return {band: people for band, people in left.items() if people}


def _last_count(stand: Sequence[Fact], leader: int) -> Heads:
    """The last count on the way: the leader's, else whoever counted last. It is of those who were there, so such counts do not add up."""
    counts = {fact.said_by: fact.heads for fact in stand if fact.kind is K.COUNTED}
    return counts.get(leader, list(counts.values())[-1] if counts else {})


def _counted(stand: Sequence[Fact], out: int, other: int) -> int:
    """By how many people the last count on the way of any group is off; those who came to harm or turned back may be missing in it."""
    last = {fact.said_by: fact.people for fact in stand if fact.kind is K.COUNTED}
    off = [people - out if people > out else max(out - other - people, 0) for people in last.values()]
    return max(off, default=0)


def derive(facts: Iterable[Fact], leader: int) -> Derived:
    """Everything that follows from an evacuation's events. `leader`: the group that leads it. There must be an event."""
    heard = list(facts)
    stand = standing(heard)
    outs, arrivals = _by_group(stand, K.DEPARTED), _by_group(stand, K.ARRIVED)
    out_heads = _taken(outs, leader, most=True)
    safe_heads = _taken(arrivals, leader) or {}
    planned = _taken(_by_group(stand, K.PLANNED), leader) or {}
    harmed = _taken(_by_group(stand, K.INCIDENT), leader) or {}
    back = _taken(_by_group(stand, K.TURNED_BACK), leader) or {}
    other_heads: Heads = {
        band: harmed.get(band, 0) + back.get(band, 0) for band in Band if harmed.get(band) or back.get(band)
    }
    out = None if out_heads is None else _size(out_heads)
    safe, other = _size(safe_heads), _size(other_heads)
    expected = None if out is None else max(out - safe - other, 0)
    differences = [
        Difference(DifferenceKind.OUT, _spread(outs)),
        Difference(DifferenceKind.ARRIVED, _spread(arrivals)),
        Difference(DifferenceKind.ON_THE_WAY, 0 if out is None else _counted(stand, out, other)),
        Difference(DifferenceKind.MORE, 0 if out is None else max(safe + other - out, 0)),
        Difference(DifferenceKind.NO_DEPARTURE, safe + other if out is None else 0),
    ]
    is_sure = not _spread(outs) and not _spread(arrivals)
    state = _state(stand, out, safe, other, is_sure=is_sure)
    happened = [fact for fact in stand if fact.kind is not K.PLANNED] or list(stand) or heard
    last_on = max(fact.happened_on for fact in happened)
    return Derived(
        state=state,
        out=out,
        safe=safe,
        other=other,
        expected=expected,
        expected_by_band=_expected_by_band(out_heads, safe_heads, other_heads, expected),
        vehicles=_vehicles(stand, leader),
        taken={
            K.PLANNED: planned,
            K.DEPARTED: out_heads or {},
            K.COUNTED: _last_count(stand, leader),
            K.ARRIVED: safe_heads,
            K.INCIDENT: harmed,
            K.TURNED_BACK: back,
        },
        differences=tuple(one for one in differences if one.people),
        first_on=min(fact.happened_on for fact in happened),
        last_on=last_on,
        ended_on=last_on if state in CLOSED else None,
        arrived_on=max(fact.happened_on for fact in stand if fact.kind in _MOVES) if arrivals else None,
        last_recorded_at=max(fact.recorded_at for fact in heard),
        standing=stand,
    )


def _state(stand: Sequence[Fact], out: int | None, safe: int, other: int, *, is_sure: bool) -> EvacuationState:
    """“All safe” is said only where everybody who set out was counted in, and no two groups count differently."""
    kinds = {fact.kind for fact in stand}
    if out and is_sure and safe + other >= out:
        return S.ENDED if other else S.ALL_SAFE
    if safe or other:
        return S.PARTLY_ARRIVED if safe else S.ON_THE_WAY
    if out or K.COUNTED in kinds:
        return S.ON_THE_WAY
    return S.CANCELLED if K.CANCELLED in kinds or not kinds else S.PLANNED


def _vehicles(stand: Sequence[Fact], leader: int) -> int:
    """Those that set out; before anybody said so, those that are planned."""
    for kind in (K.DEPARTED, K.PLANNED):
        by_group: Counter[int] = Counter()
        for fact in stand:
            if fact.kind is kind and fact.vehicles is not None:
                by_group[fact.said_by] += fact.vehicles
        if by_group:
            return by_group.get(leader, max(by_group.values()))
    return 0
