"""Maps are whole, small, and no finer than what they were given."""

import gzip
import re

import pytest

from aidnet.web import maps, shapes
from aidnet.web.maps import Area

SAGAING = ("MMR005",)


def districts() -> list[str]:
    return [place.pcode for place in shapes.gazetteer().values() if place.parent == "MMR005"]


def test_sagaing_has_its_townships() -> None:
    assert len(shapes.townships_of(SAGAING)) == 37


def test_every_shape_is_a_place_of_the_gazetteer() -> None:
    assert len(shapes.topology().townships) == 320
    assert set(shapes.topology().townships) <= set(shapes.gazetteer())


def test_merging_townships_leaves_no_border_between_them() -> None:
    townships = shapes.topology().townships
    inside = [pcode for pcode in townships if "MMR005D003" in shapes.above(pcode)]
    kept = {number for ring in shapes.merged(ring for pcode in inside for ring in townships[pcode]) for number in ring}
    apart = [number for pcode in inside for ring in townships[pcode] for number in ring]
    assert kept == {number for number in apart if ~number not in apart}
    assert len(kept) < len(apart)


@pytest.mark.parametrize("pcode", ["MMR005D003", "MMR005D004", "MMR001D001", "MMR006"])
def test_merged_outlines_are_closed(pcode: str) -> None:
    townships, arcs = shapes.topology().townships, shapes.topology().arcs
    inside = [township for township in townships if pcode in shapes.above(township)]
    for ring in shapes.merged(ring for township in inside for ring in townships[township]):
        ends = [(arcs[at][0], arcs[at][-1]) if at >= 0 else (arcs[~at][-1], arcs[~at][0]) for at in ring]
        assert all(before[1] == after[0] for before, after in zip(ends, [*ends[1:], ends[0]], strict=True))


def test_the_area_of_a_district_is_the_sum_of_its_townships() -> None:
    view = shapes.View(SAGAING)
    for district in districts():
        inside = tuple(pcode for pcode in shapes.townships_of(SAGAING) if district in shapes.above(pcode))
        whole = sum(map(shapes.size_of, shapes.drawn(view, inside).rings))
        parts = sum(shapes.size_of(ring) for pcode in inside for ring in shapes.drawn(view, (pcode,)).rings)
        assert whole == pytest.approx(parts, rel=0.02)


def test_a_map_of_districts_names_and_draws_nothing_finer() -> None:
    drawn = maps.area_map([Area(pcode, 3, "x") for pcode in districts()], states=SAGAING)
    assert len(drawn.shapes) == len(districts())
    assert {row.name for row in drawn.rows} == {shapes.name_of(pcode, "en") for pcode in districts()}


def test_a_map_of_one_district_leaves_the_others_whole() -> None:
    assert len(maps.area_map([Area("MMR005D003", 3)], states=SAGAING).shapes) == len(districts())


def test_every_township_of_a_state_fits_in_a_page() -> None:
    drawn = maps.area_map([Area(pcode, 2, "12") for pcode in shapes.townships_of(SAGAING)], states=SAGAING)
    assert len(drawn.shapes) == 37
    assert len(gzip.compress("".join(shape.path for shape in drawn.shapes).encode())) < 3_000


def test_paths_stay_in_the_frame_and_end_where_they_begin() -> None:
    drawn = maps.area_map([Area(pcode, 2) for pcode in shapes.townships_of(SAGAING)], states=SAGAING)
    for shape in drawn.shapes:
        for ring in shape.path.removesuffix("z").split("z"):
            start, steps = re.fullmatch(r"M(\d+ \d+)l([-\d ]+)", ring).groups()  # type: ignore[union-attr]
            x, y = map(int, start.split())
            numbers = [int(part) for part in re.findall(r"-?\d+", steps)]
            for dx, dy in zip(numbers[::2], numbers[1::2], strict=True):
                x, y = x + dx, y + dy
                assert 0 <= x <= drawn.width
                assert 0 <= y <= drawn.height


def test_coming_near_leaves_out_what_is_far() -> None:
    far = maps.area_map([Area("MMR005016", 5)], states=SAGAING)
    near = maps.area_map([Area("MMR005016", 5)], states=SAGAING, near=True, pins=[(22.08, 94.9), (26.0, 96.0)])
    assert len(near.shapes) < len(far.shapes)
    assert len(near.pins) == 1


def test_a_withheld_area_is_veiled_and_says_so() -> None:
    drawn = maps.area_map([Area("MMR005D003", 4, "Withheld for safety", withheld=True)], states=SAGAING, locale="my")
    assert [shape.level for shape in drawn.shapes if shape.level != "0"] == ["w"]
    assert drawn.rows[0].withheld
    assert drawn.rows[0].name == shapes.gazetteer()["MMR005D003"].name_my


def test_an_unknown_place_is_refused() -> None:
    with pytest.raises(KeyError):
        maps.area_map([Area("MMR999", 1)], states=SAGAING)


def test_bands_are_shared_out_evenly_and_equal_values_share_one() -> None:
    assert maps.band([10, 20, 30, 40, 50]) == [1, 2, 3, 4, 5]
    assert maps.band([0, 7, 7, 7]) == [0, 1, 1, 1]
    assert maps.band([]) == []
