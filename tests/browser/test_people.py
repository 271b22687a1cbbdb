"""Partners, people, links and one's own account in a real browser: usable on a phone, without JavaScript, and with axe."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from aidnet.db import transaction
from aidnet.partners import service as partners
from aidnet.partners.service import RegistrationDraft
from aidnet.policy import PartnerKind, Role
from tests import factories
from tests.accounts.people import GOOD, invite, membership_of, with_records
from tests.browser.axe import no_barriers

pytestmark = pytest.mark.one_database
Enter = Callable[..., Page]


@pytest.mark.parametrize(
    ("width", "language", "dark"), [(1280, "en", False), (320, "my", False), (360, "en", True)], ids=["wide", "burmese", "dark"]
)
def test_no_page_of_people_has_a_barrier_or_scrolls_sideways(
    browser_as: Enter, width: int, language: str, dark: bool
) -> None:
    group = factories.responder("S-07", "မြစ်ချစ်သူ")
    logger = factories.actor("logger", group, factories.user("မောင်မောင်"))
    page = browser_as("admin", width=width, language=language, dark=dark)
    admin = factories.actor("admin")
    with transaction() as session:
        partners.register(session, admin, RegistrationDraft(PartnerKind.DONOR, "Nobody yet"))
    link = invite(admin, with_records(group), Role.COORDINATOR)
    person = f"/partners/{group.code}/people/{membership_of(logger).uid}"

    for path in (
        "/partners",
        "/partners/new",
        f"/partners/{group.code}",
        f"/partners/{group.code}/names",
        f"/partners/{group.code}/status?status=left",
        f"/partners/{group.code}/invitations/new",
        person,
        f"{person}/help",
        f"{person}/suspension",
        "/account",
        "/settings",
        "/roles",
        "/about",
        f"/join/{link.token}",
    ):
        page.goto(path)
        no_barriers(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path


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
    phone.goto("/board")
    assert "/sign-in" in phone.url
    page.goto("/team")
    assert page.get_by_role("link", name="ကိုသူ").is_visible()
