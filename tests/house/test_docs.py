"""What the pages for operators name is there: commands, targets, settings, files."""

import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest

from aidnet import config
from aidnet.config import ROOT
from tests.world import World

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), ROOT / "instance" / "README.md"]


def names(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("page", PAGES, ids=names)
def test_every_flask_command_that_is_told_of_exists(page: Path, world: World) -> None:
    for told in re.findall(r"flask (?:--app app )?([a-z][a-z-]*(?: [a-z][a-z-]*)?)", page.read_text("utf-8")):
        found: Any = world.app.cli
        for word in told.split():
            if not isinstance(found, click.Group):
                break
            assert word in found.commands, f"flask {told}"
            found = found.commands[word]


#: Told of as `make run` and `make demo`.
_UNTOLD = {"serve", "demo build"}


def test_every_flask_command_is_told_of(world: World) -> None:
    told = "\n".join(page.read_text("utf-8") for page in PAGES)

    untold = {name for name in _commands(world.app.cli) if not re.search(rf"flask (?:--app app )?{name}\b", told)}
    assert untold == _UNTOLD


def _commands(group: click.Group, above: str = "") -> Iterator[str]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from _commands(command, f"{above}{name} ")
        else:
            yield f"{above}{name}"


@pytest.mark.parametrize("page", PAGES, ids=names)
def test_every_make_target_that_is_told_of_exists(page: Path) -> None:
    targets = set(re.findall(r"^([a-z.%/-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))

    assert set(re.findall(r"`make ([a-z]+)", page.read_text("utf-8"))) <= targets


def test_every_setting_is_told_of_and_every_setting_told_of_exists() -> None:
    read = set(re.findall(r"AIDNET_[A-Z_]+", inspect.getsource(config)))
    told = {name for page in PAGES for name in re.findall(r"AIDNET_[A-Z_]+", page.read_text("utf-8"))}

    assert told <= read
    assert read - told <= {"AIDNET_DEBUG"}


@pytest.mark.parametrize("name", ["prepare", "serve", "setup-link", "backup", "restore"])
def test_every_command_of_the_house_says_what_it_does(world: World, name: str) -> None:
    command = world.app.cli.commands[name]

    assert command.help
    assert all(option.help for option in command.params if isinstance(option, click.Option))
