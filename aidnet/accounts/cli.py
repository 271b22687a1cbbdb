"""Commands of accounts."""

import os

import click
from flask import current_app

from aidnet.accounts import invitations
from aidnet.accounts.models import ApprovalNeed
from aidnet.config import Settings
from aidnet.db import transaction
from aidnet.errors import AidnetError
from aidnet.web.commands import Commands

cli = Commands("accounts", help="What operators do with accounts.")


def _address() -> str:
    """Where this installation answers, as far as its settings say."""
    settings: Settings = current_app.extensions["aidnet.settings"]
    if settings.behind_https and settings.hosts:
        return f"https://{settings.hosts[0]}"
    return f"http://127.0.0.1:{os.environ.get('PORT', '8000')}"


@cli.command("invite")
@click.option("--name", help="Sign-in name of somebody who is stuck: the link sets a new password, account and history stay.")
@click.option("--admin", is_flag=True, help="A link with which somebody new becomes an admin.")
def invite(name: str | None, admin: bool) -> None:
    """Print a single-use link that lets somebody in when nobody else can: without an option, the only admin, back in.

    It works for seven days. Where a second person of the network has signed in before, that person must agree first, or 24
    hours pass if nobody else is left. Nobody's password is shown or set here.
    """
    if name and admin:
        raise click.UsageError("Give --name NAME for somebody who is stuck, or --admin for a new admin, not both.")
    try:
        with transaction() as session:
            made = invitations.invite_admin(session) if admin else invitations.help_named(session, name)
    except AidnetError as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"{_address()}/join/{made.token}")
    row = made.invitation
    if row.approval is not ApprovalNeed.NONE:
        click.echo(
            f"It works from {row.opens_at:%Y-%m-%d %H:%M} UTC, and every board is told."
            if row.opens_at
            else "It works when another admin, treasurer or auditor agrees, on their board.",
            err=True,
        )
