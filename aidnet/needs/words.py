"""What urgencies and states of needs are called."""

from collections.abc import Mapping

from flask_babel import LazyString

from aidnet.i18n import lazy_gettext as _l
from aidnet.needs.models import NeedState, Urgency

URGENCIES: Mapping[Urgency, LazyString] = {
    Urgency.CRITICAL: _l("Critical: lives, within days"),
    Urgency.HIGH: _l("High: within two weeks"),
    Urgency.MEDIUM: _l("Medium: it can wait a little"),
}
#: The same in a list.
URGENT: Mapping[Urgency, LazyString] = {
    Urgency.CRITICAL: _l("Critical"),
    Urgency.HIGH: _l("High"),
    Urgency.MEDIUM: _l("Medium"),
}

#: State to the shape it is drawn with (components/state.html), and its word.
STATES: Mapping[NeedState, tuple[str, LazyString]] = {
    NeedState.OPEN: ("waits", _l("Open")),
    NeedState.COVERED: ("moving", _l("A delivery is meant for it")),
    NeedState.MET: ("done", _l("Met")),
    NeedState.JOINED: ("off", _l("Joined to another")),
    NeedState.WITHDRAWN: ("off", _l("Taken back")),
}
