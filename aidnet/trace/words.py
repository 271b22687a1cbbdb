"""What the fates of gifts and the steps of their way are called."""

from flask_babel import LazyString

from aidnet.funding.statement import line_word
from aidnet.i18n import lazy_gettext as _l
from aidnet.policy import Actor
from aidnet.trace.models import Fate, Step
from aidnet.trace.queries import Part

FATES: dict[Fate, LazyString] = {
    Fate.WAITING: _l("Still in the fund"),
    Fate.ON_THE_WAY: _l("Paid out without report yet"),
    Fate.HELD: _l("Reported held"),
    Fate.SPENT: _l("Spent"),
    Fate.COST: _l("Cost of moving the money"),
    Fate.LOST: _l("Reported lost"),
    Fate.RETURNED: _l("Given back"),
}

STEPS: dict[Step, LazyString] = {
    Step.RECEIVED_TO_CONFIRMED: _l("From received to confirmed by a group"),
    Step.CONFIRMED_TO_SPENT: _l("From confirmed to spent"),
}


def part_word(actor: Actor, part: Part) -> str:
    """What a part is called: its budget line where it is spent."""
    return line_word(actor, part.line) if part.line else str(FATES[part.fate])
