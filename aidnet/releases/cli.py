"""Commands of releases."""

import click


@click.group("releases")
def cli() -> None:
    """What operators do with releases."""
