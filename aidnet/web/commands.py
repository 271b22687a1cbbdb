"""The slices' commands: what each stands on, and all of them in one list."""

from collections.abc import Callable
from functools import wraps
from importlib import import_module
from typing import Any

import click
from flask import Flask
from flask.cli import AppGroup

from aidnet import schema
from aidnet.db import database
from aidnet.house import cli as house

#: Each module has a click group or command `cli`.
MODULES = ("accounts", "places", "deliveries", "funding", "rates", "releases", "statements", "evacuations", "audit", "demo")


class Commands(AppGroup):
    """A slice's commands. On a database behind the code each says what to run first, and does nothing."""

    def command(  # type: ignore[override]
        self, *names: Any, **options: Any
    ) -> Callable[[Callable[..., Any]], click.Command]:
        """A command in an app's context."""
        make = super().command(*names, **options)

        def decorate(work: Callable[..., Any]) -> click.Command:
            @wraps(work)
            def ready(*given: Any, **named: Any) -> Any:
                if behind := schema.behind(database().engine):
                    raise click.ClickException(behind)
                return work(*given, **named)

            return make(ready)

        return decorate


def register(app: Flask) -> None:
    """Register every command."""
    for name in MODULES:
        app.cli.add_command(import_module(f"aidnet.{name}.cli").cli)
    for command in house.COMMANDS:
        app.cli.add_command(command)
