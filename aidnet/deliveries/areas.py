"""The townships a delivery is for, on a map."""

from collections import Counter
from collections.abc import Iterable

from aidnet.deliveries.queries import Stop
from aidnet.i18n import current_language, ngettext
from aidnet.places.models import Level
from aidnet.web.maps import Area, AreaMap, area_map
from aidnet.web.shapes import gazetteer


def township_map(stops: Iterable[Stop]) -> AreaMap | None:
    """Townships (no finer, whoever looks) with how many places of the delivery lie in each; None where none is known."""
    counted: Counter[str] = Counter()
    states = set()
    for stop in stops:
        township, state = stop.path.step(Level.TOWNSHIP), stop.path.step(Level.STATE)
        if township and state and township.pcode in gazetteer():
            counted[township.pcode] += 1
            states.add(state.pcode)
    if not counted:
        return None
    areas = [Area(pcode, min(count, 5), ngettext("%(num)d place", "%(num)d places", count)) for pcode, count in counted.items()]
    return area_map(areas, states=tuple(sorted(states)), locale=current_language(), near=True)
