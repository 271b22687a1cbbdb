"""The forms of partners."""

from wtforms import HiddenField, RadioField, SelectField
from wtforms.validators import Optional

from aidnet.i18n import lazy_gettext as _l
from aidnet.partners.words import KINDS
from aidnet.policy import PartnerKind
from aidnet.responders.models import ResponderKind
from aidnet.responders.words import KINDS as RESPONDER_KINDS
from aidnet.web.forms import BaseForm, LineField, Required, UidField, VersionField, options


class NamesForm(BaseForm):
    """A partner's two names."""

    version = VersionField()
    code_name = LineField(
        _l("Code name"),
        [Required()],
        description=_l("Such as S-07. The whole network sees it, so it says nothing about who or where."),
    )
    own_name = LineField(
        _l("Own name"), [Optional()], description=_l("Private: only its own people and admins see it.")
    )


class RegistrationForm(BaseForm):
    """A new partner."""

    uid = UidField()
    kind = RadioField(
        _l("What is it?"),
        choices=options((kind, KINDS[kind]) for kind in (PartnerKind.RESPONDER, PartnerKind.DONOR)),
    )
    code_name = LineField(
        _l("Code name"),
        [Required()],
        description=_l("Such as S-07. The whole network sees it, so it says nothing about who or where."),
    )
    own_name = LineField(
        _l("Own name"), [Optional()], description=_l("Private: only its own people and admins see it.")
    )
    responder_kind = SelectField(
        _l("Kind of group"),
        choices=options(RESPONDER_KINDS.items()),
        default=ResponderKind.CBO.value,
        description=_l("For a responder."),
    )


class InvitationForm(BaseForm):
    """Whom to invite. The choices of roles are the view's."""

    uid = UidField()
    replaces = HiddenField()
    role = RadioField(_l("Role"), [Required(_l("Choose one of the roles."))], choices=[])
    label = LineField(
        _l("For whom"),
        [Optional()],
        description=_l("A word that reminds you whom the link is for. Private; not a real name."),
    )


class HelpForm(BaseForm):
    """Nothing but the name of the link to make."""

    uid = UidField()


class VersionForm(BaseForm):
    """An act on a row as it was read."""

    version = VersionField()
