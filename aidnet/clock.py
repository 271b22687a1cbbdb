"""What time it is, so that a test (and the demo) can choose it."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, time, timedelta, timezone

from aidnet.money import latin_digits

#: Where the people of the network are. Naive times shown to people are in this zone; it has had no summer time since 1945.
YANGON = timezone(timedelta(hours=6, minutes=30), "Asia/Yangon")

_chosen: ContextVar[datetime | None] = ContextVar("chosen_now", default=None)


def now() -> datetime:
    """The present instant, aware and in UTC."""
    return _chosen.get() or datetime.now(UTC)


def today() -> date:
    """The present day where the network's people are."""
    return now().astimezone(YANGON).date()


def midnight(day: date) -> datetime:
    """The instant at which a day begins where the network's people are."""
    return datetime.combine(day, time.min, YANGON)


@contextmanager
def at(instant: datetime) -> Iterator[None]:
    """Within the block, `now()` is `instant` (aware)."""
    if instant.tzinfo is None:
        raise ValueError("clock.at() needs an aware datetime")
    token = _chosen.set(instant.astimezone(UTC))
    try:
        yield
    finally:
        _chosen.reset(token)


class BadDay(ValueError):
    """What was typed is no day that can be; `reason` is `shape`, `past`, `future` or `far`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


_YEAR_FIRST = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})")
_DAY_FIRST = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})")


def parse_day(typed: str, *, future: bool = False) -> date:
    """The day in what a person typed: 2026-08-18 or 18/8/2026, with either digits; `future` where it may be to come.

    Raises: BadDay.
    """
    text = latin_digits(typed).strip()
    year_first, day_first = _YEAR_FIRST.fullmatch(text), _DAY_FIRST.fullmatch(text)
    if year_first:
        parts = year_first.groups()
    elif day_first:
        parts = day_first.groups()[::-1]
    else:
        raise BadDay("shape")
    try:
        day = date(*map(int, parts))
    except ValueError:
        raise BadDay("shape") from None
    if day.year < 2000:
        raise BadDay("past")
    if not future and day > today():
        raise BadDay("future")
    if day.year > today().year + 5:
        raise BadDay("far")
    return day
