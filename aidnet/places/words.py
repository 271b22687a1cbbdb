"""What levels, kinds of sites and neighbouring countries are called."""

from aidnet.i18n import lazy_gettext as _l
from aidnet.places.models import Level, SiteKind

LEVELS = {
    Level.COUNTRY: _l("Country"),
    Level.STATE: _l("State or region"),
    Level.DISTRICT: _l("District"),
    Level.TOWNSHIP: _l("Township"),
    Level.TOWN: _l("Town"),
    Level.WARD: _l("Ward"),
    Level.VILLAGE_TRACT: _l("Village tract"),
    Level.VILLAGE: _l("Village"),
}
SITE_KINDS = {
    SiteKind.VILLAGE: _l("Village"),
    SiteKind.CAMP: _l("Camp"),
    SiteKind.MONASTERY: _l("Monastery"),
    SiteKind.CHURCH: _l("Church"),
    SiteKind.SCHOOL: _l("School"),
    SiteKind.CLINIC: _l("Clinic"),
    SiteKind.HUB: _l("Hub"),
    SiteKind.OTHER: _l("Other place"),
}
#: By ISO 3166-1 alpha-2: the countries with a border to cross.
COUNTRIES = {"TH": _l("Thailand"), "IN": _l("India"), "BD": _l("Bangladesh"), "CN": _l("China"), "LA": _l("Laos")}


def level(one: Level) -> str:
    """What a level is called."""
    return str(LEVELS[one])


def site_kind(kind: SiteKind) -> str:
    """What a kind of site is called."""
    return str(SITE_KINDS[kind])


def country(code: str) -> str:
    """What a neighbouring country is called."""
    return str(COUNTRIES.get(code, code))
