"""The forms of the settings."""

from wtforms import HiddenField
from wtforms.validators import AnyOf

from aidnet.i18n import lazy_gettext as _l
from aidnet.web.forms import BaseForm, CountField, LineField, Required, UidField, VersionField

ON, OFF = "on", "off"


class SettingsForm(BaseForm):
    """The network's name, and how long results wait."""

    uid = UidField()
    version = VersionField()
    name = LineField(_l("Name of the network"), [Required()], description=_l("Shown in the bar of every page."))
    release_delay_days = CountField(
        _l("Days that results wait after a month has ended"),
        [Required()],
        description=_l(
            "14 or more. The longer, the less a report tells about who was where when. "
            "Longer holds at once; shorter needs a second person."
        ),
    )


class PublicPageForm(BaseForm):
    """Turns the public page on, or off: whichever was drawn, whatever it is by now."""

    uid = UidField()
    version = VersionField()
    turn = HiddenField(validators=[AnyOf([ON, OFF], _l("Open the page again."))])
