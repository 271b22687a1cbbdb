"""`/healthz`."""

import sqlalchemy as sa

from aidnet import schema
from tests.world import Client, World


def test_a_healthy_process_says_ok_with_its_database_and_migration(client: Client, dialect: str) -> None:
    answer = client.get("/healthz")

    assert answer.status_code == 200
    assert answer.json == {"status": "ok", "database": dialect, "migration": schema.head()}


def test_a_database_behind_the_code_is_not_ok(client: Client, world: World) -> None:
    with world.engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '0000_older'"))
    try:
        answer = client.get("/healthz")
    finally:
        with world.engine.begin() as connection:
            connection.execute(sa.text("UPDATE alembic_version SET version_num = :head"), {"head": schema.head()})

    assert answer.status_code == 503
    assert answer.json["status"] == "failing"
