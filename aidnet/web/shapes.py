"""The shipped shapes of townships: decoded, merged into districts and states, smoothed, and fitted into a drawing.

They are cells around village points, not boundaries (places/data/README.md says from where).
"""

import csv
import json
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

DATA = Path(__file__).resolve().parents[1] / "places" / "data"
#: A drawing fits in this, in the units of its view box.
WIDTH, HEIGHT = 400, 600
EDGE = 6
#: A map that comes near still shows this much of the country, in degrees: a place without its neighbours says little.
AROUND = 1.5
#: Corners that stand out less than this from a straight line are left out.
SMOOTH = 0.7
#: Parts of an area smaller than this share of its largest part are left out: the clipping's crumbs.
SLIVER = 0.01

Point = tuple[float, float]


@dataclass(frozen=True)
class Place:
    """A state, district or township as the shipped gazetteer names it."""

    pcode: str
    level: str
    parent: str
    name_en: str
    name_my: str


@dataclass(frozen=True)
class Topology:
    """The shipped shapes: arcs in degrees (longitude, latitude), and each township's rings as arc numbers (~n backwards)."""

    arcs: tuple[tuple[Point, ...], ...]
    townships: dict[str, tuple[tuple[int, ...], ...]]


@dataclass(frozen=True)
class Drawn:
    """One area's outline at the size it is drawn: its rings, in whole units."""

    rings: tuple[tuple[tuple[int, int], ...], ...]


@lru_cache(maxsize=1)
def gazetteer() -> dict[str, Place]:
    """States, districts and townships by P-code."""
    with (DATA / "places-admin.csv").open(encoding="utf-8", newline="") as file:
        return {
            row["pcode"]: Place(row["pcode"], row["level"], row["parent_pcode"], row["name_en"], row["name_my"])
            for row in csv.DictReader(file)
            if row["level"] in {"state", "district", "township"}
        }


@lru_cache(maxsize=1)
def topology() -> Topology:
    """The shipped shapes, decoded: deltas summed, steps turned into degrees."""
    raw = json.loads((DATA / "myanmar-adm3-approx.topojson").read_text("utf-8"))
    (scale_x, scale_y), (shift_x, shift_y) = raw["transform"]["scale"], raw["transform"]["translate"]
    arcs = []
    for arc in raw["arcs"]:
        x = y = 0
        points = []
        for dx, dy in arc:
            x, y = x + dx, y + dy
            points.append((x * scale_x + shift_x, y * scale_y + shift_y))
        arcs.append(tuple(points))
    townships = {}
    for shape in raw["objects"]["adm3"]["geometries"]:
        polygons = [shape["arcs"]] if shape["type"] == "Polygon" else shape["arcs"]
        townships[shape["properties"]["pcode"]] = tuple(tuple(ring) for polygon in polygons for ring in polygon)
    return Topology(tuple(arcs), townships)


def above(pcode: str) -> Iterator[str]:
    """The place and those it lies in, nearest first."""
    places = gazetteer()
    while pcode in places:
        yield pcode
        pcode = places[pcode].parent


def townships_of(states: Sequence[str]) -> tuple[str, ...]:
    """The townships with a shape that lie in one of the states."""
    return tuple(pcode for pcode in topology().townships if any(place in states for place in above(pcode)))


def merged(rings: Iterable[tuple[int, ...]]) -> list[list[int]]:
    """The outline of several shapes: borders between them go, the rest is joined into rings of arc numbers."""
    left = {number for ring in rings for number in ring}
    left = {number for number in left if ~number not in left}
    arcs = topology().arcs

    def start(number: int) -> Point:
        return arcs[number][0] if number >= 0 else arcs[~number][-1]

    by_start: dict[Point, list[int]] = {}
    for number in sorted(left):
        by_start.setdefault(start(number), []).append(number)
    found = []
    while by_start:
        first = next(iter(by_start))
        ring, at = [], first
        while at in by_start:
            number = by_start[at].pop()
            if not by_start[at]:
                del by_start[at]
            ring.append(number)
            at = start(~number)
        found.append(ring)
    return found


def smoothed(points: Sequence[Point], tolerance: float) -> list[Point]:
    """The line without corners that stand out less than `tolerance` (Douglas and Peucker); its ends stay."""
    keep = {0, len(points) - 1}
    spans = [(0, len(points) - 1)]
    while spans:
        low, high = spans.pop()
        (ax, ay), (bx, by) = points[low], points[high]
        length = math.hypot(bx - ax, by - ay)
        worst, where = tolerance, 0
        for at in range(low + 1, high):
            x, y = points[at]
            off = abs((bx - ax) * (ay - y) - (ax - x) * (by - ay)) / length if length else math.hypot(x - ax, y - ay)
            if off > worst:
                worst, where = off, at
        if where:
            keep.add(where)
            spans += [(low, where), (where, high)]
    return [points[at] for at in sorted(keep)]


@dataclass(frozen=True)
class View:
    """What a drawing is of: the states, and the townships it comes near to (none: it holds the states)."""

    states: tuple[str, ...]
    focus: tuple[str, ...] = ()


@dataclass(frozen=True)
class Frame:
    """How degrees become units of the drawing."""

    width: int
    height: int
    west: float
    north: float
    scale: float
    squeeze: float

    def place(self, lon: float, lat: float) -> Point:
        """Where a point of the earth lies in the drawing."""
        return (lon - self.west) * self.squeeze * self.scale + EDGE, (self.north - lat) * self.scale + EDGE

    def holds(self, ring: Sequence[tuple[int, int]]) -> bool:
        """Whether any of the ring could be seen."""
        xs, ys = [x for x, _y in ring], [y for _x, y in ring]
        return min(xs) < self.width and max(xs) > 0 and min(ys) < self.height and max(ys) > 0


def arcs_of(townships: Iterable[str]) -> set[int]:
    """The numbers of the arcs that bound the townships, all forwards."""
    rings = topology().townships
    return {number if number >= 0 else ~number for pcode in townships for ring in rings[pcode] for number in ring}


def bounds(townships: Iterable[str]) -> tuple[float, float, float, float]:
    """West, south, east and north of the townships, in degrees; the whole country's where there are none."""
    points = [point for number in arcs_of(townships) for point in topology().arcs[number]] or [
        (92.0, 9.5),
        (101.5, 28.6),
    ]
    xs, ys = [x for x, _y in points], [y for _x, y in points]
    return min(xs), min(ys), max(xs), max(ys)


def widened(low: float, high: float, least: float, most: float) -> tuple[float, float]:
    """The span made at least `AROUND` wide about its middle, as far as it stays between `least` and `most`."""
    more = max(AROUND - (high - low), 0.0) / 2
    return max(least, low - more), min(most, high + more)


@lru_cache(maxsize=64)
def frame_of(view: View) -> Frame:
    """The frame that just holds the states, or the townships in focus with something of what lies around them."""
    west, south, east, north = whole = bounds(townships_of(view.states))
    if view.focus:
        west, south, east, north = bounds(view.focus)
        (west, east), (south, north) = (
            widened(west, east, whole[0], whole[2]),
            widened(south, north, whole[1], whole[3]),
        )
    squeeze = math.cos(math.radians((south + north) / 2))
    scale = min((WIDTH - 2 * EDGE) / ((east - west) * squeeze), (HEIGHT - 2 * EDGE) / (north - south))
    width, height = math.ceil((east - west) * squeeze * scale), math.ceil((north - south) * scale)
    return Frame(width + 2 * EDGE, height + 2 * EDGE, west, north, scale, squeeze)


@lru_cache(maxsize=64)
def lines_of(view: View) -> dict[int, tuple[tuple[int, int], ...]]:
    """Every arc of the states, smoothed once and in whole units, so that neighbours share their border exactly."""
    arcs, frame = topology().arcs, frame_of(view)
    lines = {}
    for number in arcs_of(townships_of(view.states)):
        points = smoothed([frame.place(*point) for point in arcs[number]], SMOOTH)
        lines[number] = tuple((round(x), round(y)) for x, y in points)
    return lines


@lru_cache(maxsize=512)
def drawn(view: View, townships: tuple[str, ...]) -> Drawn:
    """The outline of some townships of the states, as one area; nothing where it lies outside the frame."""
    shapes, lines, frame = topology(), lines_of(view), frame_of(view)
    rings = []
    for ring in merged(ring for pcode in townships for ring in shapes.townships[pcode]):
        points: list[tuple[int, int]] = []
        for number in ring:
            line = lines[number] if number >= 0 else lines[~number][::-1]
            points += [point for at, point in enumerate(line) if not points or at or point != points[-1]]
        plain = [point for at, point in enumerate(points) if at == 0 or point != points[at - 1]]
        if len(plain) > 3:
            rings.append(tuple(plain))
    most = max(map(size_of, rings), default=0.0)
    return Drawn(tuple(ring for ring in rings if size_of(ring) >= most * SLIVER and frame.holds(ring)))


def size_of(ring: Sequence[tuple[int, int]]) -> float:
    """The area inside a ring, in square units."""
    pairs = zip(ring, [*ring[1:], ring[0]], strict=True)
    return abs(sum(ax * by - bx * ay for (ax, ay), (bx, by) in pairs)) / 2


def path_of(shape: Drawn) -> str:
    """The rings as one path, in relative steps."""
    parts = []
    for ring in shape.rings:
        (x, y), *rest = ring
        steps = [f"M{x} {y}l"]
        for to_x, to_y in rest[:-1] if rest[-1] == ring[0] else rest:
            step = f"{to_x - x} {to_y - y}"
            steps.append(step if len(steps) == 1 or step.startswith("-") else f" {step}")
            x, y = to_x, to_y
        parts.append("".join(steps).replace(" -", "-") + "z")
    return "".join(parts)


def middle(shape: Drawn) -> Point:
    """The centre of the largest ring."""
    ring = max(shape.rings, key=size_of)
    area = x = y = 0.0
    for (ax, ay), (bx, by) in zip(ring, [*ring[1:], ring[0]], strict=True):
        cross = ax * by - bx * ay
        area, x, y = area + cross, x + (ax + bx) * cross, y + (ay + by) * cross
    return x / (3 * area), y / (3 * area)


def name_of(pcode: str, locale: str) -> str:
    """What the shipped gazetteer calls a state, district or township."""
    place = gazetteer()[pcode]
    return place.name_my if locale == "my" else place.name_en
