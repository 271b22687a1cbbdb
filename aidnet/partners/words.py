"""What kinds of partner, states of accounts and of links are called."""

from enum import StrEnum

from flask_babel import LazyString

from aidnet.i18n import lazy_gettext as _l
from aidnet.policy import PartnerKind

KINDS: dict[PartnerKind, LazyString] = {
    PartnerKind.RESPONDER: _l("Responder"),
    PartnerKind.DONOR: _l("Donor"),
    PartnerKind.NETWORK: _l("The network itself"),
}


class Standing(StrEnum):
    """How it stands with a person's role."""

    ACTIVE = "active"
    NEVER_HERE = "never-here"
    SUSPENDED = "suspended"
    #: The whole account, whatever its roles.
    SHUT = "shut"


STANDINGS: dict[Standing, LazyString] = {
    Standing.ACTIVE: _l("Active"),
    Standing.NEVER_HERE: _l("Never signed in"),
    Standing.SUSPENDED: _l("Suspended"),
    Standing.SHUT: _l("Whole account suspended"),
}


class LinkState(StrEnum):
    """How it stands with a link."""

    WAITS = "waits"
    OPEN = "open"
    USED = "used"
    #: Used without the second person it should have had.
    ALONE = "alone"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


LINK_STATES: dict[LinkState, LazyString] = {
    LinkState.WAITS: _l("Waits for somebody's word"),
    LinkState.OPEN: _l("Not used yet"),
    LinkState.USED: _l("Used"),
    LinkState.ALONE: _l("Used: one person"),
    LinkState.EXPIRED: _l("Expired"),
    LinkState.WITHDRAWN: _l("Withdrawn"),
}

#: The marks they are drawn with (`components/state.html`).
MARKS: dict[str, str] = {
    Standing.ACTIVE: "done",
    Standing.NEVER_HERE: "plan",
    Standing.SUSPENDED: "waits",
    Standing.SHUT: "off",
    LinkState.WAITS: "waits",
    LinkState.OPEN: "plan",
    LinkState.USED: "done",
    LinkState.ALONE: "part",
    LinkState.EXPIRED: "lost",
    LinkState.WITHDRAWN: "off",
}
