"""What a database says of its own schema, in a form that two ways of making it can be compared in."""

import re
from dataclasses import dataclass

import sqlalchemy as sa


@dataclass(frozen=True)
class Ddl:
    """Each part as the database itself prints it."""

    #: "table.column" to type, nullability and default.
    tables: dict[str, str]
    #: "table.name" of each constraint to its definition, CHECKs included.
    constraints: dict[str, str]
    indexes: dict[str, str]
    #: Table and the act each trigger refuses.
    triggers: frozenset[tuple[str, str]]


def ddl_of(engine: sa.Engine) -> Ddl:
    """The schema, but for Alembic's own table."""
    with engine.connect() as connection:
        return _sqlite(connection) if engine.dialect.name == "sqlite" else _postgresql(connection)


def _sqlite(connection: sa.Connection) -> Ddl:
    tables: dict[str, str] = {}
    constraints: dict[str, str] = {}
    indexes: dict[str, str] = {}
    triggers = set()
    found = connection.exec_driver_sql("SELECT type, name, tbl_name, sql FROM sqlite_master WHERE sql IS NOT NULL")
    for kind, name, table, sql in found:
        if table == "alembic_version":
            continue
        if kind == "index":
            indexes[name] = _folded(sql)
        elif kind == "trigger":
            triggers.update((table, act) for act in re.findall(r"BEFORE (UPDATE|DELETE)", sql))
        else:
            for part in _parts(sql):
                if part.startswith("CONSTRAINT"):
                    constraints[f"{table}.{part.split()[1]}"] = part
                else:
                    tables[f"{table}.{part.split()[0]}"] = part
    return Ddl(tables, constraints, indexes, frozenset(triggers))


def _folded(sql: str) -> str:
    return " ".join(sql.replace('"', "").split())


def _parts(sql: str) -> list[str]:
    """The columns and constraints between the outer brackets of a CREATE TABLE."""
    body = sql[sql.index("(") + 1 : sql.rindex(")")]
    parts, depth, start, quoted = [], 0, 0, False
    for place, letter in enumerate(body):
        if letter == "'":
            quoted = not quoted
        elif not quoted:
            depth += (letter == "(") - (letter == ")")
            if letter == "," and depth == 0:
                parts.append(_folded(body[start:place]))
                start = place + 1
    return [*parts, _folded(body[start:])]


_COLUMNS = """
    SELECT c.relname || '.' || a.attname,
           format_type(a.atttypid, a.atttypmod) || CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END
           || coalesce(' COLLATE ' || nullif(l.collname, 'default'), '')
           || coalesce(' DEFAULT ' || pg_get_expr(d.adbin, d.adrelid), '') || a.attidentity::text
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid AND c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace
    LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum LEFT JOIN pg_collation l ON l.oid = a.attcollation
    WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relname <> 'alembic_version'
"""
_CONSTRAINTS = """
    SELECT c.relname || '.' || k.conname, pg_get_constraintdef(k.oid) FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
    WHERE k.connamespace = 'public'::regnamespace AND c.relname <> 'alembic_version' AND k.contype <> 'n'
"""
_INDEXES = "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename <> 'alembic_version'"
_TRIGGERS = """
    SELECT c.relname, pg_get_triggerdef(t.oid) FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
    WHERE NOT t.tgisinternal AND c.relnamespace = 'public'::regnamespace
"""


def _postgresql(connection: sa.Connection) -> Ddl:
    def pairs(query: str) -> list[tuple[str, str]]:
        return [(name, told) for name, told in connection.exec_driver_sql(query)]

    triggers = {
        (table, act)
        for table, told in pairs(_TRIGGERS)
        for act in re.findall(r"UPDATE|DELETE|TRUNCATE", told.split(" ON ")[0])
    }
    return Ddl(dict(pairs(_COLUMNS)), dict(pairs(_CONSTRAINTS)), dict(pairs(_INDEXES)), frozenset(triggers))
