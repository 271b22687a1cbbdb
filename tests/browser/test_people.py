"""Partners, people, links and one's own account in a real browser: usable on a phone, without JavaScript, and with axe."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests import factories
from tests.accounts.people import GOOD
from tests.browser.axe import no_barriers

pytestmark = pytest.mark.one_database
Enter = Callable[..., Page]


@pytest.mark.parametrize("javascript", [True, False], ids=["script", "no script"])
def test_a_coordinator_invites_a_logger_who_joins_works_and_leaves(browser_as: Enter, javascript: bool) -> None:
    group = factories.responder("S-07")
    page = browser_as(factories.actor("coordinator", group), width=360, javascript=javascript)
    page.goto("/team")
    page.get_by_role("link", name="Invite a logger").click()
    page.get_by_role("button", name="Make the link").click()
    if javascript:
        no_barriers(page)
    address = page.get_by_label("The link").input_value()

    phone = browser_as(None, width=360, javascript=javascript)
    phone.goto(address)
    phone.get_by_label("A name to sign in with").fill("ကိုသူ")
    phone.get_by_label("Password", exact=True).fill(GOOD)
    phone.get_by_label("The password again").fill(GOOD)
    phone.get_by_role("button", name="Make my account").click()
    assert phone.url.endswith("/board")
    phone.get_by_role("button", name="Leave now").click()

    assert phone.url.endswith("/page")
    assert phone.get_by_role("heading").all_inner_texts() == ["Page"]
    if javascript:
        no_barriers(phone)
    phone.goto("/board")
    assert "/sign-in" in phone.url
    page.goto("/team")
    assert page.get_by_role("link", name="ကိုသူ").is_visible()


def test_the_bar_is_one_line_and_its_menu_needs_no_script(browser_as: Enter) -> None:
    page = browser_as(
        factories.actor("coordinator", factories.responder("Herons of the lower river")),
        width=1280,
        language="my",
        javascript=False,
    )
    page.goto("/board")
    box = page.locator("header.bar").bounding_box()
    assert box is not None
    assert box["height"] < 70
    page.locator("header summary").click()
    page.locator("header details a").last.click()

    assert page.url.endswith("/team")
    assert page.locator("header summary").evaluate("one => getComputedStyle(one).fontWeight") == "600"
