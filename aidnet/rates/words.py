"""How rates are said."""

from flask_babel import LazyString

from aidnet.i18n import lazy_gettext as _l
from aidnet.rates.models import RateKind

KINDS: dict[RateKind, LazyString] = {
    RateKind.OFFICIAL: _l("Official rate"),
    RateKind.MARKET: _l("Market rate"),
    RateKind.ACHIEVED: _l("Rate we got"),
}

#: What money did, as the page of a fund in one currency tells it.
MEASURES: dict[str, LazyString] = {
    "received": _l("Received"),
    "refunded": _l("Given back"),
    "paid-out": _l("Paid out"),
    "arrived": _l("Arrived with groups"),
    "spent": _l("Spent"),
    "cost": _l("Cost of moving the money"),
    "lost": _l("Reported lost"),
}
