"""The forms of accounts."""

from wtforms import PasswordField
from wtforms.validators import EqualTo, InputRequired, Length

from aidnet.accounts import passwords
from aidnet.i18n import lazy_gettext as _l
from aidnet.web.forms import BaseForm, LineField, Required, UidField

_FILL_IN = _l("Please fill this in.")
#: More than any password: what is longer is not looked at.
_LONG = Length(max=1_000, message=_l("At most 256 characters, please."))


class SignInForm(BaseForm):
    """Name and password."""

    name = LineField(_l("Name"), [Required()])
    password = PasswordField(_l("Password"), [InputRequired(_FILL_IN), _LONG])


def _new_password(label: object) -> PasswordField:
    hint = _l("At least %(least)s characters. A few words in a row are easy to remember.", least=passwords.LEAST)
    return PasswordField(label, [InputRequired(_FILL_IN), _LONG], description=hint)


class JoinForm(BaseForm):
    """A name and a password of one's own choosing. The account's `uid` makes a double click one account."""

    uid = UidField()
    name = LineField(
        _l("A name to sign in with"),
        [Required()],
        description=_l("Choose a name that does not point to you. Not your real name, phone number or e-mail."),
    )
    password = _new_password(_l("Password"))
    again = PasswordField(
        _l("The password again"), [EqualTo("password", _l("The two passwords are not the same."))]
    )


class SetUpForm(JoinForm):
    """The network's name, and its first admin."""

    network_name = LineField(
        _l("Name of the network"), [Required()], description=_l("Shown in the bar of every page. It can be changed later.")
    )


class RecoverForm(BaseForm):
    """A new password for an account that is there."""

    password = _new_password(_l("New password"))
    again = PasswordField(
        _l("The new password again"), [EqualTo("password", _l("The two passwords are not the same."))]
    )


class PasswordForm(BaseForm):
    """A new password, against the old one."""

    old = PasswordField(_l("Password now"), [InputRequired(_FILL_IN), _LONG])
    new = _new_password(_l("New password"))
    again = PasswordField(_l("The new password again"), [EqualTo("new", _l("The two passwords are not the same."))])
