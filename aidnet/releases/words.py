"""What months, flows, lines and purses are called."""

from collections.abc import Sequence
from datetime import date

from flask_babel import LazyString

from aidnet.deliveries.models import LossReason
from aidnet.deliveries.words import REASONS
from aidnet.i18n import gettext as _
from aidnet.i18n import lazy_gettext as _l
from aidnet.releases.money import Line
from aidnet.web.context import month

LINES: dict[Line, LazyString] = {
    Line.GOODS: _l("Goods"),
    Line.TRANSPORT: _l("Transport and tolls"),
    Line.MEDICINE: _l("Medicine"),
    Line.SHELTER: _l("Shelter"),
    Line.CASH: _l("Cash to households"),
    Line.STIPENDS: _l("Stipends"),
    Line.OTHER: _l("Other"),
}


def months(first: date, last: date) -> str:
    """A span of months, such as "Jul 2026" or "May 2026 – Jul 2026"."""
    return month(first) if first == last else f"{month(first)} – {month(last)}"


def joined(names: Sequence[str]) -> str:
    """Names as a sentence lists them."""
    if len(names) < 2:
        return "".join(names)
    return _("%(first)s and %(last)s", first=", ".join(names[:-1]), last=names[-1])


def because(reasons: Sequence[LossReason]) -> str:
    """Reasons of losses as a sentence lists them."""
    return joined([str(REASONS[reason]) for reason in reasons])
