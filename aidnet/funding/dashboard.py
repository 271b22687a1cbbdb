"""Reads: what money did in a period, by month, channel, budget line and group, and what waits: the tables of a dashboard.

From the running totals alone. A page and its files show the same tables.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from aidnet import clock, disclosure, policy
from aidnet.disclosure import Level
from aidnet.funding.models import Channel, Fund, Payout
from aidnet.funding.queries import (
    Flows,
    FundFigures,
    PayoutLine,
    added_flows,
    flows_of,
    open_payout_lines,
    own_part,
    payout_line,
)
from aidnet.ledger.models import Measure, MoneyMonth
from aidnet.partners.models import Partner
from aidnet.policy import Actor, Permission
from aidnet.rates.costs import Spread, spreads
from aidnet.rates.seen import back

#: The choice of the last twelve months; else "all", or a year.
LAST_12 = "12"
#: Years that the filter offers.
_YEARS = 4
#: Payouts without report that are shown.
_WAITING = 10


@dataclass(frozen=True)
class Period:
    """Months a dashboard is about: `first` None is from the beginning, `last` None until now."""

    word: str
    first: date | None
    last: date | None

    @classmethod
    def read(cls, word: str) -> "Period":
        """From a page's address; a word that means nothing is the last twelve months."""
        if word == "all":
            return cls(word, None, None)
        if word in map(str, years()):
            return cls(word, date(int(word), 1, 1), date(int(word), 12, 1))
        return cls(LAST_12, back(clock.today().replace(day=1), 11), None)

    def holds(self, month: date) -> bool:
        return (self.first or month) <= month <= (self.last or month)


def years() -> list[int]:
    """The years one may choose, newest first."""
    this = clock.today().year
    return list(range(this, this - _YEARS, -1))


@dataclass(frozen=True)
class Board:
    """What money of one currency did in a period."""

    period: Period
    currency: str
    whole: Flows
    #: What there is since the beginning, whatever the period.
    now: FundFigures
    #: Oldest first. A month in which nothing moved has no entry.
    by_month: Mapping[date, Flows]
    #: In the order of `Channel`; None: through none (the fund's own spending and fees, what groups spent and lost).
    by_channel: Mapping[Channel | None, Flows]
    by_month_and_channel: Mapping[tuple[date, Channel | None], Flows]
    #: By code name; None: withheld from the viewer.
    by_group: Mapping[tuple[str, str], Flows] | None
    #: What the rate cost where this currency became another, as far as it is known.
    spreads: Sequence[Spread]
    #: Paid out without report yet, the oldest first; those the viewer may see.
    waiting: Sequence[PayoutLine]


def board(
    session: Session,
    actor: Actor,
    figures: Sequence[FundFigures],
    fund_ids: Collection[int],
    period: Period,
    currency: str,
) -> Board | None:
    """The dashboard of some funds in one of the currencies of their `figures`; a coordinator's is of the own group's part.

    None: no money ever moved. Four statements, whatever the history.
    """
    currencies = [one.currency for one in figures]
    if not currencies:
        return None
    chosen = currency if currency in currencies else currencies[0]
    cells = _cells(session, actor, fund_ids, period, chosen)
    months, channels = sorted({month for month, _channel in cells}), [*Channel, None]
    seen = {channel for _month, channel in cells}
    return Board(
        period=period,
        currency=chosen,
        now=next(one for one in figures if one.currency == chosen),
        whole=added_flows(chosen, cells.values()),
        by_month={
            month: added_flows(chosen, [flows for key, flows in cells.items() if key[0] == month]) for month in months
        },
        by_channel={
            channel: added_flows(chosen, [flows for key, flows in cells.items() if key[1] == channel])
            for channel in channels
            if channel in seen
        },
        by_month_and_channel=cells,
        by_group=_groups(session, actor, fund_ids, period, chosen),
        spreads=[
            one for one in spreads(session, actor, fund_ids) if one.sent_currency == chosen and period.holds(one.month)
        ],
        waiting=_waiting(session, actor, fund_ids, chosen),
    )


def _within(actor: Actor, fund_ids: Collection[int], period: Period, currency: str) -> list[sa.ColumnElement[bool]]:
    months = MoneyMonth.month.between(period.first or date.min, period.last or date.max)
    return [
        MoneyMonth.fund_id.in_(fund_ids),
        MoneyMonth.currency == currency,
        months,
        own_part(actor, MoneyMonth.responder_id),
    ]


def _cells(
    session: Session, actor: Actor, fund_ids: Collection[int], period: Period, currency: str
) -> dict[tuple[date, Channel | None], Flows]:
    by = (MoneyMonth.month, MoneyMonth.channel, MoneyMonth.measure, MoneyMonth.budget_line)
    statement = (
        policy.select(actor, {Fund: Permission.FUND_READ}, *by, sa.func.sum(MoneyMonth.amount_minor))
        .join(Fund, Fund.id == MoneyMonth.fund_id)
        .where(*_within(actor, fund_ids, period, currency))
        .group_by(*by)
    )
    sums: defaultdict[tuple[date, Channel | None], Counter[tuple[Measure, str]]] = defaultdict(Counter)
    for month, channel, measure, line, minor in session.execute(statement):
        sums[month, Channel(channel) if channel else None][measure, line] += int(minor)
    return {key: flows for key, counted in sums.items() if (flows := flows_of(actor, currency, counted))}


def _groups(
    session: Session, actor: Actor, fund_ids: Collection[int], period: Period, currency: str
) -> dict[tuple[str, str], Flows] | None:
    audience = disclosure.audience_of(actor, actor.responder_id)
    if disclosure.level_of("account", "responder", audience) is Level.WITHHELD:
        return None
    by = (Partner.code, Partner.code_name, MoneyMonth.measure, MoneyMonth.budget_line)
    reads = {Fund: Permission.FUND_READ, Partner: Permission.RESPONDER_READ}
    statement = (
        policy.select(actor, reads, *by, sa.func.sum(MoneyMonth.amount_minor))
        .select_from(MoneyMonth)
        .join(Fund, Fund.id == MoneyMonth.fund_id)
        .join(Partner, Partner.id == MoneyMonth.responder_id)
        .where(*_within(actor, fund_ids, period, currency))
        .group_by(*by, Partner.code_name_key)
        .order_by(Partner.code_name_key)
    )
    sums: defaultdict[tuple[str, str], Counter[tuple[Measure, str]]] = defaultdict(Counter)
    for code, name, measure, line, minor in session.execute(statement):
        sums[code, name][measure, line] += int(minor)
    return {key: flows for key, counted in sums.items() if (flows := flows_of(actor, currency, counted))}


def _waiting(session: Session, actor: Actor, fund_ids: Collection[int], currency: str) -> list[PayoutLine]:
    if not actor.may(Permission.PAYOUT_READ):
        return []
    statement = open_payout_lines(actor, _WAITING, Payout.fund_id.in_(fund_ids), Payout.currency == currency)
    return [payout_line(actor, *row) for row in session.execute(statement)]
