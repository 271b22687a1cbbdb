"""What an installation decides: read once, refused in a sentence where it would be dangerous."""

import dataclasses
import stat
from pathlib import Path

import pytest
import sqlalchemy as sa

from aidnet.config import BadSettings, Settings
from aidnet.db import Database

GOOD = "forty characters that nobody has guessed"


def test_a_first_start_makes_its_folder_and_its_secrets_for_its_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "instance"
    made = Settings.load({"AIDNET_INSTANCE": str(folder)})

    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    kept = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
    assert kept == {"secret.key": 0o600, "field.keys": 0o600, "blind.key": 0o600}
    assert len({made.secret_key, made.blind_key, *made.field_keys}) == 3
    assert Settings.load({"AIDNET_INSTANCE": str(folder)}) == made
    assert (made.mode, made.debug) == ("production", False)


def test_a_folder_that_others_could_open_is_closed(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    Settings.load({"AIDNET_INSTANCE": str(tmp_path)})

    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o700


def test_settings_never_change_and_show_no_secret(tmp_path: Path) -> None:
    made = Settings.load({"AIDNET_INSTANCE": str(tmp_path)})

    with pytest.raises(dataclasses.FrozenInstanceError):
        made.debug = True  # type: ignore[misc]
    assert not [secret for secret in (made.secret_key, made.blind_key, *made.field_keys) if secret in repr(made)]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"AIDNET_DEBUG": "1"}, "unset AIDNET_DEBUG"),
        ({"FLASK_DEBUG": "true"}, "unset AIDNET_DEBUG and FLASK_DEBUG"),
        ({"AIDNET_SECRET_KEY": "changeme"}, "AIDNET_SECRET_KEY is a default secret: unset it"),
        ({"AIDNET_SECRET_KEY": "x" * 31}, "AIDNET_SECRET_KEY is shorter than 32 characters: unset it"),
        ({"AIDNET_BLIND_KEY": "Secret"}, "AIDNET_BLIND_KEY is a default secret: unset it"),
        ({"AIDNET_BLIND_KEY": "x"}, "AIDNET_BLIND_KEY is shorter"),
        ({"AIDNET_FIELD_KEYS": " "}, "AIDNET_FIELD_KEYS is empty"),
        ({"AIDNET_FIELD_KEYS": "none"}, "no Fernet key"),
        ({"AIDNET_MODE": "prod"}, "set it to one of production"),
        ({"AIDNET_DATABASE_URL": "mysql://x"}, "must begin with sqlite"),
    ],
)
def test_a_dangerous_start_is_refused_with_what_to_do(tmp_path: Path, given: dict[str, str], told: str) -> None:
    good = {"AIDNET_INSTANCE": str(tmp_path), "AIDNET_SECRET_KEY": GOOD, "AIDNET_BLIND_KEY": GOOD[::-1]}
    Settings.load(good)

    with pytest.raises(BadSettings, match=told):
        Settings.load(good | given)


def test_debug_is_for_development(tmp_path: Path) -> None:
    assert Settings.load({"AIDNET_INSTANCE": str(tmp_path), "AIDNET_MODE": "development", "FLASK_DEBUG": "1"}).debug


def test_sqlite_keeps_what_was_promised(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'new.db'}")
    with database.engine.connect() as connection:
        said = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "recursive_triggers")
        }
    database.engine.dispose()

    assert said == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "recursive_triggers": 1}


def test_a_writer_holds_the_file_from_its_beginning(tmp_path: Path) -> None:
    """A read that becomes a write fails under load: writers wait for each other before they read, readers for nobody."""
    database = Database(f"sqlite:///{tmp_path / 'new.db'}")
    writing = database.engine.execution_options(aidnet_writes=True)
    with database.engine.begin() as made:
        made.exec_driver_sql("CREATE TABLE kept (id INTEGER)")
    with writing.connect() as first, database.engine.connect() as second:
        first.exec_driver_sql("SELECT 1")
        assert second.exec_driver_sql("SELECT count(*) FROM kept").scalar() == 0
        second.rollback()
        second.connection.cursor().execute("PRAGMA busy_timeout=0")
        with pytest.raises(sa.exc.OperationalError, match="locked"):
            second.exec_driver_sql("INSERT INTO kept VALUES (1)")
    database.engine.dispose()
