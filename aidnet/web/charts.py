"""Pictures of numbers as geometry: pure functions from integers to frozen shapes that templates draw.

Nothing here knows a currency or a role: what is passed in is what may be seen. All lengths are in the units of the
drawing's own view box.
"""

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from aidnet.i18n import gettext as _

#: A label no wider than this many units per letter at the drawing's text size.
LATIN, BURMESE, VOWEL = 6.8, 11.0, 6.0


@dataclass(frozen=True)
class Column:
    """One bar of a stacked chart. `values` follow the order of the series; `group` (a year) is written once, below."""

    label: str
    values: tuple[int, ...]
    group: str = ""


@dataclass(frozen=True)
class Series:
    """One kind of thing in every bar. `tone` is "1" to "6": 5 is loss, 6 what is left. `text` is the sum, once drawn."""

    label: str
    tone: str
    text: str = ""


@dataclass(frozen=True)
class Tick:
    """A line across the chart, its height and its words."""

    y: float
    text: str
    zero: bool


@dataclass(frozen=True)
class Mark:
    """Words below a bar."""

    x: float
    y: float
    text: str
    anchor: str


@dataclass(frozen=True)
class Layer:
    """All bars of one series as a single path."""

    tone: str
    path: str


@dataclass(frozen=True)
class Plot:
    """One drawing: `left` and `right` bound the bars."""

    width: int
    height: int
    left: float
    right: float
    ticks: tuple[Tick, ...]
    layers: tuple[Layer, ...]
    marks: tuple[Mark, ...]


@dataclass(frozen=True)
class Row:
    """A line of the chart's table."""

    label: str
    texts: tuple[str, ...]
    total: str


@dataclass(frozen=True)
class StackedChart:
    """The same numbers as two drawings and a table; every total is the sum of what the rows show."""

    columns: tuple[Column, ...]
    series: tuple[Series, ...]
    wide: Plot
    slim: Plot
    rows: tuple[Row, ...]
    total: str
    in_words: str


def text_width(text: str) -> float:
    """About how wide `text` is drawn at the size charts use."""
    wide = 0.0
    for letter in text:
        kind = unicodedata.category(letter)
        if kind == "Mn":
            continue
        if "\u1000" <= letter <= "\u109f":
            wide += VOWEL if kind == "Mc" else BURMESE
        else:
            wide += LATIN
    return wide


def nice_step(span: Fraction, about: int = 4) -> Fraction:
    """A round step (1, 2, 2.5 or 5 times a power of ten) that divides `span` into at most about `about` parts."""
    if span <= 0:
        return Fraction(1)
    raw = span / about
    power = Fraction(1)
    while power * 10 <= raw:
        power *= 10
    while power > raw:
        power /= 10
    return next(
        (power * Fraction(times) for times in ("1", "2", "5/2", "5") if power * Fraction(times) >= raw), power * 10
    )


def short_number(number: Fraction) -> str:
    """A tick's number: 0, 250, 2.5k, 12k, 1.5M, 2bn."""
    for size, word in ((10**9, "bn"), (10**6, "M"), (10**3, "k")):
        if abs(number) >= size:
            return f"{plain(float(number / size), 2)}{word}"
    return plain(float(number), 2)


def plain(number: float, digits: int = 1) -> str:
    """A number for a path or a tick: as few characters as it needs."""
    text = f"{number:.{digits}f}"
    return text.rstrip("0").rstrip(".") if float(text) else "0"


def stacked(
    columns: Sequence[Column],
    series: Sequence[Series],
    *,
    text: Callable[[int], str],
    per_unit: int = 1,
    tick: Callable[[Fraction], str] = short_number,
) -> StackedChart:
    """Bars over time, each built of the same series.

    Units: values are integers in minor units, `per_unit` of them to the unit that ticks count in. Values below zero
    (what was undone) are drawn below the line.
    """
    totals = [sum(column.values[index] for column in columns) for index in range(len(series))]
    rows = tuple(
        Row(label_of(column), tuple(text(value) for value in column.values), text(sum(column.values)))
        for column in columns
    )
    return StackedChart(
        columns=tuple(columns),
        series=tuple(Series(one.label, one.tone, text(total)) for one, total in zip(series, totals, strict=True)),
        wide=plot(columns, series, width=600, height=210, per_unit=per_unit, tick=tick),
        slim=plot(columns, series, width=290, height=220, per_unit=per_unit, tick=tick),
        rows=rows,
        total=text(sum(totals)),
        in_words=in_words(columns, text),
    )


def label_of(column: Column) -> str:
    return f"{column.label} {column.group}".strip()


def in_words(columns: Sequence[Column], text: Callable[[int], str]) -> str:
    """The chart in a sentence, for who does not see it."""
    if not columns:
        return _("Nothing to draw yet.")
    most = max(columns, key=lambda column: sum(column.values))
    return _(
        "%(total)s in all. Most in %(when)s: %(most)s.",
        total=text(sum(sum(column.values) for column in columns)),
        when=label_of(most),
        most=text(sum(most.values)),
    )


def plot(
    columns: Sequence[Column],
    series: Sequence[Series],
    *,
    width: int,
    height: int,
    per_unit: int,
    tick: Callable[[Fraction], str],
) -> Plot:
    """One drawing of the bars, its ticks and the words below."""
    above = max((sum(value for value in column.values if value > 0) for column in columns), default=0)
    below = min((sum(value for value in column.values if value < 0) for column in columns), default=0)
    step = nice_step(Fraction(above - below, per_unit))
    first = Fraction(below, per_unit) // step
    last = max(-(Fraction(-above, per_unit) // step), first + 1)
    counts = range(int(first), int(last) + 1)
    words = [tick(count * step) for count in counts]

    left = round(max(text_width(word) for word in words) + 10, 1)
    top, right = 8.0, width - 2.0
    grouped = any(column.group for column in columns)
    bottom = height - (42.0 if grouped else 24.0)
    scale = (bottom - top) / float((last - first) * step * per_unit)

    def y(value: float) -> float:
        return bottom - (value - float(first * step * per_unit)) * scale

    ticks = tuple(
        Tick(round(y(float(count * step * per_unit)), 1), word, count == 0)
        for count, word in zip(counts, words, strict=True)
    )
    pitch = (right - left) / max(len(columns), 1)
    bar = min(pitch * 0.72, 46.0)
    layers = []
    for index, one in enumerate(series):
        path = []
        for at, column in enumerate(columns):
            value = column.values[index]
            if value:
                start = sum(other for other in column.values[:index] if (other > 0) == (value > 0))
                x = left + pitch * at + (pitch - bar) / 2
                ends = round(y(start), 1), round(y(start + value), 1)
                path.append(
                    f"M{plain(x)} {plain(min(ends))}h{plain(bar)}v{plain(abs(ends[0] - ends[1]))}h-{plain(bar)}z"
                )
        layers.append(Layer(one.tone, "".join(path)))
    return Plot(width, height, left, right, ticks, tuple(layers), marks(columns, left, pitch, bottom))


def marks(columns: Sequence[Column], left: float, pitch: float, bottom: float) -> tuple[Mark, ...]:
    """Words below the bars: as many as fit, counted from the last bar, and each group's name where it begins."""
    if not columns:
        return ()
    widest = max(text_width(column.label) for column in columns)
    every = max(1, -int(-(widest + 8) // pitch))
    last = len(columns) - 1
    found = [
        Mark(round(left + pitch * (at + 0.5), 1), bottom + 17, column.label, "middle")
        for at, column in enumerate(columns)
        if (last - at) % every == 0
    ]
    starts = [
        at for at, column in enumerate(columns) if column.group and (at == 0 or columns[at - 1].group != column.group)
    ]
    for number, at in enumerate(starts, 1):
        after = starts[number] if number < len(starts) else len(columns)
        if (after - at) * pitch >= text_width(columns[at].group):
            found.append(Mark(round(left + pitch * at + 2, 1), bottom + 36, columns[at].group, "start"))
    return tuple(found)


@dataclass(frozen=True)
class Bar:
    """One row of a bar list. An empty `tone` takes the list's."""

    label: str
    value: int
    url: str = ""
    tone: str = ""


@dataclass(frozen=True)
class BarRow:
    """A bar as it is drawn: `width` of 1000."""

    label: str
    text: str
    width: int
    url: str
    tone: str


@dataclass(frozen=True)
class BarList:
    """Bars below each other, and their sum where it means something."""

    rows: tuple[BarRow, ...]
    total: str


def bars(items: Sequence[Bar], *, text: Callable[[int], str], tone: str = "1", total: bool = False) -> BarList:
    """A bar a row, the longest as wide as there is room. A value of zero or less has no bar, only its number."""
    most = max((item.value for item in items), default=0)
    rows = tuple(
        BarRow(
            item.label,
            text(item.value),
            max(4, round(1000 * item.value / most)) if item.value > 0 else 0,
            item.url,
            item.tone or tone,
        )
        for item in items
    )
    return BarList(rows, text(sum(item.value for item in items)) if total and items else "")


@dataclass(frozen=True)
class Part:
    """Some units of a line: `kind` is done, held, open, lost, back, plan or over."""

    kind: str
    label: str
    quantity: int | Decimal
    text: str


@dataclass(frozen=True)
class StripPart:
    """A part as it is drawn; `width` 0 is not drawn, only named."""

    kind: str
    label: str
    text: str
    x: float
    width: float


@dataclass(frozen=True)
class Strip:
    """All units of a line, side by side, to scale; the widths and the gaps between fill `width`."""

    width: int
    parts: tuple[StripPart, ...]
    in_words: str


def strip(parts: Sequence[Part], width: int = 600) -> Strip:
    """Where every unit is. Parts of nothing are left out; the smallest part stays wide enough to be seen."""
    real = [part for part in parts if part.quantity > 0]
    gap, least = 1.0, 4.0
    room = width - gap * max(len(real) - 1, 0)
    total = float(sum(part.quantity for part in real)) or 1.0
    widths = [max(least, room * float(part.quantity) / total) for part in real]
    if widths:
        widths[widths.index(max(widths))] -= sum(widths) - room
    drawn, x = [], 0.0
    for part, wide in zip(real, widths, strict=True):
        drawn.append(StripPart(part.kind, part.label, part.text, round(x, 1), round(wide, 1)))
        x += wide + gap
    return Strip(width, tuple(drawn), ", ".join(f"{part.label} {part.text}" for part in drawn))
