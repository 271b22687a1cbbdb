"""Commands of the ledger."""

import click
from flask.cli import AppGroup

from aidnet.db import db, transaction
from aidnet.funding import proof
from aidnet.policy import OPERATOR

cli = AppGroup("ledger", help="Prove the books of money, or add them up anew.")


@cli.command("check")
def check() -> None:
    """Re-add every row and compare: balances, monthly totals, currencies, undoings, records. Exit 1 names each wrong row."""
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
    with transaction() as session:
        proof.rebuild(session, OPERATOR)
    click.echo("Every running total is made anew.")
