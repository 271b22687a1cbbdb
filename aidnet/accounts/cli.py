"""Commands of accounts."""

import click


@click.group("accounts")
def cli() -> None:
    """What operators do with accounts."""
