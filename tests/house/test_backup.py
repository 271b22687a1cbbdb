"""Backup and restore, between and across both databases, with a row in every table."""

import json
import stat
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import pytest
import sqlalchemy as sa
from cryptography.fernet import Fernet
from flask import Flask

from aidnet import audit, schema
from aidnet.db import Database, transaction
from aidnet.house import backup
from aidnet.models import metadata
from aidnet.network.models import Network
from aidnet.policy import OPERATOR
from tests import factories, rows
from tests.databases import PostgresDatabases, SqliteDatabases, engine_of
from tests.migrations.ddl import ddl_of
from tests.world import World, row_counts

#: Tables that a restore itself adds to: it is an act that the audit chain tells.
ADDED_TO = {"audit_entry", "audit_head", "network"}


@contextmanager
def on(app: Flask, url: str) -> Iterator[sa.Engine]:
    """The app on another database for a while."""
    before = app.extensions["aidnet.database"]
    app.extensions["aidnet.database"] = Database(url)
    try:
        with app.app_context():
            yield app.extensions["aidnet.database"].engine
    finally:
        app.extensions["aidnet.database"].engine.dispose()
        app.extensions["aidnet.database"] = before


def contents(engine: sa.Engine) -> dict[str, list[Any]]:
    """Every row of every table that is backed up, as Python sees it."""
    with engine.connect() as connection:
        return {
            table.name: [
                tuple(row) for row in connection.execute(sa.select(table).order_by(*table.primary_key.columns))
            ]
            for table in metadata.sorted_tables
            if table.name not in backup.LEFT_OUT
        }


@pytest.fixture
def settings(app: Flask) -> Any:
    return app.extensions["aidnet.settings"]


@pytest.fixture
def full(app: Flask, world: World) -> None:
    """A row in every table."""
    with world.engine.begin() as connection:
        rows.in_every_table(connection)


@pytest.fixture(scope="session")
def others(dialect: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqliteDatabases | PostgresDatabases]:
    """Databases of the other dialect."""
    other: SqliteDatabases | PostgresDatabases
    if dialect == "sqlite":
        other = PostgresDatabases(lambda url: None)
    else:
        other = SqliteDatabases(tmp_path_factory.mktemp("others"), lambda url: None)
    yield other
    other.stop()


@pytest.fixture(params=["the same database", "the other database"])
def target(request: pytest.FixtureRequest, blank_url: str) -> Iterator[str]:
    """A blank database of the same dialect, and of the other."""
    if request.param == "the same database":
        yield blank_url
        return
    with request.getfixturevalue("others").blank() as url:
        yield url


def quiet(table: str, count: int) -> None:
    """Progress that nobody reads."""


def test_what_is_restored_is_what_was_backed_up(
    app: Flask, world: World, full: None, settings: Any, target: str, tmp_path: Path
) -> None:
    before = contents(world.engine)
    made = backup.make(tmp_path / "b.zip", settings, quiet)

    with on(app, target) as engine:
        backup.restore(tmp_path / "b.zip", settings, quiet)
        after = contents(engine)
        restored_ddl = ddl_of(engine)

    assert made.rows == sum(map(len, before.values()))
    for table, found in before.items():
        if table not in ADDED_TO:
            assert after[table] == found, table
        else:
            assert len(after[table]) >= len(found), table
    assert restored_ddl.triggers == {
        (table.name, act)
        for table in metadata.sorted_tables
        if table.info.get("append_only")
        for act in ("UPDATE", "DELETE", *(["TRUNCATE"] if target.startswith("postgresql") else []))
    }


def test_a_restored_database_goes_on_where_the_old_one_stopped(
    app: Flask, world: World, full: None, settings: Any, target: str, tmp_path: Path
) -> None:
    backup.make(tmp_path / "b.zip", settings, quiet)

    with on(app, target) as engine:
        backup.restore(tmp_path / "b.zip", settings, quiet)
        with transaction() as session:
            network = session.get_one(Network, 1)
            network.name = "Goes on"
            audit.record(session, OPERATOR, "network.renamed", network)
        factories.partner(factories.PartnerKind.DONOR, "A new one")
        with pytest.raises(sa.exc.DBAPIError, match="append-only"), engine.begin() as connection:
            connection.execute(sa.delete(metadata.tables["transfer"]))


def test_a_backup_holds_no_key_nobody_who_is_signed_in_and_nothing_private_in_plain(
    app: Flask, world: World, sign_in: Callable[..., Any], settings: Any, tmp_path: Path
) -> None:
    factories.responder("S-07", own_name="Hidden Lotus Group")
    sign_in("coordinator")
    backup.make(tmp_path / "b.zip", settings, quiet)

    with zipfile.ZipFile(tmp_path / "b.zip") as packed:
        whole = b"".join(packed.read(name) for name in packed.namelist())
        names = packed.namelist()
    assert b"Hidden Lotus" not in whole
    for secret in (*settings.field_keys, settings.blind_key, settings.secret_key):
        assert secret.encode() not in whole
    assert not {f"tables/{name}.jsonl" for name in backup.LEFT_OUT} & set(names)
    assert stat.S_IMODE((tmp_path / "b.zip").stat().st_mode) == 0o600


def test_a_backup_is_one_moment_although_others_write_meanwhile(
    app: Flask, world: World, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = row_counts(world.engine)
    wrote = []

    def write_meanwhile(table: str, count: int) -> None:
        if not wrote:
            wrote.append(factories.donor("Came later"))

    made = backup.make(tmp_path / "b.zip", settings, write_meanwhile)

    counted = {table["name"]: table["rows"] for table in made.tables}
    assert counted["partner"] == before["partner"]
    assert row_counts(world.engine)["partner"] == before["partner"] + 1


def test_a_restore_never_touches_a_database_with_accounts(
    app: Flask, world: World, full: None, settings: Any, tmp_path: Path
) -> None:
    backup.make(tmp_path / "b.zip", settings, quiet)
    before = contents(world.engine)

    with pytest.raises(backup.BackupError, match="has accounts"):
        backup.restore(tmp_path / "b.zip", settings, quiet)

    assert contents(world.engine) == before


def test_a_restore_replaces_what_prepare_put_into_an_empty_instance(
    app: Flask, world: World, settings: Any, tmp_path: Path
) -> None:
    factories.responder("S-07")
    backup.make(tmp_path / "b.zip", settings, quiet)

    backup.restore(tmp_path / "b.zip", settings, quiet)

    assert row_counts(world.engine)["partner"] == 1


@pytest.mark.parametrize("harm", ["cut", "bent", "lost", "none", "newer", "text"])
def test_a_damaged_backup_is_refused_and_leaves_no_row(
    app: Flask, full: None, settings: Any, blank_url: str, tmp_path: Path, harm: str
) -> None:
    path = tmp_path / "b.zip"
    backup.make(path, settings, quiet)
    damage(path, harm)

    with on(app, blank_url) as engine:
        with pytest.raises(backup.BackupError):
            backup.restore(path, settings, quiet)
        if sa.inspect(engine).has_table("partner"):
            assert row_counts(engine)["partner"] == 0


def damage(path: Path, harm: str) -> None:
    """Harm a backup as disks, people and time do."""
    if harm == "none":
        path.unlink()
        return
    if harm in ("cut", "text"):
        path.write_bytes(path.read_bytes()[:-200] if harm == "cut" else b"not a backup")
        return
    with zipfile.ZipFile(path) as packed:
        parts = {name: packed.read(name) for name in packed.namelist()}
    manifest = json.loads(parts["manifest.json"])
    if harm == "newer":
        manifest["revision"] = "9999_from_the_future"
        parts["manifest.json"] = json.dumps(manifest).encode()
    elif harm == "bent":
        parts["tables/fund.jsonl"] = parts["tables/fund.jsonl"].replace(b'"x', b'"y')
    else:
        parts["tables/fund.jsonl"] = b""
    with zipfile.ZipFile(path, "w") as packed:
        for name, body in parts.items():
            packed.writestr(name, body)


def test_a_backup_sealed_with_other_keys_is_refused_until_it_is_said_that_this_is_known(
    app: Flask, settings: Any, blank_url: str, tmp_path: Path
) -> None:
    backup.make(tmp_path / "b.zip", settings, quiet)
    others = replace(settings, field_keys=(Fernet.generate_key().decode(),))

    with on(app, blank_url):
        with pytest.raises(backup.BackupError, match=r"field\.keys"):
            backup.restore(tmp_path / "b.zip", others, quiet)
        backup.restore(tmp_path / "b.zip", others, quiet, other_keys=True)


def test_a_backup_is_never_written_over_another_file(app: Flask, settings: Any, tmp_path: Path) -> None:
    (tmp_path / "b.zip").write_text("precious")

    with pytest.raises(backup.BackupError, match="exists already"):
        backup.make(tmp_path / "b.zip", settings, quiet)

    assert (tmp_path / "b.zip").read_text() == "precious"


def test_a_database_behind_the_code_is_not_backed_up(app: Flask, settings: Any, blank_url: str, tmp_path: Path) -> None:
    with on(app, blank_url), pytest.raises(backup.BackupError, match="flask prepare"):
        backup.make(tmp_path / "b.zip", settings, quiet)

    assert not (tmp_path / "b.zip").exists()


def test_every_command_on_a_database_behind_the_code_says_so(app: Flask, blank_url: str) -> None:
    asked = []
    with on(app, blank_url):
        for group, commands in app.cli.commands.items():
            for name, command in getattr(commands, "commands", {}).items():
                needed = [word for each in command.params if each.required for word in _given(each)]
                told = app.test_cli_runner().invoke(args=[group, name, *needed])
                assert (told.exit_code, "run `flask prepare`" in told.output) == (1, True), (group, name, told.output)
                asked.append(f"{group} {name}")

    assert {"places load", "demo build", "ledger check", "releases withdraw", "accounts invite"} <= set(asked)


def _given(parameter: click.Parameter) -> list[str]:
    """A value for what a command cannot do without."""
    first = parameter.type.choices[0] if isinstance(parameter.type, click.Choice) else "R-0000-0000"
    return [first] if isinstance(parameter, click.Argument) else [parameter.opts[0], first]


def test_the_commands_say_what_they_did_and_that_keys_are_not_in_it(
    app: Flask, command: Callable[..., Any], tmp_path: Path
) -> None:
    made = command("backup", tmp_path / "b.zip")
    restored = command("restore", tmp_path / "b.zip")
    refused = command("restore", tmp_path / "nothing.zip", status=1)

    assert "Not in it: the keys" in made.output
    assert "audit verify" in restored.output
    assert "There is no" in refused.output


def test_a_row_that_names_a_later_one_is_restored_after_it(
    app: Flask, settings: Any, world: World, blank_url: str, tmp_path: Path
) -> None:
    place = metadata.tables["place"]
    with world.engine.begin() as connection:
        values = {"id": 10**6, "pcode": "X1", "level": "state", "parent_id": 10**6 + 1, "name_en": "x", "name_my": "x"}
        above = {"id": 10**6 + 1, "pcode": "X2", "level": "country", "parent_id": None, "name_en": "x", "name_my": "x"}
        connection.execute(sa.insert(place), [above, values])
    backup.make(tmp_path / "b.zip", settings, quiet)

    with on(app, blank_url) as engine:
        backup.restore(tmp_path / "b.zip", settings, quiet)
        with engine_of(blank_url) as fresh, fresh.connect() as connection:
            assert schema.current(connection) == schema.head()
            assert connection.scalar(sa.select(place.c.parent_id).where(place.c.pcode == "X1")) == 10**6 + 1
        assert engine is not None
