"""What kinds of group, sectors, ways and statuses are called."""

from flask_babel import LazyString

from aidnet.i18n import gettext as _
from aidnet.i18n import lazy_gettext as _l
from aidnet.i18n import ngettext
from aidnet.partners.models import PartnerStatus
from aidnet.responders.models import CapacityKind, ResponderKind, Sector, Way
from aidnet.responders.vouches import Vouches, Word

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

CAPACITIES: dict[CapacityKind, LazyString] = {
    CapacityKind.TRUCKS: _l("Trucks"),
    CapacityKind.MOTORBIKES: _l("Motorbikes"),
    CapacityKind.BOATS: _l("Boats"),
    CapacityKind.MEDICS: _l("Medics"),
    CapacityKind.STORES: _l("Stores"),
}

VOUCHES: dict[Word, LazyString] = {
    Word.STANDS: _l("Stands"),
    Word.ENDING: _l("Ends soon"),
    Word.SILENT: _l("Does not count: the group is not active"),
    Word.EXPIRED: _l("Has ended"),
    Word.WITHDRAWN: _l("Taken back"),
}

VOUCH_MARKS: dict[Word, str] = {
    Word.STANDS: "done",
    Word.ENDING: "waits",
    Word.SILENT: "waits",
    Word.EXPIRED: "off",
    Word.WITHDRAWN: "off",
}


def vouched(found: Vouches) -> str:
    """How many groups vouch, in a sentence; until when, the template says."""
    if not found.standing:
        return _("Nobody vouches for this group.")
    return ngettext("One group vouches for it.", "%(num)s groups vouch for it.", found.standing)
