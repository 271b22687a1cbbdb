"""One place commits, the edge opens transactions, and no statement goes round the policy."""

import ast
from collections.abc import Iterator

import pytest

from tests.architecture.sources import Module, modules
from tests.architecture.test_imports import core, ids

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
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Attribute):
                yield node.func.attr, node
            elif isinstance(node.func, ast.Name):
                yield node.func.id, node


@pytest.mark.parametrize("module", [each for each in modules() if each.name not in BELOW], ids=ids)
def test_only_db_commits(module: Module) -> None:
    assert not [node.lineno for name, node in calls(module) if name in ("commit", "rollback", "begin", "begin_nested")]


@pytest.mark.parametrize("module", [each for each in modules() if each.name not in BELOW], ids=ids)
def test_nothing_reads_where_the_policy_does_not_look(module: Module) -> None:
    """`text()` and connections are for migrations and the one export cursor. `sa.text` and `from sqlalchemy import text` alike."""
    found = [
        (name, node.lineno)
        for name, node in calls(module)
        if name in UNSEEN
        and (isinstance(node.func, ast.Attribute) or "sqlalchemy.text" in module.imports)
        and not (
            isinstance(node.func, ast.Attribute)
            and isinstance(node.func.value, ast.Name)
            and node.func.value.id not in ("sa", "session")
        )
    ]
    assert not found


@pytest.mark.parametrize("module", [each for each in core() if each.name not in BELOW], ids=ids)
def test_the_core_opens_no_transaction(module: Module) -> None:
    opens = [node.lineno for name, node in calls(module) if name == "transaction"]

    assert not opens or module.name in MAY_OPEN


@pytest.mark.parametrize("module", modules(), ids=ids)
def test_the_way_round_the_policy_says_why(module: Module) -> None:
    for name, node in calls(module):
        if name == "unscoped":
            assert [each for each in node.keywords if each.arg == "because"], f"line {node.lineno}"
        for keyword in node.keywords:
            assert keyword.arg != "scoped" or module.slice == "policy", (
                f"line {node.lineno}: scoped= is the policy's word"
            )


@pytest.mark.parametrize("module", [each for each in modules() if each.last == "models"], ids=ids)
def test_relationships_are_loaded_only_when_a_query_says_so(module: Module) -> None:
    for name, node in calls(module):
        if name == "relationship":
            said = {each.arg: each.value for each in node.keywords}
            assert "back_populates" in said or "viewonly" in said, f"line {node.lineno}"
            assert isinstance(said.get("lazy"), ast.Constant), f"line {node.lineno}"
            assert said["lazy"].value == "raise", f"line {node.lineno}"
