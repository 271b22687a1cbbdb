"""A coordinator's morning without a mouse: board, list, month and map by Tab, Space and Enter alone."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from playwright.sync_api import Page

from aidnet.deliveries.models import Delivery, EventKind
from aidnet.policy import Actor
from tests import factories
from tests.browser.test_components import OVERFLOW
from tests.deliveries.shared import OIL, RICE, event, logged, ready, rice_and_oil, villages

pytestmark = pytest.mark.one_database
Enter = Callable[..., Page]
#: Number what can be focused and shows, in the order of the page; how many there are.
NUMBER = """() => [...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex="0"]')]
  .filter(one => one.checkVisibility() && !one.disabled && one.tabIndex >= 0)
  .filter(one => one.type !== 'radio' || one.checked || !document.querySelector(`[name="${one.name}"]:checked`))
  .map((one, number) => one.dataset.number = number).length"""
#: What has the focus: its number, what it says, whether anybody sees that it has it.
FOCUS = """() => {
  const one = document.activeElement, style = getComputedStyle(one), box = one.getClientRects()[0] ?? one.getBoundingClientRect();
  const over = document.elementFromPoint(box.left + Math.min(box.width, innerWidth - box.left) / 2, box.top + box.height / 2);
  return {number: one.dataset.number === undefined ? null : +one.dataset.number, tag: one.localName, href: one.getAttribute('href') ?? '',
    says: (one.ariaLabel ?? one.labels?.[0]?.innerText ?? one.innerText).trim().replace(/\\s+/g, ' '), main: Boolean(one.closest('main')),
    seen: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2,
    there: Boolean(over && (one.contains(over) || over.contains(one)))}
}"""
Focus = dict[str, Any]


def walk(page: Page) -> list[Focus]:
    """Everything that Tab reaches from the top of the page: all that there is, once, in the page's order, the focus seen each time."""
    number = page.evaluate(NUMBER)
    page.evaluate("() => document.querySelector('.skip').focus()")
    page.keyboard.press("Tab")
    page.keyboard.press("Shift+Tab")
    reached: list[Focus] = []
    for _turn in range(2 * number):
        found = page.evaluate(FOCUS)
        if found["tag"] == "body" or (len(reached) > 1 and found["number"] == reached[0]["number"]):
            break
        assert found["seen"], found
        assert found["there"], found
        if found["number"] is not None and found not in reached[-1:]:  # a field for a day is several stops
            reached.append(found)
        page.keyboard.press("Tab")
    assert [one["number"] for one in reached] == list(range(number))
    return reached


def tab_to(page: Page, says: str, *, href: str = "") -> None:
    """Go on with Tab until what says so has the focus."""
    for _turn in range(120):
        page.keyboard.press("Tab")
        found = page.evaluate(FOCUS)
        if found["says"] == says and href in found["href"]:
            return
    raise AssertionError(says)


def in_order(reached: list[Focus], *says: str) -> None:
    """These are in the page's main part, in this order."""
    told = [one["says"] for one in reached if one["main"]]
    places = [told.index(each) for each in says]
    assert places == sorted(places), told


@pytest.fixture
def group(app: object) -> Actor:
    """A coordinator of S-07."""
    ready()
    return factories.actor("coordinator", at=factories.responder("S-07"))


@pytest.fixture
def moving(group: Actor) -> list[Delivery]:
    """What is loaded and should arrive on one day; of one more, all was handed out."""
    here, there = villages()
    handed = event(EventKind.DISTRIBUTED, 10, {RICE: 300_000, OIL: 150_000}, place=here, households=106, people=503)
    logged(group, rice_and_oil(places=(here,), events=(event(EventKind.LOADED, 2), handed)))
    due = date(2026, 8, 25)
    return [logged(group, rice_and_oil(places=(there,), planned_on=due, events=(event(EventKind.LOADED, 12),))) for _turn in range(7)]


@pytest.mark.parametrize("width", [1280, 320])
def test_the_board_its_list_and_what_is_ticked_there(browser_as: Enter, group: Actor, moving: list[Delivery], width: int) -> None:
    page = browser_as(group, width=width)
    page.goto("/board")
    reached = walk(page)
    assert reached[0]["says"] == "Skip to the page"
    in_order(reached, "Log a delivery", "Plan a delivery", moving[-1].code, "Evacuations")
    page.goto("/board")
    tab_to(page, "Skip to the page")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate(FOCUS)["says"] == next(one["says"] for one in reached if one["main"])
    tab_to(page, "All deliveries")
    page.keyboard.press("Enter")
    page.wait_for_url("**/deliveries")

    codes = [moving[-1].code, moving[-2].code]
    reached = walk(page)
    in_order(reached, "Search", "Filters", f"Choose {codes[0]}", codes[0], f"Choose {codes[1]}", codes[1], "Those chosen set out today")
    page.goto("/deliveries")
    tab_to(page, "Filters")
    page.keyboard.press("Enter")
    walk(page)
    tab_to(page, "State")
    page.keyboard.type("Loaded")
    tab_to(page, "Show")
    page.keyboard.press("Enter")
    page.wait_for_url("**state=loaded**")
    in_order(walk(page), "Filters (1)", "Remove the filter Loaded", f"Choose {codes[0]}")
    for code in codes:
        tab_to(page, f"Choose {code}")
        page.keyboard.press("Space")
    tab_to(page, "Those chosen set out today")
    page.keyboard.press("Enter")
    page.wait_for_url("**/deliveries/departures**")
    assert page.locator("tbody a.code").all_inner_texts() == sorted(codes)
    walk(page)
    page.evaluate("() => document.activeElement.blur()")
    tab_to(page, page.locator("main form button").inner_text())
    page.keyboard.press("Enter")
    page.get_by_text("2 deliveries set out today.").wait_for()


@pytest.mark.parametrize("width", [1280, 320])
def test_a_day_of_the_month_and_a_township_of_the_map(browser_as: Enter, group: Actor, moving: list[Delivery], width: int) -> None:
    page = browser_as(group, width=width)
    page.goto("/deliveries/calendar?month=2026-08")
    in_order(walk(page), "Month before", "This month", "Month after")
    first = page.locator(".calendar a.code").last.inner_text()
    tab_to(page, first)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/deliveries/{first}")
    page.go_back()
    page.evaluate("() => document.activeElement.blur()")
    tab_to(page, page.locator(".calendar a[href*='due=2026-08-25']").inner_text(), href="due=2026-08-25")
    page.keyboard.press("Enter")
    page.wait_for_url("**due=2026-08-25**")
    assert page.locator("tbody a.code").count() == len(moving)

    page.goto("/deliveries/map")
    township = page.locator("tbody th a").last.inner_text()
    in_order(walk(page), "Numbers", township)
    tab_to(page, "Numbers")
    page.keyboard.press("Enter")
    walk(page)
    tab_to(page, township)
    page.keyboard.press("Enter")
    page.wait_for_url("**/deliveries?place=MMR**")
    assert page.locator("tbody a.code").count() == 1 + len(moving)


def test_a_code_name_in_a_narrow_column_stays_in_one_piece(browser_as: Enter, group: Actor) -> None:
    other = factories.responder("S-08")
    handed = event(EventKind.HANDED_OVER, 5, {RICE: 300_000, OIL: 150_000}, receiver=other.id)
    logged(group, rice_and_oil(events=(event(EventKind.LOADED, 2), handed)))
    page = browser_as(group)
    page.goto("/handovers")
    lines = "() => [...document.querySelectorAll('td .nowrap')].map(one => [one.innerText, one.getClientRects().length])"
    for width in (320, 560, 700, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate(lines) == [["S-07", 1], ["S-08", 1]]
        assert page.evaluate(OVERFLOW) <= 0
    narrow = "() => document.querySelectorAll('td:has(.nowrap)').forEach(one => { one.style.display = 'block'; one.style.width = '1rem' })"
    page.evaluate(narrow)
    assert page.evaluate(lines) == [["S-07", 1], ["S-08", 1]]
