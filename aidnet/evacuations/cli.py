"""`flask retention …`: what is kept no longer than it is needed."""

import click

from aidnet import clock
from aidnet.db import transaction
from aidnet.evacuations.fading import KEPT_DAYS, fade
from aidnet.policy import OPERATOR
from aidnet.web.commands import Commands

cli = Commands("retention", help="Deleting what is kept no longer than it is needed.")


@cli.command("run")
def run() -> None:
    """Delete the words of evacuations that are over, or not heard of, for thirty days. Counts stay. Run it every day."""
    with transaction() as session:
        found = fade(session, OPERATOR, clock.today())
    click.echo(f"{found.evacuations} evacuations faded, {found.notes} notes deleted (over for {KEPT_DAYS} days or more)")
