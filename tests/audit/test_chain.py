"""No change without an entry; no entry changed, lost or forked without being found."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from aidnet import audit
from aidnet.accounts.models import Throttle
from aidnet.audit.models import AuditEntry, AuditHead
from aidnet.clock import now
from aidnet.db import transaction
from aidnet.network.models import Network
from aidnet.partners.models import Partner
from aidnet.policy import OPERATOR, unscoped
from tests import factories


def entries(world):
    with world.engine.connect() as connection:
        return connection.execute(sa.select(AuditEntry.__table__).order_by(AuditEntry.id)).mappings().all()


def forge(world, statement):
    """Change the chain as somebody would who owns the database."""
    with world.engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(sa.text("ALTER TABLE audit_entry DISABLE TRIGGER USER"))
        else:
            for name in ("update", "delete"):
                connection.execute(sa.text(f"DROP TRIGGER audit_entry_no_{name}"))
        connection.execute(statement)
        if connection.dialect.name == "postgresql":
            connection.execute(sa.text("ALTER TABLE audit_entry ENABLE TRIGGER USER"))


def test_an_entry_says_who_did_what(app, world):
    admin = factories.actor("admin")
    with transaction() as session:
        row = session.scalars(sa.select(Network)).one()
        row.name = "Another name"
        audit.record(session, admin, "network.renamed", row, length=12)
    entry = entries(world)[-1]
    assert (entry["user_id"], entry["role"], entry["partner_id"]) == (admin.user_id, "admin", admin.partner_id)
    assert (entry["action"], entry["entity"], entry["entity_id"], entry["detail"]) == (
        "network.renamed",
        "network",
        1,
        '{"length":12}',
    )


def test_a_change_without_an_entry_is_not_kept(app, world):
    with pytest.raises(RuntimeError, match="network changed and no audit entry"), transaction() as session:
        session.scalars(sa.select(Network)).one().name = "Unsaid"
    with transaction() as session:
        assert session.scalars(sa.select(Network)).one().name == "Test network"


def test_a_new_row_without_an_entry_is_not_kept(app):
    row = Partner(code="P-X", kind="donor", code_name="X", code_name_key="x", created_at=now())
    with pytest.raises(RuntimeError, match="partner changed and no audit entry"), transaction() as session:
        session.add(row)


@pytest.mark.parametrize(
    "statement",
    [
        sa.update(Network).values(name="Unsaid"),
        sa.delete(Network),
        sa.insert(Network).values(id=2, kind="real", name="Unsaid"),
    ],
    ids=["update", "delete", "insert"],
)
def test_a_bulk_change_without_an_entry_is_not_kept(app, statement):
    with pytest.raises((RuntimeError, DBAPIError)), transaction() as session:
        session.execute(unscoped(statement, because="a test goes round the rows"))
    with transaction() as session:
        assert session.scalars(sa.select(Network)).one().name == "Test network"


def test_operational_rows_need_no_entry(app, world):
    before = len(entries(world))
    with transaction() as session:
        session.add(Throttle(key="k", failures=1, last_failure_at=now()))
    assert len(entries(world)) == before


def test_the_entry_goes_where_its_change_goes(app, world):
    before = len(entries(world))

    def half_done():
        with transaction() as session:
            row = session.scalars(sa.select(Network)).one()
            row.name = "Half done"
            audit.record(session, OPERATOR, "network.renamed", row)
            raise LookupError

    with pytest.raises(LookupError):
        half_done()
    assert len(entries(world)) == before


def test_an_untouched_chain_holds(app, command):
    factories.responder()
    told = command("audit", "verify").output
    assert "The chain holds" in told


@pytest.mark.parametrize("column", ["role", "action", "entity_id", "detail", "digest", "at", "user_id"])
def test_a_changed_entry_is_found(app, world, command, column):
    actor = factories.actor("admin")
    with transaction() as session:
        audit.record(session, actor, "network.looked_at", session.scalars(sa.select(Network)).one(), seen=1)
    factories.responder()
    victim = len(entries(world)) - 1
    changed = {
        "role": "donor",
        "action": "network.burnt",
        "entity_id": 99,
        "detail": '{"seen":2}',
        "digest": "0" * 64,
        "at": factories.NOW.replace(hour=1),
        "user_id": None,
    }[column]
    row_id = entries(world)[victim - 1]["id"]
    forge(world, sa.update(AuditEntry.__table__).where(AuditEntry.__table__.c.id == row_id).values({column: changed}))
    assert f"Link {victim} was changed" in command("audit", "verify", status=1).output


def test_a_rewritten_hash_breaks_the_next_link(app, world, command):
    factories.responder()
    rows = entries(world)
    table = AuditEntry.__table__
    forge(world, sa.update(table).where(table.c.id == rows[0]["id"]).values(hash="f" * 64))
    assert "Link 1 was changed" in command("audit", "verify", status=1).output


def test_a_removed_entry_is_found(app, world, command):
    factories.responder()
    factories.responder()
    rows = entries(world)
    table = AuditEntry.__table__
    forge(world, sa.delete(table).where(table.c.id == rows[1]["id"]))
    assert "Link 2 does not follow" in command("audit", "verify", status=1).output


def test_a_cut_end_is_found(app, world, command):
    factories.responder()
    rows = entries(world)
    table = AuditEntry.__table__
    forge(world, sa.delete(table).where(table.c.id == rows[-1]["id"]))
    assert f"Link {len(rows)} is missing" in command("audit", "verify", status=1).output


@pytest.mark.parametrize(
    "act", ["UPDATE audit_entry SET detail = '{}'", "DELETE FROM audit_entry", "TRUNCATE audit_entry"]
)
def test_the_database_refuses_to_change_an_entry(app, world, dialect, act):
    before = entries(world)
    if act.startswith("TRUNCATE") and dialect == "sqlite":
        act = "INSERT OR REPLACE INTO audit_entry SELECT * FROM audit_entry LIMIT 1"
    with pytest.raises(DBAPIError), world.engine.begin() as connection:
        connection.execute(sa.text(act))
    assert entries(world) == before


def test_sixteen_writers_at_once_make_one_chain(app, world, command):
    before = len(entries(world))

    def write(number):
        with app.app_context():
            for _turn in range(4):
                with transaction() as session:
                    row = session.scalars(sa.select(Network)).one()
                    audit.record(session, OPERATOR, "network.looked_at", row, writer=number)
        return number

    with ThreadPoolExecutor(16) as pool:
        assert sorted(pool.map(write, range(16))) == list(range(16))
    rows = entries(world)
    assert len(rows) == before + 64
    assert len({row["previous_hash"] for row in rows}) == len(rows)
    assert "The chain holds" in command("audit", "verify").output
    with world.engine.connect() as connection:
        assert connection.scalar(sa.select(AuditHead.count)) == len(rows)
