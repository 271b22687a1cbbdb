"""Maps of approximate areas as geometry: townships, districts or states in bands, only for the states a page speaks of.

Every page that shows them says that they are no boundaries. What has no shape (38 inner-city townships) is named in the
table all the same.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from aidnet.i18n import gettext as _
from aidnet.web.charts import text_width
from aidnet.web.shapes import Point, View, above, drawn, frame_of, gazetteer, middle, name_of, path_of, townships_of


@dataclass(frozen=True)
class Area:
    """A place to show. `level` 0 is nothing, 1 to 5 the bands; a withheld area is veiled and says so in `text`."""

    pcode: str
    level: int
    text: str = ""
    url: str = ""
    withheld: bool = False
    #: What this network calls it; empty: as the shipped gazetteer does.
    name: str = ""

    def called(self, locale: str) -> str:
        """Its name on the map and in the table."""
        return self.name or name_of(self.pcode, locale)


@dataclass(frozen=True)
class Shape:
    """An area as a path; `level` is the band, or "w" where it is withheld."""

    level: str
    path: str


@dataclass(frozen=True)
class Label:
    """An area's name, where there is room for it."""

    x: int
    y: int
    text: str


@dataclass(frozen=True)
class Pin:
    """One point on the map."""

    x: int
    y: int


@dataclass(frozen=True)
class Band:
    """A line of the legend."""

    level: str
    label: str


@dataclass(frozen=True)
class MapRow:
    """A line of the map's table."""

    name: str
    text: str
    url: str
    withheld: bool


@dataclass(frozen=True)
class AreaMap:
    """A map whose table says the same as its picture."""

    width: int
    height: int
    shapes: tuple[Shape, ...]
    labels: tuple[Label, ...]
    pins: tuple[Pin, ...]
    legend: tuple[Band, ...]
    rows: tuple[MapRow, ...]
    in_words: str


def area_map(
    areas: Sequence[Area],
    *,
    states: Sequence[str],
    locale: str = "en",
    legend: Sequence[tuple[int | str, str]] = (),
    pins: Sequence[tuple[float, float]] = (),
    labels: bool = True,
    near: bool = False,
) -> AreaMap:
    """The states, with `areas` (townships, districts or states of theirs) in their bands, and the rest empty.

    With `near`, only as much is drawn as holds the areas. Units: pins are (latitude, longitude) in degrees, WGS84; one
    outside the drawing is left out. Raises: KeyError where an area's P-code is no state, district or township.
    """
    chosen = {area.pcode: area for area in areas}
    by_township = any(gazetteer()[pcode].level == "township" for pcode in chosen)
    home = tuple(sorted(set(states)))
    groups: dict[str, list[str]] = {}
    for township in townships_of(home):
        line = list(above(township))
        group = next((pcode for pcode in line if pcode in chosen), township if by_township else line[1])
        groups.setdefault(group, []).append(township)

    focus = tuple(township for group in chosen for township in groups.get(group, ())) if near else ()
    view = View(home, focus)
    frame = frame_of(view)
    shapes, names = [], []
    for pcode, townships in sorted(groups.items(), key=lambda pair: pair[0] in chosen):
        shape = drawn(view, tuple(townships))
        area = chosen.get(pcode, Area(pcode, 0))
        if shape.rings:
            shapes.append(Shape("w" if area.withheld else str(area.level), path_of(shape)))
        if labels and shape.rings and pcode in chosen:
            names.append((*middle(shape), area.called(locale)))
    points = [frame.place(lon, lat) for lat, lon in pins]
    return AreaMap(
        width=frame.width,
        height=frame.height,
        shapes=tuple(shapes),
        labels=spread(names, frame.width, points),
        pins=tuple(Pin(round(x), round(y)) for x, y in points if 0 <= x <= frame.width and 0 <= y <= frame.height),
        legend=tuple(Band(str(level), label) for level, label in legend),
        rows=tuple(
            MapRow(area.called(locale), area.text, area.url, area.withheld) for area in areas if area.text
        ),
        in_words=in_words(areas, locale),
    )


def spread(names: Iterable[tuple[float, float, str]], width: int, pins: Sequence[Point]) -> tuple[Label, ...]:
    """The names that fit without touching one another, above a pin that would cover them; the table has them all."""
    taken: list[tuple[float, float, float]] = []
    found = []
    for x, y, text in names:
        half = min(text_width(text) * 0.75, width / 2)
        x = min(max(x, half), width - half)
        y = min([y, *(pin_y - 18 for pin_x, pin_y in pins if abs(x - pin_x) < half + 8 and abs(y - pin_y) < 18)])
        if all(
            abs(x - other_x) > half + other_half + 8 or abs(y - other_y) > 20 for other_x, other_y, other_half in taken
        ):
            taken.append((x, y, half))
            found.append(Label(round(x), round(y) + 5, text))
    return tuple(found)


def in_words(areas: Sequence[Area], locale: str) -> str:
    """The map in a sentence, for who does not see it."""
    shown = [f"{area.called(locale)} {area.text}".strip() for area in areas]
    return "; ".join(shown) if shown else _("Nothing to show on this map yet.")


def band(values: Sequence[int], bands: int = 5) -> list[int]:
    """Each value's band, 1 to `bands`, by equal counts; 0 for a value of zero or less. Equal values share a band."""
    ranked = sorted(value for value in values if value > 0)
    if not ranked:
        return [0 for _value in values]
    edges = [ranked[min(len(ranked) - 1, math.ceil(len(ranked) * part / bands) - 1)] for part in range(1, bands + 1)]
    return [next(level for level, edge in enumerate(edges, 1) if value <= edge) if value > 0 else 0 for value in values]
