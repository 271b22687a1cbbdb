"""What kinds of constraints, how one gets through, and sources are called."""

from collections.abc import Mapping

from flask_babel import LazyString

from aidnet.access.models import ConstraintKind, Ease, SourceKind
from aidnet.i18n import lazy_gettext as _l

KINDS: Mapping[ConstraintKind, LazyString] = {
    ConstraintKind.ROAD: _l("Road blocked"),
    ConstraintKind.WATERWAY: _l("Waterway blocked"),
    ConstraintKind.NETWORK_CUT: _l("Phone and internet cut"),
    ConstraintKind.CHECKPOINT: _l("Checkpoint"),
    ConstraintKind.FIGHTING: _l("Fighting"),
    ConstraintKind.AIR_STRIKES: _l("Air strikes"),
    ConstraintKind.CROSSING_CLOSED: _l("Crossing closed"),
    ConstraintKind.WEATHER: _l("Weather"),
}

#: How one gets through, to the shape it is drawn with (components/state.html), and its word.
EASES: Mapping[Ease, tuple[str, LazyString]] = {
    Ease.EASY: ("done", _l("Still easy")),
    Ease.HARD: ("waits", _l("Hard to pass")),
    Ease.NONE: ("lost", _l("No way through")),
}

SOURCES: Mapping[SourceKind, LazyString] = {
    SourceKind.OWN_TEAM: _l("our own people"),
    SourceKind.CARRIER: _l("the carrier"),
    SourceKind.COMMUNITY: _l("people of the place"),
    SourceKind.OTHER_GROUP: _l("another group"),
    SourceKind.PUBLIC_REPORT: _l("a public report"),
}
