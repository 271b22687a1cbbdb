"""What the states of an old book are called."""

from flask_babel import LazyString

from aidnet.i18n import lazy_gettext as _l
from aidnet.oldbooks.models import OldBookState

STATES: dict[OldBookState, LazyString] = {
    OldBookState.PREVIEW: _l("To look through"),
    OldBookState.LOADED: _l("Loaded"),
    OldBookState.DISCARDED: _l("Discarded"),
}
MARKS: dict[OldBookState, str] = {
    OldBookState.PREVIEW: "waits",
    OldBookState.LOADED: "done",
    OldBookState.DISCARDED: "off",
}
