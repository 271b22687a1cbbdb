"""When results may be published."""

from datetime import date

import pytest

from aidnet.releases import months


@pytest.mark.parametrize(
    ("today", "closed"),
    [
        (date(2026, 8, 14), date(2026, 6, 1)),
        (date(2026, 8, 15), date(2026, 7, 1)),
        (date(2026, 8, 31), date(2026, 7, 1)),
        (date(2027, 1, 15), date(2026, 12, 1)),
    ],
)
def test_a_month_closes_fourteen_days_after_its_end(today, closed):
    assert months.last_closed(today, 14) == closed


def test_a_longer_delay_closes_later():
    assert months.last_closed(date(2026, 8, 14), 45) == date(2026, 5, 1)


@pytest.mark.parametrize(
    ("today", "last_month", "expected"),
    [
        (date(2026, 8, 10), None, date(2026, 8, 15)),
        (date(2026, 8, 15), None, date(2026, 8, 15)),
        (date(2026, 8, 15), date(2026, 7, 1), date(2026, 9, 15)),
        (date(2026, 8, 15), date(2026, 6, 1), date(2026, 8, 15)),
        (date(2026, 8, 20), date(2026, 5, 1), date(2026, 9, 15)),
        (date(2026, 12, 20), date(2026, 11, 1), date(2027, 1, 15)),
    ],
)
def test_the_next_report_is_due_when_the_next_month_closes(today, last_month, expected):
    assert months.next_published_on(today, 14, last_month) == expected


def test_months_follow_each_other_over_the_new_year():
    assert list(months.between(date(2026, 11, 1), date(2027, 2, 1))) == [
        date(2026, 11, 1),
        date(2026, 12, 1),
        date(2027, 1, 1),
        date(2027, 2, 1),
    ]
    assert months.before(date(2027, 1, 1)) == date(2026, 12, 1)
