"""The cells of a sheet, row by row, and what is wrong with them. Lists of gifts and old books are read by it."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any, Generic, TypeVar

from flask_babel import LazyString

from aidnet.i18n import lazy_gettext as _l
from aidnet.intake.columns import head_of

Kind = TypeVar("Kind", bound=StrEnum)

_UNKEPT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
#: What is wrong with a day of the calendar.
DAYS: Mapping[str, LazyString] = {
    "past": _l("this day is too long ago"),
    "future": _l("this day has not come yet"),
    "far": _l("this day is too far away"),
}


@dataclass(frozen=True)
class Wrong(Generic[Kind]):
    """A cell that cannot be taken: "line 17, amount: not a number"."""

    line: int
    column: Kind
    said: LazyString
    #: What stands there.
    typed: str


class Faulty:
    """A sheet that was looked through."""

    wrongs: Sequence[Wrong[Any]]

    @cached_property
    def faulty(self) -> int:
        """How many rows have a fault, or several."""
        return len({wrong.line for wrong in self.wrongs})


def cells_of(rows: Sequence[Sequence[str]], at: Mapping[Kind, int]) -> list[tuple[int, dict[Kind, str]]]:
    """The rows below the head that are not empty: their line, and their cells by column. `at`: where each column is."""
    head = head_of(rows)
    return [
        (line, {column: row[place] for column, place in at.items() if place < len(row)})
        for line, row in enumerate(rows[head + 1 :], head + 2)
        if any(row)
    ]


def counted(content: Iterable[object], before: Counter[str]) -> str:
    """What a row says, behind how often it was said by now; its digest is of this. `before`: how often each content came already."""
    said = json.dumps([None if part is None else str(part) for part in content])
    before[said] += 1
    return f"{before[said]} {said}"


class RowReader(Generic[Kind]):
    """The cells of one row, and what is wrong with them."""

    def __init__(self, cells: Mapping[Kind, str]) -> None:
        self.cells = cells
        self.faults: list[tuple[Kind, LazyString]] = []

    def cell(self, column: Kind) -> str:
        """What stands in a column; empty: nothing."""
        return self.cells.get(column, "")

    def wrong(self, column: Kind, said: LazyString) -> None:
        """Note that a cell cannot be taken."""
        self.faults.append((column, said))

    def text(self, column: Kind, most: int, *, one_line: bool = False) -> str:
        """Free text of at most so many characters."""
        typed = self.cell(column)
        if len(typed) > most:
            self.wrong(column, _l("this is too long"))
        if _UNKEPT.search(typed) or (one_line and "\n" in typed):
            self.wrong(column, _l("this has a character that cannot be kept"))
        return typed

    def wrongs(self, line: int) -> list[Wrong[Kind]]:
        """What was noted, of a row that is this line."""
        return [Wrong(line, column, said, self.cell(column)) for column, said in self.faults]
