"""How rates are said."""

from decimal import Decimal

from flask_babel import LazyString

from aidnet.i18n import lazy_gettext as _l
from aidnet.rates.models import RateKind

KINDS: dict[RateKind, LazyString] = {
    RateKind.OFFICIAL: _l("Official rate"),
    RateKind.MARKET: _l("Market rate"),
    RateKind.ACHIEVED: _l("Rate we got"),
}


def rate_in_words(rate: Decimal) -> str:
    """A rate with all the digits it was typed with, grouped, Latin in every language: "4,350" or "0.0002325"."""
    return f"{rate:,f}"
