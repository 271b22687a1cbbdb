"""What the states of a list are called, and what money of a gift can become."""

from flask_babel import LazyString

from aidnet.funding.words import LINES
from aidnet.i18n import gettext as _
from aidnet.i18n import lazy_gettext as _l
from aidnet.intake.models import BatchState
from aidnet.intake.receipts import Part
from aidnet.trace.models import Fate

STATES: dict[BatchState, LazyString] = {
    BatchState.PREVIEW: _l("To look through"),
    BatchState.LOADED: _l("Loaded"),
    BatchState.DISCARDED: _l("Discarded"),
}
MARKS: dict[BatchState, str] = {
    BatchState.PREVIEW: "waits",
    BatchState.LOADED: "done",
    BatchState.DISCARDED: "off",
}

#: What is not spent.
FATES: dict[Fate, LazyString] = {
    Fate.WAITING: _l("Waiting in the fund"),
    Fate.ON_THE_WAY: _l("Paid out, without report yet"),
    Fate.HELD: _l("With a group, as it reported"),
    Fate.COST: _l("Cost of moving the money"),
    Fate.LOST: _l("Reported lost"),
    Fate.RETURNED: _l("Given back"),
}


def became(part: Part) -> str:
    """What a part of a gift became, in a word or two."""
    return _("Spent: %(line)s", line=LINES[part.line]) if part.line else str(FATES[part.fate])
