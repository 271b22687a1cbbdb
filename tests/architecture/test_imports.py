"""Imports point one way: models ← policy ← queries, service ← views; and between slices, services call only up the list."""

import ast
from collections.abc import Iterator
from functools import cache

import pytest

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
    "deliveries",
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


def ids(module: Module) -> str:
    return module.name


@pytest.mark.parametrize("module", [each for each in modules() if each.last == "models" and each.slice], ids=ids)
def test_models_know_only_the_base_and_other_models(module: Module) -> None:
    ours = {name for name in module.imports if name.startswith("aidnet.")}

    strange = {name for name in ours if not name.startswith(BASE) and ".models" not in name}
    assert not strange


@pytest.mark.parametrize("module", [each for each in modules() if each.slice == "policy"], ids=ids)
def test_policy_knows_only_the_base_and_models(module: Module) -> None:
    ours = {name for name in module.imports if name.startswith("aidnet.")}

    strange = {name for name in ours if not name.startswith((*BASE, "aidnet.policy")) and ".models" not in name}
    assert not strange


@pytest.mark.parametrize("module", [each for each in modules() if each.name in BASE], ids=ids)
def test_the_base_knows_no_slice(module: Module) -> None:
    assert not {name for name in module.imports if name.startswith("aidnet.") and not name.startswith(BASE)}


@pytest.mark.parametrize("module", [each for each in core() if each.name != LISTENS], ids=ids)
def test_the_core_knows_neither_pages_nor_forms(module: Module) -> None:
    known = {
        name
        for name in module.imports
        if name.startswith(("aidnet.web", "aidnet.house", "wtforms", "flask_wtf", "werkzeug"))
        or name.endswith((".views", ".forms", "flask.request", "flask.session", "flask.abort", "flask.render_template"))
    }
    assert not {name for name in known - PAGELESS if not name.startswith("aidnet.web.keyset.")}


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
            yield name


@pytest.mark.parametrize("module", [each for each in core() if each.slice in ORDER], ids=ids)
def test_a_service_calls_only_slices_above_its_own(module: Module) -> None:
    assert not list(calls_down(module))


@pytest.mark.parametrize("module", modules(), ids=ids)
def test_the_demo_and_the_tests_are_known_to_nobody(module: Module) -> None:
    known = {name for name in module.imports if name.split(".")[0] == "tests" or name.startswith("aidnet.demo")}

    assert not known or module.slice == "demo"


@pytest.mark.parametrize("module", modules(), ids=ids)
def test_nothing_is_imported_with_a_star(module: Module) -> None:
    stars = [node for node in ast.walk(module.tree) if isinstance(node, ast.ImportFrom) and node.names[0].name == "*"]

    assert not stars
