"""Townships on a map: those a delivery is for, and those where the own group handed out."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from aidnet import policy
from aidnet.deliveries import spans
from aidnet.deliveries.models import ServedMonth
from aidnet.deliveries.queries import Stop
from aidnet.deliveries.totals import ALL
from aidnet.disclosure import field
from aidnet.i18n import current_language, ngettext
from aidnet.i18n import gettext as _
from aidnet.places.models import Level
from aidnet.places.queries import PlacePath, paths
from aidnet.policy import Actor
from aidnet.web.context import count
from aidnet.web.maps import Area, AreaMap, area_map, band
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


@dataclass(frozen=True)
class Reached:
    """What the own group handed out in a township (or what is larger, where nothing finer was said)."""

    path: PlacePath
    distributions: int
    households: int
    people: int


def reached(session: Session, actor: Actor, months: int) -> list[Reached]:
    """The townships that the actor's group reached in the span, most people first. Two statements."""
    owner = actor.responder_id
    sums = [
        sa.func.sum(column).label(column.key) for column in (ServedMonth.distributions, ServedMonth.households, ServedMonth.people)
    ]
    statement = (
        sa.select(ServedMonth.area_id, *sums)
        .where(ServedMonth.responder_id == owner, ServedMonth.sector == ALL, ServedMonth.month >= spans.since(months))
        .where(ServedMonth.distributions > 0)
        .group_by(ServedMonth.area_id)
    )
    rows = session.execute(policy.unscoped(statement, because="the running totals of the actor's own group")).all()
    known = paths(session, [row.area_id for row in rows])

    def seen(name: str, value: Any) -> Any:
        return field(actor, "served_month", name, value, owner_id=owner)

    found = [
        Reached(
            seen("area", known[row.area_id]),
            seen("distributions", int(row.distributions)),
            seen("households", int(row.households)),
            seen("people", int(row.people)),
        )
        for row in rows
    ]
    return sorted(found, key=lambda one: (-one.people, -one.distributions, one.path.pcode))


def reached_map(found: Sequence[Reached]) -> AreaMap | None:
    """The townships reached, in bands of people; None where none has a shape."""
    drawn = [one for one in found if one.path.step(Level.STATE) and one.path.pcode in gazetteer()]
    if not drawn:
        return None
    levels = band([max(one.people, 1) for one in drawn])
    areas = [
        Area(one.path.pcode, level, _("%(count)s people", count=count(one.people))) for one, level in zip(drawn, levels, strict=True)
    ]
    states = {state.pcode for one in drawn if (state := one.path.step(Level.STATE))}
    legend: list[tuple[int | str, str]] = []
    for level in sorted(set(levels)):
        people = [one.people for one, its in zip(drawn, levels, strict=True) if its == level]
        least, most = count(min(people)), count(max(people))
        legend.append((level, _("%(count)s people", count=least if least == most else f"{least}–{most}")))
    return area_map(areas, states=sorted(states), locale=current_language(), legend=legend)


def table(found: Sequence[Reached]) -> tuple[list[str], Iterator[list[Any]]]:
    """The same as a file has it."""
    header = [_("Township"), _("Lies in"), _("P-code"), _("Hand-outs"), _("Households"), _("People")]
    rows = ([one.path.name, one.path.above, one.path.pcode, one.distributions, one.households, one.people] for one in found)
    return header, rows
