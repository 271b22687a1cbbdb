"""Reads: what happened to the money of funds, from the running totals alone, however long the history.

Every figure is of one currency, in its minor units; nothing is ever converted. What the figures mean, and nothing else
is meant anywhere:

- received: came from givers, into the fund or straight to the responder whose purse it is.
- paid out: left the fund for responders.
- cost of moving the money: fees, and what stayed with those who carried it.
- spent: by responders and, for itself, by the network, by budget line.
- lost: on the way, or by the responder who held it, less what was repaid.
- reported held: what responders hold, those above zero added up. Below zero is money *owed* to a responder, a figure of its own.
- paid out without report yet: on its way, and no receiver has said a word about it.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from aidnet import clock, disclosure, policy
from aidnet.db import unindexed
from aidnet.disclosure import Shown
from aidnet.funding.models import OPEN_PAYOUTS, Fund, Payout
from aidnet.ledger.models import Account, AccountBalance, AccountKind, BudgetLine, Measure, MoneyMonth
from aidnet.money import CURRENCIES
from aidnet.partners.models import Partner
from aidnet.policy import Actor, Permission, Role

#: A payout that nobody has confirmed after so many days is late.
LATE_DAYS = 14


@dataclass(frozen=True)
class Flows:
    """How money of one currency moved: in one month, or since the beginning."""

    currency: str
    by_measure: Mapping[Measure, int]
    #: Budget lines on which something was spent, in the order of `BudgetLine`.
    by_line: Mapping[BudgetLine, int]

    def _of(self, *measures: Measure) -> int:
        return sum(self.by_measure.get(measure, 0) for measure in measures)

    @property
    def received(self) -> int:
        return self._of(Measure.RECEIVED)

    @property
    def refunded(self) -> int:
        """Given back to givers."""
        return self._of(Measure.REFUNDED)

    @property
    def paid_out(self) -> int:
        return self._of(Measure.PAID_OUT)

    @property
    def cost(self) -> int:
        return self._of(Measure.FEES, Measure.KEPT)

    @property
    def spent(self) -> int:
        return self._of(Measure.SPENT)

    @property
    def lost(self) -> int:
        """Lost and not repaid."""
        return self._of(Measure.LOST, Measure.LOST_HELD) - self._of(Measure.RECOVERED)

    @property
    def arrived(self) -> int:
        """Confirmed by receivers, in the currency it arrived in."""
        return self._of(Measure.ARRIVED, Measure.ARRIVED_CHANGED)

    @property
    def changed_in(self) -> int:
        """Came from another currency, in the fund or on the way."""
        return self._of(Measure.EXCHANGED_IN, Measure.ARRIVED_CHANGED)

    @property
    def changed_out(self) -> int:
        """Became another currency, in the fund or on the way."""
        return self._of(Measure.EXCHANGED_OUT, Measure.CHANGED)

    @property
    def on_the_way(self) -> int:
        """Paid out without report yet. Since the beginning only: what left in one month arrives in another."""
        return self.paid_out - self._of(Measure.ARRIVED, Measure.CHANGED, Measure.KEPT, Measure.LOST)

    def __bool__(self) -> bool:
        return any(self.by_measure.values())


@dataclass(frozen=True)
class FundFigures:
    """A fund's money of one currency since the beginning, and where it is now.

    `received + changed_in = refunded + cost + spent + lost + changed_out + in_fund + on_the_way + held - owed`,
    to the minor unit (for a coordinator, who sees the own responder's part, money comes in by payouts instead).
    """

    #: None: several funds together.
    fund_id: int | None
    flows: Flows
    in_fund: int
    held: int
    owed: int

    @property
    def currency(self) -> str:
        return self.flows.currency

    @property
    def on_the_way(self) -> int:
        return self.flows.on_the_way

    @property
    def came(self) -> int:
        """All that ever came in."""
        return self.flows.received + self.flows.changed_in

    @property
    def went(self) -> int:
        """All that is gone for good."""
        flows = self.flows
        return flows.refunded + flows.cost + flows.spent + flows.lost + flows.changed_out

    @property
    def left(self) -> int:
        """All that is still somewhere."""
        return self.in_fund + self.on_the_way + self.held - self.owed


@dataclass(frozen=True)
class Month:
    """A fund's money of one currency in one month."""

    fund_id: int
    #: Its first day.
    month: date
    flows: Flows


@dataclass(frozen=True)
class Purse:
    """What a responder holds of a fund."""

    fund_id: int
    #: The responder's code name.
    holder: str
    currency: str
    #: Below zero: owed to the responder.
    minor: int


@dataclass(frozen=True)
class PayoutLine:
    """A payout in a list, as the actor may see it."""

    payout: Shown
    fund: Shown
    #: Code name.
    responder: object
    late: bool
    #: Still to arrive, in the expected currency.
    missing_minor: int
    #: What it is for, on its own page; None: for the fund's purpose.
    purpose_place: object = None


def funds(session: Session, actor: Actor) -> list[Fund]:
    """The funds the actor may see, those of the network first, by name."""
    statement = policy.visible(actor, Permission.FUND_READ, Fund)
    return list(session.scalars(statement.order_by(Fund.responder_id.is_not(None), Fund.name_key)))


def fund_figures(
    session: Session, actor: Actor, fund_ids: Collection[int], by_month: Iterable["Month"] | None = None
) -> list[FundFigures]:
    """What became of each fund's money, a row for each fund and currency that ever moved; by fund, then currency.

    A coordinator sees the own responder's part of each fund. Two statements, whatever the history; one for whoever has
    all `months()` of these funds already. Source: the running totals of `MoneyMonth` and `AccountBalance`.
    """
    if not _may_add_up(actor):
        return []
    if by_month is None:
        sums = _sums(session, actor, fund_ids)
        flows = {key: flows_of(actor, key[1], counted) for key, counted in sums.items()}
    else:
        found: dict[tuple[int, str], list[Flows]] = {}
        for one in by_month:
            found.setdefault((one.fund_id, one.flows.currency), []).append(one.flows)
        flows = {key: added_flows(key[1], several) for key, several in found.items()}
    places = _places(session, actor, fund_ids)
    keys = sorted(flows.keys() | places.keys(), key=lambda key: (key[0], CURRENCIES.index(key[1])))
    return [
        FundFigures(
            fund_id=fund_id,
            flows=flows.get((fund_id, currency)) or added_flows(currency, []),
            in_fund=places.get((fund_id, currency), Counter())["fund"],
            held=places.get((fund_id, currency), Counter())["held"],
            owed=places.get((fund_id, currency), Counter())["owed"],
        )
        for fund_id, currency in keys
    ]


def together(figures: Iterable[FundFigures]) -> list[FundFigures]:
    """The figures of several funds added up, a row for each currency."""
    added: dict[str, list[FundFigures]] = {}
    for one in figures:
        added.setdefault(one.currency, []).append(one)
    return [
        FundFigures(
            fund_id=None,
            flows=added_flows(currency, [one.flows for one in added[currency]]),
            in_fund=sum(one.in_fund for one in added[currency]),
            held=sum(one.held for one in added[currency]),
            owed=sum(one.owed for one in added[currency]),
        )
        for currency in CURRENCIES
        if currency in added
    ]


def added_flows(currency: str, flows: Iterable[Flows]) -> Flows:
    """Flows of one currency added up."""
    measures, lines = Counter[Measure](), Counter[BudgetLine]()
    for one in flows:
        measures.update(one.by_measure)
        lines.update(one.by_line)
    return Flows(currency, measures, {line: lines[line] for line in BudgetLine if lines[line]})


def months(session: Session, actor: Actor, fund_ids: Collection[int]) -> list[Month]:
    """The same by month, oldest first, then by fund and currency. A month in which nothing moved has no row. One statement."""
    if not _may_add_up(actor):
        return []
    rows = session.execute(
        _sums_statement(actor, fund_ids, MoneyMonth.month).order_by(MoneyMonth.month, MoneyMonth.fund_id)
    )
    sums: dict[tuple[date, int, str], Counter[tuple[Measure, str]]] = {}
    for fund_id, currency, measure, line, month, amount_minor in rows:
        sums.setdefault((month, fund_id, currency), Counter())[measure, line] += int(amount_minor)
    found = [
        Month(fund_id, month, flows_of(actor, currency, counted)) for (month, fund_id, currency), counted in sums.items()
    ]
    found = [one for one in found if one.flows]
    return sorted(found, key=lambda one: (one.month, one.fund_id, CURRENCIES.index(one.flows.currency)))


def payouts_waiting(session: Session, actor: Actor, *, most: int = 10) -> list[PayoutLine]:
    """Payouts that wait for the receiver's word, oldest first. One statement."""
    return [payout_line(actor, *row) for row in session.execute(open_payout_lines(actor, most))]


def open_payout_lines(actor: Actor, most: int, *narrower: sa.ColumnElement[bool]) -> sa.Select[Any]:
    """The oldest open payouts, for `payout_line()`; looked for among the open ones alone, and not in all there ever were."""
    may = policy.rule(actor, Permission.PAYOUT_READ, Payout)
    is_open = sa.select(Payout.id).where(Payout.state.in_(OPEN_PAYOUTS), unindexed(sa.and_(may, *narrower)))
    oldest = is_open.order_by(Payout.sent_on, Payout.id).limit(most).subquery()
    return payout_lines(actor).where(Payout.id.in_(sa.select(oldest.c.id))).order_by(Payout.sent_on, Payout.id)


def payout_lines(actor: Actor) -> sa.Select[Any]:
    """Payouts with their fund and the receiver's code name; for `payout_line()`."""
    reads = {Payout: Permission.PAYOUT_READ, Fund: Permission.FUND_READ, Partner: Permission.RESPONDER_READ}
    return (
        policy.select(actor, reads, Payout, Fund, Partner.code_name)
        .join(Fund, Fund.id == Payout.fund_id)
        .join(Partner, Partner.id == Payout.responder_id)
    )


def payout_line(actor: Actor, payout: Payout, fund: Fund, code_name: str) -> PayoutLine:
    """A row of `payout_lines()` as the actor may see it."""
    is_open = payout.state in OPEN_PAYOUTS
    return PayoutLine(
        payout=disclosure.show(actor, payout),
        fund=disclosure.show(actor, fund),
        responder=disclosure.field(actor, "payout", "responder", code_name, owner_id=payout.responder_id),
        late=is_open and (clock.today() - payout.sent_on).days > LATE_DAYS,
        missing_minor=max(payout.expected_minor - payout.confirmed_minor, 0) if is_open else 0,
    )


def _may_add_up(actor: Actor) -> bool:
    """A figure that is withheld from somebody is withheld with all it could be worked out from."""
    audience = disclosure.audience_of(actor, actor.responder_id)
    parts = (("money_month", "amount_minor"), ("fund", "in_fund"), ("fund", "held"), ("fund", "owed"))
    return all(disclosure.level_of(entity, name, audience) is disclosure.Level.FULL for entity, name in parts)


def own_part(actor: Actor, column: sa.SQLColumnExpression[Any]) -> sa.ColumnElement[bool]:
    """SECURITY: a coordinator learns nothing of what other responders get. Kept by tests/funding/test_visibility.py."""
    return column == actor.responder_id if actor.role is Role.COORDINATOR else sa.true()


def _sums_statement(actor: Actor, fund_ids: Collection[int], *more: sa.SQLColumnExpression[date]) -> sa.Select[Any]:
    by = (MoneyMonth.fund_id, MoneyMonth.currency, MoneyMonth.measure, MoneyMonth.budget_line, *more)
    return (
        policy.select(actor, {Fund: Permission.FUND_READ}, *by, sa.func.sum(MoneyMonth.amount_minor))
        .join(Fund, Fund.id == MoneyMonth.fund_id)
        .where(MoneyMonth.fund_id.in_(fund_ids), own_part(actor, MoneyMonth.responder_id))
        .group_by(*by)
    )


def _sums(
    session: Session, actor: Actor, fund_ids: Collection[int]
) -> dict[tuple[int, str], Counter[tuple[Measure, str]]]:
    sums: dict[tuple[int, str], Counter[tuple[Measure, str]]] = {}
    for fund_id, currency, measure, line, amount_minor in session.execute(_sums_statement(actor, fund_ids)):
        sums.setdefault((fund_id, currency), Counter())[measure, line] += int(amount_minor)
    return sums


def flows_of(actor: Actor, currency: str, sums: Counter[tuple[Measure, str]]) -> Flows:
    """Sums by measure and budget line as flows, with the lines that the actor is told."""
    measures, lines = Counter[Measure](), Counter[str]()
    for (measure, line), amount_minor in sums.items():
        measures[measure] += amount_minor
        if measure is Measure.SPENT:
            lines[told_line(actor, BudgetLine(line))] += amount_minor
    return Flows(currency, measures, {line: lines[line] for line in BudgetLine if lines[line]})


def told_line(actor: Actor, line: BudgetLine) -> BudgetLine:
    """SECURITY: donors see tolls and informal payments only inside transport. Kept by tests/funding/test_visibility.py."""
    return BudgetLine.TRANSPORT if actor.role is Role.DONOR and line is BudgetLine.TOLLS else line


def _places(session: Session, actor: Actor, fund_ids: Collection[int]) -> dict[tuple[int, str], Counter[str]]:
    """What is in the fund, held and owed, by fund and currency."""
    left = AccountBalance.in_minor - AccountBalance.out_minor
    above, below = sa.case((left > 0, left), else_=0), sa.case((left < 0, -left), else_=0)
    by = (Account.fund_id, Account.currency, Account.kind)
    own = own_part(actor, Account.responder_id)
    statement = (
        policy.select(actor, {Fund: Permission.FUND_READ}, *by, sa.func.sum(above), sa.func.sum(below))
        .join(Fund, Fund.id == Account.fund_id)
        .join(AccountBalance, AccountBalance.account_id == Account.id)
        .where(Account.fund_id.in_(fund_ids), Account.kind.in_([AccountKind.FUND, AccountKind.HELD]), own)
        .group_by(*by)
    )
    places: dict[tuple[int, str], Counter[str]] = {}
    for fund_id, currency, kind, over, under in session.execute(statement):
        counted = places.setdefault((fund_id, currency), Counter())
        if kind is AccountKind.FUND:
            counted["fund"] += int(over)
        else:
            counted["held"] += int(over)
            counted["owed"] += int(under)
    return places


def purses(session: Session, actor: Actor, fund_ids: Collection[int]) -> list[Purse]:
    """Who holds what of these funds.

    By code name, then fund and currency; purses that are empty are left out. A coordinator sees the own. One statement.
    """
    left = AccountBalance.in_minor - AccountBalance.out_minor
    reads = {Fund: Permission.FUND_READ, Partner: Permission.RESPONDER_READ}
    statement = (
        policy.select(actor, reads, Account.fund_id, Partner.code_name, Account.currency, left)
        .join(Fund, Fund.id == Account.fund_id)
        .join(Partner, Partner.id == Account.responder_id)
        .join(AccountBalance, AccountBalance.account_id == Account.id)
        .where(Account.fund_id.in_(fund_ids), Account.kind == AccountKind.HELD, left != 0)
        .where(own_part(actor, Account.responder_id))
        .order_by(Partner.code_name_key, Account.fund_id, Account.currency)
    )
    if (
        disclosure.level_of("account", "responder", disclosure.audience_of(actor, actor.responder_id))
        is disclosure.Level.WITHHELD
    ):
        return []
    return [Purse(*row) for row in session.execute(statement)]
