"""Commands that publish results reports and withdraw them."""

from datetime import datetime

import click

from aidnet import clock, codes
from aidnet.db import transaction
from aidnet.errors import NotVisible
from aidnet.policy import OPERATOR
from aidnet.releases import service
from aidnet.web.commands import Commands

cli = Commands("releases", help="Publish results reports, or withdraw them.")


@cli.command("build")
@click.option(
    "--today", "typed", type=click.DateTime(["%Y-%m-%d"]), help="As if run on this day, not later than today."
)
def build(typed: datetime | None) -> None:
    """Publish the results of every month that is closed.

    For each fund, a report a month; a month with too little to show joins the next. Run it daily: a second run adds nothing.
    """
    today = typed.date() if typed else clock.today()
    with transaction() as session:
        fund_ids = service.fund_ids(session)
    made = 0
    with click.progressbar(fund_ids, label="Funds", show_pos=True) as funds:
        for fund_id in funds:
            try:
                with transaction() as session:
                    made += len(service.build_fund(session, OPERATOR, fund_id, today))
            except service.TooEarly as refusal:
                raise click.ClickException(str(refusal)) from None
    click.echo(f"{made} results reports published.")


@cli.command("withdraw")
@click.argument("code")
@click.option("--yes", is_flag=True, help="Do not ask.")
def withdraw(code: str, yes: bool) -> None:
    """Withdraw the results report CODE as a whole. Nothing of it is shown any more; this cannot be undone."""
    if not yes:
        click.confirm("Everybody who sees this report will see only that it was withdrawn. Withdraw it?", abort=True)
    try:
        with transaction() as session:
            release = service.withdraw(session, OPERATOR, codes.read("R", code) or code)
    except NotVisible:
        raise click.ClickException(f"There is no results report {code}.") from None
    click.echo(f"{release.code} is withdrawn.")
