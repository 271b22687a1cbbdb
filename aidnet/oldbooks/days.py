"""Days as people wrote them in their books: whole days in the usual forms, or a month alone; with either digits. Pure."""

import re
from datetime import date
from functools import cache

from babel.dates import get_month_names

from aidnet import clock
from aidnet.clock import BadDay
from aidnet.deliveries.models import Precision
from aidnet.money import latin_digits
from aidnet.places.spelling import fold

_SHORT_YEAR = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{2})")
_MONTH = re.compile(r"(?:(\d{4})[-/.](\d{1,2})|(\d{1,2})[-/.](\d{4}))")
_WORDS = re.compile(r"(?:(\d{1,2})[\s\-/.]*)?([^\d\s\-/.,]+)[\s\-/.,]*(?:(\d{1,2}),\s*)?(\d{4}|\d{2})")
_YEAR_FIRST = re.compile(r"(\d{4})[\s\-/.,]*([^\d\s\-/.,]+)[\s\-/.,]*(\d{1,2})?")
#: What Burmese dates say beside the numbers: "year", "month", "day".
_BURMESE = re.compile("(ခုနှစ်|နှစ်|ရက်နေ့|ရက်|လ(?=\\s|$))")


@cache
def _months() -> dict[str, int]:
    found = {fold("sept"): 9}
    for language in ("en", "my"):
        for width in ("wide", "abbreviated"):
            found |= {fold(name): number for number, name in get_month_names(width, locale=language).items()}
    return found


def read_day(typed: str) -> tuple[date, Precision]:
    """The day, or the first day of the month, in what somebody wrote. Raises: BadDay."""
    text = latin_digits(typed).strip().rstrip(".")
    text = re.sub(r"[T ]0?0:00(:00)?$", "", text)
    month = _MONTH.fullmatch(text)
    if month:
        return _checked(int(month[1] or month[4]), int(month[2] or month[3]), None)
    short = _SHORT_YEAR.fullmatch(text)
    if short:
        return _checked(2000 + int(short[3]), int(short[2]), int(short[1]))
    words = " ".join(_BURMESE.sub(" ", text).split())
    named = _WORDS.fullmatch(words)
    if named and fold(named[2]) in _months():
        day = named[1] or named[3]
        year = int(named[4]) if len(named[4]) == 4 else 2000 + int(named[4])
        return _checked(year, _months()[fold(named[2])], int(day) if day else None)
    first = _YEAR_FIRST.fullmatch(words)
    if first and fold(first[2]) in _months():
        return _checked(int(first[1]), _months()[fold(first[2])], int(first[3]) if first[3] else None)
    return clock.parse_day(text), Precision.DAY


def _checked(year: int, month: int, day: int | None) -> tuple[date, Precision]:
    try:
        found = date(year, month, day or 1)
    except ValueError:
        raise BadDay("shape") from None
    return clock.parse_day(found.isoformat()), Precision.DAY if day else Precision.MONTH
