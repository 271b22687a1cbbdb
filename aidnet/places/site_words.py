"""What kinds of sites are called."""

from aidnet.i18n import lazy_gettext as _l
from aidnet.places.models import SiteKind

KINDS = {
    SiteKind.VILLAGE: _l("Village"),
    SiteKind.CAMP: _l("Camp"),
    SiteKind.MONASTERY: _l("Monastery"),
    SiteKind.CHURCH: _l("Church"),
    SiteKind.SCHOOL: _l("School"),
    SiteKind.CLINIC: _l("Clinic"),
    SiteKind.HUB: _l("Hub"),
    SiteKind.OTHER: _l("Other place"),
}
