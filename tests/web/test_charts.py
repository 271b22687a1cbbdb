"""Charts say what the numbers say."""

import re
from fractions import Fraction
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from aidnet.web import charts
from aidnet.web.charts import Bar, Column, Part, Series

SERIES = [Series("goods", "1"), Series("lost", "5"), Series("held", "6")]
COLUMNS = st.lists(st.tuples(*[st.integers(-(10**13), 10**13)] * 3), max_size=24)


def drawn(values: list[tuple[int, int, int]]) -> charts.StackedChart:
    columns = [Column(f"M{at}", value, "2025" if at < 3 else "2026") for at, value in enumerate(values)]
    return charts.stacked(columns, SERIES, text=str, per_unit=100)


def heights(path: str) -> list[float]:
    return [float(part) for part in re.findall(r"v([\d.]+)h-", path)]


@given(values=COLUMNS)
def test_totals_are_the_sums_of_what_is_shown(values: list[tuple[int, int, int]]) -> None:
    chart = drawn(values)
    assert int(chart.total) == sum(int(row.total) for row in chart.rows)
    for at, series in enumerate(chart.series):
        assert int(series.text) == sum(int(row.texts[at]) for row in chart.rows)


@given(values=COLUMNS)
def test_bars_are_as_high_as_their_values_and_stay_inside(values: list[tuple[int, int, int]]) -> None:
    chart = drawn(values)
    for plot in (chart.wide, chart.slim):
        scale = heights_per_unit(plot)
        for at, layer in enumerate(plot.layers):
            real = [value[at] for value in values if value[at]]
            assert len(heights(layer.path)) == len(real)
            for height, value in zip(heights(layer.path), real, strict=True):
                assert abs(height - abs(value) * scale) <= 0.11
        for x, y in re.findall(r"M([\d.]+) ([\d.]+)h", "".join(layer.path for layer in plot.layers)):
            assert plot.left <= float(x) <= plot.right
            assert 0 <= float(y) <= plot.height


def heights_per_unit(plot: charts.Plot) -> float:
    """Drawing units per minor unit, read off two ticks whose words are whole."""
    first, last = plot.ticks[0], plot.ticks[-1]
    return (first.y - last.y) / float(number(last.text) - number(first.text)) / 100


def number(text: str) -> Fraction:
    sizes = {"k": 10**3, "M": 10**6, "bn": 10**9}
    word = text.lstrip("-0123456789.")
    return Fraction(text[: len(text) - len(word)]) * sizes.get(word, 1)


@given(span=st.fractions(min_value=Fraction(1, 1000), max_value=10**15))
def test_a_step_is_round_and_divides_into_few_parts(span: Fraction) -> None:
    step = charts.nice_step(span)
    assert span / step <= 4
    assert span / step > Fraction(8, 5)
    assert re.fullmatch(r"(1|2|25|5)0*", str(step * 10**6))


def test_labels_below_a_narrow_chart_do_not_touch() -> None:
    columns = [Column("ဇန်နဝါရီ", (1, 2, 3)) for _ in range(24)]
    chart = charts.stacked(columns, SERIES, text=str)
    for plot in (chart.wide, chart.slim):
        places = [mark.x for mark in plot.marks]
        assert all(after - before >= charts.text_width("ဇန်နဝါရီ") for before, after in pairwise(places))


def test_a_chart_of_nothing_draws_nothing() -> None:
    chart = charts.stacked([], SERIES, text=str)
    assert chart.wide.layers == tuple(charts.Layer(series.tone, "") for series in SERIES)
    assert chart.total == "0"


def test_the_widest_bar_fills_its_room_and_nothing_has_no_bar() -> None:
    found = charts.bars([Bar("a", 50), Bar("b", 100), Bar("c", 0), Bar("d", -5)], text=str, total=True)
    assert [row.width for row in found.rows] == [500, 1000, 0, 0]
    assert found.total == "145"


@given(sizes=st.lists(st.integers(0, 10**9), max_size=6))
def test_a_strip_is_filled_and_shows_every_part_that_is_there(sizes: list[int]) -> None:
    found = charts.strip([Part("done", "distributed", size, str(size)) for size in sizes])
    assert [part.text for part in found.parts] == [str(size) for size in sizes if size]
    assert all(part.width >= 3.9 for part in found.parts)
    if found.parts:
        assert abs(found.parts[-1].x + found.parts[-1].width - found.width) <= 0.2
    for before, after in pairwise(found.parts):
        assert abs(before.x + before.width + 1 - after.x) <= 0.2
