"""Forms of places."""

from wtforms import SelectField

from aidnet.i18n import lazy_gettext as _l
from aidnet.places import words
from aidnet.places.fields import PlaceField
from aidnet.places.models import SiteKind
from aidnet.places.service import SITE_LEVELS
from aidnet.web.forms import AtMost, BaseForm, LineField, Required, UidField, VersionField, options

NAME_MOST = 80


class SiteForm(BaseForm):
    """A place that a responder adds."""

    uid = UidField()
    name = LineField(
        _l("Name"), [Required(), AtMost(NAME_MOST)], description=_l("As your people say it. Only your group sees it.")
    )
    kind = SelectField(_l("What it is"), choices=options(words.SITE_KINDS.items()), default=SiteKind.VILLAGE.value)
    place = PlaceField(
        _l("Where it lies"),
        [Required(_l("Choose the township or village tract it lies in."))],
        levels=SITE_LEVELS,
        description=_l("The village tract, if you can. The township is enough. Others see the township at most."),
    )


class SiteEditForm(BaseForm):
    """An own site's name and kind."""

    version = VersionField()
    name = LineField(_l("Name"), [Required(), AtMost(NAME_MOST)])
    kind = SelectField(_l("What it is"), choices=options(words.SITE_KINDS.items()))


class CrossingForm(BaseForm):
    """A crossing under a code name."""

    uid = UidField()
    code_name = LineField(
        _l("Code name"),
        [Required(), AtMost(NAME_MOST)],
        description=_l("A code name only, such as “Lotus”. Do not write where it is: nobody should learn it from here."),
    )
    country = SelectField(_l("The other side"), choices=options(words.COUNTRIES.items()))


class NameForm(BaseForm):
    """What the network calls a place."""

    pcode = LineField(_l("Place code"), [Required(), AtMost(24)], description=_l("The P-code, such as MMR005D002."))
    display_name = LineField(
        _l("Name to show"), [AtMost(NAME_MOST)], description=_l("Leave it empty to show the official name again.")
    )
