"""Components in a real browser: nothing hidden, nothing too small, nothing sent twice."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.browser.axe import no_barriers

pytestmark = pytest.mark.one_database
#: How far the page is wider than its window, in pixels.
OVERFLOW = "() => document.documentElement.scrollWidth - window.innerWidth"
#: The smallest text of the pictures that show, in pixels as drawn.
SMALLEST = """() => Math.min(...[...document.querySelectorAll('.chart text, .map text')].filter(text => text.getClientRects().length)
  .map(text => parseFloat(getComputedStyle(text).fontSize) * text.ownerSVGElement.getScreenCTM().a))"""
#: Buttons, links that look like buttons, and tabs that are lower than a fingertip.
LOW = """() => [...document.querySelectorAll(
  'button, .button, summary, .tabbar a, .bar a, select, input:not([type=hidden], [type=radio], [type=checkbox])')]
  .filter(one => one.getClientRects().length && one.getBoundingClientRect().height < 43.5).map(one => one.outerHTML.slice(0, 120))"""


@pytest.mark.parametrize("width", [320, 1280])
@pytest.mark.parametrize(("language", "dark"), [("en", False), ("my", True)])
def test_every_component_is_free_of_barriers_and_fits(
    browser_as: Callable[..., Page], width: int, language: str, dark: bool
) -> None:
    page = browser_as("coordinator", width=width, language=language, dark=dark)
    page.goto("/styleguide")
    no_barriers(page)
    assert page.evaluate(OVERFLOW) <= 0
    assert page.evaluate(SMALLEST) >= 11
    if width == 320:
        assert page.evaluate(LOW) == []


def test_the_words_of_pictures_stay_readable_at_any_width(browser_as: Callable[..., Page]) -> None:
    page = browser_as(None)
    page.goto("/styleguide")
    for width in (320, 414, 600, 760, 1024, 1600):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("() => window.innerWidth") == width
        assert 11 <= page.evaluate(SMALLEST) <= 18, width
        assert page.evaluate(OVERFLOW) <= 0, width


def test_numbers_behind_a_picture_can_be_reached_and_scrolled(browser_as: Callable[..., Page]) -> None:
    page = browser_as(None, width=320)
    page.goto("/styleguide")
    for fold in page.locator(".chart-links summary").all():
        fold.click()
    no_barriers(page)
    assert page.evaluate(OVERFLOW) <= 0


def test_rows_are_added_and_taken_away_in_place(browser_as: Callable[..., Page]) -> None:
    page = browser_as(None)
    page.goto("/styleguide")
    rows = page.locator("line-rows").first
    rows.locator("input").first.fill("rice")
    rows.get_by_role("button", name="Add a row").click()
    assert rows.locator(".row").count() == 3
    names = rows.locator("input").evaluate_all("all => all.map(one => one.name)")
    assert len(set(names)) == 6
    assert rows.locator(".row").nth(2).locator("input").first.input_value() == ""
    assert page.evaluate("() => document.activeElement.name") == names[4]

    rows.get_by_role("button", name="Remove").nth(1).click()
    assert rows.locator(".row-number").all_inner_texts() == ["1", "2"]
    assert rows.locator("input").first.input_value() == "rice"
    no_barriers(page, "line-rows")


def test_a_form_pressed_twice_is_sent_once(browser_as: Callable[..., Page]) -> None:
    page = browser_as(None)
    sent: list[str] = []
    page.on("request", lambda asked: sent.append(asked.url) if asked.method == "POST" else None)
    page.goto("/styleguide")
    with page.expect_response(lambda answer: answer.request.method == "POST"):
        page.locator("#forms").get_by_role("button", name="Save").first.dblclick()
    page.wait_for_load_state("networkidle")
    assert len(sent) == 1


def test_without_javascript_everything_can_be_reached(browser_as: Callable[..., Page]) -> None:
    page = browser_as("coordinator", javascript=False, width=320)
    page.goto("/styleguide")
    page.locator(".tabbar summary").click()
    assert page.locator(".tabbar ul a").first.is_visible()
    forms = page.locator("#forms")
    assert forms.get_by_role("button", name="Find").first.get_attribute("type") in (None, "submit")
    assert forms.get_by_role("button", name="Add a row").first.is_visible()
    assert not page.get_by_role("button", name="Receipt").count()


def test_the_first_thing_a_keyboard_reaches_skips_to_the_page(browser_as: Callable[..., Page]) -> None:
    page = browser_as(None)
    page.goto("/styleguide")
    page.keyboard.press("Tab")
    assert page.locator(".skip").is_visible()
    page.keyboard.press("Enter")
    assert page.evaluate("() => document.activeElement.id") == "main"


def test_paper_shows_the_facts_and_nothing_to_press(browser_as: Callable[..., Page]) -> None:
    page = browser_as("coordinator", dark=True)
    page.goto("/styleguide")
    page.emulate_media(media="print")
    assert page.locator("button:visible").count() == 0
    assert page.locator(".tabbar:visible, .bar .end:visible").count() == 0
    assert page.locator(".sheet").first.is_visible()
    assert page.evaluate("() => getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


def test_a_place_is_found_while_one_types_and_chosen_by_key(browser_as: Callable[..., Page]) -> None:
    page = browser_as("coordinator", width=360)
    page.goto("/styleguide")
    box = page.locator("#en-place-new")
    box.fill("kanb")
    page.locator("#en-place-new-list [role=option]").first.wait_for()
    assert box.get_attribute("aria-expanded") == "true"
    picker = "place-picker:has(#en-place-new)"
    no_barriers(page, picker)
    box.press("ArrowDown")
    box.press("Enter")
    chosen = page.locator(f"{picker} input:checked")
    assert chosen.get_attribute("name") == "en-place-new"
    assert "Kanbalu" in page.locator(f"{picker} .choice").inner_text()
    assert box.get_attribute("aria-expanded") == "false"

    box.fill("zzzzqq")
    page.locator("#en-place-new-list .none").wait_for()
    box.press("Escape")
    assert not page.locator("#en-place-new-list").is_visible()
    assert chosen.count() == 1
    no_barriers(page, picker)
