"""What hand-overs are called on pages."""

from collections.abc import Mapping

from flask_babel import LazyString

from aidnet.deliveries.custody_models import HandoverState
from aidnet.deliveries.models import Answer, Refusal
from aidnet.deliveries.unsettled import Unsettled
from aidnet.i18n import lazy_gettext as _l

#: What the address of the list calls somebody outside.
ELSEWHERE = "outside"

#: State to the shape it is drawn with (components/state.html), and its word.
STATES: Mapping[HandoverState, tuple[str, LazyString]] = {
    HandoverState.OPEN: ("waits", _l("Not confirmed yet")),
    HandoverState.ACCEPTED: ("done", _l("Accepted")),
    HandoverState.SHORT: ("part", _l("Short")),
    HandoverState.SURPLUS: ("part", _l("More than given")),
    HandoverState.REFUSED: ("back", _l("Refused")),
    HandoverState.VOID: ("off", _l("Taken back")),
}

#: What a hand-over that is answered may leave to settle.
UNSETTLED: Mapping[Unsettled, LazyString] = {
    Unsettled.DIFFERS: _l("Less or more came, not settled"),
    Unsettled.CAME_BACK: _l("Refused, and open still"),
}

#: What a receiver can say.
ANSWERS: Mapping[Answer, LazyString] = {
    Answer.ACCEPTED: _l("Everything came"),
    Answer.SHORT: _l("Less came"),
    Answer.SURPLUS: _l("More came"),
    Answer.REFUSED: _l("Not taken"),
}

REFUSALS: Mapping[Refusal, LazyString] = {
    Refusal.WRONG_ITEMS: _l("wrong items"),
    Refusal.DAMAGED: _l("damaged"),
    Refusal.EXPIRED: _l("expired"),
    Refusal.NOT_AGREED: _l("nothing was agreed"),
    Refusal.NO_ROOM: _l("no room for it"),
    Refusal.NOT_SAFE: _l("not safe to take it"),
}
