"""`flask deliveries …`: what the machine's operator may ask of deliveries."""

import click

from aidnet.db import transaction
from aidnet.deliveries import rollups
from aidnet.policy import OPERATOR
from aidnet.web.commands import Commands

cli = Commands("deliveries", help="Deliveries: counting their results again.")


@cli.command("recount")
@click.option("--repair", is_flag=True, help="Put right what differs (written to the audit chain).")
def recount(repair: bool) -> None:
    """Count every delivery's results again from its events, and compare with the figures that are kept.

    Exits with 1 where something differed and was not repaired.
    """
    with transaction() as session:
        found = rollups.recount(session, OPERATOR, repair=repair)
    click.echo(f"{found.deliveries} deliveries counted")
    months, places, handovers = found.wrong_months, found.wrong_places, found.wrong_handovers
    click.echo(f"differing: {found.wrong_deliveries} deliveries, {months} months, {places} places, {handovers} hand-overs")
    if not found.sound:
        click.echo("repaired" if repair else "run again with --repair to put them right")
        if not repair:
            raise SystemExit(1)
