"""What the lines of statements are called."""

from flask_babel import LazyString

from aidnet.funding.words import LINES
from aidnet.i18n import lazy_gettext as _l
from aidnet.ledger.models import BudgetLine
from aidnet.statements.models import Section

SECTIONS: dict[Section, LazyString] = {
    Section.OPENING: _l("There at the beginning"),
    Section.IN: _l("Came in"),
    Section.OUT: _l("Went out"),
    Section.EXCHANGE: _l("Changed between currencies"),
    Section.LOSSES: _l("Losses"),
    Section.CLOSING: _l("There at the end"),
}
_FIGURES: dict[str, LazyString] = {
    "in-fund": _l("In the fund"),
    "on-the-way": _l("Paid out without report yet"),
    "held": _l("Reported held by responders"),
    "received": _l("Received"),
    "returned": _l("Given back to givers"),
    "cost": _l("Cost of moving the money"),
    "changed-in": _l("Changed from other currencies"),
    "changed-out": _l("Changed into other currencies"),
    "lost": _l("Reported lost"),
    "recovered": _l("Lost before, and repaid"),
}


def figure(name: str) -> str:
    """A figure in words."""
    kind, _colon, line = name.partition(":")
    return str(LINES[BudgetLine(line)]) if kind == "spent" else str(_FIGURES[name])
