"""Migrations: numbered, one head, up and down with rows, and in the end exactly the models."""

import ast
import re
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.script import ScriptDirectory

from aidnet import schema
from aidnet.config import ROOT
from aidnet.models import metadata
from tests import rows
from tests.databases import engine_of
from tests.migrations.ddl import ddl_of

VERSIONS = sorted((ROOT / "migrations" / "versions").glob("*.py"))


@pytest.mark.parametrize("path", VERSIONS, ids=lambda path: path.stem)
def test_a_migration_is_numbered_and_named_after_its_file(path: Path) -> None:
    tree = ast.parse(path.read_text("utf-8"))
    said = {
        target.id: ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name) and target.id in ("revision", "down_revision")
    }

    assert re.fullmatch(r"\d{4}_[a-z0-9_]+", path.stem)
    assert said["revision"] == path.stem
    assert int(path.stem[:4]) == VERSIONS.index(path) + 1
    assert said["down_revision"] == (VERSIONS[VERSIONS.index(path) - 1].stem if VERSIONS.index(path) else None)


def test_there_is_one_head() -> None:
    assert ScriptDirectory.from_config(schema.config()).get_heads() == [VERSIONS[-1].stem]


@pytest.mark.parametrize("path", VERSIONS, ids=lambda path: path.stem)
def test_a_migration_imports_nothing_of_the_app(path: Path) -> None:
    imported = {
        name
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        for name in (
            [each.name for each in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }

    assert not {name for name in imported if name.split(".")[0] in ("aidnet", "app", "tests")}
    assert "create_all" not in path.read_text("utf-8")


def test_the_newest_migration_is_the_models_to_the_letter(blank_url: str, databases) -> None:
    with engine_of(blank_url) as engine:
        schema.upgrade(engine)
        migrated = ddl_of(engine)
    with databases.blank() as other, engine_of(other) as engine:
        metadata.create_all(engine)
        modelled = ddl_of(engine)

    assert migrated.tables == modelled.tables
    assert migrated.constraints == modelled.constraints
    assert migrated.indexes == modelled.indexes


def test_every_append_only_table_has_its_triggers(blank_url: str, dialect: str) -> None:
    with engine_of(blank_url) as engine:
        schema.upgrade(engine)
        triggers = ddl_of(engine).triggers

    protected = {table.name for table in metadata.sorted_tables if table.info.get("append_only")}
    acts = {"UPDATE", "DELETE"} | ({"TRUNCATE"} if dialect == "postgresql" else set())
    assert triggers == {(table, act) for table in protected for act in acts}


def test_every_step_goes_down_and_up_again_to_the_same_schema(blank_url: str) -> None:
    with engine_of(blank_url) as engine:
        schema.upgrade(engine)
        there = ddl_of(engine)
        for path in reversed(VERSIONS):
            at = VERSIONS.index(path)
            schema.downgrade(engine, VERSIONS[at - 1].stem if at else "base")
        assert set(sa.inspect(engine).get_table_names()) == {"alembic_version"}
        assert not ddl_of(engine).triggers
        schema.upgrade(engine)

        assert ddl_of(engine) == there


def test_there_is_a_row_for_every_table(blank_url: str) -> None:
    with engine_of(blank_url) as engine:
        schema.upgrade(engine)
        with engine.begin() as connection:
            rows.in_every_table(connection)
            for table in metadata.sorted_tables:
                assert connection.scalar(sa.select(sa.func.count()).select_from(table)), table.name


def test_going_below_the_first_migration_with_records_is_refused_and_loses_none(blank_url: str) -> None:
    with engine_of(blank_url) as engine:
        schema.upgrade(engine)
        with engine.begin() as connection:
            rows.in_every_table(connection)
        with pytest.raises(RuntimeError, match="would lose"):
            schema.downgrade(engine, "base")

        with engine.connect() as connection:
            assert schema.current(connection) == schema.head()
            for table in metadata.sorted_tables:
                assert connection.scalar(sa.select(sa.func.count()).select_from(table)), table.name


def test_acts_of_two_persons_are_kept_and_one_that_an_older_schema_cannot_hold_is_not_dropped(blank_url: str) -> None:
    approval, older = metadata.tables["approval"], "0002_funding_in_depth"
    with engine_of(blank_url) as engine:
        schema.upgrade(engine)
        with engine.begin() as connection:
            rows.in_tables(connection, [metadata.tables["user"], approval])
        schema.downgrade(engine, older)
        schema.upgrade(engine)
        with engine.begin() as connection:
            assert connection.scalars(sa.select(approval.c.act)).all() == ["limit"]
            connection.execute(sa.update(approval).values(act="public-page"))

        with pytest.raises(RuntimeError, match="public page"):
            schema.downgrade(engine, older)
        with engine.connect() as connection:
            assert connection.scalars(sa.select(approval.c.act)).all() == ["public-page"]


def test_append_only_rows_are_neither_changed_nor_removed(blank_url: str, dialect: str) -> None:
    with engine_of(blank_url) as engine:
        schema.upgrade(engine)
        with engine.begin() as connection:
            rows.in_every_table(connection)
        for table in (each for each in metadata.sorted_tables if each.info.get("append_only")):
            column = next(iter(table.columns)).name
            acts = [f'UPDATE "{table.name}" SET "{column}" = "{column}"', f'DELETE FROM "{table.name}"']
            if dialect == "sqlite":
                acts.append(f'INSERT OR REPLACE INTO "{table.name}" SELECT * FROM "{table.name}"')
            else:
                acts.append(f'TRUNCATE "{table.name}" CASCADE')
            for act in acts:
                with pytest.raises(sa.exc.DBAPIError, match="append-only"), engine.begin() as connection:
                    connection.exec_driver_sql(act)
