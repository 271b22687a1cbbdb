"""What a page costs: statements (the same for ten deliveries and for a thousand), bytes, requests; and one origin."""

import gzip
import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest
from werkzeug.test import TestResponse

from aidnet.web import assets
from tests.budgets.growing import GROWING, grow
from tests.canary.conftest import Watch
from tests.canary.crawl import open_to
from tests.counting import count_queries_of
from tests.pages import Page
from tests.world import World

pytestmark = pytest.mark.one_database  # the same statements are asked of both
STATEMENTS_MOST = 10
FIRST_VISIT_MOST, NEXT_PAGE_MOST, REQUESTS_MOST = 30_000, 10_000, 6
GZIP = {"Accept-Encoding": "gzip"}
#: What asks less where there is much, and why.
FEWER = {"/funding/contributions": "a first page whose rows all are money asks for no items"}
#: Files of lists, maps and needs that are read beside a thousand rows: the pages read the same.
GROWN = (
    *("/deliveries/map.csv", "/deliveries/losses.csv", "/served.csv", "/handovers.csv"),
    *("/needs.csv", "/needs/gaps.csv", "/access.csv", "/evacuations.csv"),
)
#: What a page may load or lead to from elsewhere: nothing. Names of namespaces are no addresses.
#: Pages that lead on at once, open once in a network's life, or only when a day went by.
_UNOPENED = {"accounts.first", "accounts.setup", "approvals.alone"}
_ELSEWHERE = re.compile(r"(?:[a-z][a-z0-9+.-]*:)?//", re.IGNORECASE)
_LOADING = (
    "href",
    "src",
    "srcset",
    "action",
    "formaction",
    "poster",
    "data",
    "cite",
    "ping",
    "data-source",
    "manifest",
    "background",
)


Where = tuple[str, str]


@dataclass
class Pages:
    """By who opens what: how many statements it takes with ten deliveries and with a thousand, and the answer then."""

    few: dict[Where, int]
    many: dict[Where, int]
    answers: dict[Where, TestResponse]
    #: How many bytes a file had with ten.
    sizes: dict[Where, int]


@pytest.fixture(scope="module")
def pages(watch: Watch, world: World) -> Pages:
    """Each page that each person may open."""
    chosen = [(who, url) for who, url, _endpoint in choose(watch)]
    few = {where: cost(watch, world, *where) for where in chosen}
    counted = grow(world.engine, 12, rows=1000)
    few_of = {name for name in (*GROWING, "served_month", "loss_month") if counted[name] < 1000}
    assert not few_of, {name: counted[name] for name in few_of}
    assert counted["contribution"] >= 100
    many = {where: cost(watch, world, *where) for where in chosen}
    sizes = {where: len(answer.get_data()) for where, (_asked, answer) in few.items() if answer.mimetype == "text/csv"}
    answers = {where: answer for where, (_asked, answer) in many.items()}
    return Pages({where: few[where][0] for where in few}, {where: many[where][0] for where in many}, answers, sizes)


def choose(watch: Watch) -> Iterator[tuple[str, str, str]]:
    """One address that answers with a page or file, of each endpoint, for each person."""
    for who, actor in watch.viewers.items():
        done: set[str] = set()
        for url, endpoint in open_to(watch.app, actor, watch.addresses):
            if endpoint not in done and watch.browsers[who].get(url).status_code == 200:
                done.add(endpoint)
                yield who, url, endpoint


def cost(watch: Watch, world: World, who: str, url: str) -> tuple[int, TestResponse]:
    with count_queries_of(world.engine) as asked:
        answer = watch.browsers[who].get(url, headers=GZIP)
    assert answer.status_code == 200, f"{who}: {url} answers {answer.status_code} when there is much"
    return len(asked), answer


def test_every_page_is_looked_at(watch: Watch, pages: Pages) -> None:
    """A route that nobody may open with any known code is not counted: there is none."""
    opened = {watch.app.url_map.bind("localhost").match(urlsplit(url).path)[0] for _who, url in pages.few}
    missing = {endpoint for _url, endpoint in watch.addresses} - opened - _UNOPENED
    assert not missing, f"nobody opens {sorted(missing)}"


def test_a_page_costs_ten_statements_at_most(pages: Pages) -> None:
    dear = {where: number for where, number in pages.few.items() if number > STATEMENTS_MOST}
    assert not dear, "\n".join(f"{who}: {url} asks {number}" for (who, url), number in sorted(dear.items()))


def test_a_page_costs_the_same_with_a_thousand_deliveries(pages: Pages) -> None:
    few, many = pages.few, pages.many
    changed = {
        (who, url): (few[who, url], many[who, url])
        for who, url in few
        if many[who, url] != few[who, url] and not (urlsplit(url).path in FEWER and many[who, url] < few[who, url])
    }
    assert not changed, "\n".join(
        f"{who}: {url} asks {before}, then {after}" for (who, url), (before, after) in sorted(changed.items())
    )


@pytest.mark.parametrize("file", GROWN)
def test_what_grew_is_read(pages: Pages, file: str) -> None:
    """A page whose rows were not copied would cost the same whatever it did with them."""
    whole = {who: (size, len(pages.answers[who, url].get_data())) for (who, url), size in pages.sizes.items() if url == file}
    assert all(many > 2 * few for who, (few, many) in whole.items() if who == "coordinator"), whole
    assert "coordinator" in whole


@pytest.fixture(scope="module")
def answers(pages: Pages) -> dict[Where, tuple[int, Page]]:
    """Every page as it is sent when there is much: its bytes on the line, and what it says."""
    found = {}
    for (who, url), answer in pages.answers.items():
        if answer.mimetype == "text/html":
            body = gzip.decompress(answer.data) if answer.headers.get("Content-Encoding") == "gzip" else answer.data
            found[who, url] = len(answer.data), Page(body.decode(), url)
    return found


def test_pages_are_light(answers: dict[Where, tuple[int, Page]]) -> None:
    """A page with its sheet, script and icon, on a first visit; then pages alone. Lists are full: there are a thousand deliveries."""
    frame = sum(
        len(asset.packed or asset.body) for name, asset in assets.build().items() if name in ("css", "js", "icon")
    )
    heavy = [
        f"{who}: {url} weighs {size}, with its frame {size + frame}"
        for (who, url), (size, _page) in answers.items()
        if size > NEXT_PAGE_MOST or size + frame > FIRST_VISIT_MOST
    ]
    assert not heavy, "\n".join(heavy)


def loaded(page: Page) -> set[str]:
    """What a browser fetches by itself to draw a page."""
    found = {each.attrs["src"] for each in page.walk() if each.attrs.get("src")}
    named = [each for each in page.all("link", href=True) if each.attrs["rel"] != "alternate"]
    return found | {each.attrs["href"] for each in named}


def test_a_first_visit_is_six_requests_at_most(answers: dict[Where, tuple[int, Page]]) -> None:
    for (who, url), (_size, page) in answers.items():
        assert 1 + len(loaded(page)) + len(assets.FONTS) <= REQUESTS_MOST, f"{who}: {url}"


def test_everything_is_of_one_origin(answers: dict[Where, tuple[int, Page]]) -> None:
    for (_who, url), (_size, page) in answers.items():
        for each in page.walk():
            for name in _LOADING:
                value = each.attrs.get(name, "").strip()
                if value and each.tag == "a" and each.attrs.get("rel") == "noopener noreferrer" and url.startswith("/updates"):
                    assert value.startswith("https://")  # a partner's own link, which somebody has to press
                    continue
                assert not _ELSEWHERE.match(value), f"{url}: {each} leads to {value}"


@pytest.mark.parametrize("name", ["css", "js"])
def test_the_sheet_and_the_script_know_no_other_origin(name: str) -> None:
    assert not re.search(
        r"https?:(?!//www\.w3\.org/)|(?:url\(|from|import|fetch\()\s*[\"'`]?\s*//", assets.build()[name].body.decode()
    )
