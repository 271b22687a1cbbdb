"""The bars and the map of results and money: only what the tables beside them say."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date

from babel.dates import format_skeleton

from aidnet import money as amounts
from aidnet.funding.queries import Flows, added_flows
from aidnet.i18n import current_language
from aidnet.i18n import gettext as _
from aidnet.places.models import Level
from aidnet.releases import months
from aidnet.releases.money import Line, spent
from aidnet.releases.queries import ReportLine
from aidnet.releases.words import LINES, joined
from aidnet.web import charts, maps
from aidnet.web.context import count

_REST = (Line.SHELTER, Line.CASH, Line.STIPENDS, Line.OTHER)


def spent_by_month(
    by_month: Mapping[date, Flows], first: date | None, last: date, currency: str
) -> charts.StackedChart | None:
    """What money of one currency became, a bar a month: spent by line, lost, and the cost of moving it. None: nothing yet."""
    used = [use for use in _uses() if any(use[1](flows) for flows in by_month.values())]
    if not used:
        return None
    locale = current_language()
    nothing = added_flows(currency, [])
    columns = [
        charts.Column(
            format_skeleton("MMM", month, locale=locale),
            tuple(value(by_month.get(month, nothing)) for _series, value in used),
            group=str(month.year),
        )
        for month in months.between(first or min(by_month), last)
    ]
    return charts.stacked(
        columns,
        [series for series, _value in used],
        text=lambda minor: amounts.format_amount(minor, currency, locale),
        per_unit=10 ** amounts.EXPONENTS[currency],
    )


def _uses() -> list[tuple[charts.Series, Callable[[Flows], int]]]:
    """The parts of a bar, and what they count. Tone 5 is loss."""
    return [
        (charts.Series(str(LINES[Line.GOODS]), "1"), lambda flows: spent(flows, Line.GOODS)),
        (charts.Series(str(LINES[Line.TRANSPORT]), "2"), lambda flows: spent(flows, Line.TRANSPORT)),
        (charts.Series(str(LINES[Line.MEDICINE]), "3"), lambda flows: spent(flows, Line.MEDICINE)),
        (charts.Series(_("Shelter, cash to households, stipends, other"), "4"), lambda flows: spent(flows, *_REST)),
        (charts.Series(_("Reported lost"), "5"), lambda flows: flows.lost),
        (charts.Series(_("Cost of moving the money"), "6"), lambda flows: flows.cost),
    ]


def district_map(lines: Sequence[ReportLine]) -> maps.AreaMap | None:
    """People reached by district. A district that is told together with others is veiled. None: no line names a district."""
    together: dict[str, maps.Area] = {}
    people: dict[str, int] = {}
    states = set()
    for line in lines:
        for path in line.places:
            state = path.step(Level.STATE)
            if state is None:
                continue
            states.add(state.pcode)
            if len(line.places) == 1 and path.level is Level.DISTRICT:
                people[path.pcode] = people.get(path.pcode, 0) + line.people
            elif path.level is Level.DISTRICT:
                others = joined([other.name for other in line.places if other is not path])
                text = _("shown together with %(others)s", others=others)
                together[path.pcode] = maps.Area(path.pcode, 0, text, withheld=True)
    if not people and not together:
        return None
    levels = maps.band(list(people.values()))
    areas = [
        maps.Area(pcode, level, _("%(count)s people", count=count(number)))
        for (pcode, number), level in zip(people.items(), levels, strict=True)
    ]
    areas += [area for pcode, area in together.items() if pcode not in people]
    return maps.area_map(
        areas, states=sorted(states), locale=current_language(), legend=_legend(people, levels, together)
    )


def _legend(
    people: Mapping[str, int], levels: Sequence[int], together: Mapping[str, maps.Area]
) -> list[tuple[int | str, str]]:
    found: list[tuple[int | str, str]] = []
    for level in sorted(set(levels) - {0}):
        counts = [number for number, its in zip(people.values(), levels, strict=True) if its == level]
        least, most = count(min(counts)), count(max(counts))
        found.append((level, _("%(count)s people", count=least if least == most else f"{least}–{most}")))
    if together:
        found.append(("w", _("shown together with others")))
    return found


def people_by_place(lines: Sequence[ReportLine]) -> charts.BarList:
    """People reached, a bar a line."""
    return charts.bars([charts.Bar(joined(line.names), line.people) for line in lines], text=count, total=True)
