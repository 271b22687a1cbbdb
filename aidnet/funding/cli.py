"""Commands of funding."""

import click


@click.group("funding")
def cli() -> None:
    """What operators do with funding."""
