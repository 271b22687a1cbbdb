import click


@click.command("backup")
def backup_command() -> None:
    """Being written."""


@click.command("restore")
def restore_command() -> None:
    """Being written."""
