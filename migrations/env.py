"""Runs migrations on the connection it is given, or on the configured database."""

from alembic import context

from aidnet.config import Settings
from aidnet.db import make_engine
from aidnet.models import metadata


def run(connection) -> None:
    context.configure(connection=connection, target_metadata=metadata, transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    engine = make_engine(Settings.load().database_url)
    with engine.connect() as opened:
        run(opened)
    engine.dispose()
