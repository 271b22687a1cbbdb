"""What states, events, bands and differences of evacuations are called."""

from collections.abc import Mapping

from flask_babel import LazyString

from aidnet.evacuations.derive import DifferenceKind
from aidnet.evacuations.models import Band, EvacuationEventKind, EvacuationState
from aidnet.i18n import lazy_gettext as _l
from aidnet.i18n import ngettext

#: To the shape it is drawn with (components/state.html), and its word.
STATES: Mapping[EvacuationState, tuple[str, LazyString]] = {
    EvacuationState.PLANNED: ("plan", _l("Planned")),
    EvacuationState.ON_THE_WAY: ("moving", _l("On the way")),
    EvacuationState.PARTLY_ARRIVED: ("part", _l("Some arrived")),
    EvacuationState.ALL_SAFE: ("done", _l("All safe")),
    EvacuationState.ENDED: ("back", _l("Ended, not all safe")),
    EvacuationState.CANCELLED: ("off", _l("Cancelled")),
}

EVENTS: Mapping[EvacuationEventKind, LazyString] = {
    EvacuationEventKind.PLANNED: _l("Planned"),
    EvacuationEventKind.DEPARTED: _l("Set out"),
    EvacuationEventKind.COUNTED: _l("Counted on the way"),
    EvacuationEventKind.INCIDENT: _l("Incident"),
    EvacuationEventKind.ARRIVED: _l("Arrived safe"),
    EvacuationEventKind.TURNED_BACK: _l("Turned back"),
    EvacuationEventKind.CANCELLED: _l("Cancelled"),
}

#: How a timeline marks an event.
MARKS: Mapping[EvacuationEventKind, str] = {
    EvacuationEventKind.ARRIVED: "done",
    EvacuationEventKind.INCIDENT: "lost",
    EvacuationEventKind.TURNED_BACK: "wait",
}

BANDS: Mapping[Band, LazyString] = {
    Band.ADULTS: _l("Adults"),
    Band.CHILDREN: _l("Children"),
    Band.OLDER: _l("Older people"),
    Band.REDUCED_MOBILITY: _l("People who cannot walk well"),
    Band.NOT_SAID: _l("Nobody said"),
}


def difference(kind: DifferenceKind, people: int) -> str:
    """A difference in a sentence, with its size."""
    match kind:
        case DifferenceKind.OUT:
            return ngettext(
                "Groups count differently who set out: by one person.",
                "Groups count differently who set out: by %(num)d people.",
                people,
            )
        case DifferenceKind.ARRIVED:
            return ngettext(
                "Groups count differently who arrived: by one person.",
                "Groups count differently who arrived: by %(num)d people.",
                people,
            )
        case DifferenceKind.ON_THE_WAY:
            return ngettext(
                "A count on the way differs from who set out by one person.",
                "A count on the way differs from who set out by %(num)d people.",
                people,
            )
        case DifferenceKind.MORE:
            return ngettext(
                "One person more is accounted for than set out.",
                "%(num)d people more are accounted for than set out.",
                people,
            )
        case DifferenceKind.NO_DEPARTURE:
            return ngettext(
                "One person is accounted for, and nobody said how many set out.",
                "%(num)d people are accounted for, and nobody said how many set out.",
                people,
            )
