"""Forms of where a responder reaches."""

from wtforms import RadioField
from wtforms.validators import Optional

from aidnet.i18n import lazy_gettext as _l
from aidnet.places.fields import PlaceField
from aidnet.responders import words
from aidnet.responders.models import Way
from aidnet.web.forms import BaseForm, DayField, Required, UidField, VersionField, options


class ReachForm(BaseForm):
    """A place that is reached."""

    uid = UidField()
    version = VersionField()
    place = PlaceField(
        _l("Place"),
        [Required(_l("Choose the place you reach."))],
        sites=True,
        description=_l("A village, or anything larger: tract, township, district. Others see the township at most."),
    )
    way = RadioField(
        _l("How you get there"),
        choices=options(words.WAYS.items()),
        default=Way.ROAD.value,
    )
    since_on = DayField(
        _l("Since"), [Required()], description=_l("About is good enough: the first of the month, or of the year.")
    )
    until_on = DayField(_l("Last day"), [Optional()], description=_l("Leave it empty while you still reach it."))


class EndForm(BaseForm):
    """The last day a place was reached."""

    version = VersionField()
    until_on = DayField(_l("Last day"), [Required()])
