"""A donor's own gifts: sums by fund, month and currency, and the newest with their receipts."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from aidnet import disclosure, policy
from aidnet.deliveries.models import Item
from aidnet.disclosure import Shown
from aidnet.funding.models import Contribution, ContributionState
from aidnet.i18n import current_language
from aidnet.ledger.models import LedgerEvent, LedgerEventKind, Transfer
from aidnet.money import CURRENCIES
from aidnet.policy import Actor, Permission, unscoped

_GIVING = Permission.GIVING_READ
_RETURNED = "returned"
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
    """The donor's own gifts in a period. In kind: how many gifts were things."""

    #: By currency.
    whole: Mapping[str, Given]
    #: By currency and fund id.
    by_fund: Mapping[tuple[str, int], Given]
    #: By fund id, currency and month of receipt; None: pledged.
    cells: Mapping[tuple[int, str, date | None], Given]
    in_kind: int = 0


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
    sums, in_kind = _Sums(), 0
    for fund_id, currency, year, month, what, total, count in session.execute(_sums(actor, fund_ids)):
        when = date(int(year), int(month), 1) if year is not None and what != ContributionState.PLEDGED else None
        if when is not None and not (first or when) <= when <= last:
            continue
        if currency is None:
            in_kind += count if when is not None else 0
            continue
        given = Given()
        if when is None:
            given.pledged = int(total)
        elif what == _RETURNED:
            given.returned = int(total)
        else:
            given.received, given.gifts = int(total), count
        for found in (sums.whole[currency], sums.by_fund[currency, fund_id], sums.cells[fund_id, currency, when]):
            found.add(given)
    whole = {currency: sums.whole[currency] for currency in CURRENCIES if currency in sums.whole}
    return Giving(whole, sums.by_fund, sums.cells, in_kind)


def _sums(actor: Actor, fund_ids: Collection[int]) -> sa.CompoundSelect[*tuple[Any, ...]]:
    own = policy.rule(actor, _GIVING, Contribution) & Contribution.fund_id.in_(fund_ids)

    def by(day: sa.SQLColumnExpression[Any]) -> list[Any]:
        return [Contribution.fund_id, Contribution.currency, *(sa.extract(part, day) for part in ("year", "month"))]

    def sums(what: sa.ColumnElement[str], amount: sa.SQLColumnExpression[Any]) -> list[sa.ColumnElement[Any]]:
        return [what, sa.func.sum(amount), sa.func.count()]

    state = sa.cast(Contribution.state, sa.Text())
    gifts = (
        sa.select(*by(Contribution.received_on), *sums(state, Contribution.amount_minor))
        .where(own, Contribution.state.in_((ContributionState.PLEDGED, ContributionState.RECEIVED)))
        .group_by(*by(Contribution.received_on), state)
    )
    undoing = aliased(LedgerEvent)
    returned = (
        sa.select(*by(LedgerEvent.happened_on), *sums(sa.literal(_RETURNED, sa.Text()), Transfer.amount_minor))
        .select_from(Contribution)
        .join(LedgerEvent, LedgerEvent.contribution_id == Contribution.id)
        .join(Transfer, Transfer.event_id == LedgerEvent.id)
        .where(
            own, LedgerEvent.kind == LedgerEventKind.REFUND, ~sa.exists().where(undoing.reverses_id == LedgerEvent.id)
        )
        .group_by(*by(LedgerEvent.happened_on))
    )
    return unscoped(sa.union_all(gifts, returned), because="each part carries the rule of a donor's own gifts")


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
