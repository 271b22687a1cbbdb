"""The one rule that says who sees what: rows are read through here, or the query fails.

`visible()` and `select()` add the rule of each table they name. The listener below refuses any query that reads a table
without its rule, so a forgotten rule is an error and never a leak.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import ORMExecuteState, Session

from aidnet.db import Base
from aidnet.errors import NotVisible
from aidnet.policy.rules import ROLES, RULES
from aidnet.policy.terms import ANONYMOUS, OPERATOR, ROLES_OF_KIND, Actor, PartnerKind, Permission, Role

__all__ = [
    "ANONYMOUS",
    "OPERATOR",
    "ROLES",
    "ROLES_OF_KIND",
    "Actor",
    "PartnerKind",
    "Permission",
    "Role",
    "fetch",
    "rule",
    "select",
    "unscoped",
    "visible",
]

Model = TypeVar("Model", bound=Base)
_EVERY = "*"


def rule(actor: Actor, permission: Permission, model: type[Base]) -> sa.ColumnElement[bool]:
    """True of the rows of `model` on which `actor` holds `permission`. A pair with no rule is a KeyError."""
    written = RULES[permission, model]
    return written(actor) if actor.may(permission) else sa.false()


def select(actor: Actor, reads: Mapping[type[Base], Permission], *columns: Any) -> sa.Select[Any]:
    """A select of `columns` in which each table of `reads` has its rule.

    Tables within the aggregate of a named one (`info["within"]`) and reference tables come along; any other is refused.
    Joins are the caller's: a rule restricts rows, it does not join.
    """
    rules = [rule(actor, permission, model) for model, permission in reads.items()]
    return (
        sa.select(*columns)
        .where(*rules)
        .execution_options(scoped=frozenset(model.__tablename__ for model in reads), rules=_tables(*rules))
    )


def visible(actor: Actor, permission: Permission, model: type[Model]) -> sa.Select[Model]:
    """The rows on which `actor` holds `permission`."""
    return select(actor, {model: permission}, model)


def fetch(
    session: Session, actor: Actor, permission: Permission, model: type[Model], key: int | str, *, lock: bool = False
) -> Model:
    """One row, by id or code. Not there and not this actor's are the same. Raises: NotVisible.

    `lock` holds the row until the transaction ends (PostgreSQL; on SQLite a writer is alone already). Whoever only
    adds rows that name it does not wait.
    """
    column = model.__table__.c["id" if isinstance(key, int) else "code"]
    statement = visible(actor, permission, model).where(column == key).order_by(model.__table__.c["id"]).limit(1)
    if lock:
        statement = statement.with_for_update(key_share=True).execution_options(populate_existing=True)
    row = session.scalars(statement).first()
    if row is None:
        raise NotVisible
    return row


Statement = TypeVar("Statement", bound=sa.sql.base.Executable)


def unscoped(statement: Statement, *, because: str) -> Statement:
    """The way round, for what is no actor's reading (signing in, a release over all records). Rare, searchable, reviewed."""
    if not because:
        raise ValueError("unscoped() needs a reason")
    return statement.execution_options(scoped=frozenset({_EVERY}))


def _tables(*parts: Any) -> Counter[str]:
    """How often each table is read. Columns and values are most of a statement, and hold no table: they are passed by."""
    read = Counter[str]()
    waiting = list(parts)
    while waiting:
        node = waiting.pop()
        if isinstance(node, sa.Table):
            read[node.name] += 1
        elif not isinstance(node, sa.ColumnClause | sa.BindParameter):
            waiting.extend(node.get_children())
    return read


@event.listens_for(Session, "do_orm_execute")
def refuse_unscoped(state: ORMExecuteState) -> None:
    """SECURITY: a query that forgot the rules fails. Kept by tests/architecture/test_scoping.py."""
    if state.is_column_load or state.is_relationship_load or state.is_insert:
        return
    scoped: frozenset[str] = state.execution_options.get("scoped", frozenset())
    if _EVERY in scoped:
        return
    read = _tables(state.statement)
    read.subtract(state.execution_options.get("rules", Counter()))
    for name, times in read.items():
        if times <= 0 or name in scoped:
            continue
        info = Base.metadata.tables[name].info if name in Base.metadata.tables else {}
        if not info.get("reference") and info.get("within") not in scoped:
            raise RuntimeError(f"{name} was read without policy.visible()")
