"""Nobody finds what the matrix keeps from them: every GET route, every role, known own and foreign codes."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from flask import Flask, render_template_string

from aidnet.policy import ANONYMOUS, Actor
from aidnet.web.guards import public
from tests.canary import audiences, network
from tests.canary.audiences import Mark, Ownership, Row
from tests.canary.crawl import Crawler, Filler, addresses
from tests.canary.network import Canary
from tests.world import Client

SignIn = Callable[..., Client]


@dataclass
class Watch:
    """The network, everything in it, and who looks."""

    app: Flask
    canary: Canary
    owned: Ownership
    every: list[tuple[Mark, Row]]
    addresses: list[tuple[str, str]]
    sign_in: SignIn
    stranger: Client

    @property
    def viewers(self) -> dict[str, Actor]:
        return self.canary.viewers | {"public": ANONYMOUS}

    def crawler(self, who: str) -> Crawler:
        actor = self.viewers[who]
        client = self.stranger if actor is ANONYMOUS else self.sign_in(actor)
        return Crawler(self.app, who, client, audiences.sight(self.owned, self.every, actor))


@pytest.fixture
def watch(app: Flask, sign_in: SignIn, client: Client) -> Iterator[Watch]:
    canary = network.build()
    owned = audiences.read()
    every = list(audiences.marks(owned))
    found = list(addresses(app, Filler(canary, owned)))
    return Watch(app, canary, owned, every, found, sign_in, client)


def test_nobody_finds_what_is_kept_from_them(watch: Watch) -> None:
    leaks, bare, broken, opened = [], set(), set(), {}
    for who in watch.viewers:
        crawler = watch.crawler(who)
        crawler.crawl(watch.addresses)
        crawler.crawl_json(watch.addresses)
        crawler.crawl(watch.addresses[::4], language="my")
        leaks += crawler.leaks
        bare |= crawler.bare
        broken |= crawler.broken
        opened[who] = crawler.statuses
    assert not leaks, f"{len(leaks)} leaks:\n" + "\n".join(sorted({str(leak) for leak in leaks}))
    assert not broken, "\n".join(sorted(broken))
    assert not bare, "rows that no matrix was asked about:\n" + "\n".join(sorted(bare))
    for who, statuses in opened.items():
        assert statuses.get(200, 0) >= (3 if who == "public" else 20), (who, statuses)


def test_a_planted_leak_is_found(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same crawl fails, and says where, when one page shows one field to everybody."""
    secret = next(row["courier"] for row in watch.owned.rows["delivery"] if row["courier"])

    @public
    def leaking() -> str:
        return render_template_string("<!doctype html><title>x</title><h1>About</h1><p>{{ secret }}</p>", secret=secret.upper())

    monkeypatch.setitem(watch.app.view_functions, "network.about", leaking)
    crawler = watch.crawler("donor")
    crawler.crawl([("/about", "network.about")])
    assert crawler.leaks
    assert {(leak.who, leak.endpoint, leak.mark.entity, leak.mark.name) for leak in crawler.leaks} == {
        ("donor", "network.about", "delivery", "courier")
    }
    own = watch.crawler("coordinator")
    own.look("/about", "network.about")
    assert not own.leaks
