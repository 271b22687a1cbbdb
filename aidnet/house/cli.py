"""Commands that run an installation: serve, prepare, setup-link, backup, restore."""

import json
import socket
import sys
from pathlib import Path

import click
from flask import current_app
from flask.cli import ScriptInfo, with_appcontext

from aidnet.config import Settings
from aidnet.db import database
from aidnet.house import backup, preparing
from aidnet.house.server import Server
from aidnet.network.models import NetworkKind


def _settings() -> Settings:
    settings: Settings = current_app.extensions["aidnet.settings"]
    return settings


def _run(*words: str) -> None:
    """One of this app's other commands, in this process."""
    current_app.cli.main(args=list(words), prog_name="flask", standalone_mode=False)


def _prepare(kind: NetworkKind) -> None:
    settings = _settings()
    try:
        preparing.prepare_database(kind)
    except preparing.WrongKind as refusal:
        raise click.ClickException(str(refusal)) from None
    for words in preparing.missing_data(kind):
        click.echo(f"flask {' '.join(words)}")
        _run(*words)
    if kind is NetworkKind.DEMO:
        _show_demo_accounts(settings.instance / "demo-accounts.json")


def _show_demo_accounts(path: Path) -> None:
    if not path.exists():
        raise click.ClickException(
            "The demo was not built to its end, and cannot go on from there. "
            f"Remove {path.parent} (and empty the database, where AIDNET_DATABASE_URL names one), then start again."
        )
    rows = [[each[name] for name in ("role", "partner", "name", "password")] for each in json.loads(path.read_text())]
    rows.insert(0, ["role", "partner", "name", "password"])
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    click.echo("\nInvented sign-ins:\n")
    for row in rows:
        click.echo("  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    click.echo("")


def _refuse_busy_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            message = f"Port {port} is in use. Stop what uses it, or choose another: PORT={port + 1} make …"
            raise click.ClickException(message) from None


demo_option = click.option("--demo", is_flag=True, help="An invented network, for trying out and showing.")


@click.command("prepare")
@demo_option
@with_appcontext
def prepare(demo: bool) -> None:
    """Bring the database up to date and load what it lacks.

    Makes it where there is none. Refuses a demo database unless --demo is given, and a real one if it is.
    """
    _prepare(NetworkKind.DEMO if demo else NetworkKind.REAL)


@click.command("serve")
@demo_option
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535), help="Where, on loopback.")
def serve(demo: bool, port: int) -> None:
    """Prepare the database, then serve it on loopback with gunicorn."""
    _refuse_busy_port(port)
    app = click.get_current_context().ensure_object(ScriptInfo).load_app()
    address = f"http://127.0.0.1:{port}"
    with app.app_context():
        _prepare(NetworkKind.DEMO if demo else NetworkKind.REAL)
        if not demo and preparing.awaits_setup():
            click.echo("\nThis network has no admin yet. Open this link once to make the first one:\n")
            click.echo(f"  {address}{preparing.new_setup_path()}\n")
        database().engine.dispose()  # the workers open connections of their own
    click.echo(f"Serving on {address} — Ctrl-C stops it.")
    sys.stdout.flush()
    Server(app, port).run()


@click.command("setup-link")
@with_appcontext
def setup_link() -> None:
    """Make a new one-time link for the first admin; an earlier one stops working."""
    if not preparing.awaits_setup():
        raise click.ClickException(
            "This network is set up already. `flask accounts invite` helps an admin who is locked out."
        )
    click.echo(preparing.new_setup_path())


def _progress(table: str, rows: int) -> None:
    click.echo(f"  {table}: {rows:,}", err=True)


@click.command("backup")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@with_appcontext
def make_backup(file: Path) -> None:
    """Write every record to FILE, while serving. Keys are not in it: keep field.keys and blind.key elsewhere."""
    try:
        made = backup.make(file, _settings(), _progress)
    except backup.BackupError as refusal:
        raise click.ClickException(str(refusal)) from None
    click.echo(f"{file}: {made.rows:,} rows of {len(made.tables)} tables, as of {made.made_at}.")
    click.echo("Not in it: the keys (field.keys, blind.key, secret.key) and who is signed in.")
    click.echo("Without field.keys nobody can read its private columns. It does hold villages and days: encrypt it.")


@click.command("restore")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--other-keys", is_flag=True, help="Restore although the private columns were sealed with other keys.")
@with_appcontext
def restore_backup(file: Path, other_keys: bool) -> None:
    """Fill an empty instance, or another database, with the backup in FILE. Refused where anybody has an account."""
    try:
        found = backup.restore(file, _settings(), _progress, other_keys=other_keys)
    except backup.BackupError as refusal:
        raise click.ClickException(str(refusal)) from None
    click.echo(
        f"Restored {found.rows:,} rows of {len(found.tables)} tables, as of {found.made_at}. Everybody signs in again."
    )
    click.echo("Next: `flask audit verify` and `flask ledger check` prove that it is whole.")


COMMANDS = (prepare, serve, setup_link, make_backup, restore_backup)
