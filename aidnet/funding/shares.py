"""Reads: which deliveries expenses were for, and how much of each."""

from collections import defaultdict
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from aidnet import disclosure, policy
from aidnet.deliveries.models import Delivery
from aidnet.disclosure import Shown
from aidnet.funding.models import Expense, ExpenseShare
from aidnet.policy import Actor, Permission


@dataclass(frozen=True)
class ShareLine:
    """The part of an expense that was for one delivery."""

    delivery: str
    share: Shown


def shares_of(session: Session, actor: Actor, *wheres: sa.ColumnElement[bool]) -> dict[int, tuple[ShareLine, ...]]:
    """The actor's own deliveries that expenses like these were for, by expense; nobody else is told which.

    One statement, or none.
    """
    if actor.responder_id is None:
        return {}
    reads = {Expense: Permission.EXPENSE_READ, Delivery: Permission.EXPENSE_RECORD}
    statement = (
        policy.select(actor, reads, ExpenseShare, Expense.responder_id, Delivery.code)
        .select_from(ExpenseShare)
        .join(Expense, Expense.id == ExpenseShare.expense_id)
        .join(Delivery, Delivery.id == ExpenseShare.delivery_id)
        .where(*wheres)
        .order_by(ExpenseShare.expense_id, Delivery.code)
    )
    found: defaultdict[int, tuple[ShareLine, ...]] = defaultdict(tuple)
    for share, responder_id, code in session.execute(statement):
        shown = Shown(share, "expense_share", disclosure.audience_of(actor, responder_id))
        found[share.expense_id] += (ShareLine(code, shown),)
    return found
