"""What a group lost on the way, by reason and month, from its running totals."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from aidnet import policy
from aidnet.deliveries import spans
from aidnet.deliveries.items import name_of, unit_name
from aidnet.deliveries.models import Item, LossMonth, LossReason, Unit
from aidnet.deliveries.words import REASONS
from aidnet.disclosure import field
from aidnet.i18n import gettext as _
from aidnet.policy import Actor
from aidnet.web.charts import Bar, BarList, bars
from aidnet.web.context import count, month, quantity

#: Lines a page shows; the file has all.
MOST = 100


@dataclass(frozen=True)
class Lost:
    """What was lost of an item in a month for a reason. `reports`: how many reports name it."""

    month: date
    reason: LossReason
    item: str
    unit: str
    quantity_milli: int
    reports: int


@dataclass(frozen=True)
class Losses:
    """The losses of a span, newest month first; each report counts once for every item it names."""

    rows: tuple[Lost, ...]
    by_reason: BarList
    by_month: BarList


def lost(session: Session, actor: Actor, months: int) -> list[Lost]:
    """What the actor's group lost in the span, by month (newest first), reason and item. One statement."""
    statement = (
        sa.select(LossMonth, Item, Unit)
        .join(Item, Item.id == LossMonth.item_id)
        .outerjoin(Unit, Unit.code == LossMonth.unit)
        .where(LossMonth.responder_id == actor.responder_id, LossMonth.month >= spans.since(months), LossMonth.losses > 0)
        .order_by(LossMonth.month.desc(), LossMonth.losses.desc(), LossMonth.reason, LossMonth.item_id, LossMonth.unit)
    )
    rows = session.execute(policy.unscoped(statement, because="the running totals of the actor's own group, and what they are of"))
    owner = actor.responder_id
    return [
        Lost(
            month=row.month,
            reason=row.reason,
            item=str(field(actor, "loss_month", "item", name_of(actor, item), owner_id=owner)),
            unit=unit_name(row.unit, unit),
            quantity_milli=field(actor, "loss_month", "quantity_milli", row.quantity_milli, owner_id=owner),
            reports=field(actor, "loss_month", "losses", row.losses, owner_id=owner),
        )
        for row, item, unit in rows
    ]


def losses(session: Session, actor: Actor, months: int) -> Losses:
    """The same with its pictures."""
    found = lost(session, actor, months)
    reasons: Counter[LossReason] = Counter()
    by_month: Counter[date] = Counter()
    for one in found:
        reasons[one.reason] += one.reports
        by_month[one.month] += one.reports
    return Losses(
        rows=tuple(found),
        by_reason=bars([Bar(str(REASONS[reason]), number) for reason, number in reasons.most_common()], text=count, tone="5"),
        by_month=bars([Bar(month(when), by_month[when]) for when in sorted(by_month, reverse=True)], text=count, tone="5"),
    )


def table(found: Sequence[Lost]) -> tuple[list[str], Iterator[list[Any]]]:
    """The losses as a file has them."""
    header = [_("Month"), _("Reason"), _("Item"), _("Quantity"), _("Unit"), _("Reports")]
    return header, (
        [f"{one.month:%Y-%m}", str(REASONS[one.reason]), one.item, quantity(one.quantity_milli), one.unit, one.reports] for one in found
    )
