"""Rates typed as short as a test wants them, and what the totals say."""

from collections import Counter
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import uuid4

import sqlalchemy as sa

from aidnet.db import db
from aidnet.ledger.models import MoneyMonth
from aidnet.policy import Actor, Role, unscoped
from aidnet.rates import queries, service
from aidnet.rates.drafts import RateDraft
from aidnet.rates.models import RateKind, TransferValue, ValueMonth
from aidnet.rates.service import Typing
from tests import factories
from tests.funding.books import DAY, act

BECAUSE = "a test looks"


def draft(rate: Any, on: date = DAY, *, base: str = "USD", quote: str = "MMK", **more: Any) -> RateDraft:
    return RateDraft(
        uid=more.pop("uid", None) or uuid4(),
        base=base,
        quote=quote,
        kind=more.pop("kind", RateKind.MARKET),
        on_day=on,
        rate=None if rate is None else Decimal(str(rate)),
        **more,
    )


def typed(by: Actor, rate: Any, on: date = DAY, *, sure: bool = True, **more: Any) -> Typing:
    return act(service.type_rates, by, [draft(rate, on, **more)], sure=sure)


def report_in(*currencies: str) -> None:
    act(service.choose_reporting, factories.actor(Role.ADMIN), currencies)


def values() -> dict[tuple[int, str], tuple[int, int | None]]:
    """Transfer and currency to what it was converted to, and by which rate."""
    rows = db().scalars(unscoped(sa.select(TransferValue), because=BECAUSE))
    return {(row.transfer_id, row.currency): (row.value_minor, row.rate_id) for row in rows}


def worth(reporting: str) -> int:
    """All that the totals say in a reporting currency."""
    total = sa.func.coalesce(sa.func.sum(ValueMonth.value_minor), 0)
    return int(db().scalars(unscoped(sa.select(total).where(ValueMonth.reporting == reporting), because=BECAUSE)).one())


def parts_add_up(actor: Actor, fund_ids: list[int], reporting: str) -> bool:
    """What has a rate and what has none are together all that moved, measure by measure and currency by currency."""
    money, rated = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for row in db().scalars(unscoped(sa.select(MoneyMonth).where(MoneyMonth.fund_id.in_(fund_ids)), because=BECAUSE)):
        money[row.measure, row.currency] += row.amount_minor
    for row in db().scalars(
        unscoped(
            sa.select(ValueMonth).where(ValueMonth.fund_id.in_(fund_ids), ValueMonth.reporting == reporting),
            because=BECAUSE,
        )
    ):
        rated[row.measure, row.currency] += row.rated_minor
    for one in queries.values(db(), actor, fund_ids, reporting).unrated:
        rated[one.measure, one.currency] += one.minor
    return +money == +rated and -money == -rated
