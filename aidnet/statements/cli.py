"""The command that closes months."""

import click

from aidnet.db import transaction
from aidnet.policy import OPERATOR
from aidnet.statements import service
from aidnet.web.commands import Commands

cli = Commands("statements", help="Close months with statements.")


@cli.command("build")
def build() -> None:
    """Close every month that is over, for each fund and each of its donors. Run it daily: a second run adds nothing."""
    with transaction() as session:
        fund_ids = service.fund_ids(session)
    made = 0
    with click.progressbar(fund_ids, label="Funds", show_pos=True) as funds:
        for fund_id in funds:
            with transaction() as session:
                made += len(service.build_fund(session, OPERATOR, fund_id))
    click.echo(f"{made} statements built.")
