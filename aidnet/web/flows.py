"""A picture of where something went: columns of parts, and the bands between them. Geometry only, as in `charts`.

What is drawn is ways, each from the first column to the last. So each column is the sum of the one before by its making.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from aidnet.web.charts import plain, text_width

#: What a step's words need, of height and of room below them.
_LINE, _GAP = 15.0, 4.0
#: Of the drawings, in the units of their own view boxes.
_WIDE, _TALL, _BAR = 720, 250.0, 14.0
_SLIM, _BAND, _THICK = 340, 64.0, 16.0
#: The narrowest part that can be seen.
_LEAST = 1.5


@dataclass(frozen=True)
class Stop:
    """One part of one column. `tone` is a strip's kind ("done") or a chart's tone ("1")."""

    label: str
    tone: str


@dataclass(frozen=True)
class Way:
    """So much went through these stops, one of each column."""

    stops: tuple[Stop, ...]
    value: int


@dataclass(frozen=True)
class Box:
    """A part as it is drawn, and where its words begin. Words are drawn in the wide drawing only."""

    tone: str
    x: float
    y: float
    width: float
    height: float
    label: str
    text: str
    text_y: float


@dataclass(frozen=True)
class Band:
    """What went from a part to a part of the next column; of the colour of where it went."""

    tone: str
    path: str


@dataclass(frozen=True)
class Drawing:
    width: int
    height: float
    boxes: tuple[Box, ...]
    bands: tuple[Band, ...]


@dataclass(frozen=True)
class Told:
    """A part in words, for the lists below a slim drawing and for those who see none."""

    tone: str
    label: str
    text: str
    value: int


@dataclass(frozen=True)
class Flow:
    """The same numbers as two drawings, and in words."""

    #: What each column is called.
    heads: tuple[str, ...]
    columns: tuple[tuple[Told, ...], ...]
    #: For a table: each way in words, and how much.
    rows: tuple[tuple[tuple[str, ...], str, int], ...]
    total: str
    total_value: int
    wide: Drawing
    slim: Drawing
    in_words: str


def flow(heads: Sequence[str], ways: Sequence[Way], text: Callable[[int], str]) -> Flow | None:
    """The picture of the ways; those of nothing are left out. None: nothing went anywhere.

    Raises ValueError for a way below zero or with other columns than `heads`.
    """
    ways = [way for way in ways if way.value]
    if any(way.value < 0 or len(way.stops) != len(heads) for way in ways):
        raise ValueError("a way goes through every column, with something")
    if not ways:
        return None
    columns = [_column(ways, at) for at in range(len(heads))]
    told = tuple(
        tuple(Told(stop.tone, stop.label, text(value), value) for stop, value in column.items()) for column in columns
    )
    total = sum(way.value for way in ways)
    return Flow(
        tuple(heads),
        told,
        tuple((tuple(stop.label for stop in way.stops), text(way.value), way.value) for way in ways),
        text(total),
        total,
        _wide(ways, columns, text),
        _slim(ways, columns),
        "; ".join(
            f"{head}: {', '.join(f'{one.label} {one.text}' for one in column)}"
            for head, column in zip(heads, told, strict=True)
        ),
    )


def _column(ways: Sequence[Way], at: int) -> dict[Stop, int]:
    """The stops of a column in the order the ways come, and how much goes through each."""
    sums: dict[Stop, int] = {}
    for way in ways:
        sums[way.stops[at]] = sums.get(way.stops[at], 0) + way.value
    return sums


def _wide(ways: Sequence[Way], columns: Sequence[dict[Stop, int]], text: Callable[[int], str]) -> Drawing:
    """Columns side by side, words to the right of each part."""
    per = _TALL / sum(way.value for way in ways)
    words = [max(text_width(f"{stop.label} {text(value)}") for stop, value in column.items()) for column in columns]
    last = max(_WIDE - _BAR - 8 - words[-1], _WIDE * 0.55)
    boxes: list[Box] = []
    starts: list[dict[Stop, float]] = []
    for at, column in enumerate(columns):
        x, top = last * at / max(len(columns) - 1, 1), 0.0
        start: dict[Stop, float] = {}
        for stop, value in column.items():
            slot = max(value * per, _LINE)
            y = top + (slot - value * per) / 2
            start[stop] = y
            height = max(value * per, _LEAST)
            boxes.append(
                Box(
                    stop.tone,
                    _round(x),
                    _round(y),
                    _BAR,
                    _round(height),
                    stop.label,
                    text(value),
                    _round(top + slot / 2 + 4),
                )
            )
            top += slot + _GAP
        starts.append(start)
    xs = [last * at / max(len(columns) - 1, 1) for at in range(len(columns))]
    bands = []
    for at, other, value, begin, end in _bands(ways, starts, per):
        left, right, thick = xs[at] + _BAR, xs[at + 1], max(value * per, _LEAST)
        middle = (left + right) / 2
        path = (
            f"M{_at(left, begin)}C{_at(middle, begin)} {_at(middle, end)} {_at(right, end)}"
            f"V{plain(_round(end + thick))}C{_at(middle, end + thick)} {_at(middle, begin + thick)} {_at(left, begin + thick)}z"
        )
        bands.append(Band(other.tone, path))
    return Drawing(_WIDE, _round(max(box.y + max(box.height, _LINE) for box in boxes) + 4), tuple(boxes), tuple(bands))


def _slim(ways: Sequence[Way], columns: Sequence[dict[Stop, int]]) -> Drawing:
    """Columns below each other, for a phone: their words are lists below."""
    gap = 1.0
    most = max(len(column) for column in columns)
    per = (_SLIM - gap * (most - 1)) / sum(way.value for way in ways)
    boxes: list[Box] = []
    starts: list[dict[Stop, float]] = []
    for at, column in enumerate(columns):
        x, start = 0.0, dict[Stop, float]()
        for stop, value in column.items():
            start[stop] = x
            width = max(value * per, _LEAST)
            boxes.append(Box(stop.tone, _round(x), at * (_THICK + _BAND), _round(width), _THICK, stop.label, "", 0.0))
            x += value * per + gap
        starts.append(start)
    bands = []
    for at, other, value, begin, end in _bands(ways, starts, per):
        top, bottom, thick = at * (_THICK + _BAND) + _THICK, (at + 1) * (_THICK + _BAND), max(value * per, _LEAST)
        middle = (top + bottom) / 2
        path = (
            f"M{_at(begin, top)}C{_at(begin, middle)} {_at(end, middle)} {_at(end, bottom)}"
            f"H{plain(_round(end + thick))}C{_at(end + thick, middle)} {_at(begin + thick, middle)} {_at(begin + thick, top)}z"
        )
        bands.append(Band(other.tone, path))
    return Drawing(_SLIM, (len(columns) - 1) * (_THICK + _BAND) + _THICK, tuple(boxes), tuple(bands))


def _bands(
    ways: Sequence[Way], starts: Sequence[dict[Stop, float]], per: float
) -> list[tuple[int, Stop, int, float, float]]:
    """Between each column and the next: which column, to what, how much, and where on both sides it begins."""
    found = []
    for at in range(len(starts) - 1):
        between = Counter[tuple[Stop, Stop]]()
        for way in ways:
            between[way.stops[at], way.stops[at + 1]] += way.value
        left, right = dict(starts[at]), dict(starts[at + 1])
        for (one, other), value in between.items():
            found.append((at, other, value, left[one], right[other]))
            left[one] += value * per
            right[other] += value * per
    return found


def _round(number: float) -> float:
    return round(number, 1)


def _at(x: float, y: float) -> str:
    return f"{plain(_round(x))} {plain(_round(y))}"
