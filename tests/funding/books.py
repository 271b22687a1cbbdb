"""A small set of books, and acts on them as short as a test wants them. Each act is a transaction of its own."""

from collections.abc import Callable
from datetime import date
from itertools import count
from typing import Any
from uuid import uuid4

import sqlalchemy as sa

from aidnet.db import transaction
from aidnet.funding import proof, service
from aidnet.funding.drafts import (
    ConfirmationDraft,
    ContributionDraft,
    ExchangeDraft,
    ExpenseDraft,
    FeeDraft,
    GiftDraft,
    HeldLossDraft,
    PayoutDraft,
    RefundDraft,
    SettlementDraft,
)
from aidnet.funding.ledger import FUND, balance, held
from aidnet.funding.models import Channel, Contribution, Expense, GiverKind, Payout, PayoutSettlement, SettlementKind
from aidnet.funding.undoing import Undoable
from aidnet.ledger.models import BudgetLine, LedgerEvent
from aidnet.policy import Actor, Role, unscoped
from aidnet.rates.models import RateKind
from tests import factories

DAY = date(2026, 8, 10)
_number = count(1)


def act(verb: Callable[..., Any], actor: Actor, *words: Any, **named: Any) -> Any:
    """One service call in a transaction of its own, as at the edge."""
    with transaction() as session:
        return verb(session, actor, *words, **named)


class Books:
    """One fund, one treasurer, one responder with its coordinator."""

    def __init__(self) -> None:
        #: On which everything happens.
        self.day = DAY
        self.fund = factories.fund(f"Fund {next(_number)}")
        self.group = factories.responder()
        self.treasurer = factories.actor(Role.TREASURER)
        self.coordinator = factories.actor(Role.COORDINATOR, at=self.group)

    def give(self, minor: int, currency: str = "USD", **more: Any) -> Contribution:
        draft = ContributionDraft(
            uid=more.pop("uid", uuid4()),
            fund=self.fund.id,
            amount_minor=minor,
            currency=currency,
            channel=Channel.BANK,
            giver_kind=GiverKind.PERSON,
            **({"received_on": self.day} | more),
        )
        return act(service.record_contribution, self.treasurer, draft)

    def gift(self, minor: int, currency: str = "MMK", **more: Any) -> Contribution:
        draft = GiftDraft(
            uid=uuid4(),
            giver_kind=GiverKind.GROUP,
            channel=Channel.CASH,
            received_on=self.day,
            amount_minor=minor,
            currency=currency,
            **more,
        )
        return act(service.record_gift, self.coordinator, draft)

    def send(
        self, minor: int, currency: str = "USD", *, into: str | None = None, rate: Any = None, **more: Any
    ) -> Payout:
        draft = PayoutDraft(
            uid=more.pop("uid", uuid4()),
            fund=self.fund.id,
            responder=self.group.id,
            channel=Channel.HUNDI,
            amount_minor=minor,
            currency=currency,
            sent_on=self.day,
            expected_currency=into,
            rate=rate,
            rate_kind=RateKind.MARKET if rate else None,
            **more,
        )
        return act(service.send_payout, more.pop("by", self.treasurer), draft)

    def confirm(self, payout: Payout, minor: int, by: Actor | None = None, **more: Any) -> Payout:
        draft = ConfirmationDraft(
            uid=more.pop("uid", uuid4()), payout=payout.id, amount_minor=minor, arrived_on=self.day, **more
        )
        return act(service.confirm_payout, by or self.coordinator, draft)

    def lose(self, payout: Payout) -> Payout:
        return act(service.declare_lost, self.coordinator, payout.id, on=self.day, uid=uuid4())

    def settle(self, payout: Payout, kind: SettlementKind, minor: int) -> PayoutSettlement:
        draft = SettlementDraft(uid=uuid4(), payout=payout.id, kind=kind, amount_minor=minor, settled_on=self.day)
        return act(service.settle, self.treasurer, draft)

    def spend(self, minor: int, currency: str = "USD", by: Actor | None = None, **more: Any) -> Expense:
        draft = ExpenseDraft(
            uid=more.pop("uid", uuid4()),
            fund=more.pop("fund", self.fund.id),
            budget_line=more.pop("line", BudgetLine.GOODS),
            amount_minor=minor,
            currency=currency,
            spent_on=self.day,
            **more,
        )
        return act(service.record_expense, by or self.coordinator, draft)

    def lose_held(self, minor: int, currency: str = "USD") -> LedgerEvent:
        draft = HeldLossDraft(
            uid=uuid4(), fund=self.fund.id, amount_minor=minor, currency=currency, happened_on=self.day
        )
        return act(service.lose_held, self.coordinator, draft)

    def charge(self, minor: int, currency: str = "USD") -> LedgerEvent:
        draft = FeeDraft(uid=uuid4(), fund=self.fund.id, amount_minor=minor, currency=currency, happened_on=self.day)
        return act(service.charge_fee, self.treasurer, draft)

    def change(self, minor: int, currency: str, into_minor: int, into: str) -> LedgerEvent:
        draft = ExchangeDraft(
            uid=uuid4(),
            fund=self.fund.id,
            amount_minor=minor,
            currency=currency,
            into_minor=into_minor,
            into_currency=into,
            happened_on=self.day,
        )
        return act(service.exchange, self.treasurer, draft)

    def refund(self, gift: Contribution, minor: int) -> LedgerEvent:
        draft = RefundDraft(uid=uuid4(), contribution=gift.id, amount_minor=minor, happened_on=self.day)
        return act(service.refund, self.treasurer, draft)

    def undo(self, code: str, by: Actor | None = None) -> Undoable:
        return act(service.reverse, by or self.treasurer, code, uid=uuid4())

    def last_word(self, payout: Payout) -> str:
        """The code by which the last word on a payout is undone."""
        said = sa.select(LedgerEvent.code).where(
            LedgerEvent.payout_id == payout.id, LedgerEvent.confirmation_id.is_not(None)
        )
        with transaction() as session:
            statement = unscoped(said.order_by(LedgerEvent.id.desc()).limit(1), because="a test")
            return session.scalars(statement).one()

    def in_fund(self, currency: str = "USD") -> int:
        with transaction() as session:
            return balance(session, self.fund.id, FUND, currency)

    def held(self, currency: str = "USD", fund_id: int | None = None) -> int:
        with transaction() as session:
            return balance(session, fund_id or self.fund.id, held(self.group.id), currency)

    def faults(self) -> list[str]:
        with transaction() as session:
            return [str(fault) for fault in proof.check(session)]
