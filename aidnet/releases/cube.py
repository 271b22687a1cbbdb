"""The cube that releases are cut from: hand-outs by fund, month and district, joined until every line may be shown.

Pure functions. What goes in is one fund's hand-outs that no release has counted; what comes out are drafts of releases. A
cell below a floor is joined with a sibling, a district with one of its region, and where the region is still too small,
regions; it is never left out, so lines add up to the total. A month that is too small as a whole joins the next.

SECURITY: each hand-out is in one line of one release at most, so that no two releases differ by a part of a line.
Kept by tests/releases/test_cube.py.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Protocol, Self, TypeVar

from aidnet.releases import floors, months


@dataclass(frozen=True, slots=True)
class Handout:
    """One distribution, as corrected."""

    event_id: int
    delivery_id: int
    day: date
    #: P-code of the district; of the region or country where nothing finer was said.
    district: str
    #: P-code of the state or region; of the country where nothing finer was said.
    region: str
    #: What tells villages apart; never shown.
    village: tuple[int, int]
    households: int
    people: int
    #: Slugs of the catalogue's items that its delivery carries.
    items: frozenset[str]


@dataclass(frozen=True)
class Line:
    """A line that may be shown. People and households are rounded; a total is the sum of lines."""

    #: P-codes, sorted; several where districts were joined.
    districts: tuple[str, ...]
    deliveries: int
    villages: int
    households: int
    people: int
    #: Slugs, the most delivered first.
    mostly: tuple[str, ...]
    #: The hand-outs it counts.
    event_ids: tuple[int, ...]


@dataclass(frozen=True)
class Draft:
    """A release to be: its months, their lines, and lines for earlier months that became known late."""

    first_month: date
    last_month: date
    lines: tuple[Line, ...]
    earlier: tuple[Line, ...]

    @property
    def event_ids(self) -> Iterator[int]:
        return (event_id for line in (*self.lines, *self.earlier) for event_id in line.event_ids)


@dataclass(frozen=True)
class Cell:
    """The hand-outs of a district, or of several joined."""

    districts: tuple[str, ...]
    #: Deliveries counted here: each is counted once, where and when it first handed out.
    deliveries: int
    handouts: tuple[Handout, ...]

    def __add__(self, other: "Cell") -> "Cell":
        districts = tuple(sorted((*self.districts, *other.districts)))
        return Cell(districts, self.deliveries + other.deliveries, self.handouts + other.handouts)

    @cached_property
    def by_village(self) -> dict[tuple[int, int], tuple[int, int, int]]:
        """People, households and hand-outs of each village."""
        found: dict[tuple[int, int], tuple[int, int, int]] = defaultdict(lambda: (0, 0, 0))
        for one in self.handouts:
            people, households, times = found[one.village]
            found[one.village] = (people + one.people, households + one.households, times + 1)
        return dict(found)

    @cached_property
    def passes(self) -> bool:
        return floors.passes(self.deliveries, self.by_village.values())

    @property
    def size(self) -> tuple[object, ...]:
        """What smallest means: the same whatever order records came in."""
        return self.deliveries, len(self.by_village), len(self.handouts), self.districts

    def items(self) -> tuple[str, ...]:
        """The items of most deliveries; one that few deliveries or villages had would be a cell of its own below the floor."""
        having: dict[str, list[Handout]] = defaultdict(list)
        for one in self.handouts:
            for item in one.items:
                having[item].append(one)
        counts = {
            item: len({one.delivery_id for one in found})
            for item, found in having.items()
            if len({one.village for one in found}) >= floors.FLOOR_VILLAGES
        }
        often = [item for item in counts if counts[item] >= floors.FLOOR_DELIVERIES]
        return tuple(sorted(often, key=lambda item: (-counts[item], item))[: floors.MOST_ITEMS])

    def line(self) -> Line:
        return Line(
            districts=self.districts,
            deliveries=self.deliveries,
            villages=len(self.by_village),
            households=floors.rounded(sum(one.households for one in self.handouts)),
            people=floors.rounded(sum(one.people for one in self.handouts)),
            mostly=self.items(),
            event_ids=tuple(sorted(one.event_id for one in self.handouts)),
        )


class Joinable(Protocol):
    """What two cells make together, and whether it may be shown."""

    @property
    def passes(self) -> bool: ...

    @property
    def size(self) -> tuple[object, ...]: ...

    def __add__(self, other: Self) -> Self: ...


AnyCell = TypeVar("AnyCell", bound=Joinable)


def cells(handouts: Iterable[Handout], counted: AbstractSet[int]) -> dict[str, list[Cell]]:
    """The cells by region, one a district. Deliveries in `counted` were counted by an earlier line."""
    by_district: dict[tuple[str, str], list[Handout]] = defaultdict(list)
    homes: dict[int, tuple[date, str]] = {}
    for one in handouts:
        by_district[one.region, one.district].append(one)
        home = (one.day, one.district)
        homes[one.delivery_id] = min(homes.get(one.delivery_id, home), home)
    deliveries: dict[str, int] = defaultdict(int)
    for delivery_id, (_day, district) in homes.items():
        if delivery_id not in counted:
            deliveries[district] += 1
    regions: dict[str, list[Cell]] = defaultdict(list)
    for (region, district), found in sorted(by_district.items()):
        regions[region].append(Cell((district,), deliveries[district], tuple(found)))
    return regions


def join(apart: Sequence[AnyCell]) -> list[AnyCell]:
    """The cells, joined until none fails or one is left.

    The smallest that fails is joined with the next smallest that fails; where no other fails, with the smallest.
    """
    left = sorted(apart, key=lambda cell: cell.size)
    while len(left) > 1:
        small = next((cell for cell in left if not cell.passes), None)
        if small is None:
            break
        left.remove(small)
        other = next((cell for cell in left if not cell.passes), left[0])
        left.remove(other)
        left = sorted([*left, small + other], key=lambda cell: cell.size)
    return left


def lines(handouts: Iterable[Handout], counted: AbstractSet[int]) -> tuple[Line, ...]:
    """The lines to show, most people first; none where even all together are below a floor."""
    joined = join([cell for siblings in cells(handouts, counted).values() for cell in join(siblings)])
    if not all(cell.passes for cell in joined):
        return ()
    return tuple(sorted((cell.line() for cell in joined), key=lambda line: (-line.people, line.districts)))


def plan(handouts: Iterable[Handout], *, since: date, until: date, counted: AbstractSet[int]) -> list[Draft]:
    """The releases due: of the months from `since` (the first that no release covers) to `until` (the last closed).

    `handouts` are all of one fund's that no release has counted; those before `since` became known late. `counted` are
    deliveries that an earlier release counts.
    """
    waiting: dict[date, list[Handout]] = defaultdict(list)
    for one in handouts:
        waiting[months.month_of(one.day)].append(one)
    known = set(counted)
    drafts = []
    for month in months.between(since, until):
        own = [one for when in months.between(since, month) for one in waiting.get(when, ())]
        shown = lines(own, known)
        if not shown:
            continue
        known |= {one.delivery_id for one in own}
        late = [one for when, found in waiting.items() if when < since for one in found]
        earlier = lines(late, known)
        if earlier:
            known |= {one.delivery_id for one in late}
            waiting = {when: found for when, found in waiting.items() if when >= since}
        waiting = {when: found for when, found in waiting.items() if not since <= when <= month}
        drafts.append(Draft(since, month, shown, earlier))
        since = months.after(month)
    return drafts
