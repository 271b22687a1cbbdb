"""Commands of rates."""

import click

from aidnet.db import db, transaction
from aidnet.policy import OPERATOR
from aidnet.rates import service
from aidnet.rates.queries import reporting_currencies
from aidnet.web.commands import Commands

#: Transfers, or arrivals, in one transaction: others write money between two of them.
_BATCH = 2_000

cli = Commands("rates", help="Typed rates, and what the books are worth by them.")


@cli.command("value")
def value() -> None:
    """Convert what has no value yet into each reporting currency, by the rates typed for its days. Run again, it adds nothing.

    Needed once after the network chose a currency to report in, and after an upgrade from books without rates.
    """
    for currency in reporting_currencies(db()):
        valued, last = 0, 0
        while True:
            with transaction() as session:
                done = service.value_history(session, OPERATOR, currency, last, most=_BATCH)
            if done.last is None:
                break
            valued, last = valued + done.valued, done.last
            click.echo(f"{currency}: {valued} transfers converted so far.", err=True)
        click.echo(f"{currency}: {valued} transfers converted.")
    noted = 0
    while True:
        with transaction() as session:
            more = service.note_history(session, OPERATOR, most=_BATCH)
        if not more:
            break
        noted += more
    click.echo(f"{noted} arrivals noted with what the rate cost.")
