"""`/healthz`: whether this process can serve, for whoever watches the box."""

import sqlalchemy as sa
from flask import Blueprint
from flask.typing import ResponseReturnValue

from aidnet import schema
from aidnet.db import database
from aidnet.web.guards import public

bp = Blueprint("health", __name__)


@bp.get("/healthz")
@public
def healthz() -> ResponseReturnValue:
    """The state of the database and of its migrations. Shape: status (ok, failing), database, migration; 503 unless ok."""
    engine = database().engine
    answer = {"status": "ok", "database": engine.dialect.name, "migration": schema.head()}
    try:
        with engine.connect() as connection:
            at = schema.current(connection)
    except sa.exc.DBAPIError:
        return answer | {"status": "failing", "database": "unreachable"}, 503
    if at != schema.head():
        return answer | {"status": "failing", "migration": f"{at or 'none'}, not {schema.head()}"}, 503
    return answer
