"""The database's shape: where its migrations stand, and bringing it up to date."""

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


def upgrade(engine: sa.Engine, revision: str = "head") -> None:
    """Bring the database up to `revision`."""
    made = config()
    with engine.connect() as connection:
        made.attributes["connection"] = connection
        command.upgrade(made, revision)
        connection.commit()


def downgrade(engine: sa.Engine, revision: str) -> None:
    """Take the database down to `revision`. Raises where that would lose data."""
    made = config()
    with engine.connect() as connection:
        made.attributes["connection"] = connection
        command.downgrade(made, revision)
        connection.commit()


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
