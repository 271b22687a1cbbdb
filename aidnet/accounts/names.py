"""The names people sign in with: chosen by them, folded so that no two can be mistaken for each other."""

import re
import unicodedata

from aidnet import money
from aidnet.errors import Invalid
from aidnet.i18n import gettext as _
from aidnet.i18n import lazy_gettext as _l

LEAST, MOST = 2, 60


def fold(typed: str) -> str:
    """The form in which two names are the same: compatibility forms, case, spaces and invisible characters do not count."""
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", typed).casefold())
    kept = "".join(letter for letter in plain if unicodedata.category(letter) not in ("Cf", "Cc") or letter.isspace())
    return " ".join(kept.split())


def checked(typed: str, *, field: str = "name") -> str:
    """The name as it is kept. Raises Invalid (beside `field`) for one that is too short, too long, or points to its person."""
    name = " ".join(unicodedata.normalize("NFC", typed).split())
    if len(fold(name)) < LEAST:
        raise Invalid(_("The name needs at least %(least)s characters.", least=LEAST), field=field)
    if len(name) > MOST or len(fold(name)) > MOST * 2:
        raise Invalid(_("At most %(most)s characters, please.", most=MOST), field=field)
    if any(unicodedata.category(letter) in ("Cc", "Cs", "Co", "Cn") for letter in name):
        raise Invalid(_l("This has a character that cannot be kept. Please type it again."), field=field)
    digits = money.latin_digits(fold(name))
    if "@" in digits or len(re.findall(r"[0-9]", digits)) >= 7:
        raise Invalid(_l("Choose a name that does not point to you: no e-mail address, no phone number."), field=field)
    return name
