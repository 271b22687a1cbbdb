"""The database: column types, the two kinds of session, and the only commit.

Reads go through `db()` and never wait; writes go through `transaction()`, opened at the edge and only there.
"""

import enum
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, cast
from uuid import UUID, uuid4

import sqlalchemy as sa
from flask import Flask, current_app, g
from sqlalchemy import event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, make_transient_to_detached, mapped_column, sessionmaker
from sqlalchemy.pool import ConnectionPoolEntry

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcDateTime(sa.TypeDecorator[datetime]):
    """An aware instant, kept in UTC. SQLite silently drops offsets, so a naive one is refused on the way in."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    @property
    def python_type(self) -> type[datetime]:
        return datetime

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime reached the database")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class ExactDecimal(sa.TypeDecorator[Decimal]):
    """A decimal kept as the digits a person typed (rates, factors): SQLite's own numbers are floats."""

    impl = sa.String(40)
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: sa.Dialect) -> str | None:
        return None if value is None else f"{value:f}"

    def process_result_value(self, value: str | None, dialect: sa.Dialect) -> Decimal | None:
        return None if value is None else Decimal(value)


def choice(kind: type[enum.StrEnum], name: str) -> "sa.Enum":
    """A column of one of `kind`'s values, checked by a constraint called `name`."""
    return sa.Enum(
        kind,
        name=name,
        native_enum=False,
        create_constraint=True,
        length=24,
        values_callable=lambda members: [member.value for member in members],
    )


class Base(DeclarativeBase):
    """Every table. `info` may say: `reference` (anyone may read), `operational` (no audit), `within` (its aggregate's table),
    `append_only`."""

    metadata = sa.MetaData(naming_convention=NAMES)
    type_annotation_map = {  # noqa: RUF012 (SQLAlchemy's own name and shape)
        datetime: UtcDateTime(),
        date: sa.Date(),
        str: sa.Text(),
        Decimal: ExactDecimal(),
        UUID: sa.Uuid(),
    }

    def __init__(self, **values: Any) -> None:
        """Sets `uid` before all else: sealed columns are bound to it."""
        kind = type(self)
        if hasattr(kind, "uid"):
            self.uid = values.pop("uid", None) or uuid4()
        for name, value in values.items():
            if not hasattr(kind, name):
                raise TypeError(f"{kind.__name__} has no {name}")
            setattr(self, name, value)


class HasUid:
    """A row that a device may make: it has a random name of its own before the database knows it."""

    uid: Mapped[UUID] = mapped_column(sa.Uuid(), unique=True, insert_sentinel=True)


#: BigInteger on PostgreSQL; on SQLite the plain INTEGER that makes a primary key count by itself.
RowId = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


class ReadSession(Session):
    """Reads only: a flush is a bug."""


class WriteSession(Session):
    """The session of one `transaction()`."""


@event.listens_for(ReadSession, "before_flush")
def _refuse_flush(session: Session, context: object, instances: object) -> None:
    raise RuntimeError("a row was changed outside transaction()")


def _sqlite_connect(connection: DBAPIConnection, record: ConnectionPoolEntry) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "recursive_triggers=ON",
        "busy_timeout=15000",
        "cache_size=-32000",
        "temp_store=MEMORY",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _sqlite_begin(connection: sa.Connection) -> None:
    writes = connection.get_execution_options().get("aidnet_writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def make_engine(url: str) -> sa.Engine:
    """An engine with this project's habits (design: WAL, FULL, foreign keys, IMMEDIATE for writers)."""
    if url.startswith("postgresql://"):
        url = url.replace("postgresql://", "postgresql+psycopg://", 1)
    if url.startswith("sqlite"):
        engine = sa.create_engine(url)
        event.listen(engine, "connect", _sqlite_connect)
        event.listen(engine, "begin", _sqlite_begin)
        path = engine.url.database
        if path and not Path(path).exists():
            Path(path).touch(mode=0o600)
        return engine
    return sa.create_engine(url, pool_pre_ping=True)


class Database:
    """One app's engine and its two session makers."""

    def __init__(self, url: str) -> None:
        self.engine = make_engine(url)
        writes = self.engine.execution_options(aidnet_writes=True)
        reads = (
            self.engine.execution_options(postgresql_readonly=True, isolation_level="REPEATABLE READ")
            if self.engine.dialect.name == "postgresql"
            else self.engine
        )
        self.reads = sessionmaker(reads, class_=ReadSession, expire_on_commit=False, autoflush=False)
        self.writes = sessionmaker(writes, class_=WriteSession, expire_on_commit=False)


def database() -> Database:
    """The running app's database."""
    return cast(Database, current_app.extensions["aidnet.database"])


def init_db(app: Flask, url: str) -> None:
    """Give `app` its database; a request's read session is closed with the request."""
    app.extensions["aidnet.database"] = Database(url)
    app.teardown_appcontext(_close)


def _close(error: BaseException | None = None) -> None:
    session = g.pop("read_session", None)
    if session is not None:
        session.close()


def db() -> Session:
    """This request's read session: one consistent view of the database from its first read to the answer."""
    if "read_session" not in g:
        g.read_session = database().reads()
    return cast(Session, g.read_session)


def reading_on() -> Session:
    """This request's read session, for an answer that is streamed after the request has ended. Whoever takes it closes it."""
    session = db()
    g.pop("read_session")
    return session


@contextmanager
def transaction() -> Iterator[Session]:
    """Commit all that the block does, or none of it. Opened at the edge, and only there.

    A change to any table that is not operational needs an audit entry, or the commit is refused (`audit`).
    """
    with database().writes.begin() as session:
        yield session
    _close()  # what this request reads from now on is newer than what it wrote


@contextmanager
def bulk() -> Iterator[sa.Connection]:
    """One write transaction below the ORM and its rules, for restoring a whole database and for nothing else."""
    with database().engine.execution_options(aidnet_writes=True).begin() as connection:
        yield connection


def refresh_statistics() -> None:
    """Have PostgreSQL look at the sizes of its tables again, before a command reads them whole.

    After a great change its plans believe the old sizes until its own housekeeping comes round; a table believed empty is then
    read once for every row of another.
    """
    engine = database().engine
    if engine.dialect.name == "postgresql":
        with engine.execution_options(aidnet_writes=True).begin() as connection:
            connection.exec_driver_sql("ANALYZE")


@cache
def _adding(table: sa.Table, dialect: str, summed: tuple[str, ...], latest: tuple[str, ...]) -> sa.Insert:
    insert = (postgresql.insert if dialect == "postgresql" else sqlite.insert)(table)
    new = insert.excluded
    kept: dict[str, sa.ColumnElement[Any]] = {name: table.c[name] + new[name] for name in summed}
    kept |= {name: sa.case((new[name] > table.c[name], new[name]), else_=table.c[name]) for name in latest}
    return insert.on_conflict_do_update(index_elements=list(table.primary_key), set_=kept)


def add_up(
    session: Session,
    model: type[Base],
    rows: list[dict[str, Any]],
    *,
    summed: tuple[str, ...],
    latest: tuple[str, ...] = (),
) -> None:
    """Add `rows` to running totals, in one statement: `summed` columns add, of `latest` ones the later value stays.

    Each primary key stands once in `rows`, which are sorted by it, so that two writers wait for each other in one order.
    """
    table = cast(sa.Table, model.__table__)
    session.execute(_adding(table, session.get_bind().dialect.name, summed, latest), rows)


@cache
def _inserting_once(table: sa.Table, dialect: str, by: str) -> sa.sql.dml.ReturningInsert[tuple[int]]:
    insert = (postgresql.insert if dialect == "postgresql" else sqlite.insert)(table)
    return insert.on_conflict_do_nothing(index_elements=[by]).returning(table.c.id)


def insert_once(session: Session, row: Base, *, by: str = "uid") -> bool:
    """Insert `row` unless its `uid` (or what else is unique: `by`) is there already, in one statement; whether it was new.

    Two requests with one `uid` meet here: the second waits for the first, and then finds that it made nothing.
    """
    values = {column.key: getattr(row, column.key) for column in row.__mapper__.column_attrs if column.key != "id"}
    statement = _inserting_once(cast(sa.Table, row.__table__), session.get_bind().dialect.name, by)
    session.flush()
    before = set(session.info.get("changed", ()))
    made = session.execute(statement, values).scalar_one_or_none()
    if made is None:
        session.info["changed"] = before  # nothing was, so no audit entry is owed for it
        return False
    row.id = made  # type: ignore[attr-defined]
    make_transient_to_detached(row)
    session.add(row)
    return True


def insert_many(session: Session, rows: Sequence[Base]) -> None:
    """Insert new rows of one table that has a `uid`, a thousand a statement, and tell each its `id`; they are not kept in the session.

    Ids go up in the order of `rows`.
    """
    if not rows:
        return
    model: Any = type(rows[0])
    names = [column.key for column in rows[0].__mapper__.column_attrs if column.key != "id"]
    plain = {name for name in names if model.__table__.c[name].default is not None}
    values = [
        {name: value for name in names if (value := getattr(row, name)) is not None or name not in plain}
        for row in rows
    ]
    made = session.scalars(sa.insert(model).returning(model.id, sort_by_parameter_order=True), values)
    for row, number in zip(rows, made, strict=True):
        row.id = number  # type: ignore[attr-defined]


def unindexed(rule: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    """The same rule, in a form that no index answers: what is beside it leads, whatever a planner guesses."""
    return sa.case((rule, 1), else_=0) == 1
