"""Whose figures an actor may see, for every reading of rates, values and spreads."""

from calendar import monthrange
from datetime import date
from typing import Any

import sqlalchemy as sa

from aidnet import disclosure
from aidnet.disclosure import Level
from aidnet.ledger.models import BudgetLine
from aidnet.policy import Actor, Role


def full(actor: Actor, entity: str, *names: str) -> bool:
    """A figure that is withheld from somebody is withheld with all it could be worked out from."""
    audience = disclosure.audience_of(actor, actor.responder_id)
    return all(disclosure.level_of(entity, name, audience) is Level.FULL for name in names)


def own_part(actor: Actor, column: sa.SQLColumnExpression[Any]) -> sa.ColumnElement[bool]:
    """SECURITY: a coordinator learns nothing of what other responders get. Kept by tests/rates/test_visibility.py."""
    return column == actor.responder_id if actor.role is Role.COORDINATOR else sa.true()


def told_line(actor: Actor, line: str) -> str:
    """SECURITY: donors see tolls and informal payments only inside transport. Kept by tests/rates/test_visibility.py."""
    folded = actor.role is Role.DONOR and line == BudgetLine.TOLLS
    return BudgetLine.TRANSPORT.value if folded else str(line)


def last_day(month: date) -> date:
    """The last day of a month."""
    return month.replace(day=monthrange(month.year, month.month)[1])


def back(month: date, months: int) -> date:
    """The first day of the month so many before."""
    number = month.year * 12 + month.month - 1 - months
    return date(number // 12, number % 12 + 1, 1)
