"""The database's shape: where its migrations stand, and bringing it up to date."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from aidnet.config import ROOT


def config() -> Config:
    """Alembic's settings for this project."""
    made = Config()
    made.set_main_option("script_location", str(ROOT / "migrations"))
    return made


@cache
def head() -> str:
    """The newest migration this code knows."""
    return str(ScriptDirectory.from_config(config()).get_current_head())


@cache
def known() -> frozenset[str]:
    """Every migration this code knows."""
    return frozenset(str(each.revision) for each in ScriptDirectory.from_config(config()).walk_revisions())


def current(connection: sa.Connection) -> str | None:
    """The migration the database is at; None where it has none."""
    return MigrationContext.configure(connection).get_current_revision()


def behind(engine: sa.Engine) -> str | None:
    """What an operator is told whose database is not at the newest migration; None where it is."""
    with engine.connect() as connection:
        at = current(connection)
    return None if at == head() else f"The database is at migration {at or 'none'}, the code at {head()}: run `flask prepare`."


@contextmanager
def _migrating(engine: sa.Engine) -> Iterator[Config]:
    """Settings with a connection on which tables may be made anew.

    SQLite makes a changed table anew, and with foreign keys on it would delete the rows that name the old one: they are off
    before the transaction, and every one is looked at after it.
    """
    made = config()
    with engine.connect() as connection:
        on_sqlite = engine.dialect.name == "sqlite"
        if on_sqlite:
            connection.connection.cursor().execute("PRAGMA foreign_keys=OFF")
        made.attributes["connection"] = connection
        try:
            yield made
            if on_sqlite and connection.exec_driver_sql("PRAGMA foreign_key_check").first() is not None:
                raise RuntimeError("a migration left rows that name rows which are not there")
            connection.commit()
        finally:
            if on_sqlite:
                connection.invalidate()


def upgrade(engine: sa.Engine, revision: str = "head") -> None:
    """Bring the database up to `revision`."""
    with _migrating(engine) as made:
        command.upgrade(made, revision)


def downgrade(engine: sa.Engine, revision: str) -> None:
    """Take the database down to `revision`. Raises where that would lose data."""
    with _migrating(engine) as made:
        command.downgrade(made, revision)


def drop_everything(engine: sa.Engine) -> None:
    """Leave the database without a table. For a restore, which has made sure that nobody's records are in it."""
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            # Outside a transaction, and on this connection only: else each dropped row is looked for in every other table.
            connection.connection.cursor().execute("PRAGMA foreign_keys=OFF")
        found = sa.MetaData()
        found.reflect(connection)
        found.drop_all(connection)
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql("DROP FUNCTION IF EXISTS refuse_change()")
        connection.commit()
        connection.invalidate()
