"""What time it is, so that a test (and the demo) can choose it."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, timedelta, timezone

#: Where the people of the network are. Naive times shown to people are in this zone; it has had no summer time since 1945.
YANGON = timezone(timedelta(hours=6, minutes=30), "Asia/Yangon")

_chosen: ContextVar[datetime | None] = ContextVar("chosen_now", default=None)


def now() -> datetime:
    """The present instant, aware and in UTC."""
    return _chosen.get() or datetime.now(UTC)


def today() -> date:
    """The present day where the network's people are."""
    return now().astimezone(YANGON).date()


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
