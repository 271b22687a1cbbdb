"""What was lost, as releases tell it: deliveries that lost something, by reason, for the whole country.

Pure functions. What goes in is one fund's losses that no release has counted. A reason below a floor is joined with another;
what is too little even with all reasons together waits, and comes in a later release as lines for earlier months.

SECURITY: each loss is in one line of one release at most, so that no two releases differ by a part of a line.
Kept by tests/releases/test_losses.py.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from aidnet.deliveries.models import LossReason
from aidnet.releases import cube, floors, months


@dataclass(frozen=True, slots=True)
class Loss:
    """One report of a loss, as corrected."""

    event_id: int
    delivery_id: int
    day: date
    reason: LossReason
    #: What tells apart the villages that its delivery was for; never shown.
    villages: frozenset[tuple[int, int]]


@dataclass(frozen=True)
class LossLine:
    """A line that may be shown."""

    #: Several where they were joined. No reason is in two lines of the same months.
    reasons: tuple[LossReason, ...]
    #: One that lost something for two reasons is in the lines of both.
    deliveries: int
    villages: int
    #: Of months before the release's own.
    earlier: bool
    #: The losses it counts.
    event_ids: tuple[int, ...]


@dataclass(frozen=True)
class _Cell:
    """The losses of a reason, or of several joined."""

    reasons: tuple[LossReason, ...]
    losses: tuple[Loss, ...]

    def __add__(self, other: "_Cell") -> "_Cell":
        return _Cell(tuple(sorted((*self.reasons, *other.reasons))), self.losses + other.losses)

    @cached_property
    def deliveries(self) -> int:
        return len({loss.delivery_id for loss in self.losses})

    @cached_property
    def by_village(self) -> Counter[tuple[int, int]]:
        """Deliveries for each village."""
        return Counter(
            village for _delivery, village in {(loss.delivery_id, one) for loss in self.losses for one in loss.villages}
        )

    @cached_property
    def passes(self) -> bool:
        """A delivery may be for many villages, so that none is for more than its part of the deliveries either."""
        each = self.by_village.values()
        enough = floors.passes(self.deliveries, ((deliveries,) for deliveries in each))
        return enough and 100 * max(each) <= floors.MOST_OF_ONE_VILLAGE * self.deliveries

    @property
    def size(self) -> tuple[object, ...]:
        """What smallest means: the same whatever order records came in."""
        return self.deliveries, len(self.by_village), len(self.losses), self.reasons

    def line(self, *, earlier: bool) -> LossLine:
        event_ids = tuple(sorted(loss.event_id for loss in self.losses))
        return LossLine(self.reasons, self.deliveries, len(self.by_village), earlier, event_ids)


def lines(losses: Iterable[Loss], *, earlier: bool) -> tuple[LossLine, ...]:
    """The lines to show, most deliveries first; none where even all reasons together are below a floor."""
    by_reason: dict[LossReason, list[Loss]] = defaultdict(list)
    for loss in losses:
        by_reason[loss.reason].append(loss)
    joined = cube.join([_Cell((reason,), tuple(found)) for reason, found in by_reason.items()])
    if not all(cell.passes for cell in joined):
        return ()
    told = (cell.line(earlier=earlier) for cell in joined)
    return tuple(sorted(told, key=lambda line: (-line.deliveries, line.reasons)))


def plan(losses: Iterable[Loss], spans: Iterable[tuple[date, date]]) -> list[tuple[LossLine, ...]]:
    """The lines of each of the releases that are due, by their first and last months, in order.

    `losses` are all of one fund's that no release has counted; those before a release's first month became known late, or waited.
    """
    waiting = list(losses)
    told = []
    for first, last in spans:
        own = [loss for loss in waiting if first <= months.month_of(loss.day) <= last]
        late = [loss for loss in waiting if loss.day < first]
        shown = (*lines(own, earlier=False), *lines(late, earlier=True))
        counted = {event_id for line in shown for event_id in line.event_ids}
        waiting = [loss for loss in waiting if loss.event_id not in counted]
        told.append(shown)
    return told
