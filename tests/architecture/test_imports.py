"""Imports point one way: models ← policy ← queries, service ← views; and between slices, services call only up the list."""

import ast
import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache

from tests.architecture.sources import Module, modules

#: Services call only slices before their own.
ORDER = (
    "network",
    "accounts",
    "places",
    "responders",
    "partners",
    "rates",
    "agents",
    "trace",
    "ledger",
    "approvals",
    "evidence",
    "funding",
    "intake",
    "access",
    "deliveries",
    "oldbooks",
    "needs",
    "releases",
    "statements",
    "grants",
)
#: What lies below the slices: no slice but its models may be known there.
BASE = (
    "aidnet.db",
    "aidnet.crypto",
    "aidnet.codes",
    "aidnet.clock",
    "aidnet.money",
    "aidnet.roles",
    "aidnet.errors",
    "aidnet.i18n",
)
#: Part of the web folder, and yet no page: how a list's query is cut into pages.
PAGELESS = frozenset({"aidnet.web", "aidnet.web.keyset"})
#: Sentences are in the language of whoever asks.
LISTENS = "aidnet.i18n"


@cache
def core() -> tuple[Module, ...]:
    """The models, the policy, the reads and the writes, and all that these import. What only pages import is the edge."""
    named = {module.name: module for module in modules()}
    found = {
        name
        for name, module in named.items()
        if module.last in ("models", "queries", "service") or module.slice in ("policy", "disclosure")
    }
    waiting = list(found)
    while waiting:
        for name in named[waiting.pop()].imports & named.keys() - found:
            if name != "aidnet" and not name.startswith("aidnet.web"):
                found.add(name)
                waiting.append(name)
    return tuple(named[name] for name in sorted(found))


def strange(among: Iterable[Module], is_strange: Callable[[str], bool]) -> dict[str, set[str]]:
    """What these modules import and should not."""
    found = {module.name: {name for name in module.imports if is_strange(name)} for module in among}
    assert found, "no module is looked at"
    return {name: imports for name, imports in found.items() if imports}


def is_ours(name: str) -> bool:
    return name.startswith("aidnet.")


def test_models_know_only_the_base_and_other_models() -> None:
    models = [module for module in modules() if module.last == "models" and module.slice]

    assert not strange(models, lambda name: is_ours(name) and not name.startswith(BASE) and ".models" not in name)


def test_policy_knows_only_the_base_and_models() -> None:
    policy = [module for module in modules() if module.slice == "policy"]
    known = (*BASE, "aidnet.policy")

    assert not strange(policy, lambda name: is_ours(name) and not name.startswith(known) and not re.search(r"[._]models\b", name))


def test_the_base_knows_no_slice() -> None:
    base = [module for module in modules() if module.name in BASE]

    assert not strange(base, lambda name: is_ours(name) and not name.startswith(BASE))


def is_edge(name: str) -> bool:
    if name in PAGELESS or name.startswith("aidnet.web.keyset."):
        return False
    edge = ("aidnet.web", "aidnet.house", "wtforms", "flask_wtf", "werkzeug")
    ends = (".views", ".forms", "flask.request", "flask.session", "flask.abort", "flask.render_template")
    return name.startswith(edge) or name.endswith(ends)


def test_the_core_knows_neither_pages_nor_forms() -> None:
    assert not strange([module for module in core() if module.name != LISTENS], is_edge)


def calls_down(module: Module) -> Iterator[str]:
    mine = ORDER.index(module.slice)
    for name in module.imports:
        parts = name.split(".")
        if (
            parts[0] == "aidnet"
            and len(parts) > 2
            and parts[1] in ORDER
            and parts[2] == "service"
            and ORDER.index(parts[1]) > mine
        ):
            yield f"{module.name} imports {name}"


def test_a_service_calls_only_slices_above_its_own() -> None:
    slices = [module for module in core() if module.slice in ORDER]

    assert slices
    assert not [told for module in slices for told in calls_down(module)]


def test_the_demo_and_the_tests_are_known_to_nobody() -> None:
    others = [module for module in modules() if module.slice != "demo"]

    assert not strange(others, lambda name: name.split(".")[0] == "tests" or name.startswith("aidnet.demo"))


def test_nothing_is_imported_with_a_star() -> None:
    stars = [
        f"{module.name}:{node.lineno}"
        for module in modules()
        for node in module.nodes
        if isinstance(node, ast.ImportFrom) and node.names[0].name == "*"
    ]
    assert not stars
