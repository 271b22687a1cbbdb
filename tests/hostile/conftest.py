"""A small network, and every form that its people find in it."""

from collections.abc import Iterator

import pytest

from aidnet import clock
from tests import factories
from tests.canary import audiences, network
from tests.canary.crawl import Filler
from tests.databases import PostgresDatabases, SqliteDatabases
from tests.hostile.forms import Hostile
from tests.world import World


@pytest.fixture(scope="module")
def hostile(world: World, databases: SqliteDatabases | PostgresDatabases) -> Iterator[Hostile]:
    """One network for all tests of a module; what is accepted stays in it."""
    with databases.fresh() as url, clock.at(factories.NOW), world.using(url):
        canary = network.build()
        yield Hostile(world, canary, Filler(canary, audiences.read()))
