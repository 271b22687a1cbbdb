"""Forms of responders."""

import re

from wtforms import BooleanField, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import Optional, StopValidation

from aidnet.i18n import gettext as _
from aidnet.i18n import lazy_gettext as _l
from aidnet.money import latin_digits
from aidnet.partners.models import PartnerStatus
from aidnet.places.fields import PlaceField
from aidnet.responders import words
from aidnet.responders.capacity import LEVELS, NUMBER_MOST
from aidnet.responders.models import CapacityKind, ResponderKind, Sector
from aidnet.web.forms import (
    NOTE_MOST,
    AtMost,
    BaseForm,
    BoxesField,
    CountField,
    DayField,
    LineField,
    Required,
    UidField,
    VersionField,
    options,
)


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
        description=_l(
            "Only your own people, the network's admins and partners you chose see it. Others see the code name."
        ),
    )
    kind = SelectField(_l("Kind of group"), choices=options(words.KINDS.items()))
    sectors = BoxesField(_l("What you work on"), [Optional()], choices=options(words.SECTORS.items()))
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


class CapacityForm(BaseForm):
    """So many of something, somewhere."""

    uid = UidField()
    kind = RadioField(_l("What you have"), choices=options(words.CAPACITIES.items()), default=CapacityKind.TRUCKS.value)
    number = CountField(_l("How many"), [Required()], most=NUMBER_MOST)
    area = PlaceField(
        _l("Where"),
        [Required(_l("Choose a township, a district or a region."))],
        levels=LEVELS,
        description=_l("A township or larger, never finer. Other groups see the township; admins see the district."),
    )


class NumberForm(BaseForm):
    """How many there are now."""

    version = VersionField()
    number = CountField(_l("How many"), [Required()], most=NUMBER_MOST)


class VouchForm(BaseForm):
    """A word for another group."""

    uid = UidField()


class NameForm(BaseForm):
    """A partner that may see the own name."""

    uid = UidField()
    partner = LineField(
        _l("Code of the donor or group"),
        [Required()],
        description=_l("Such as P-7K3Q-9XMT. A group's code stands on its page; a donor finds its own under “Account”."),
    )
