"""Reads: what gifts became, where money waits, and how long its way took; from what is kept as the money moves, never from history.

Every figure is in the gifts' own currency, in its minor unit, but those of `in_one`.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from aidnet import disclosure, policy
from aidnet.disclosure import Level
from aidnet.funding.models import Contribution, Fund
from aidnet.funding.queries import told_line
from aidnet.ledger.models import Account, AccountKind, BudgetLine, LedgerEvent
from aidnet.money import CURRENCIES
from aidnet.partners.models import Partner
from aidnet.policy import Actor, Permission, Role
from aidnet.rates.models import RateKind
from aidnet.responders.models import Sector
from aidnet.trace.models import Fate, FlowDelay, GiftTrace, GiverTrace, GiverValue, Step, TraceLot

#: Gifts shown that wait for their purpose.
WAITING_MOST = 25


@dataclass(frozen=True)
class Part:
    """Where a part of gifts is, or what it became."""

    fate: Fate
    #: None: not spent.
    line: BudgetLine | None
    minor: int
    #: Of it, how much reached a responder and was confirmed by it.
    confirmed_minor: int


@dataclass(frozen=True)
class Became:
    """What gifts of one currency became. The parts are the gifts, to the minor unit."""

    currency: str
    #: None: of several funds, or of one gift.
    fund_id: int | None
    #: In the order of `Fate`, then of `BudgetLine`; parts of nothing are left out.
    parts: tuple[Part, ...]

    @property
    def minor(self) -> int:
        """The gifts."""
        return sum(part.minor for part in self.parts)

    @property
    def confirmed_minor(self) -> int:
        """Of all of it, how much reached a responder and was confirmed by it."""
        return sum(part.confirmed_minor for part in self.parts)

    @property
    def waiting_minor(self) -> int:
        return self.of(Fate.WAITING)

    def of(self, *fates: Fate) -> int:
        """How much of it has one of these fates."""
        return sum(part.minor for part in self.parts if part.fate in fates)

    @property
    def confirmed_percent(self) -> int:
        """Rounded down: a hundred is said only of all."""
        return 100 * self.confirmed_minor // self.minor if self.minor else 0


@dataclass(frozen=True)
class Together:
    """What gifts of every currency became, in one. What has no rate stands beside it; both together are all gifts."""

    #: In the reporting currency, by fund.
    by_fund: Sequence[Became]
    #: None: none of it has a rate.
    whole: Became | None
    #: Of the rates by which gifts were converted.
    kinds: tuple[RateKind, ...]
    #: Currency to what has no rate, in the order of `CURRENCIES`.
    unrated: Mapping[str, int]


@dataclass(frozen=True)
class Wait:
    """The oldest money of one currency that lies in a fund. `minor` of it came at once, by one gift."""

    fund_id: int
    currency: str
    minor: int
    since: date
    #: Of the gift.
    gift: str


@dataclass(frozen=True)
class Earmarked:
    """A gift whose purpose is not found yet, or not for all of it. What is None, it is not earmarked by."""

    gift: str
    fund_id: int
    minor: int
    #: Of what waits; another than the gift's where it was changed in the fund.
    currency: str
    since: date
    place_id: int | None
    sector: Sector | None
    #: The code name of the group it is for; None: for any.
    responder: str | None


@dataclass(frozen=True)
class Delay:
    """How many days a step took: half of the money that made it took no longer than `median`, 90 % no longer than `ninetieth`."""

    currency: str
    step: Step
    minor: int
    median: int
    ninetieth: int


def gift(session: Session, actor: Actor, code: str) -> Became | None:
    """What one gift became; None: no money of it is in the books. One statement. The gift is fetched already, by whoever shows it."""
    if not _full(actor, "gift_trace", "fate", "budget_line", "source_minor", "confirmed_minor"):
        return None
    columns = (Contribution.currency, GiftTrace.fate, GiftTrace.budget_line)
    minors = (GiftTrace.source_minor, GiftTrace.confirmed_minor)
    statement = (
        policy.select(actor, {Contribution: Permission.CONTRIBUTION_READ}, *columns, *minors)
        .join(Contribution, Contribution.id == GiftTrace.contribution_id)
        .where(Contribution.code == code)
    )
    return next(iter(_added(actor, ((None, *row) for row in session.execute(statement)))), None)


def givers(session: Session, actor: Actor, fund_ids: Collection[int]) -> list[Became]:
    """What the gifts to funds became, by fund and currency: all givers' together; for a donor, the donor's own. One statement."""
    if not _full(actor, "giver_trace", "currency", "fate", "budget_line", "source_minor", "confirmed_minor"):
        return []
    by = (GiverTrace.fund_id, GiverTrace.currency, GiverTrace.fate, GiverTrace.budget_line)
    minors = (sa.func.sum(GiverTrace.source_minor), sa.func.sum(GiverTrace.confirmed_minor))
    statement = (
        policy.select(actor, {Fund: Permission.FUND_READ}, *by, *minors)
        .join(Fund, Fund.id == GiverTrace.fund_id)
        .where(GiverTrace.fund_id.in_(fund_ids), _own_gifts(actor))
        .group_by(*by)
    )
    return _added(actor, session.execute(statement))


def together(found: Iterable[Became]) -> list[Became]:
    """The same of several funds added up, by currency."""
    parts: defaultdict[str, list[Part]] = defaultdict(list)
    for one in found:
        parts[one.currency] += one.parts
    return [Became(currency, None, _whole(parts[currency])) for currency in CURRENCIES if currency in parts]


def in_one(
    session: Session, actor: Actor, fund_ids: Collection[int], reporting: str, own: Sequence[Became]
) -> Together:
    """What `givers` found, in one currency: each gift by the rate of the day it came. One statement.

    Source: `GiverValue`, kept as the money moves; gifts in the reporting currency itself are what they are.
    """
    if not _full(actor, "giver_value", "reporting", "kind", "rated_minor", "value_minor", "confirmed_minor"):
        return Together((), None, (), {})
    by = (GiverValue.fund_id, GiverValue.currency, GiverValue.kind, GiverValue.fate, GiverValue.budget_line)
    minors = (GiverValue.rated_minor, GiverValue.value_minor, GiverValue.confirmed_minor)
    statement = (
        policy.select(actor, {Fund: Permission.FUND_READ}, *by, *(sa.func.sum(minor) for minor in minors))
        .join(Fund, Fund.id == GiverValue.fund_id)
        .where(GiverValue.fund_id.in_(fund_ids), GiverValue.reporting == reporting, _own_gifts(actor, GiverValue))
        .group_by(*by)
    )
    rows: list[Sequence[Any]] = [
        (one.fund_id, reporting, part.fate, part.line or "", part.minor, part.confirmed_minor)
        for one in own
        if one.currency == reporting
        for part in one.parts
    ]
    unrated = Counter({one.currency: one.minor for one in together(own) if one.currency != reporting})
    kinds = set()
    for fund_id, currency, kind, fate, line, rated, value, confirmed in session.execute(statement):
        unrated[currency] -= int(rated)
        rows.append((fund_id, reporting, fate, line, value, confirmed))
        if rated:
            kinds.add(kind)
    by_fund = _added(actor, rows)
    return Together(
        by_fund,
        next(iter(together(by_fund)), None),
        tuple(kind for kind in RateKind if kind in kinds),
        {currency: unrated[currency] for currency in CURRENCIES if unrated[currency]},
    )


def oldest(session: Session, actor: Actor, fund_ids: Collection[int]) -> list[Wait]:
    """What waits longest in each fund, by currency; the longest first. One statement, a look at one row for each purse."""
    if not _full(actor, "trace_lot", "left_minor") or not _full(actor, "ledger_event", "happened_on"):
        return []
    first = (
        sa.select(TraceLot.id)
        .where(TraceLot.account_id == Account.id, TraceLot.left_minor > 0)
        .order_by(TraceLot.rank, TraceLot.id)
        .limit(1)
        .correlate(Account)
        .scalar_subquery()
    )
    reads = {Fund: Permission.FUND_READ, Contribution: Permission.CONTRIBUTION_READ}
    columns = (Account.fund_id, Account.currency, TraceLot.left_minor, LedgerEvent.happened_on, Contribution.code)
    statement = (
        policy.select(actor, reads, *columns)
        .select_from(Account)
        .join(Fund, Fund.id == Account.fund_id)
        .join(TraceLot, TraceLot.id == first)
        .join(LedgerEvent, LedgerEvent.id == TraceLot.rank)
        .join(Contribution, Contribution.id == TraceLot.contribution_id)
        .where(Account.fund_id.in_(fund_ids), Account.kind == AccountKind.FUND)
        .order_by(LedgerEvent.happened_on, Account.id)
    )
    return [Wait(*row) for row in session.execute(statement)]


def waiting_for_purpose(session: Session, actor: Actor, fund_ids: Collection[int]) -> list[Earmarked]:
    """Gifts that wait for what they were given for, oldest first: `WAITING_MOST`, and one more where there are more. One statement."""
    if not _full(actor, "trace_lot", "left_minor") or not _full(actor, "ledger_event", "happened_on"):
        return []
    marks = (Contribution.earmark_place_id, Contribution.earmark_sector)
    may = (
        policy.rule(actor, Permission.FUND_READ, Fund),
        policy.rule(actor, Permission.CONTRIBUTION_READ, Contribution),
        policy.rule(actor, Permission.CONTRIBUTION_READ, Partner),
    )
    group = sa.select(Partner.code_name).where(Partner.id == Contribution.earmark_responder_id, may[2])
    found = (Contribution.code, Account.fund_id, TraceLot.left_minor, Account.currency, LedgerEvent.happened_on)
    gift, purse = aliased(Contribution), aliased(Account)
    has_mark = gift.earmark_place_id.is_not(None) | gift.earmark_sector.is_not(None) | gift.earmark_responder_id.is_not(None)
    purses = sa.select(purse.id).where(purse.fund_id.in_(fund_ids), purse.kind == AccountKind.FUND)
    marked = sa.select(gift.id).where(gift.id == TraceLot.contribution_id, has_mark)
    statement = (
        sa.select(*found, *marks, group.correlate(Contribution).scalar_subquery())
        .select_from(TraceLot)
        .join(Account, Account.id == TraceLot.account_id)
        .join(Fund, Fund.id == Account.fund_id)
        .join(Contribution, Contribution.id == TraceLot.contribution_id)
        .join(LedgerEvent, LedgerEvent.id == TraceLot.rank)
        .where(*may[:2])
        # By their ids, lots that are open lead; as plain conditions these make SQLite look through every account and gift.
        .where(TraceLot.account_id.in_(purses), TraceLot.left_minor > 0)
        .where(TraceLot.contribution_id.in_(marked.correlate(TraceLot)))
        .order_by(TraceLot.rank, TraceLot.id)
        .limit(WAITING_MOST + 1)
    )
    rows = session.execute(policy.unscoped(statement, because="funds, gifts and groups each carry their rule here"))
    return [Earmarked(*row) for row in rows]


def delays(session: Session, actor: Actor, fund_ids: Collection[int]) -> list[Delay]:
    """How long money of whole funds took, by currency and step, since the beginning. One statement."""
    if not _full(actor, "flow_delay", "currency", "step", "days", "source_minor"):
        return []
    by = (FlowDelay.currency, FlowDelay.step, FlowDelay.days)
    statement = (
        policy.select(actor, {Fund: Permission.FUND_READ}, *by, sa.func.sum(FlowDelay.source_minor))
        .join(Fund, Fund.id == FlowDelay.fund_id)
        .where(FlowDelay.fund_id.in_(fund_ids))
        .group_by(*by)
        .order_by(FlowDelay.days)
    )
    took: defaultdict[tuple[str, Step], list[tuple[int, int]]] = defaultdict(list)
    for currency, step, days, minor in session.execute(statement):
        if minor:
            took[currency, Step(step)].append((days, int(minor)))
    return [
        Delay(currency, step, sum(minor for _days, minor in found), within(found, 50), within(found, 90))
        for currency in CURRENCIES
        for step in Step
        if (found := took.get((currency, step)))
    ]


def within(took: Sequence[tuple[int, int]], percent: int) -> int:
    """The days, among (days, how much) with the fewest days first, within which so many percent of it were done."""
    whole, done = sum(minor for _days, minor in took), 0
    for days, minor in took:
        done += minor
        if done * 100 >= whole * percent:
            return days
    raise ValueError("nothing took any time")


def _own_gifts(actor: Actor, model: type[GiverTrace | GiverValue] = GiverTrace) -> sa.ColumnElement[bool]:
    """SECURITY: a donor learns what its own gifts became and nobody else's. Kept by tests/trace/test_queries.py."""
    if actor.role is Role.DONOR:
        return model.donor_id == actor.donor_id
    return sa.true()


def _full(actor: Actor, entity: str, *names: str) -> bool:
    """A figure that is withheld from somebody is withheld with all it could be worked out from."""
    audience = disclosure.audience_of(actor, actor.responder_id)
    return all(disclosure.level_of(entity, name, audience) is Level.FULL for name in names)


def _added(actor: Actor, rows: Iterable[Sequence[Any]]) -> list[Became]:
    """Rows of fund, currency, fate, line, amount and how much of it is confirmed, by fund and currency."""
    parts: defaultdict[tuple[int | None, str], list[Part]] = defaultdict(list)
    for fund_id, currency, fate, line, minor, confirmed_minor in rows:
        told = told_line(actor, BudgetLine(line)) if line else None
        parts[fund_id, currency].append(Part(Fate(fate), told, int(minor), int(confirmed_minor)))
    keys = sorted(parts, key=lambda key: (key[0] or 0, CURRENCIES.index(key[1])))
    whole = [Became(currency, fund_id, _whole(parts[fund_id, currency])) for fund_id, currency in keys]
    return [one for one in whole if one.parts]


def _whole(parts: Iterable[Part]) -> tuple[Part, ...]:
    """Parts of the same kind added up, each kind once."""
    minors, confirmed = Counter[tuple[Fate, BudgetLine | None]](), Counter[tuple[Fate, BudgetLine | None]]()
    for part in parts:
        minors[part.fate, part.line] += part.minor
        confirmed[part.fate, part.line] += part.confirmed_minor
    return tuple(Part(*key, minors[key], confirmed[key]) for key in _KEYS if minors[key])


_KEYS = [(fate, line) for fate in Fate for line in (None, *BudgetLine)]
