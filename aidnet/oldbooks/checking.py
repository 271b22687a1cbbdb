"""What the rows of an old book say, hand-out by hand-out, and what is wrong with the others: by row and by column. Nothing is written."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from aidnet import money
from aidnet.clock import BadDay
from aidnet.crypto import keyring
from aidnet.deliveries.checking import MOST_MILLI, MOST_PEOPLE
from aidnet.deliveries.models import Precision
from aidnet.deliveries.references import name_key
from aidnet.i18n import lazy_gettext as _l
from aidnet.intake.cells import DAYS, Faulty, RowReader, Wrong, cells_of, counted
from aidnet.money import BadAmount
from aidnet.oldbooks import columns, matching
from aidnet.oldbooks.columns import Column
from aidnet.oldbooks.days import read_day
from aidnet.oldbooks.matching import Asked, Candidate, Index
from aidnet.places.spelling import fold

_UNIT_MOST, _NAME_MOST, NOTE_MOST = 16, 200, 4_000
#: "150 bags": a number with its unit behind it.
_COUNTED = re.compile(r"\s*([\d.,\s]*\d)\s*([^\d\s.,].*)")
#: The answer that leaves the rows of a place out.
LEFT_OUT = "-"


@dataclass(frozen=True)
class Known:
    """What a book is read with."""

    #: `ref` of an item, by every name for it (folded).
    items: Mapping[str, str]
    #: The code of a unit, by every word for it (folded).
    units: Mapping[str, str]
    places: Index
    #: What a person said a place is: its code, or LEFT_OUT, by `Asked.key`.
    answers: Mapping[str, str]
    #: What a person said columns are.
    columns: columns.Said


@dataclass(frozen=True)
class HandOut:
    """A row that can be loaded."""

    line: int
    day: date
    precision: Precision
    place: Candidate
    #: `ref` of an item; empty: one of the group's own, not known yet.
    item: str
    #: As written.
    item_name: str
    quantity_milli: int
    #: A unit's code, or as written; empty: the item's own.
    unit: str
    households: int | None
    people: int | None
    note: str
    #: Keyed digest of what the row says, and of how many like it came before.
    digest: str


@dataclass(frozen=True)
class Question:
    """A name that several places bear."""

    asked: Asked
    #: As the first row writes it.
    typed: str
    lines: Sequence[int]
    choices: Sequence[Candidate]


@dataclass
class Checked(Faulty):
    """A book, looked through."""

    handouts: list[HandOut] = field(default_factory=list)
    wrongs: list[Wrong[Column]] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)
    #: Rows that a person left out with a place.
    left_out: int = 0

    @property
    def waiting(self) -> int:
        """How many rows wait for the answer to a question."""
        return sum(len(question.lines) for question in self.questions)

    @property
    def rows(self) -> int:
        """How many rows there are, empty ones aside."""
        return len(self.handouts) + self.faulty + self.waiting + self.left_out


def rows_of(rows: Sequence[Sequence[str]], said: columns.Said) -> list[tuple[int, dict[Column, str]]]:
    """The rows below the head that are not empty: their line, and their cells by column."""
    return cells_of(rows, {column: place for place, column in columns.meant(rows, said).items()})


def check(rows: Sequence[Sequence[str]], known: Known) -> Checked:
    """Look through the rows."""
    found = Checked()
    before: Counter[str] = Counter()
    asking: dict[Asked, list[tuple[int, str]]] = {}
    for line, cells in rows_of(rows, known.columns):
        reader = _Row(cells, known)
        handout = reader.handout(line, before)
        if reader.faults:
            found.wrongs += reader.wrongs(line)
        elif reader.open is not None:
            asking.setdefault(reader.open, []).append((line, cells.get(reader.open.column, "")))
        elif handout is None:
            found.left_out += 1
        else:
            found.handouts.append(handout)
    for asked, where in asking.items():
        found.questions.append(
            Question(asked, where[0][1], [line for line, _typed in where], known.places.meant(asked))
        )
    return found


_DAYS = {
    "shape": _l("this is no day and no month of the calendar; write it as 2026-08-18, 18/8/2026 or 2026-08"),
    **DAYS,
}


class _Row(RowReader[Column]):
    """The cells of one row of a book."""

    def __init__(self, cells: Mapping[Column, str], known: Known) -> None:
        super().__init__(cells)
        self.known = known
        #: The name that several places bear, and nobody said which.
        self.open: Asked | None = None

    def handout(self, line: int, before: Counter[str]) -> HandOut | None:
        """The hand-out it tells; None where something is wrong, open, or left out. `before`: how often each content came already."""
        day = self._day()
        asked, place = self._place()
        name = self.text(Column.ITEM, _NAME_MOST)
        if not name_key(name):
            self.wrong(Column.ITEM, _l("say what it was"))
        quantity, unit = self._quantity()
        households, people = self._count(Column.HOUSEHOLDS), self._count(Column.PEOPLE)
        note = self.text(Column.NOTE, NOTE_MOST)
        if self.faults or day is None or asked is None or quantity is None:
            return None
        content = (*day, asked.names, name_key(name), quantity, unit, households, people, note)
        said = counted(content, before)
        if place is None:
            return None
        return HandOut(
            line=line,
            day=day[0],
            precision=day[1],
            place=place,
            item=self.known.items.get(fold(name), ""),
            item_name=name,
            quantity_milli=quantity,
            unit=unit,
            households=households,
            people=people,
            note=note,
            digest=keyring().blind("old-book-row", said),
        )

    def _day(self) -> tuple[date, Precision] | None:
        typed = self.cell(Column.DAY)
        if not typed:
            self.wrong(Column.DAY, _l("say on which day it was, or in which month"))
            return None
        try:
            return read_day(typed)
        except BadDay as bad:
            self.wrong(Column.DAY, _DAYS[bad.reason])
        return None

    def _place(self) -> tuple[Asked | None, Candidate | None]:
        asked = matching.asked_by(self.cells)
        if asked is None:
            self.wrong(Column.VILLAGE, _l("say where it was"))
            return None, None
        meant = self.known.places.meant(asked)
        answer = self.known.answers.get(asked.key)
        if len(meant) == 1:
            return asked, meant[0]
        if not meant:
            self.wrong(
                asked.column,
                _l("no such place lies there; look at the other columns of places, or write its P-code")
                if len(asked.names) > 1
                else _l("this is no place that we know; try another spelling, or its P-code"),
            )
        elif answer == LEFT_OUT:
            return asked, None
        elif answer is not None and any(one.code == answer for one in meant):
            return asked, next(one for one in meant if one.code == answer)
        elif len(meant) > matching.CHOICES_MOST:
            self.wrong(asked.column, _l("very many places have this name; say in which township"))
        else:
            self.open = asked
        return asked, None

    def _quantity(self) -> tuple[int | None, str]:
        """Thousandths, and the unit: of its own column, or behind the number."""
        typed, unit = money.latin_digits(self.cell(Column.QUANTITY)), self.text(Column.UNIT, _NAME_MOST)
        counted = _COUNTED.fullmatch(typed)
        if counted:
            typed, unit = counted[1], unit or counted[2].strip()
        code = self.known.units.get(fold(unit), unit) if unit else ""
        if len(code) > _UNIT_MOST:
            self.wrong(
                Column.UNIT if self.cell(Column.UNIT) else Column.QUANTITY,
                _l("this unit is too long; write it in a word"),
            )
        if not typed:
            self.wrong(Column.QUANTITY, _l("say how many or how much"))
            return None, code
        try:
            milli = money.parse_number(typed) * 1000
        except BadAmount:
            self.wrong(Column.QUANTITY, _l("this is no quantity; write it in numbers, such as 300 or 12.5"))
            return None, code
        if not 0 < milli <= MOST_MILLI or milli != milli.to_integral_value():
            self.wrong(Column.QUANTITY, _l("this quantity cannot be: more than zero, and at most three decimals"))
            return None, code
        return int(milli), code

    def _count(self, column: Column) -> int | None:
        typed = self.cell(column)
        if not typed:
            return None
        try:
            number = money.parse_number(typed)
        except BadAmount:
            self.wrong(column, _l("write a whole number"))
            return None
        if not 0 <= number <= MOST_PEOPLE or number != number.to_integral_value():
            self.wrong(column, _l("write a whole number, zero or more"))
            return None
        return int(number)
