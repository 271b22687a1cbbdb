"""Getting a database ready to serve: its kind, its migrations, the data that every network starts with."""

from urllib.parse import urlencode

import sqlalchemy as sa

from aidnet import schema
from aidnet.accounts import service as accounts
from aidnet.accounts.models import User
from aidnet.db import database, db, transaction
from aidnet.deliveries import rollups
from aidnet.deliveries.catalogue import load_catalogue
from aidnet.network import service as networks
from aidnet.network.models import Network, NetworkKind
from aidnet.places.models import Place
from aidnet.policy import unscoped
from aidnet.trace import proof as trace

_REFUSALS = {
    NetworkKind.REAL: (
        "This database holds a real network, and `make demo` never touches one. Use `make run`, or name another folder: "
        "AIDNET_INSTANCE=instance/demo make demo"
    ),
    NetworkKind.DEMO: (
        "This database holds an invented network, and `make run` never serves one as real. Use `make demo`, or name another "
        "folder: AIDNET_INSTANCE=instance make run"
    ),
}


class WrongKind(Exception):
    """The database is of the other kind; the message says what to do."""


def prepare_database(kind: NetworkKind) -> None:
    """Bring the database to the newest migration and give it its network row. Raises: WrongKind, before anything changes."""
    engine = database().engine
    with engine.connect() as connection:
        at = schema.current(connection)
    if at is not None:
        _refuse_other(kind)
    if at != schema.head():
        schema.upgrade(engine)
    with transaction() as session:
        networks.ensure(session, kind)
    with transaction() as session:
        load_catalogue(session)


def _refuse_other(kind: NetworkKind) -> None:
    # The column alone: an older database may lack others.
    found = db().scalar(sa.select(Network.kind))
    db().close()
    if found is not None and found is not kind:
        raise WrongKind(_REFUSALS[found])


def missing_data(kind: NetworkKind) -> list[tuple[str, ...]]:
    """The commands that load or make what this database lacks, in order."""
    session = db()
    commands: list[tuple[str, ...]] = []
    if session.scalar(sa.select(Place.id).limit(1)) is None:
        commands.append(("places", "load"))
    if trace.is_behind(session):
        commands.append(("ledger", "rebuild"))
    if rollups.is_behind(session):
        commands.append(("deliveries", "recount", "--repair"))
    if kind is NetworkKind.DEMO and awaits_setup():
        commands.append(("demo", "build"))
    session.close()
    return commands


def awaits_setup() -> bool:
    """Whether nobody has an account yet."""
    anybody = unscoped(sa.select(User.id).limit(1), because="before the first account there is no actor")
    return db().scalar(anybody) is None


def new_setup_path() -> str:
    """The path of a new one-time link to `/setup`; the database keeps only its token's hash, and an older link stops working."""
    with transaction() as session:
        token = accounts.new_setup_token(session)
    return f"/setup?{urlencode({'token': token})}"
