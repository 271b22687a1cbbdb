"""The browser harness itself, on pages that every installation has."""

import pytest

from tests.browser.axe import no_barriers


@pytest.mark.one_database
def test_a_stranger_sees_a_page_without_barriers(browser_as) -> None:
    page = browser_as(None, width=320)
    answer = page.goto("/nothing-here")

    assert answer is not None
    assert answer.status == 404
    assert page.locator("h1").count() == 1
    no_barriers(page)
