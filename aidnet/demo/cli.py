"""The command that builds the invented network."""

import gc
import json
import os
import random
import time
from dataclasses import asdict
from datetime import datetime, timedelta

import click
from flask import current_app

from aidnet import clock
from aidnet.config import Settings
from aidnet.db import db
from aidnet.demo.asking import ask
from aidnet.demo.grants_story import grant
from aidnet.demo.playing import play
from aidnet.demo.stage import set_stage
from aidnet.demo.story import tell
from aidnet.demo.telling import MONTHS
from aidnet.network.models import Network, NetworkKind
from aidnet.web.commands import Commands

cli = Commands("demo", help="The invented network.")


@cli.command()
@click.option(
    "--today", type=click.DateTime(["%Y-%m-%d"]), help="The day the story ends. The same day tells the same story."
)
def build(today: datetime | None) -> None:
    """Build the invented network into an empty demo database."""
    network = db().get(Network, 1)
    if network is None or network.kind is not NetworkKind.DEMO:
        raise click.ClickException("This database is not a demo: nothing invented goes into it. Use `make demo`.")
    if network.set_up_at is not None:
        raise click.ClickException("This demo is built already. Remove its folder to build it again.")
    began = time.monotonic()
    # Thousands of short transactions make much garbage and few cycles: look for those less often.
    gc.set_threshold(100_000, 20, 20)
    end = today.date() if today else clock.today()
    eve = datetime(end.year, end.month, end.day, tzinfo=clock.YANGON) - timedelta(days=31 * MONTHS + 20)
    chance = random.Random(f"stage {end.isoformat()}")
    click.echo("Setting the stage …")
    with clock.at(eve):
        made = set_stage(chance, end)
    acts = tell(made.stage, end)
    told = 0
    for done in play(acts, made.people, end):
        if done * 10 // len(acts) > told:
            told = done * 10 // len(acts)
            click.echo(f"Acts: {done:,} of {len(acts):,}")
    ask(made.stage, made.people, end)
    grant(made.stage, made.people, end)
    settings: Settings = current_app.extensions["aidnet.settings"]
    path = settings.instance / "demo-accounts.json"
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as file:
        json.dump([asdict(account) for account in made.accounts], file, indent=1, ensure_ascii=False)
        file.write("\n")
    click.echo(f"{len(acts):,} acts by {len(made.people)} people ({time.monotonic() - began:.0f} s)")
