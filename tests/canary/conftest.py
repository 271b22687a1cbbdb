"""The network under watch, built once for each module and database."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from flask import Flask

from aidnet import clock
from aidnet.policy import ANONYMOUS, Actor
from tests import factories
from tests.canary import audiences, network
from tests.canary.audiences import Mark, Ownership, Row
from tests.canary.crawl import Crawler, Filler, addresses, open_to
from tests.canary.network import Canary
from tests.databases import PostgresDatabases, SqliteDatabases
from tests.world import Client, World, token_for


@dataclass
class Watch:
    """The network, everything in it, and who looks."""

    app: Flask
    canary: Canary
    owned: Ownership
    every: list[tuple[Mark, Row]]
    filler: Filler
    addresses: list[tuple[str, str]]
    browsers: dict[str, Client]

    @property
    def viewers(self) -> dict[str, Actor]:
        return self.canary.viewers | {"public": ANONYMOUS}

    def pages(self) -> Iterator[tuple[str, str, str]]:
        """One address that answers with a page or file, of each endpoint, for each person: who, where, which."""
        for who, actor in self.viewers.items():
            done: set[str] = set()
            for url, endpoint in open_to(self.app, actor, self.addresses):
                if endpoint not in done and self.browsers[who].get(url).status_code == 200:
                    done.add(endpoint)
                    yield who, url, endpoint

    def crawler(self, who: str) -> Crawler:
        sight = audiences.sight(self.owned, self.every, self.viewers[who])
        told = {token: audiences.told_by_link(self.owned, token) for token in self.canary.links}
        for gift in self.owned.rows["contribution"]:
            told[gift["receipt_code"]] = audiences.told_by_receipt(self.owned, gift)
        return Crawler(self.app, who, self.browsers[who], sight, told)


def sign_in(app: Flask, actor: Actor) -> Client:
    """A browser where `actor` is signed in; a stranger's, for nobody."""
    browser = app.test_client()
    assert isinstance(browser, Client)
    if actor is not ANONYMOUS:
        token = token_for(actor)
        with browser.session_transaction() as cookie:
            cookie["_user_id"], cookie["_fresh"] = token, True
    return browser


@pytest.fixture(scope="module")
def watch(world: World, databases: SqliteDatabases | PostgresDatabases) -> Iterator[Watch]:
    """One network for all tests of a module: they look, and change nothing."""
    with databases.fresh() as url, clock.at(factories.NOW), world.using(url):
        canary = network.build()
        browsers = {who: sign_in(world.app, actor) for who, actor in (canary.viewers | {"public": ANONYMOUS}).items()}
        owned = audiences.read()
        filler = Filler(canary, owned)
        yield Watch(
            world.app, canary, owned, list(audiences.marks(owned)), filler, list(addresses(world.app, filler)), browsers
        )
