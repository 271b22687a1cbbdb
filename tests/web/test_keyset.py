"""Cursors: sealed, and for their own list only."""

import base64
import re
from urllib.parse import parse_qs, urlsplit

import pytest

from tests import factories


@pytest.fixture
def onward(sign_in):
    """A browser, and the address of the second page of a list."""
    for number in range(30):
        factories.responder(f"S-{number:03}")
    browser = sign_in("admin")
    return browser, browser.page("/responders").one("a", rel="next").attrs["href"]


def test_a_cursor_says_nothing_about_the_rows(onward):
    _browser, url = onward
    (cursor,) = parse_qs(urlsplit(url).query)["after"]
    opened = cursor.encode() + base64.urlsafe_b64decode(cursor + "==")
    assert not re.search(rb"[sS]-0\d|\[\"|202\d-\d\d", opened)


@pytest.mark.parametrize("change", [lambda it: it[:-9] + "AAAAAAAA=", lambda it: "nonsense", lambda it: "ကခ", lambda it: it[:40]])
def test_a_cursor_written_by_hand_begins_at_the_start(onward, change):
    browser, url = onward
    (cursor,) = parse_qs(urlsplit(url).query)["after"]
    page = browser.page(f"/responders?after={change(cursor)}")
    assert "S-000" in page.text


def test_a_cursor_opens_on_its_own_list_only(onward, sign_in):
    _browser, url = onward
    (cursor,) = parse_qs(urlsplit(url).query)["after"]
    assert sign_in("auditor").page(f"/audit?after={cursor}").table
