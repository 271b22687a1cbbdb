"""Months as their first days, and when the results of one may be published."""

from collections.abc import Iterator
from datetime import date, timedelta


def month_of(day: date) -> date:
    """The first day of the day's month."""
    return day.replace(day=1)


def after(month: date) -> date:
    """The month after."""
    return (month + timedelta(days=31)).replace(day=1)


def before(month: date) -> date:
    """The month before."""
    return (month - timedelta(days=1)).replace(day=1)


def between(first: date, last: date) -> Iterator[date]:
    """Every month from `first` to `last`, both included."""
    while first <= last:
        yield first
        first = after(first)


def published_on(month: date, delay_days: int) -> date:
    """The day the month's results are published: it is over, and `delay_days` have passed."""
    return after(month) + timedelta(days=delay_days)


def last_closed(today: date, delay_days: int) -> date:
    """The newest month whose results may be published by `today`."""
    month = month_of(today)
    while published_on(month, delay_days) > today:
        month = before(month)
    return month


def next_published_on(today: date, delay_days: int, last_month: date | None) -> date:
    """The next day on which results after `last_month` (None: any) can be published; `today`, where it is today."""
    month = last_closed(today, delay_days)
    if published_on(month, delay_days) < today or (last_month is not None and month <= last_month):
        month = after(month if last_month is None else max(month, last_month))
    return published_on(month, delay_days)
