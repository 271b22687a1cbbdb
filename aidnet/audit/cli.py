"""Commands of audit."""

import click

from aidnet.audit import queries
from aidnet.db import db
from aidnet.web.commands import Commands

cli = Commands("audit", help="The chain of who did what, when.")


@cli.command()
def verify() -> None:
    """Hash the whole audit chain again, and name the first link that does not hold. Exit code 1 where one does not."""
    verdict = None
    for verdict in queries.verify(db()):
        click.echo(f"\r{verdict.links:,} links checked", nl=False, err=True)
    click.echo("", err=True)
    if verdict is None or verdict.broken is not None:
        raise click.ClickException(f"Link {verdict.broken:,} {verdict.why}." if verdict else "There is no chain.")
    click.echo(f"The chain holds: {verdict.links:,} links. Its head is {verdict.head}.")
