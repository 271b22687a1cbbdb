"""Backup and restore: every table in one portable file, made while serving, restored into either database.

The file is a zip: one `tables/<name>.jsonl` per table (a JSON array a row, in the order of its columns), and `manifest.json`
with the migration it stands at, the columns, the number of rows and the sha256 of each. Values that JSON lacks are tagged:
`{"time": …}`, `{"day": …}`, `{"uid": …}`, `{"bytes": …}`, `{"number": …}`. Private columns stay sealed; keys are never in it.

SECURITY: a backup holds villages, days and crossings in plain form. It is written 0600; docs/deploy.md says how to encrypt it.
"""

import base64
import hashlib
import json
import os
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from aidnet import audit, clock, schema
from aidnet.accounts.models import User
from aidnet.config import Settings
from aidnet.db import Base, bulk, database, transaction
from aidnet.network.models import Network
from aidnet.policy import OPERATOR, unscoped

FORMAT = 1
#: Rows read, and written, at a time.
BATCH = 2_000
#: What a browser or a throttle needs for hours: nobody stays signed in across a restore. `presence` is kept.
LEFT_OUT = frozenset({"web_session", "device", "throttle"})

#: Told of each table as it is done, with its rows.
Progress = Callable[[str, int], None]


class BackupError(Exception):
    """It cannot be done; the message says what to do."""


@dataclass(frozen=True)
class Manifest:
    """What a backup says of itself."""

    #: The migration its tables stand at.
    revision: str
    made_at: str
    #: Fingerprints of the field keys that its private columns may need.
    keys: tuple[str, ...]
    #: In an order in which every row comes after those it names: name, columns, rows, sha256.
    tables: tuple[dict[str, Any], ...]

    @property
    def rows(self) -> int:
        """All rows in all tables."""
        return sum(table["rows"] for table in self.tables)


def key_fingerprints(settings: Settings) -> tuple[str, ...]:
    """Short names of the field keys, by which a restore tells whether it has the right ones. A key cannot be got from one."""
    return tuple(hashlib.sha256(f"aidnet field key {key}".encode()).hexdigest()[:12] for key in settings.field_keys)


# Writing


def make(path: Path, settings: Settings, progress: Progress) -> Manifest:
    """Write a backup of the current database to `path` (new, 0600): one consistent view of it, writers need not wait.

    Raises: BackupError, and leaves no file.
    """
    engine = database().engine
    if told := schema.behind(engine):
        raise BackupError(told)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise BackupError(f"{path} exists already: name a new file.") from None
    except OSError as error:
        raise BackupError(f"{path} cannot be written: {error.strerror}.") from None
    try:
        with (
            os.fdopen(handle, "wb") as file,
            zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as packed,
        ):
            manifest = _write(packed, engine, settings, progress)
    except BaseException:
        path.unlink()
        raise
    return manifest


def _write(packed: zipfile.ZipFile, engine: sa.Engine, settings: Settings, progress: Progress) -> Manifest:
    options = (
        {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        if engine.dialect.name == "postgresql"
        else {}
    )
    tables = []
    # One read transaction: on SQLite a snapshot of the write-ahead log, on PostgreSQL REPEATABLE READ.
    with engine.connect().execution_options(**options) as connection:
        for table in Base.metadata.sorted_tables:
            if table.name in LEFT_OUT:
                continue
            digest = hashlib.sha256()
            count = 0
            query = sa.select(table).order_by(*table.primary_key.columns)
            with packed.open(f"tables/{table.name}.jsonl", "w", force_zip64=True) as file:
                for row in connection.execution_options(yield_per=BATCH).execute(query):
                    line = (
                        json.dumps(
                            [_encoded(value) for value in row], ensure_ascii=False, separators=(",", ":")
                        ).encode()
                        + b"\n"
                    )
                    digest.update(line)
                    file.write(line)
                    count += 1
            columns = [column.name for column in table.columns]
            tables.append({"name": table.name, "columns": columns, "rows": count, "sha256": digest.hexdigest()})
            progress(table.name, count)
    manifest = Manifest(
        schema.head(), clock.now().isoformat(timespec="seconds"), key_fingerprints(settings), tuple(tables)
    )
    whole = {
        "format": FORMAT,
        "revision": manifest.revision,
        "made_at": manifest.made_at,
        "keys": list(manifest.keys),
        "tables": tables,
    }
    packed.writestr("manifest.json", json.dumps(whole, indent=1))
    return manifest


def _encoded(value: Any) -> Any:
    match value:
        case None | bool() | int() | float():
            return value
        case str():
            return str(value)
        case datetime():
            return {"time": value.astimezone(UTC).isoformat()}
        case date():
            return {"day": value.isoformat()}
        case UUID():
            return {"uid": value.hex}
        case bytes():
            return {"bytes": base64.b64encode(value).decode()}
        case Decimal():
            return {"number": f"{value:f}"}
    raise TypeError(f"a backup has no form for {type(value).__name__}")


# Reading


def restore(path: Path, settings: Settings, progress: Progress, *, other_keys: bool = False) -> Manifest:
    """Fill the current database, which holds no account yet, with the backup at `path`, then bring it to the newest migration.

    Checks every sum and count; any failure leaves no row behind. Raises: BackupError.
    """
    try:
        with zipfile.ZipFile(path) as packed:
            manifest = _read_manifest(packed)
            if not other_keys and not set(manifest.keys) & set(key_fingerprints(settings)):
                raise BackupError(
                    "The private columns of this backup were sealed with other keys than this installation's. Put its field.keys and "
                    "blind.key into the instance folder first; --other-keys restores it all the same, with those columns unreadable."
                )
            _refuse_inhabited()
            _start_over(manifest.revision)
            _fill(packed, manifest, progress)
    except FileNotFoundError:
        raise BackupError(f"There is no {path}.") from None
    except (zipfile.BadZipFile, KeyError, json.JSONDecodeError) as error:
        raise BackupError(f"{path} is no whole backup of aidnet ({type(error).__name__}).") from None
    schema.upgrade(database().engine)
    with transaction() as session:
        network = session.get(Network, 1)
        if network is not None:
            audit.record(
                session, OPERATOR, "network.restored", network, rows=manifest.rows, backup_made_at=manifest.made_at
            )
            network.setup_token_hash = None
    return manifest


def _read_manifest(packed: zipfile.ZipFile) -> Manifest:
    whole = json.loads(packed.read("manifest.json"))
    if whole["format"] != FORMAT:
        raise BackupError(f"This backup has format {whole['format']}; this version reads {FORMAT}.")
    if whole["revision"] not in schema.known():
        raise BackupError(
            f"This backup is of a newer aidnet (migration {whole['revision']}): install that version first."
        )
    return Manifest(whole["revision"], whole["made_at"], tuple(whole["keys"]), tuple(whole["tables"]))


def _refuse_inhabited() -> None:
    with database().engine.connect() as connection:
        if schema.current(connection) is None:
            return
    with database().reads() as session:
        anybody = unscoped(sa.select(User.id).limit(1), because="a restore must not touch a network that has people")
        if session.scalar(anybody) is not None:
            raise BackupError(
                "This database has accounts, and a restore replaces everything. Restore into an empty one: name another "
                "AIDNET_INSTANCE or AIDNET_DATABASE_URL, or move the old database away."
            )


def _start_over(revision: str) -> None:
    """An empty schema at the backup's migration."""
    engine = database().engine
    schema.drop_everything(engine)
    schema.upgrade(engine, revision)


def _fill(packed: zipfile.ZipFile, manifest: Manifest, progress: Progress) -> None:
    with bulk() as connection:
        for entry in manifest.tables:
            table = sa.table(entry["name"], *(sa.column(name) for name in entry["columns"]))
            connection.execute(sa.delete(table))  # what the migration itself put there
            references = _references_to_itself(connection, entry["name"])
            for rows in _in_order(_rows(packed, entry, connection.dialect.name), references):
                connection.execute(sa.insert(table), rows)
            counted = connection.scalar(sa.select(sa.func.count()).select_from(table))
            if counted != entry["rows"]:
                raise BackupError(f"{entry['name']}: {counted} rows arrived of {entry['rows']}. Nothing was restored.")
            progress(entry["name"], entry["rows"])
        _set_counters(connection, [entry["name"] for entry in manifest.tables])


def _rows(packed: zipfile.ZipFile, entry: dict[str, Any], dialect: str) -> Iterator[dict[str, Any]]:
    digest = hashlib.sha256()
    with packed.open(f"tables/{entry['name']}.jsonl") as file:
        for line in file:
            digest.update(line)
            yield {
                name: _decoded(value, dialect) for name, value in zip(entry["columns"], json.loads(line), strict=True)
            }
    if digest.hexdigest() != entry["sha256"]:
        raise BackupError(f"{entry['name']}: the file is damaged (its sum is wrong). Nothing was restored.")


def _decoded(value: Any, dialect: str) -> Any:
    """The value as the database driver takes it: SQLite keeps times as naive UTC text and uids as hex."""
    if not isinstance(value, dict):
        return value
    [(kind, text)] = value.items()
    match kind:
        case "bytes":
            return base64.b64decode(text)
        case "uid":
            return text if dialect == "sqlite" else UUID(text)
        case "day":
            return text if dialect == "sqlite" else date.fromisoformat(text)
        case "time":
            instant = datetime.fromisoformat(text)
            return instant.strftime("%Y-%m-%d %H:%M:%S.%f") if dialect == "sqlite" else instant
        case "number":
            return text if dialect == "sqlite" else Decimal(text)
    raise BackupError(f"This backup has a kind of value that this version does not know: {kind}.")


def _references_to_itself(connection: sa.Connection, table: str) -> list[tuple[str, str]]:
    """The columns of `table` that name other rows of it, each with the column it names."""
    return [
        (key["constrained_columns"][0], key["referred_columns"][0])
        for key in sa.inspect(connection).get_foreign_keys(table)
        if key["referred_table"] == table and len(key["constrained_columns"]) == 1
    ]


def _in_order(rows: Iterator[dict[str, Any]], references: Sequence[tuple[str, str]]) -> Iterator[list[dict[str, Any]]]:
    """The rows in batches, each row after the rows of its own table that it names."""
    known: dict[str, set[Any]] = {named: set() for _, named in references}
    batch: list[dict[str, Any]] = []
    waiting: list[dict[str, Any]] = []

    def may_go(row: dict[str, Any]) -> bool:
        return all(
            row[column] is None or row[column] == row[named] or row[column] in known[named]
            for column, named in references
        )

    def note(row: dict[str, Any]) -> None:
        batch.append(row)
        for named, values in known.items():
            values.add(row[named])

    for row in rows:
        if may_go(row):
            note(row)
        else:
            waiting.append(row)
        if len(batch) >= BATCH:
            yield batch
            batch = []
    while waiting:
        still = []
        for row in waiting:
            if may_go(row):
                note(row)
            else:
                still.append(row)
        if len(still) == len(waiting):
            raise BackupError("Rows name others that are not in the backup. Nothing was restored.")
        waiting = still
    if batch:
        yield batch


def _set_counters(connection: sa.Connection, tables: list[str]) -> None:
    """On PostgreSQL, let each table's ids go on after its last. SQLite does so by itself."""
    if connection.dialect.name != "postgresql":
        return
    inspector = sa.inspect(connection)
    for table in tables:
        if not any(column["name"] == "id" for column in inspector.get_columns(table)):
            continue
        counter = connection.scalar(sa.select(sa.func.pg_get_serial_sequence(f'public."{table}"', "id")))
        if counter is not None:
            last = connection.scalar(sa.select(sa.func.max(sa.column("id"))).select_from(sa.table(table)))
            connection.execute(sa.select(sa.func.setval(counter, last or 1, last is not None)))
