"""Every page that somebody may open, in a real browser: no barrier, nothing wider than a phone, nothing that waits for a script."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page

from aidnet.deliveries.models import EventKind
from tests.browser.axe import barriers
from tests.browser.conftest import Windows
from tests.canary.conftest import Watch
from tests.canary.conftest import watch as watch
from tests.canary.crawl import open_to

#: A page that ends the session of whoever opens it: nothing after it would be seen (test_people.py looks at it).
_ENDS = "accounts.left"
#: Who has the same pages as somebody else.
_ALIKE = ("other coordinator", "other donor")
#: What sticks out to the right, when the page is wider than its window.
WIDE = """() => document.scrollingElement.scrollWidth <= innerWidth ? [] : [...document.querySelectorAll('body *')]
  .filter(one => one.getBoundingClientRect().right > innerWidth + 1).map(one => one.outerHTML.slice(0, 120)).slice(-3)
  .concat(`${document.scrollingElement.scrollWidth} px wide`)"""
#: What a page is made of: which kinds of elements lie in which, without the words and how often.
KINDS = """() => [...new Set([...document.querySelectorAll('body *')].map(one => `${one.parentElement.localName} > ${one.localName}.` +
  one.getAttribute('class') + one.getAttributeNames().filter(name => /^(role|aria-.*|alt|for|href|lang|tabindex|type)$/.test(name))))]"""
#: What a page must not have where there are no scripts: what is hidden until one comes (not: the number of a row that is alone,
#: the width of a picture that does not fit, a month's days with nothing in them where a week has no room), and what only one would
#: answer.
WAITING = """() => [...document.querySelectorAll('main *')].filter(one => {
  if (one.matches('.visually-hidden, .visually-hidden *, .row-head, .row-head *, svg, svg *, option, optgroup')) return false
  if (one.matches('.calendar .blank, .calendar .blank *')) return false
  if (one.matches('button[type=button], button:not(form *):not([form]), [role=button], a[href="#"], a:not([href]), [onclick]'))
    return one.checkVisibility()
  if (one.matches('details:not([open]) > :not(summary), details:not([open]) > :not(summary) *')) return false
  return one.textContent.trim() && !one.checkVisibility({visibilityProperty: true, opacityProperty: true})
}).map(one => one.outerHTML.slice(0, 120))"""
#: An element in the source of a page, and its class.
_ELEMENT = re.compile(r'<([a-z][a-z0-9-]*)(?:\s[^>]*?\bclass="([^"]*)")?')


@dataclass
class Chosen:
    """What is opened, by who opens it."""

    #: Each kind of page once.
    first: dict[str, list[str]] = field(default_factory=dict)
    #: Those that are made of something more for somebody else.
    other: dict[str, list[str]] = field(default_factory=dict)


@pytest.fixture(scope="module")
def chosen(watch: Watch, dialect: str) -> Chosen:
    """On PostgreSQL a few: what a page looks like does not depend on the database."""
    found, done = Chosen(), set[tuple[str, str]]()
    made_of: dict[str, set[tuple[str, str]]] = {}
    for who, url, kind in pages(watch):
        if (who, kind) in done or (dialect != "sqlite" and kind in made_of):
            continue
        answer = watch.browsers[who].get(url)
        if answer.status_code != 200:
            continue
        done.add((who, kind))
        if answer.mimetype == "text/html":
            parts = set(_ELEMENT.findall(answer.text.partition("<main")[2]))
            if kind not in made_of:
                found.first.setdefault(who, []).append(url)
            elif not parts <= made_of[kind]:
                found.other.setdefault(who, []).append(url)
            made_of[kind] = made_of.get(kind, set()) | parts
    return found if dialect == "sqlite" else Chosen({who: urls[::25] for who, urls in found.first.items()})


def pages(watch: Watch) -> Iterator[tuple[str, str, str]]:
    """Who may find what where, and the kind of page it is: what answers there, or what is shown where that makes it another."""
    for who, actor in watch.viewers.items():
        if who not in _ALIKE:
            open_here = open_to(watch.app, actor, watch.addresses)
            yield from ((who, url, endpoint) for url, endpoint in open_here if endpoint != _ENDS)
    first = watch.canary.groups[0]
    for kind in EventKind:
        yield "coordinator", f"/deliveries/{first.deliveries[0].code}/events/new?kind={kind.value}", kind
    for pcode in ("MMR005D002", "MMR005004", first.villages[0].pcode, first.site.code):
        yield "coordinator", f"/places/{pcode}", pcode


def opened(page: Page, who: str, url: str) -> None:
    """Open it, and stay there."""
    answer = page.goto(url)
    assert answer is not None
    assert answer.status == 200, f"{url} answers {who} with {answer.status}"
    assert urlsplit(page.url).path == urlsplit(url).path, f"{url} led {who} to {page.url}"


def test_every_page_is_free_of_barriers_and_fits_any_screen(watch: Watch, windows: Windows, chosen: Chosen) -> None:
    """Barriers lie in elements: axe is asked where there is a kind of them that it has not seen, by day and (for colors) by night."""
    wrong: list[str] = []
    known: set[str] = set()
    for who, browser in watch.browsers.items():
        page = windows.open(browser, width=320)
        for url in chosen.first.get(who, ()):
            opened(page, who, url)
            found, kinds = page.evaluate(WIDE), set(page.evaluate(KINDS))
            if not kinds <= known:
                known |= kinds
                found += barriers(page)
                page.emulate_media(color_scheme="dark")
                found += [f"in the dark: {told}" for told in barriers(page, rules=["color-contrast"])]
                page.emulate_media(color_scheme="light")
            page.set_viewport_size({"width": 1280, "height": 800})
            found += page.evaluate(WIDE)
            page.set_viewport_size({"width": 320, "height": 800})
            wrong += [f"{who} at {url}: {told}" for told in found]
        for url in chosen.other.get(who, ()):
            opened(page, who, url)
            wrong += [f"{who} at {url}: {told}" for told in page.evaluate(WIDE)]
    assert not wrong, "\n".join(wrong)


def test_every_page_works_without_scripts_and_fits_in_burmese(watch: Watch, windows: Windows, chosen: Chosen) -> None:
    """All there is to read shows, and all there is to press is a link or sends a form."""
    wrong: list[str] = []
    for who, urls in chosen.first.items():
        page = windows.open(watch.browsers[who], width=320, language="my", javascript=False)
        for url in urls:
            opened(page, who, url)
            assert page.locator("html").get_attribute("lang") == "my", (who, url)
            wrong += [f"{who} at {url}: {told}" for told in page.evaluate(WIDE) + page.evaluate(WAITING)]
            if not page.locator("h1").is_visible() or len(page.locator("main").inner_text()) < 20:
                wrong.append(f"{who} at {url}: nothing to read")
    assert not wrong, "\n".join(wrong)
