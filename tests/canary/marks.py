"""Marks: values used once, and every form a page could show them in.

Words begin with a syllable that no text has. Numbers have five digits or more and stand nowhere else, days come up once each.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from uuid import UUID

from babel.dates import format_date

from aidnet.clock import YANGON

#: How every word of the canary begins.
SYLLABLE = "zqx"
#: The first day that is used, and days around which releases are due: those stand on pages for their own sake.
FIRST_DAY = date(2025, 2, 10)
_OWN_SAKE = range(14, 17)
#: A day that is never drawn, for what is no column of its own.
NO_MARK = date(2025, 1, 15)
#: Month and day of what pages tell of: since when somebody was served, and (to donors) how access stood.
_TOLD_OF = {(7, 1), (8, 11)}
#: Smaller numbers than this stand on any page.
LEAST = 10_000
_MYANMAR = str.maketrans("၀၁၂၃၄၅၆၇၈၉", "0123456789")
_GROUPED = re.compile(r"(?<=\d)[,\u00a0\u202f'](?=\d)")
#: What can be told apart in a text: words of the canary's own, codes, receipt codes, hashes.
_TOLD_APART = re.compile(
    rf"{SYLLABLE}[a-z]+|\b[a-z]-[0-9a-z]{{4}}-[0-9a-z]{{4}}\b|\b[0-9a-z]{{5}}(?:-[0-9a-z]{{5}}){{3}}\b|\b[0-9a-f]{{32,}}\b|argon2id\$\S+"
)
_PATTERNS = ("d MMM", "d MMMM", "MMM d", "MMMM d", "d/M/y", "dd/MM/y", "d.M.y", "dd.MM.y", "y-MM-dd", "yMMdd", "M/d/yy")


@dataclass
class Mint:
    """Draws marks. The same calls in the same order draw the same marks."""

    words: int = 0
    numbers: int = 0
    day: date = FIRST_DAY
    drawn: list[date] = field(default_factory=list)

    def word(self) -> str:
        """A word of its own, such as "Zqxbadaka"."""
        self.words += 1
        syllables = ["ba", "de", "ki", "lo", "mu", "na", "re", "si", "to", "vu"]
        return SYLLABLE.capitalize() + "".join(syllables[int(digit)] for digit in f"{self.words:03}")

    def number(self, digits: int = 5) -> int:
        """A number of its own. Neither its double nor a sum of two is another."""
        self.numbers += 1
        return 3 * 10 ** (digits - 1) + self.numbers * 7919 % 10 ** (digits - 1) * 5 + 1

    def amount(self) -> int:
        """An amount in minor units, such as 30,395.96."""
        return self.number(7)

    def next_day(self) -> date:
        """A day of its own, later than all before."""
        self.day += timedelta(days=1)
        while self.day.day in _OWN_SAKE or (self.day.month, self.day.day) in _TOLD_OF:
            self.day += timedelta(days=1)
        self.drawn.append(self.day)
        return self.day

    def instant(self) -> datetime:
        """An instant on a day of its own."""
        return datetime.combine(self.next_day(), time(5, 7, 11), YANGON).astimezone(UTC)


def plain(text: str) -> str:
    """A page as it is searched: one form of letters, Latin digits, no grouping of thousands."""
    return _GROUPED.sub("", unicodedata.normalize("NFC", text).translate(_MYANMAR)).casefold()


def of_name(name: str) -> frozenset[str]:
    """The form of a name that is no word of ours (a real village's); none where it is too short to be told apart."""
    text = plain(name).strip()
    return frozenset({text} if len(text) >= 5 else ())


def of_value(column: str, value: object) -> frozenset[str]:
    """Every form in which a page could show a column's value; none where the value is too common to be told apart."""
    if isinstance(value, bool) or value is None:
        return frozenset()
    if isinstance(value, UUID):
        return frozenset({str(value), value.hex})
    if isinstance(value, datetime):
        return of_day(value.astimezone(YANGON).date()) | of_day(value.astimezone(UTC).date())
    if isinstance(value, date):
        return of_day(value)
    if isinstance(value, int | Decimal):
        return frozenset(_of_number(column, Decimal(value)))
    if isinstance(value, float):
        return frozenset({f"{value}"} if abs(value) >= 10 else ())
    return frozenset(_TOLD_APART.findall(plain(str(value))))


def _of_number(column: str, value: Decimal) -> Iterator[str]:
    units = [value]
    if column.endswith(("_minor", "_milli", "_grams")):
        units += [value / 100, value / 1000] if column.endswith("_minor") else [value / 1000]
    for unit in units:
        if abs(unit) >= LEAST or (column == "rate" and abs(unit) >= 100):
            yield f"{unit:f}".rstrip("0").rstrip(".") if "." in f"{unit:f}" else f"{unit:f}"
            if unit != unit.to_integral_value() or (column.endswith("_minor") and unit != value):
                yield f"{unit:.2f}"


@lru_cache(maxsize=2048)
def of_day(day: date) -> frozenset[str]:
    """A day in every form, with and without its year."""
    found = {day.isoformat()}
    for locale in ("en", "my", "en_US"):
        found |= {plain(format_date(day, pattern, locale=locale)) for pattern in _PATTERNS}
    return frozenset(found)


def found_in(text: str, forms: frozenset[str]) -> set[str]:
    """The forms that stand in `text` (made `plain`), each by itself and not as part of a longer number or word."""
    return {form for form in forms if form in text and _alone(form).search(text)}


@lru_cache(maxsize=16384)
def _alone(form: str) -> re.Pattern[str]:
    before = r"(?<![0-9a-z])(?<![0-9][.:-])" if form[0].isalnum() and form[0].isascii() else r"(?<!\w)"
    after = r"(?![0-9]|[.][0-9]{1,2}(?![0-9]))" if form[-1].isdigit() else r"(?![0-9a-z])"
    return re.compile(before + re.escape(form) + after)
