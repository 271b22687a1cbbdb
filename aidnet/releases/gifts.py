"""A donor's own gifts: sums by fund, month and currency, and the newest with their receipts."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from aidnet import disclosure, policy
from aidnet.deliveries.models import Item
from aidnet.disclosure import Shown
from aidnet.funding.models import Contribution, ContributionState
from aidnet.i18n import current_language
from aidnet.ledger.models import GiverMonth, Measure
from aidnet.money import CURRENCIES
from aidnet.policy import Actor, Permission, unscoped

_GIVING = Permission.GIVING_READ
#: Gifts shown with their receipts; the rest is a list of its own.
NEWEST = 6


@dataclass
class Given:
    """What the donor gave in one currency, in minor units."""

    #: Received by the fund.
    received: int = 0
    gifts: int = 0
    #: Given back to the donor.
    returned: int = 0
    #: Pledged and not received yet, whenever it was pledged.
    pledged: int = 0

    def add(self, other: "Given") -> None:
        self.received += other.received
        self.gifts += other.gifts
        self.returned += other.returned
        self.pledged += other.pledged


@dataclass(frozen=True)
class Giving:
    """The donor's own gifts in a period."""

    #: By currency.
    whole: Mapping[str, Given]
    #: By currency and fund id.
    by_fund: Mapping[tuple[str, int], Given]
    #: By fund id, currency and month of receipt; None: pledged.
    cells: Mapping[tuple[int, str, date | None], Given]


@dataclass(frozen=True)
class Gift:
    """One gift in a list."""

    shown: Shown
    fund: str
    #: None: money.
    item: str | None


@dataclass
class _Sums:
    whole: defaultdict[str, Given] = field(default_factory=lambda: defaultdict(Given))
    by_fund: defaultdict[tuple[str, int], Given] = field(default_factory=lambda: defaultdict(Given))
    cells: defaultdict[tuple[int, str, date | None], Given] = field(default_factory=lambda: defaultdict(Given))


def giving(session: Session, actor: Actor, fund_ids: Collection[int], first: date | None, last: date) -> Giving:
    """What the donor gave to the funds from month `first` (None: ever) to `last`. One statement."""
    sums = _Sums()
    for fund_id, currency, month, what, total, count in session.execute(_totals(actor, fund_ids)):
        given = Given()
        if month is None:
            given.pledged = int(total)
        elif not (first or month) <= month <= last:
            continue
        elif what == Measure.REFUNDED:
            given.returned = int(total)
        else:
            given.received, given.gifts = int(total), count
        for found in (sums.whole[currency], sums.by_fund[currency, fund_id], sums.cells[fund_id, currency, month]):
            found.add(given)
    whole = {currency: sums.whole[currency] for currency in CURRENCIES if currency in sums.whole}
    return Giving(whole, sums.by_fund, sums.cells)


def _totals(actor: Actor, fund_ids: Collection[int]) -> sa.CompoundSelect[*tuple[Any, ...]]:
    """The donor's running totals by month, and its open pledges (no month)."""
    moved = sa.select(
        GiverMonth.fund_id,
        GiverMonth.currency,
        GiverMonth.month,
        sa.cast(GiverMonth.measure, sa.Text()),
        sa.cast(GiverMonth.amount_minor, sa.BigInteger()),
        GiverMonth.acts,
    ).where(GiverMonth.donor_id == actor.donor_id, GiverMonth.fund_id.in_(fund_ids), GiverMonth.acts > 0)
    pledges = (
        sa.select(
            Contribution.fund_id,
            Contribution.currency,
            sa.cast(sa.null(), sa.Date()),
            sa.literal("", sa.Text()),
            sa.cast(sa.func.sum(Contribution.amount_minor), sa.BigInteger()),
            sa.func.count(),
        )
        .where(policy.rule(actor, _GIVING, Contribution), Contribution.fund_id.in_(fund_ids))
        .where(Contribution.state == ContributionState.PLEDGED)
        .group_by(Contribution.fund_id, Contribution.currency)
    )
    return unscoped(
        sa.union_all(moved, pledges), because="the donor's own totals, and pledges under the rule of its gifts"
    )


def newest(session: Session, actor: Actor, funds: Mapping[int, str]) -> Sequence[Gift]:
    """The newest gifts to the funds (id to name), pledges too, as the donor may see them. One statement."""
    statement = (
        policy.select(actor, {Contribution: _GIVING, Item: Permission.CONTRIBUTION_READ}, Contribution, Item)
        .outerjoin(Item, Item.id == Contribution.item_id)
        .where(Contribution.fund_id.in_(funds))
        .order_by(Contribution.recorded_at.desc(), Contribution.id.desc())
        .limit(NEWEST)
    )
    burmese = current_language() == "my"
    return [
        Gift(
            shown=disclosure.show(actor, gift),
            fund=disclosure.field(actor, "contribution", "fund", funds[gift.fund_id]),
            item=disclosure.field(actor, "contribution", "item", (burmese and item.name_my) or item.name_en)
            if item
            else None,
        )
        for gift, item in session.execute(statement)
    ]
