"""Any sequence of acts, in any order: money is conserved, totals are true, nothing is undone twice."""

from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy.orm import aliased

from aidnet.db import db
from aidnet.errors import AidnetError, Invalid
from aidnet.funding import queries
from aidnet.funding.ledger import AlreadyReversed, MovedOn, NotEnough
from aidnet.funding.models import Contribution, PayoutState, Rest
from aidnet.ledger.models import Account, BudgetLine, LedgerEvent, Transfer
from aidnet.policy import unscoped
from tests.funding.books import Books

AMOUNTS = st.one_of(st.integers(1, 30), st.integers(1, 10**6), st.just(10**15))
CURRENCIES = st.sampled_from(["USD", "MMK"])
RATES = st.sampled_from([Decimal(4350), Decimal("0.37"), Decimal(1)])


#: How many sequences are tried. A failing one is short enough to read as it is; making it shorter takes minutes.
SEQUENCES = {"sqlite": 15, "postgresql": 5}
SETTINGS = settings(stateful_step_count=25, phases=[Phase.explicit, Phase.generate])


class Money(RuleBasedStateMachine):
    """Acts on one fund beside a model that is a plain counter: where in words, currency, to minor units."""

    undoable = Bundle("undoable")
    undone = Bundle("undone")
    gifts = Bundle("gifts")
    payouts = Bundle("payouts")

    @initialize()
    def open(self) -> None:
        self.books = Books()
        self.model: Counter[tuple[str, str]] = Counter()
        self.effects: dict[str, Counter[tuple[str, str]]] = {}
        self.give(100, "USD")
        self.send(1, 0, "USD", "USD", Decimal(1))  # the responder has to do with the fund

    def move(self, effect: dict[tuple[str, str], int], code: str) -> str:
        """The act `code` happened, and changed the model so."""
        self.effects[code] = Counter(effect)
        for key, minor in effect.items():
            self.model[key] += minor
        return code

    @staticmethod
    def refused(verb: Callable[..., Any], *words: Any, **named: Any) -> None:
        with pytest.raises((NotEnough, Invalid)):
            verb(*words, **named)

    @rule(target=gifts, minor=AMOUNTS, currency=CURRENCIES)
    def give(self, minor: int, currency: str) -> Contribution:
        gift = self.books.give(minor, currency)
        self.move({("fund", currency): minor, ("out", currency): -minor}, gift.code)
        return gift

    @rule(target=undoable, gift=gifts)
    def may_undo(self, gift: Contribution) -> str:
        return gift.code

    @rule(target=payouts, minor=AMOUNTS, fee=st.integers(0, 20), currency=CURRENCIES, into=CURRENCIES, rate=RATES)
    def send(self, minor: int, fee: int, currency: str, into: str, rate: Decimal) -> Any:
        more = {"into": into, "rate": rate} if into != currency else {}
        if minor + fee > self.model["fund", currency]:
            self.refused(self.books.send, minor, currency, fee_minor=fee, **more)
            return None
        try:
            payout = self.books.send(minor, currency, fee_minor=fee, **more)
        except Invalid:  # at this rate nothing arrives
            return None
        way = ("way " + payout.code, currency)
        self.move({("fund", currency): -minor - fee, way: minor, ("gone", currency): fee}, payout.code)
        return payout

    @rule(target=undoable, payout=payouts)
    def may_undo_payout(self, payout: Any) -> str | None:
        return payout and payout.code

    @rule(target=undoable, payout=payouts, part=st.integers(0, 130), rest=st.sampled_from(Rest))
    def confirm(self, payout: Any, part: int, rest: Rest) -> str | None:
        if payout is None:
            return None
        minor = payout.expected_minor * part // 100
        way, held = ("way " + payout.code, payout.currency), ("held", payout.expected_currency)
        try:
            now = self.books.confirm(payout, minor, rest=rest)
        except AidnetError:
            return None
        event = self.last_event()
        legs = self.legs(event.id)
        effect: Counter[tuple[str, str]] = Counter(
            {way: -sum(legs["transit", kind] for kind in ("held", "exchange", "fees", "lost"))}
        )
        effect[held] += minor
        effect["gone", payout.currency] += legs["transit", "fees"] + legs["transit", "lost"]
        if payout.currency != payout.expected_currency:
            effect["changed", payout.currency] += legs["transit", "exchange"]
            effect["changed", payout.expected_currency] -= minor
        self.move(effect, event.code)
        assert (self.model[way] > 0) == (now.state is PayoutState.PARTIAL)
        return event.code

    @rule(target=undoable, minor=AMOUNTS, currency=CURRENCIES, line=st.sampled_from(BudgetLine))
    def spend(self, minor: int, currency: str, line: BudgetLine) -> str:
        expense = self.books.spend(minor, currency, line=line)
        return self.move({("held", currency): -minor, ("gone", currency): minor}, expense.code)

    @rule(target=undoable, minor=AMOUNTS, currency=CURRENCIES)
    def network_spends(self, minor: int, currency: str) -> str | None:
        if minor > self.model["fund", currency]:
            self.refused(self.books.spend, minor, currency, by=self.books.treasurer)
            return None
        expense = self.books.spend(minor, currency, by=self.books.treasurer)
        return self.move({("fund", currency): -minor, ("gone", currency): minor}, expense.code)

    @rule(target=undoable, minor=AMOUNTS, currency=CURRENCIES, what=st.sampled_from(["lose_held", "charge"]))
    def lose(self, minor: int, currency: str, what: str) -> str | None:
        where = ("held" if what == "lose_held" else "fund", currency)
        verb = getattr(self.books, what)
        if minor > self.model[where]:
            self.refused(verb, minor, currency)
            return None
        return self.move({where: -minor, ("gone", currency): minor}, verb(minor, currency).code)

    @rule(target=undoable, minor=AMOUNTS, into=AMOUNTS, currencies=st.permutations(["USD", "MMK"]))
    def change(self, minor: int, into: int, currencies: list[str]) -> str | None:
        one, other = currencies
        if minor > self.model["fund", one]:
            self.refused(self.books.change, minor, one, into, other)
            return None
        event = self.books.change(minor, one, into, other)
        effect = {("fund", one): -minor, ("changed", one): minor, ("fund", other): into, ("changed", other): -into}
        return self.move(effect, event.code)

    @rule(target=undoable, gift=gifts, part=st.integers(1, 120))
    def refund(self, gift: Contribution, part: int) -> str | None:
        minor = max(gift.amount_minor * part // 100, 1)
        try:
            event = self.books.refund(gift, minor)
        except (NotEnough, Invalid):
            return None
        return self.move({("fund", gift.currency): -minor, ("out", gift.currency): minor}, event.code)

    @rule(target=undone, code=consumes(undoable))
    def undo(self, code: str | None) -> str | None:
        if code is None or code not in self.effects:
            return None
        after = self.model.copy()
        after.subtract(self.effects[code])
        try:
            self.books.undo(code)
        except MovedOn:
            return None
        for key, minor in self.effects[code].items():
            assert minor <= 0 or key[0] in ("out", "changed") or after[key] >= 0, key
        del self.effects[code]
        self.model = after
        return code

    @rule(code=undone)
    def undo_again(self, code: str | None) -> None:
        if code is not None:
            with pytest.raises(AlreadyReversed):
                self.books.undo(code)

    def last_event(self) -> LedgerEvent:
        latest = sa.select(LedgerEvent).order_by(LedgerEvent.id.desc()).limit(1)
        return db().scalars(unscoped(latest, because="a test")).one()

    def legs(self, event_id: int) -> Counter[tuple[str, str]]:
        source, target = aliased(Account), aliased(Account)
        statement = (
            sa.select(source.kind, target.kind, Transfer.amount_minor)
            .join(source, source.id == Transfer.from_id)
            .join(target, target.id == Transfer.to_id)
            .where(Transfer.event_id == event_id)
        )
        rows = db().execute(unscoped(statement, because="a test"))
        return Counter({(a.value, b.value): minor for a, b, minor in rows})

    def teardown(self) -> None:
        assert not self.books.faults()

    @invariant()
    def the_balances_are_true(self) -> None:
        for currency in ("USD", "MMK"):
            assert sum(minor for (_, of), minor in self.model.items() if of == currency) == 0
            assert self.books.in_fund(currency) == self.model["fund", currency]
            assert self.books.held(currency) == self.model["held", currency]

    @invariant()
    def the_figures_add_up(self) -> None:
        for one in queries.fund_figures(db(), self.books.treasurer, [self.books.fund.id]):
            assert one.came == one.went + one.left
            assert one.in_fund == self.model["fund", one.currency]
            assert one.held - one.owed == self.model["held", one.currency]
            ways = [
                minor for (where, of), minor in self.model.items() if where.startswith("way ") and of == one.currency
            ]
            assert one.on_the_way == sum(ways)
            assert sum(one.flows.by_line.values()) == one.flows.spent


def test_any_sequence_of_acts_keeps_the_books_true(app: Flask, dialect: str) -> None:
    run_state_machine_as_test(Money, settings=settings(SETTINGS, max_examples=SEQUENCES[dialect]))
