"""What kinds of group, sectors, ways and statuses are called."""

from flask_babel import LazyString

from aidnet.i18n import lazy_gettext as _l
from aidnet.partners.models import PartnerStatus
from aidnet.responders.models import ResponderKind, Sector, Way

KINDS: dict[ResponderKind, LazyString] = {
    ResponderKind.CBO: _l("Community group (CBO)"),
    ResponderKind.CSO: _l("Civil society group (CSO)"),
    ResponderKind.FAITH: _l("Faith group"),
    ResponderKind.WOMEN: _l("Women's group"),
    ResponderKind.YOUTH: _l("Youth group"),
    ResponderKind.HEALTH: _l("Health group"),
    ResponderKind.MUTUAL_AID: _l("Mutual aid"),
    ResponderKind.OTHER: _l("Other"),
}

SECTORS: dict[Sector, LazyString] = {
    Sector.FSC: _l("Food"),
    Sector.HEA: _l("Health"),
    Sector.WSH: _l("Water and hygiene"),
    Sector.SHL: _l("Shelter"),
    Sector.NUT: _l("Nutrition"),
    Sector.EDU: _l("Education"),
    Sector.PRO: _l("Protection"),
    Sector.LOG: _l("Transport and storage"),
}

WAYS: dict[Way, LazyString] = {
    Way.ROAD: _l("Road"),
    Way.RIVER: _l("River"),
    Way.FOOT: _l("On foot"),
    Way.CROSS_BORDER: _l("Cross-border"),
}

STATUSES: dict[PartnerStatus, LazyString] = {
    PartnerStatus.INVITED: _l("Invited"),
    PartnerStatus.ACTIVE: _l("Active"),
    PartnerStatus.SUSPENDED: _l("Suspended"),
    PartnerStatus.LEFT: _l("Left"),
}

#: The mark each status is drawn with (`components/state.html`).
MARKS: dict[PartnerStatus, str] = {
    PartnerStatus.INVITED: "plan",
    PartnerStatus.ACTIVE: "done",
    PartnerStatus.SUSPENDED: "waits",
    PartnerStatus.LEFT: "off",
}
