"""Databases for tests: migrated once per worker and dialect, then fresh for each test.

SQLite: each test has a copy of one file. PostgreSQL: a worker has one database, and after a test the tables that changed are put
back as they were (a clone per test costs half a second, this a few milliseconds). Either way commits are real.
"""

import shutil
import sqlite3
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import sqlalchemy as sa

from tests.postgres import Server

#: Fills a new database: migrations and the rows every test starts with. Given the database's URL.
Fill = Callable[[str], None]


@dataclass
class SqliteDatabases:
    """Copies of one migrated file."""

    folder: Path
    fill: Fill
    dialect: str = "sqlite"
    #: Names in use: a module's database and a test's may be there at once.
    _taken: set[str] = field(default_factory=set)

    def _template(self) -> Path:
        path = self.folder / "template.db"
        if not path.exists():
            making = self.folder / "making.db"
            _remove(making)
            self.fill(f"sqlite:///{making}")
            with sqlite3.connect(making) as connection:
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.close()
            making.rename(path)
        return path

    @contextmanager
    def fresh(self) -> Iterator[str]:
        """The URL of a database with the template's rows. Names come again, and with them the engines that `World` keeps."""
        name = next(name for name in (f"work{number}.db" for number in count()) if name not in self._taken)
        self._taken.add(name)
        path = self.folder / name
        _remove(path)
        shutil.copyfile(self._template(), path)
        yield f"sqlite:///{path}"
        _remove(path)
        self._taken.remove(name)

    @contextmanager
    def blank(self) -> Iterator[str]:
        """The URL of a database with nothing in it."""
        path = self.folder / f"{uuid.uuid4().hex}.db"
        yield f"sqlite:///{path}"
        _remove(path)

    def stop(self) -> None:
        """Nothing runs."""


def _remove(path: Path) -> None:
    for each in path.parent.glob(f"{path.name}*"):
        each.unlink()


class PostgresDatabases:
    """One database of a private server, put back after each test."""

    dialect = "postgresql"

    def __init__(self, fill: Fill) -> None:
        self.fill = fill
        self._server: Server | None = None
        self._kept: _Kept | None = None

    @property
    def server(self) -> Server:
        """The worker's server, started when first asked for."""
        if self._server is None:
            self._server = Server()
        return self._server

    @contextmanager
    def fresh(self) -> Iterator[str]:
        """The URL of a database with the template's rows."""
        if self._kept is None:
            self.server.drop("work")
            url = self.server.create("work")
            self.fill(url)
            self._kept = _Kept(url, self.server.admin("work"))
        yield self._kept.url
        self._kept.put_back()

    @contextmanager
    def blank(self) -> Iterator[str]:
        """The URL of a database with nothing in it."""
        name = f"blank_{uuid.uuid4().hex}"
        yield self.server.create(name)
        self.server.drop(name)

    def stop(self) -> None:
        """Stop the server."""
        if self._kept is not None:
            self._kept.admin.close()
        if self._server is not None:
            self._server.stop()


class _Kept:
    """A database whose first rows are kept aside in it, in a schema of their own."""

    def __init__(self, url: str, admin: "psycopg.Connection[tuple[Any, ...]]") -> None:
        self.url = url
        self.admin = admin
        rows = admin.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version'"
        )
        tables = sorted(name for (name,) in rows)
        admin.execute("CREATE SCHEMA kept")
        busy = "datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle'"
        lines = [f"PERFORM pg_terminate_backend(pid) FROM pg_stat_activity WHERE {busy};"]
        for table in tables:
            admin.execute(f'CREATE TABLE kept."{table}" AS TABLE public."{table}"')
            counted = admin.execute(f'SELECT count(*) FROM kept."{table}"').fetchone()
            lines.append(_put_back_table(table, empty=counted == (0,)))
        sequences = admin.execute("SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = 'public'")
        for name, last in sequences:
            value = f"{last}, true" if last is not None else "1, false"
            lines.append(f"PERFORM setval('public.\"{name}\"', {value});")
        body = "\n".join(lines)
        admin.execute(f"CREATE FUNCTION kept.put_back() RETURNS void LANGUAGE plpgsql AS $$ BEGIN {body} END $$")
        # The superuser's own: triggers and foreign keys rest while rows are put back.
        admin.execute("SET session_replication_role = replica")

    def put_back(self) -> None:
        """Make every table what it was."""
        self.admin.execute("SELECT kept.put_back()")


def _put_back_table(table: str, *, empty: bool) -> str:
    now, then = f'public."{table}"', f'kept."{table}"'
    if empty:
        return f"IF EXISTS (SELECT FROM {now}) THEN DELETE FROM {now}; END IF;"
    differ = (
        f"(SELECT x::text FROM {now} x EXCEPT ALL SELECT x::text FROM {then} x) UNION ALL "
        f"(SELECT x::text FROM {then} x EXCEPT ALL SELECT x::text FROM {now} x)"
    )
    return f"IF EXISTS ({differ}) THEN DELETE FROM {now}; INSERT INTO {now} SELECT * FROM {then}; END IF;"


@contextmanager
def engine_of(url: str) -> Iterator[sa.Engine]:
    """The app's own engine on `url`, disposed of at the end."""
    from aidnet.db import make_engine

    engine = make_engine(url)
    try:
        yield engine
    finally:
        engine.dispose()
