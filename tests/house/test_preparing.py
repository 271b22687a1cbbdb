"""A database becomes ready to serve, once; demo and real never meet."""

import json
import socket
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import sqlalchemy as sa
from flask import Flask

from aidnet import audit, schema
from aidnet.crypto import token_hash
from aidnet.db import Database, db, transaction
from aidnet.house import preparing
from aidnet.house.server import Server
from aidnet.network.models import Network, NetworkKind
from aidnet.policy import OPERATOR
from tests import factories
from tests.world import World, row_counts


@pytest.fixture
def blank(app: Flask, blank_url: str) -> Iterator[sa.Engine]:
    """The app on a database without a table."""
    before = app.extensions["aidnet.database"]
    app.extensions["aidnet.database"] = Database(blank_url)
    with app.app_context():
        yield app.extensions["aidnet.database"].engine
    app.extensions["aidnet.database"].engine.dispose()
    app.extensions["aidnet.database"] = before


def test_a_blank_database_is_migrated_and_knows_its_kind(app: Flask, blank: sa.Engine) -> None:
    preparing.prepare_database(NetworkKind.DEMO)

    with blank.connect() as connection:
        assert schema.current(connection) == schema.head()
    network = db().scalars(sa.select(Network)).one()
    assert network.kind is NetworkKind.DEMO
    assert network.set_up_at is None
    assert row_counts(blank)["item"] > 30


def test_preparing_twice_changes_nothing(app: Flask, blank: sa.Engine) -> None:
    preparing.prepare_database(NetworkKind.REAL)
    before = row_counts(blank)
    preparing.prepare_database(NetworkKind.REAL)

    assert row_counts(blank) == before


@pytest.mark.parametrize(
    ("kind", "other", "told"),
    [(NetworkKind.REAL, NetworkKind.DEMO, "make run"), (NetworkKind.DEMO, NetworkKind.REAL, "make demo")],
)
def test_a_database_of_the_other_kind_is_refused_untouched(
    app: Flask, blank: sa.Engine, kind: NetworkKind, other: NetworkKind, told: str
) -> None:
    preparing.prepare_database(kind)
    before = row_counts(blank)

    with pytest.raises(preparing.WrongKind, match=f"Use `{told}`"):
        preparing.prepare_database(other)

    assert row_counts(blank) == before


def test_only_what_is_missing_is_loaded(app: Flask, blank: sa.Engine) -> None:
    preparing.prepare_database(NetworkKind.DEMO)

    assert preparing.missing_data(NetworkKind.DEMO) == [("places", "load"), ("demo", "build")]
    assert preparing.missing_data(NetworkKind.REAL) == [("places", "load")]


def test_with_places_and_people_nothing_is_loaded_again(app: Flask) -> None:
    factories.user(password=None)

    assert preparing.missing_data(NetworkKind.DEMO) == []


def test_a_setup_link_is_told_once_kept_as_a_hash_and_ends_the_one_before(
    app: Flask, command: Callable[..., Any]
) -> None:
    with transaction() as session:
        network = session.get_one(Network, 1)
        network.set_up_at = None
        session.flush()
        audit.record(session, OPERATOR, "network.made", network)
    first, second = (command("setup-link").output.strip() for _ in range(2))

    tokens = [parse_qs(urlsplit(link).query)["token"][0] for link in (first, second)]
    kept = db().scalars(sa.select(Network.setup_token_hash)).one()
    assert urlsplit(first).path == "/setup"
    assert tokens[0] != tokens[1]
    assert kept == token_hash(tokens[1])


def test_a_network_with_people_gets_no_setup_link(app: Flask, command: Callable[..., Any]) -> None:
    factories.user(password=None)

    assert "set up already" in command("setup-link", status=1).output


def test_a_busy_port_is_told_before_anything_else(command: Callable[..., Any]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        told = command("serve", "--port", str(taken.getsockname()[1]), status=1)

    assert "is in use" in told.output


def test_it_is_served_on_loopback_alone(app: Flask) -> None:
    assert Server(app, 8123).cfg.address == [("127.0.0.1", 8123)]


def test_demo_sign_ins_are_shown_as_a_table(
    world: World, command: Callable[..., Any], tmp_path: Path, app: Flask
) -> None:
    from aidnet.house import cli

    accounts = tmp_path / "demo-accounts.json"
    accounts.write_text(json.dumps([{"role": "donor", "partner": "Lotus", "name": "daw-mya", "password": "x y z"}]))
    result = app.test_cli_runner()
    with result.isolation() as (out, *_rest):
        cli._show_demo_accounts(accounts)
        shown = out.getvalue().decode()

    assert [line.split() for line in shown.splitlines() if "daw-mya" in line] == [
        ["donor", "Lotus", "daw-mya", "x", "y", "z"]
    ]


def test_a_demo_that_was_not_built_to_its_end_says_what_to_do(command: Callable[..., Any]) -> None:
    factories.user(password=None)
    with transaction() as session:
        network = session.get_one(Network, 1)
        network.kind = NetworkKind.DEMO
        session.flush()
        audit.record(session, OPERATOR, "network.made", network)

    told = command("prepare", "--demo", status=1).output

    assert "was not built to its end" in told
    assert "Remove " in told


def test_the_command_prepares_and_refuses_in_a_sentence(command: Callable[..., Any], app: Flask) -> None:
    command("prepare")
    refused = command("prepare", "--demo", status=1)

    assert "holds a real network" in refused.output


def test_a_new_database_file_is_for_its_owner_alone(app: Flask, tmp_path: Path) -> None:
    Database(f"sqlite:///{tmp_path / 'new.db'}").engine.dispose()

    assert stat.S_IMODE((tmp_path / "new.db").stat().st_mode) == 0o600
