"""One place commits, the edge opens transactions, and no statement goes round the policy."""

import ast
from collections.abc import Iterable, Iterator

from tests.architecture.sources import Module, modules
from tests.architecture.test_imports import core

#: Below the rules on purpose: the session itself, the migrations' runner, the export of everything for its operator.
BELOW = frozenset({"aidnet.db", "aidnet.schema", "aidnet.house.backup"})
#: What the policy's listener does not see.
UNSEEN = frozenset(
    {"text", "exec_driver_sql", "raw_connection", "driver_connection", "connection", "from_statement", "from_select"}
)
#: A request notes that its session is alive, and demo time is played in transactions of its own.
MAY_OPEN = frozenset({"aidnet.accounts.sessions"})


def calls(module: Module) -> Iterator[tuple[str, ast.Call]]:
    """Every call, by the name after the last dot."""
    for node in module.nodes:
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Attribute):
                yield node.func.attr, node
            elif isinstance(node.func, ast.Name):
                yield node.func.id, node


def called(among: Iterable[Module]) -> Iterator[tuple[Module, str, ast.Call, str]]:
    """Every call of these modules: the module, the name, the call, and where it stands."""
    for module in among:
        for name, node in calls(module):
            yield module, name, node, f"{module.name}:{node.lineno}"


def above(among: Iterable[Module]) -> list[Module]:
    return [module for module in among if module.name not in BELOW]


def test_only_db_commits() -> None:
    closing = ("commit", "rollback", "begin", "begin_nested")

    assert not [where for _module, name, _node, where in called(above(modules())) if name in closing]


def test_nothing_reads_where_the_policy_does_not_look() -> None:
    """`text()` and connections are for migrations and the one export cursor. `sa.text` and `from sqlalchemy import text` alike."""
    found = [
        f"{where}: {name}"
        for module, name, node, where in called(above(modules()))
        if name in UNSEEN
        and (isinstance(node.func, ast.Attribute) or "sqlalchemy.text" in module.imports)
        and not (
            isinstance(node.func, ast.Attribute)
            and isinstance(node.func.value, ast.Name)
            and node.func.value.id not in ("sa", "session")
        )
    ]
    assert not found


def test_the_core_opens_no_transaction() -> None:
    opens = [
        where
        for module, name, _node, where in called(above(core()))
        if name == "transaction" and module.name not in MAY_OPEN
    ]
    assert not opens


def test_the_way_round_the_policy_says_why() -> None:
    silent = [
        where
        for _module, name, node, where in called(modules())
        if name == "unscoped" and not [each for each in node.keywords if each.arg == "because"]
    ]
    assert not silent


def test_scoped_is_the_policys_word() -> None:
    said = [
        where
        for module, _name, node, where in called(modules())
        if module.slice != "policy" and [each for each in node.keywords if each.arg == "scoped"]
    ]
    assert not said


def test_relationships_are_loaded_only_when_a_query_says_so() -> None:
    relationships = [
        (where, {each.arg: each.value for each in node.keywords})
        for module, name, node, where in called(modules())
        if module.last == "models" and name == "relationship"
    ]
    for where, said in relationships:
        assert "back_populates" in said or "viewonly" in said, where
        assert isinstance(said.get("lazy"), ast.Constant), where
        assert said["lazy"].value == "raise", where
