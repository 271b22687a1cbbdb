"""The slices' commands, in one list."""

from importlib import import_module

from flask import Flask

from aidnet.house import cli as house

#: Each module has a click group or command `cli`.
MODULES = ("accounts", "places", "deliveries", "funding", "rates", "releases", "statements", "evacuations", "audit", "demo")


def register(app: Flask) -> None:
    """Register every command."""
    for name in MODULES:
        app.cli.add_command(import_module(f"aidnet.{name}.cli").cli)
    for command in house.COMMANDS:
        app.cli.add_command(command)
