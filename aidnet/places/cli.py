"""Commands of places."""

import time
from pathlib import Path

import click

from aidnet.db import transaction
from aidnet.places.load import load_gazetteer
from aidnet.places.reading import BadFile
from aidnet.web.commands import Commands

#: Bad lines that are told one by one.
_FAULTS_TOLD = 20


cli = Commands("places", help="What operators do with places.")


@cli.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path), required=False)
def load(file: Path | None) -> None:
    """Load the gazetteer: the shipped one, or FILE (CSV or CSV in gzip, UTF-8).

    FILE has a place a line: pcode, level, parent_pcode, name_en, name_my, lat, lon, coord_source, and display_name where
    the network calls it otherwise; or OCHA's and MIMU's tables (ADM1_PCODE, ADM1_EN, ADM2_PCODE …; ST_PCODE, ST …).
    Loading the same file again changes nothing. A file with bad lines is not loaded at all.
    """
    began = time.monotonic()
    told: dict[str, int] = {}

    def tell(what: str, done: int, of: int) -> None:
        percent = done * 100 // of
        if percent - told.get(what, -10) >= 10 or done == of:
            told[what] = percent
            click.echo(f"{what}: {done:,} of {of:,}")

    click.echo(f"Reading {file.name if file else 'the shipped gazetteer'} …")
    try:
        with transaction() as session:
            done = load_gazetteer(session, file, progress=tell)
    except BadFile as bad:
        for fault in bad.faults[:_FAULTS_TOLD]:
            click.echo(str(fault), err=True)
        more = len(bad.faults) - _FAULTS_TOLD
        if more > 0:
            click.echo(f"… and {more:,} more", err=True)
        raise click.ClickException("Nothing was loaded.") from None
    took = time.monotonic() - began
    if done.anything:
        facts = f"{done.added:,} added, {done.changed:,} changed, {done.keys:,} search keys, {done.crossings} crossings"
        click.echo(f"{done.places:,} places: {facts} ({took:.1f} s)")
    else:
        click.echo(f"{done.places:,} places: all there already ({took:.1f} s)")
