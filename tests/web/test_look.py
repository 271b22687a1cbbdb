"""The style sheet keeps its own rules: layers, one set of colours, enough contrast."""

import re
from pathlib import Path

import pytest

from aidnet.web.assets import STATIC, style_sheets

CSS = STATIC / "css"
PAIRS: dict[str, str] = dict(re.findall(r"--([\w-]+): light-dark\((#\w+, #\w+)\)", (CSS / "tokens.css").read_text()))
GROUNDS = ("paper", "surface", "sunk", "accent-wash", "good-wash", "wait-wash", "loss-wash")


def colour(name: str, night: bool) -> str:
    return PAIRS[name].split(", ")[night]


def luminance(colour: str) -> float:
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_old_browsers_get_the_same_colours_as_the_day() -> None:
    old = dict(re.findall(r"--([\w-]+): (#\w+);", (CSS / "tokens-old.css").read_text()))
    assert old == {name: pair.split(", ")[0] for name, pair in PAIRS.items()}


@pytest.mark.parametrize("night", [False, True], ids=["day", "night"])
@pytest.mark.parametrize("name", ["ink", "ink-soft", "accent", "good", "wait", "loss", "withheld"])
def test_words_can_be_read_on_every_ground(name: str, night: bool) -> None:
    for ground in GROUNDS:
        assert contrast(colour(name, night), colour(ground, night)) >= 4.5, ground


@pytest.mark.parametrize("night", [False, True], ids=["day", "night"])
def test_edges_and_bars_stand_out_from_their_ground(night: bool) -> None:
    for name in ("edge", "c1", "c2", "c3", "c4", "c5", "c6"):
        for ground in ("paper", "surface"):
            assert contrast(colour(name, night), colour(ground, night)) >= 3, (name, ground)
    assert contrast(colour("accent-ink", night), colour("accent", night)) >= 4.5


@pytest.mark.parametrize("path", style_sheets(), ids=lambda path: path.name)
def test_every_rule_stands_in_a_layer_and_takes_its_colours_from_the_tokens(path: Path) -> None:
    text = re.sub(r"/\*.*?\*/", "", path.read_text("utf-8"), flags=re.DOTALL)
    outside = re.sub(r"@layer \w+ \{.*?^\}", "", text, flags=re.DOTALL | re.MULTILINE)
    outside = re.sub(r"@font-face \{.*?^\}|@layer [\w, ]+;", "", outside, flags=re.DOTALL | re.MULTILINE)
    assert not outside.strip()
    assert not re.search(
        r"\b(margin|padding|border)-(left|right|top|bottom)\b|(?<!-)\b(left|right|top|bottom):", text
    ), "not logical"
    if not path.name.startswith("tokens"):
        found = set(re.findall(r"#[0-9a-f]{3,8}\b|rgb\([^)]*\)", text)) - {"#fff", "#000"}
        assert all("0 0 0" in one for one in found), found
