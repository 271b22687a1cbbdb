"""Commands of the ledger."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

import click
import sqlalchemy as sa

from aidnet import codes
from aidnet.db import db, refresh_statistics, transaction
from aidnet.funding import proof
from aidnet.funding.models import Fund
from aidnet.ledger import export
from aidnet.policy import OPERATOR, unscoped
from aidnet.web.commands import Commands

cli = Commands("ledger", help="Prove the books of money, or add them up anew.")

#: Entries between two words on how far it is.
_TOLD = 1_000


@cli.command("check")
def check() -> None:
    """Re-add every row and compare: balances, monthly totals, currencies, undoings, records. Exit 1 names each wrong row."""
    refresh_statistics()
    faults = proof.check(db())
    for fault in faults:
        click.echo(str(fault), err=True)
    if faults:
        raise click.ClickException(f"{len(faults)} rows are wrong.")
    counted = proof.count(db())
    click.echo(
        f"The books are true: {counted.events} events, {counted.transfers} transfers, {counted.accounts} accounts."
    )


@cli.command("rebuild")
def rebuild() -> None:
    """Make every running total anew from the transfers, which are never touched."""
    refresh_statistics()
    with transaction() as session:
        proof.rebuild(session, OPERATOR)
    click.echo("Every running total is made anew.")


@cli.command("export")
@click.option(
    "--format",
    "form",
    required=True,
    type=click.Choice([form.value for form in export.Format]),
    help="Whose file: bean-check or hledger check will accept it.",
)
@click.option("--fund", "code", help="One fund alone, by its code (F-…).")
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="A new file, readable by you alone. Without it, the export is printed.",
)
def write_export(form: str, code: str | None, output: Path | None) -> None:
    """Write the ledger as a plain-text accounting file, with our running totals as assertions at its end.

    Money, days, codes of funds and entries, and groups' code names are in it; no giver, agent, place or note is.
    """
    fund = _fund(code) if code else None
    pieces = export.pieces(db(), OPERATOR, export.Format(form), fund)
    with _written_to(output) as file:
        for number, piece in enumerate(pieces):
            file.write(piece)
            if number and number % _TOLD == 0:
                click.echo(f"{number} entries …", err=True)
    click.echo(f"Written{f' to {output}' if output else ''}.", err=True)


def _fund(typed: str) -> Fund:
    statement = sa.select(Fund).where(Fund.code == codes.read("F", typed))
    fund = db().scalars(unscoped(statement, because="the operator names a fund by its code")).first()
    if fund is None:
        raise click.ClickException(f"There is no fund {typed}.")
    return fund


@contextmanager
def _written_to(path: Path | None) -> Iterator[TextIO]:
    """A new file (0600), or standard output. A file that is not written to its end is taken away again."""
    if path is None:
        yield sys.stdout
        return
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise click.ClickException(f"{path} exists already: name a new file.") from None
    except OSError as error:
        raise click.ClickException(f"{path} cannot be written: {error.strerror}.") from None
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            yield file
    except BaseException:
        path.unlink()
        raise
