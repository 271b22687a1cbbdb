"""What every template knows, and the filters it may use."""

import re
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from babel.dates import format_date, format_skeleton
from flask import Flask, g
from markupsafe import Markup, escape

from aidnet import clock, money
from aidnet.db import db
from aidnet.disclosure import Withheld
from aidnet.i18n import LANGUAGES, current_language
from aidnet.network.models import Network
from aidnet.web.guards import current_actor


def network() -> Network | None:
    """This database's network row, read once a request; None where the database is not migrated yet."""
    if "network" not in g:
        g.network = db().scalars(sa.select(Network)).one_or_none()
    found: Network | None = g.network
    return found


def amount(value: int | Withheld | None, currency: str) -> str:
    """An amount of money for people."""
    if value is None:
        return "–"
    return str(value) if isinstance(value, Withheld) else money.format_amount(value, currency, current_language())


def count(value: int | Decimal | Withheld | None) -> str:
    """A number of things for people."""
    if value is None:
        return "–"
    return str(value) if isinstance(value, Withheld) else money.format_count(value, current_language())


def rate(value: Decimal | Withheld | None) -> str:
    """A rate with all the digits it was typed with."""
    if value is None:
        return "–"
    return str(value) if isinstance(value, Withheld) else money.format_rate(value)


def quantity(value_milli: int | Withheld | None) -> str:
    """A quantity in thousandths, without needless zeros."""
    if value_milli is None:
        return "–"
    if isinstance(value_milli, Withheld):
        return str(value_milli)
    return money.format_count((Decimal(value_milli) / 1000).normalize(), current_language())


#: A tag (with what it says, where that is a code already), or a name or code with hyphens in a text.
_HYPHENED = re.compile(r'<[^>]*\bclass="code"[^>]*>[^<]*|<[^>]*>|(?<![\w-])([^\W_]{1,4}(?:-[^\W_]{1,4}){1,2})(?![\w-]|\.\w)', re.ASCII)
#: What holds plain text alone, or lays it out by itself.
_PLAIN = re.compile(r"<(option|script|svg|textarea)\b")


def unbroken(value: Any, within: str = "{}") -> Any:
    """What a cell says, its short code names and codes (S-01, D-7K3Q) kept in one piece; `within`: what then holds all of it."""
    if not isinstance(value, str) or "-" not in value:
        return value
    html = str(escape(value))
    kept = html if _PLAIN.search(html) else _HYPHENED.sub(_in_one_piece, html)
    return Markup(within.format(kept) if kept != html else html)  # noqa: S704 (escaped above, or marked as safe by who gave it)


def _in_one_piece(found: re.Match[str]) -> str:
    return f'<span class="nowrap">{found[1]}</span>' if found[1] else found[0]


def day(value: date | datetime | str | Withheld | None, precision: str = "day") -> str:
    """A day where the network's people are, as exactly as it is known."""
    if value is None:
        return "–"
    if isinstance(value, Withheld | str):
        return str(value)
    if isinstance(value, datetime):
        value = value.astimezone(clock.YANGON).date()
    locale = current_language()
    if precision == "month":
        return format_skeleton("yMMM", value, locale=locale)
    shown = format_date(value, "d MMM y", locale=locale)
    return f"~ {shown}" if precision == "week" else shown


def moment(value: datetime | Withheld | None) -> str:
    """An instant to the minute, by the clock of the network's people."""
    if value is None:
        return "–"
    if isinstance(value, Withheld):
        return str(value)
    here = value.astimezone(clock.YANGON)
    return f"{day(here)}, {here:%H:%M}"


def month(value: date | str | Withheld | None) -> str:
    """The month a day lies in."""
    return day(value, "month")


def init_context(app: Flask) -> None:
    """Give every template its names and filters."""

    @app.context_processor
    def names() -> dict[str, Any]:
        actor = current_actor()
        return {
            "actor": actor,
            "locale": current_language(),
            "languages": LANGUAGES,
            "network": network(),
            "today": clock.today(),
        }

    app.jinja_env.filters.update(unbroken=unbroken)
    app.jinja_env.filters.update(amount=amount, count=count, rate=rate, quantity=quantity, day=day, moment=moment, month=month)


