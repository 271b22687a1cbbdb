"""Commands of the ledger."""

import sys

import click

from aidnet.db import db, transaction
from aidnet.funding import proof
from aidnet.policy import OPERATOR


@click.group("ledger")
def cli() -> None:
    """Prove the books of money, or add them up anew."""


@cli.command("check")
def check() -> None:
    """Re-add every row and compare: balances, monthly totals, currencies, undoings, records. Exit 1 names each wrong row."""
    faults = proof.check(db())
    for fault in faults:
        click.echo(str(fault), err=True)
    if faults:
        click.echo(f"{len(faults)} wrong.", err=True)
        sys.exit(1)
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
