"""The harness. Cheat sheet: tests/README.md."""

import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from sqlalchemy.orm import Session

from aidnet import clock
from aidnet.policy import Actor
from tests import factories, start
from tests.counting import Counted, count_queries_of
from tests.databases import PostgresDatabases, SqliteDatabases
from tests.meeting import Meeting
from tests.world import Client, World, token_for

DIALECTS = {"sqlite": ["sqlite"], "postgresql": ["postgresql"], "both": ["sqlite", "postgresql"]}

# Deterministic, and no deadline: the machine may be busy with the other half of the suite. The function-scoped database is shared by
# the examples of one test on purpose.
hypothesis_settings.register_profile(
    "aidnet",
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
hypothesis_settings.load_profile("aidnet")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--database", choices=sorted(DIALECTS), default="both", help="which databases the tests run on (both)"
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "dialect" in metafunc.fixturenames:
        dialects = DIALECTS[metafunc.config.getoption("database")]
        if metafunc.definition.get_closest_marker("one_database"):
            dialects = dialects[:1]
        metafunc.parametrize("dialect", dialects, scope="session")


#: What takes longest, and shares a network among the tests of a module.
LONG = ("browser", "budgets", "canary", "hostile", "demo")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One database after the other, the long tests first: two processes that each begin with half of the tests, and then take
    from each other's end (`--dist worksteal`), finish together, and build what a module shares once."""

    def place(item: pytest.Item) -> tuple[bool, bool]:
        called = getattr(item, "callspec", None)
        return called is not None and called.params.get("dialect") == "postgresql", item.path.parent.name not in LONG

    items.sort(key=place)


@pytest.fixture(scope="session", autouse=True)
def closed_sockets() -> Iterator[None]:
    """No test talks to anything but this machine's loopback."""
    opened = socket.socket.connect

    def connect(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in ("127.0.0.1", "::1", "localhost"):
            raise AssertionError(f"a test tried to reach {address}")
        opened(self, address)

    socket.socket.connect = connect  # type: ignore[method-assign,assignment]
    yield
    socket.socket.connect = opened  # type: ignore[method-assign]


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The worker's one app."""
    made = World(tmp_path_factory.mktemp("instance"))
    yield made
    made.close()


@pytest.fixture(scope="session")
def databases(
    request: pytest.FixtureRequest, dialect: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[SqliteDatabases | PostgresDatabases]:
    """Where databases of the dialect come from."""

    def fill(url: str) -> None:
        start.fill(request.getfixturevalue("world"), url)

    folder = tmp_path_factory.mktemp("databases")
    made = PostgresDatabases(fill) if dialect == "postgresql" else SqliteDatabases(folder, fill)
    yield made
    made.stop()


@pytest.fixture
def app(world: World, databases: SqliteDatabases | PostgresDatabases) -> Iterator[Flask]:
    """The app on a fresh database, its context pushed, at `factories.NOW`."""
    with databases.fresh() as url, clock.at(factories.NOW), world.using(url):
        yield world.app


@pytest.fixture
def blank_url(databases: SqliteDatabases | PostgresDatabases) -> Iterator[str]:
    """The URL of a database with no table in it."""
    with databases.blank() as url:
        yield url


@pytest.fixture
def session(app: Flask, world: World) -> Iterator[Session]:
    """A session as services get one. A factory, request or command that comes after commits it; so does the end."""
    yield world.hold()
    world.finish()


@pytest.fixture
def client(app: Flask) -> Client:
    """A browser without a screen, signed out."""
    made = app.test_client()
    assert isinstance(made, Client)
    return made


@pytest.fixture
def sign_in(app: Flask) -> Callable[..., Client]:
    """`sign_in("donor")`, `sign_in("coordinator", at=group)` or `sign_in(actor)`: a browser where that actor is signed in."""

    def enter(who: Actor | str, **where: Any) -> Client:
        actor = who if isinstance(who, Actor) else factories.actor(who, **where)
        token = token_for(actor)
        browser = app.test_client()
        assert isinstance(browser, Client)
        browser.actor = actor
        with browser.session_transaction() as cookie:
            cookie["_user_id"] = token
            cookie["_fresh"] = True
        return browser

    return enter


@pytest.fixture
def count_queries(app: Flask, world: World) -> Callable[[], AbstractContextManager[Counted]]:
    """`with count_queries() as asked: …` then `len(asked)`, `asked.commits`, `print(asked)`."""
    return lambda: count_queries_of(world.engine)


@pytest.fixture
def meeting(app: Flask, world: World, dialect: str) -> Meeting:
    """Two acts, the second of which begins before the first has committed: what the second gave, or the refusal it met."""
    return Meeting(world, dialect)


@pytest.fixture
def command(app: Flask, world: World) -> Callable[..., Result]:
    """`command("ledger", "check")`: runs a flask command; `.exit_code`, `.output`."""

    def run(*words: str | Path, status: int = 0, **more: Any) -> Result:
        with world.alone():
            result = app.test_cli_runner().invoke(args=[str(word) for word in words], **more)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == status, f"exit {result.exit_code}, not {status}:\n{result.output}"
        return result

    return run
