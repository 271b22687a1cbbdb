"""Days as people write them in their books."""

from datetime import date

import pytest

from aidnet import clock
from aidnet.clock import BadDay
from aidnet.deliveries.models import Precision
from aidnet.oldbooks.days import read_day
from tests import factories

DAY, MONTH = Precision.DAY, Precision.MONTH


@pytest.mark.parametrize(
    ("typed", "day", "precision"),
    [
        ("2024-02-05", date(2024, 2, 5), DAY),
        ("5/2/2024", date(2024, 2, 5), DAY),
        ("05.02.24", date(2024, 2, 5), DAY),
        ("၅/၂/၂၀၂၄", date(2024, 2, 5), DAY),
        ("5 Feb 2024", date(2024, 2, 5), DAY),
        ("5-Feb-24", date(2024, 2, 5), DAY),
        ("February 5, 2024", date(2024, 2, 5), DAY),
        ("၂၀၂၄ ခုနှစ် ဖေဖော်ဝါရီ ၅ ရက်", date(2024, 2, 5), DAY),
        ("၅ ဖေဖော်ဝါရီ ၂၀၂၄", date(2024, 2, 5), DAY),
        ("2024-02-05 00:00:00", date(2024, 2, 5), DAY),
        ("2024-02", date(2024, 2, 1), MONTH),
        ("2/2024", date(2024, 2, 1), MONTH),
        ("၂/၂၀၂၄", date(2024, 2, 1), MONTH),
        ("Feb 2024", date(2024, 2, 1), MONTH),
        ("Sept 2024", date(2024, 9, 1), MONTH),
        ("February, 2024", date(2024, 2, 1), MONTH),
        ("ဖေဖော်ဝါရီ ၂၀၂၄", date(2024, 2, 1), MONTH),
        ("၂၀၂၄ ဖေဖော်ဝါရီလ", date(2024, 2, 1), MONTH),
    ],
)
def test_a_day_or_a_month_is_read(typed, day, precision):
    assert read_day(typed) == (day, precision)


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("31/2/2024", "shape"),
        ("13/2024", "shape"),
        ("soon", "shape"),
        ("5 Smarch 2024", "shape"),
        ("2024", "shape"),
        ("", "shape"),
        ("2026-12", "future"),
        ("Dec 2026", "future"),
        ("19/8/26", "future"),
        ("1/1/1999", "past"),
    ],
)
def test_what_is_no_day_says_why(typed, reason):
    with clock.at(factories.NOW), pytest.raises(BadDay) as bad:
        read_day(typed)
    assert bad.value.reason == reason
