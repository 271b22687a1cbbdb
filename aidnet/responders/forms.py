"""Forms of responders."""

import re

from wtforms import BooleanField, RadioField, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import Optional, StopValidation
from wtforms.widgets import CheckboxInput, ListWidget

from aidnet.errors import AidnetError
from aidnet.i18n import gettext as _
from aidnet.i18n import lazy_gettext as _l
from aidnet.money import latin_digits
from aidnet.partners.models import PartnerStatus
from aidnet.responders import words
from aidnet.responders.models import ResponderKind, Sector
from aidnet.web.forms import NOTE_MOST, AtMost, BaseForm, DayField, LineField, VersionField, options


class YearField(StringField):
    """A year as typed, with either digits, read as a number (`number`); empty is None."""

    number: int | None = None

    def pre_validate(self, form: BaseForm) -> None:
        text = latin_digits(self.data or "").strip()
        if not text:
            return
        if not re.fullmatch(r"[0-9]{4}", text):
            raise StopValidation(_("Type a year, such as 2021."))
        self.number = int(text)


class ProfileForm(BaseForm):
    """What a coordinator says about the own responder."""

    version = VersionField()
    own_name = LineField(
        _l("Own name"),
        description=_l("Only your own people and the network's admins see it. Others see the code name."),
    )
    kind = SelectField(_l("Kind of group"), choices=options(words.KINDS.items()))
    sectors = SelectMultipleField(
        _l("What you work on"),
        [Optional()],
        choices=options(words.SECTORS.items()),
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )
    since_year = YearField(_l("Working since"), [Optional()], description=_l("A year, such as 2021."))
    pledged_on = DayField(_l("Day of the pledge not to engage with the junta"), [Optional()])
    about = TextAreaField(
        _l("About the group"),
        [Optional(), AtMost(NOTE_MOST)],
        description=_l("Only your own people see it. No names of people, please."),
    )
    contact = TextAreaField(
        _l("New contact"),
        [Optional(), AtMost(NOTE_MOST)],
        description=_l(
            "How your coordinators can be reached. Only they can open it. Leave it empty to keep what is there."
        ),
    )
    no_contact = BooleanField(_l("Remove the contact that is kept"))

    @property
    def chosen_kind(self) -> ResponderKind:
        return ResponderKind(self.kind.data)

    @property
    def chosen_sectors(self) -> list[Sector]:
        return [Sector(value) for value in self.sectors.data or [] if value]


class StatusForm(BaseForm):
    """Where an admin says a responder stands."""

    version = VersionField()
    status = RadioField(_l("New status"), choices=[])

    def offer(self, now: PartnerStatus) -> None:
        """Offer every status a responder can be given from `now`."""
        offered = (PartnerStatus.ACTIVE, PartnerStatus.SUSPENDED, PartnerStatus.LEFT)
        self.status.choices = options((status, words.STATUSES[status]) for status in offered if status is not now)


#: Failures a form can show beside its fields; any other goes on to the error pages.
_SHOWN = (409, 422)


def beside(form: BaseForm, error: AidnetError) -> None:
    """Put a service's sentence into the form; raises `error` again where a form cannot help."""
    if error.status not in _SHOWN:
        raise error
    form.accuse(error)
