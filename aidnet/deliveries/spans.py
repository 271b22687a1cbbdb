"""Months that pages look back over."""

from datetime import date

from aidnet import clock
from aidnet.i18n import gettext as _
from aidnet.i18n import ngettext

#: How many months back, this one included, a page of totals may look.
SPANS = (3, 12, 36)
USUAL = 12


def back(month: date, months: int) -> date:
    """The first day of the month so many months before (after, where negative) that of `month`."""
    number = month.year * 12 + month.month - 1 - months
    return date(number // 12, number % 12 + 1, 1)


def this_month() -> date:
    """The first day of the month it is where the network's people are."""
    return clock.today().replace(day=1)


def span_of(asked: str | None) -> int:
    """The span an address asks for; the usual one where it asks for none of ours."""
    return next((months for months in SPANS if str(months) == asked), USUAL)


def since(months: int) -> date:
    """The first day of a span that ends with this month."""
    return back(this_month(), months - 1)


def words(months: int) -> str:
    """A span as people say it."""
    return _("the last %(months)s months", months=months)


def months_ago(month: date) -> str:
    """How long ago a month was."""
    now = this_month()
    number = (now.year - month.year) * 12 + now.month - month.month
    if number <= 0:
        return _("this month")
    return _("last month") if number == 1 else ngettext("%(num)d month ago", "%(num)d months ago", number)
