"""Which rows of an old book are one delivery, and which of them were counted already. Pure.

People write a row for each item: rice and salt for the same 60 households are two rows, and one hand-out. So rows of one day,
one place and the same households and people are one delivery, with a line for each. The same item again is another hand-out
(a second truck): it begins another delivery, whose households count too. A hand-out of which some row is there already does not
count again: the rows that were missing become a delivery without households and people.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from aidnet.deliveries.checking import MOST_LINES
from aidnet.deliveries.models import Precision
from aidnet.deliveries.references import name_key
from aidnet.oldbooks.checking import NOTE_MOST, HandOut

#: Day and its precision, place and site, households and people: what rows of one hand-out have alike.
Key = tuple[date, Precision, int, int | None, int | None, int | None]


@dataclass(frozen=True)
class Group:
    """Rows that become one delivery."""

    #: By line; each has an item of its own.
    rows: Sequence[HandOut]
    #: Its households and people count.
    counts: bool
    #: The delivery there already that they were counted with; empty: none, or one that this book makes.
    counted_with: str

    @property
    def households(self) -> int | None:
        """What the delivery counts; None: nothing."""
        return self.rows[0].households if self.counts else None

    @property
    def people(self) -> int | None:
        """The same."""
        return self.rows[0].people if self.counts else None

    @property
    def note(self) -> str:
        """What its rows note, each once."""
        return "\n".join(_notes(self.rows))


def key_of(row: HandOut) -> Key:
    """What rows of one hand-out have alike."""
    return row.day, row.precision, row.place.place_id, row.place.site_id, row.households, row.people


def is_counted(row: HandOut) -> bool:
    """Whether it says how many it reached: what could count twice."""
    return bool(row.households or row.people)


def grouped(rows: Sequence[HandOut], known: Collection[str], there: Mapping[Key, Sequence[str]]) -> list[Group]:
    """The deliveries that the rows make, those known left out, by their first line.

    `known`: digests of rows that were loaded. `there`: codes of deliveries that were loaded, by what they have alike.
    """
    turns: Counter[tuple[Key, str]] = Counter()
    together: dict[tuple[Key, int], list[HandOut]] = {}
    # Those known take their turns first: a longer book makes of the others what it would have made of all at once.
    for row in sorted(rows, key=lambda row: row.digest not in known):
        said = _said(row)
        turns[said] += 1
        if row.digest not in known:
            together.setdefault((key_of(row), turns[said]), []).append(row)
    found = []
    for (key, turn), members in together.items():
        before = there.get(key, ())[turn - 1 : turn] if is_counted(members[0]) else ()
        for part, some in enumerate(_parts(sorted(members, key=lambda row: row.line))):
            found.append(Group(some, not before and part == 0, "".join(before)))
    return sorted(found, key=lambda group: group.rows[0].line)


def repeated(rows: Sequence[HandOut], known: Collection[str]) -> list[list[int]]:
    """Lines that name the same item for the same households, where some of them is to become another delivery."""
    found: dict[tuple[Key, str], list[HandOut]] = {}
    for row in rows:
        if is_counted(row):
            found.setdefault(_said(row), []).append(row)
    return sorted(
        [row.line for row in some]
        for some in found.values()
        if len(some) > 1 and any(row.digest not in known for row in some)
    )


def apart(rows: Sequence[HandOut], known: Collection[str]) -> list[list[int]]:
    """Lines of one day and one place that count several times, since they say other numbers of other items: one hand-out, perhaps."""
    found: dict[tuple[date, int, int | None], list[HandOut]] = {}
    for row in rows:
        if is_counted(row) and row.precision is Precision.DAY:
            found.setdefault((row.day, row.place.place_id, row.place.site_id), []).append(row)
    return sorted(
        [row.line for row in some]
        for some in found.values()
        if any(row.digest not in known for row in some) and _say_other_numbers_of_other_items(some)
    )


def _say_other_numbers_of_other_items(rows: Sequence[HandOut]) -> bool:
    numbers = {key_of(row) for row in rows}
    said = {_said(row) for row in rows}
    return len(numbers) > 1 and len({item for _key, item in said}) == len(said)


def _said(row: HandOut) -> tuple[Key, str]:
    return key_of(row), row.item or name_key(row.item_name)


def _notes(rows: Sequence[HandOut]) -> list[str]:
    return list(dict.fromkeys(row.note for row in rows if row.note))


def _parts(rows: Sequence[HandOut]) -> Iterator[list[HandOut]]:
    """The rows, in as many parts as the most lines and the longest note of a delivery ask for: nearly always one."""
    part: list[HandOut] = []
    for row in rows:
        if part and (len(part) == MOST_LINES or len("\n".join(_notes([*part, row]))) > NOTE_MOST):
            yield part
            part = []
        part.append(row)
    yield part
