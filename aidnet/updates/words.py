"""What kinds of updates, and those they are for, are called."""

from collections.abc import Mapping

from flask_babel import LazyString, force_locale

from aidnet.i18n import LANGUAGES
from aidnet.i18n import lazy_gettext as _l
from aidnet.updates.models import UpdateAudience, UpdateKind

KINDS: Mapping[UpdateKind, LazyString] = {
    UpdateKind.FLASH_UPDATE: _l("Flash update"),
    UpdateKind.STATEMENT: _l("Statement"),
    UpdateKind.PRESS_RELEASE: _l("Press release"),
    UpdateKind.REPORT: _l("Report"),
}

#: The same of several, over a list of them.
MANY: Mapping[UpdateKind, LazyString] = {
    UpdateKind.FLASH_UPDATE: _l("Flash updates"),
    UpdateKind.STATEMENT: _l("Statements of groups"),
    UpdateKind.PRESS_RELEASE: _l("Press releases"),
    UpdateKind.REPORT: _l("Reports"),
}

AUDIENCES: Mapping[UpdateAudience, LazyString] = {
    UpdateAudience.PUBLIC: _l("Anybody"),
    UpdateAudience.NETWORK: _l("Everybody who signs in"),
    UpdateAudience.RESPONDERS: _l("Responders alone"),
}

#: What the page of a week is called.
HEADING = _l("From the past week")


def in_both(word: LazyString) -> list[tuple[str, str]]:
    """A word in each language, with the language."""
    found = []
    for language, _own in LANGUAGES:
        with force_locale(language):
            found.append((language, str(word)))
    return found
