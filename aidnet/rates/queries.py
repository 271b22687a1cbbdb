"""Reads: what was typed, what payouts achieved, and what the books are worth in a reporting currency.

Everything comes from running totals: a figure of a year costs what a figure of a month costs. What has no rate is told
beside, in its own currency, and never guessed. Figures stand in `figures`, the cost of the rate in `costs`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from aidnet import disclosure, policy
from aidnet.disclosure import Shown
from aidnet.money import CURRENCIES
from aidnet.policy import Actor, Permission
from aidnet.rates.costs import achieved, added_spreads, spreads, spreads_of
from aidnet.rates.figures import Values, values
from aidnet.rates.lookup import market_rate
from aidnet.rates.models import Rate, RateKind, ReportingCurrency
from aidnet.rates.seen import back, last_day
from aidnet.web import keyset
from aidnet.web.keyset import Page

__all__ = ["Values", "achieved", "added_spreads", "market_rate", "spreads", "spreads_of", "values"]

#: Months a picture of rates shows.
MONTHS = 12


@dataclass(frozen=True)
class RatesWanted:
    """What the list is narrowed to; empty and None narrow nothing."""

    base: str = ""
    quote: str = ""
    kind: RateKind | None = None
    #: Its first day.
    month: date | None = None


@dataclass(frozen=True)
class RateLine:
    """A typed rate in the list. `replaced`: a newer one was typed for the same pair, kind and day."""

    rate: Shown
    replaced: bool


@dataclass(frozen=True)
class RateMonth:
    """A month of a pair: the last rate of each kind that was typed in it, and what payouts got. None: there is none."""

    month: date
    market: Decimal | None
    official: Decimal | None
    achieved: Decimal | None


def reporting_currencies(session: Session) -> list[str]:
    """The currencies the network reports in; the first is everybody's until they choose another. One statement."""
    return list(session.scalars(sa.select(ReportingCurrency.currency).order_by(ReportingCurrency.rank)))


def reporting_of(session: Session, actor: Actor) -> tuple[str | None, list[str]]:
    """The person's reporting currency, and those there are to choose from; None where the network has none. One statement."""
    offered = reporting_currencies(session)
    if actor.reporting in offered:
        return actor.reporting, offered
    return (offered[0] if offered else None), offered


def statement(actor: Actor, wanted: RatesWanted) -> sa.Select[Any]:
    """The rates the list is narrowed to, each with whether a newer one stands in its place."""
    newer = aliased(Rate)
    same = [getattr(newer, name) == getattr(Rate, name) for name in ("base", "quote", "kind", "on_day")]
    replaced = sa.exists().where(*same, newer.id > Rate.id)
    found = policy.select(actor, {Rate: Permission.RATE_READ}, Rate, replaced)
    if wanted.base:
        found = found.where(Rate.base == wanted.base, Rate.quote == wanted.quote)
    if wanted.kind:
        found = found.where(Rate.kind == wanted.kind)
    if wanted.month:
        found = found.where(Rate.on_day.between(wanted.month, last_day(wanted.month)))
    return found


def rates(session: Session, actor: Actor, wanted: RatesWanted, after: str | None) -> Page[RateLine]:
    """A page of typed rates, newest day first. One statement."""
    page = keyset.page(session, statement(actor, wanted), Rate.on_day, Rate.id, after=after)
    return Page([RateLine(disclosure.show(actor, row), bool(replaced)) for row, replaced in page.rows], page.after)


def pairs(session: Session, actor: Actor) -> list[tuple[str, str]]:
    """Every pair of which a rate was typed, in the order of currencies. One statement."""
    found = policy.select(actor, {Rate: Permission.RATE_READ}, Rate.base, Rate.quote).distinct()
    order = {currency: number for number, currency in enumerate(CURRENCIES)}
    return sorted(
        ((base, quote) for base, quote in session.execute(found)), key=lambda pair: (order[pair[1]], order[pair[0]])
    )


def pair_months(session: Session, actor: Actor, base: str, quote: str, until: date) -> list[RateMonth]:
    """The last twelve months of a pair, oldest first; a month of which nothing is known has its row. Two statements."""
    months = [back(until, number) for number in reversed(range(MONTHS))]
    typed = (
        policy.visible(actor, Permission.RATE_READ, Rate)
        .where(Rate.base == base, Rate.quote == quote, Rate.on_day.between(months[0], last_day(months[-1])))
        .order_by(Rate.on_day, Rate.id)
    )
    of_day = {(row.kind, row.on_day): row.rate for row in session.scalars(typed)}
    last: dict[tuple[RateKind, date], Decimal] = {}
    for (kind, day), rate in sorted(of_day.items(), key=lambda item: item[0][1]):
        if rate is not None:
            last[kind, day.replace(day=1)] = rate
    got = {one.month: one.rate for one in achieved(session, actor, base, quote, months[0])}
    return [
        RateMonth(month, last.get((RateKind.MARKET, month)), last.get((RateKind.OFFICIAL, month)), got.get(month))
        for month in months
    ]


def file_rows(session: Session, actor: Actor, wanted: RatesWanted) -> Iterator[RateLine]:
    """The list as a file reads it: every row, newest day first, as it is read. One statement."""
    ordered = statement(actor, wanted).order_by(Rate.on_day.desc(), Rate.id.desc())
    for row, replaced in session.execute(ordered.execution_options(yield_per=1_000)):
        yield RateLine(disclosure.show(actor, row), bool(replaced))
