"""Any sequence of acts, in any order: money is conserved, totals are true, nothing is undone twice, a closed month stays."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import partial
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
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy.orm import aliased

from aidnet import clock, money
from aidnet.db import db
from aidnet.errors import AidnetError, Invalid
from aidnet.funding import queries, service
from aidnet.funding.contributions import NotPledged
from aidnet.funding.drafts import ReceiptDraft
from aidnet.funding.ledger import AlreadyReversed, MovedOn, NotEnough
from aidnet.funding.models import (
    Contribution,
    ContributionState,
    FeeBearer,
    Fund,
    Payout,
    PayoutState,
    Rest,
    SettlementKind,
)
from aidnet.funding.owing import owed
from aidnet.funding.payouts import converted, out_of_fund, sendable
from aidnet.funding.settling import NothingLost
from aidnet.intake.models import GiftBatchRow
from aidnet.ledger.models import Account, AccountKind, BudgetLine, LedgerEvent, Transfer
from aidnet.policy import unscoped
from aidnet.responders.models import Sector
from aidnet.statements import queries as statements
from aidnet.statements import service as closing
from aidnet.statements.models import Section
from aidnet.trace.models import Fate, GiverTrace, TraceLot
from tests import factories
from tests.funding.books import Books, act
from tests.intake import lists

AMOUNTS = st.one_of(st.integers(1, 30), st.integers(1, 10**6), st.just(10**15))
#: Hundredths of what there is: now and then more than all of it.
PARTS = st.integers(1, 105)
CURRENCIES = st.sampled_from(["USD", "MMK"])
RATES = st.sampled_from([Decimal(4350), Decimal("0.37"), Decimal(1)])


@dataclass(frozen=True)
class Meant:
    """What a gift is for, or a payout: a kind of help, a district or a state. Nothing: whatever the fund is for."""

    sector: Sector | None = None
    place: str | None = None

    def feeds(self, purpose: "Meant") -> bool:
        """Whether a gift that is meant so may go into a payout for that."""
        is_there = self.place in (None, purpose.place, (purpose.place or "")[: len(STATE)])
        return self.sector in (None, purpose.sector) and is_there


STATE, DISTRICT = "MMR005", "MMR005D002"
PLAIN = Meant()
#: Money is mostly free, and mostly sent for no purpose of its own.
MEANINGS = st.sampled_from([PLAIN] * 4 + [Meant(Sector.FSC), Meant(place=STATE), Meant(Sector.FSC, DISTRICT)])
RESTS = st.sampled_from([Rest.COMING, Rest.COMING, Rest.COST, Rest.LOST])
ENDINGS = st.none() | st.sampled_from(SettlementKind)
#: A row of a list: minor units, currency, and the kind of help. Few, so that lists have rows that others had.
ROWS = st.tuples(st.integers(1, 3), CURRENCIES, st.sampled_from([None, None, Sector.FSC]))

#: How many sequences are tried. A failing one is short enough to read as it is; making it shorter takes minutes.
SEQUENCES = {"sqlite": 11, "postgresql": 6}
SETTINGS = settings(stateful_step_count=60, phases=[Phase.explicit, Phase.generate])
BECAUSE = "a test"


class Money(RuleBasedStateMachine):
    """Acts on one fund beside a model that is a plain counter: where in words, currency, to minor units."""

    #: Gifts, payouts, and the codes of all else that can be undone.
    undoable = Bundle("undoable")
    gifts = Bundle("gifts")
    pledges = Bundle("pledges")

    @initialize(target=undoable)
    def open(self) -> Any:
        """Every sequence begins with a payout that arrived in part, was lost in part, and was settled in part."""
        self.time = ExitStack()
        self.now = clock.now()
        self.books = Books()
        self.donor = factories.donor()
        self.places = {code: factories.place(code).id for code in (STATE, DISTRICT)}
        self.model: Counter[tuple[str, str]] = Counter()
        self.effects: dict[str, Counter[tuple[str, str]]] = {}
        self.undone: list[str] = []
        self.pledged: dict[str, ContributionState] = {}
        self.payouts: list[Payout] = []
        self.lists: list[list[Any]] = []
        #: Their rows that were loaded, each with how many like it had come before in its list.
        self.rows: set[tuple[Any, int]] = set()
        #: By payout: what of its loss was given up.
        self.written_off: Counter[str] = Counter()
        #: Whether anything moved since a month was closed.
        self.is_open = False
        #: By code: what a closed month said when it was closed.
        self.closed: dict[str, Any] = {}
        gift = self.came(self.books.give(1_000))
        payout = self.send(50, 3, FeeBearer.RECEIVER, "USD", "USD", Decimal(1), PLAIN, "Green umbrella")
        said = self.confirm(payout, 40, Rest.LOST)
        repaid = self.settle(payout, SettlementKind.REPAID, 50)
        self.settle(payout, SettlementKind.WRITTEN_OFF, 30)
        return multiple(gift, payout, said, repaid)

    def teardown(self) -> None:
        try:
            self.undo_again()
            self.a_month_goes_by()
            assert not self.books.faults()
        finally:
            self.time.close()

    def pass_to(self, now: datetime) -> None:
        self.now = now
        self.time.close()
        self.time.enter_context(clock.at(now))

    def move(self, effect: dict[tuple[str, str], int], code: str) -> str:
        """The act `code` happened, and changed the model so."""
        self.effects[code] = Counter(effect)
        for key, minor in effect.items():
            self.model[key] += minor
        self.is_open = True
        self.pass_to(self.now + timedelta(seconds=1))
        return code

    @staticmethod
    def part(whole: int, hundredths: int) -> int:
        return min(max(whole * hundredths // 100, 1), money.MOST_MINOR)

    @staticmethod
    def refused(verb: Callable[..., Any], *words: Any, **named: Any) -> None:
        with pytest.raises((NotEnough, Invalid, NothingLost)):
            verb(*words, **named)

    # Coming in

    @rule(targets=(gifts, undoable), minor=AMOUNTS, currency=CURRENCIES, meant=MEANINGS, is_late=st.booleans())
    def give(self, minor: int, currency: str, meant: Meant, is_late: bool) -> Contribution:
        day = self.books.day - timedelta(days=15 if is_late else 0)
        donor = None if is_late else self.donor.id
        gift = self.books.give(minor, currency, received_on=day, donor=donor, **self.meaning("earmark", meant))
        return self.came(gift)

    def came(self, gift: Contribution) -> Contribution:
        self.move({("fund", gift.currency): gift.amount_minor, ("out", gift.currency): -gift.amount_minor}, gift.code)
        return gift

    def meaning(self, what: str, meant: Meant) -> dict[str, Any]:
        return {f"{what}_sector": meant.sector, f"{what}_place_id": self.places[meant.place] if meant.place else None}

    @rule(target=pledges, minor=AMOUNTS, currency=CURRENCIES, meant=MEANINGS)
    def pledge(self, minor: int, currency: str, meant: Meant) -> Contribution:
        pledge = self.books.give(minor, currency, received_on=None, **self.meaning("earmark", meant))
        self.pledged[pledge.code] = pledge.state
        return pledge

    @rule(
        targets=(gifts, undoable), pledge=pledges, other=st.none() | AMOUNTS, comes=st.sampled_from([True, True, False])
    )
    def answer(self, pledge: Contribution, other: int | None, comes: bool) -> Any:
        draft = ReceiptDraft(pledge.id, self.books.day, other)
        before = self.pledged[pledge.code]
        if not comes:
            self.withdraw(pledge, before)
            return multiple()
        if before not in (ContributionState.PLEDGED, ContributionState.RECEIVED):
            with pytest.raises(NotPledged):
                act(service.receive, self.books.treasurer, draft)
            return multiple()
        gift: Contribution = act(service.receive, self.books.treasurer, draft)
        self.pledged[pledge.code] = ContributionState.RECEIVED
        return self.came(gift) if before is ContributionState.PLEDGED else multiple()

    def withdraw(self, pledge: Contribution, before: ContributionState) -> None:
        if before in (ContributionState.PLEDGED, ContributionState.WITHDRAWN):
            act(service.withdraw_pledge, self.books.treasurer, pledge.id)
            self.pledged[pledge.code] = ContributionState.WITHDRAWN
        else:
            with pytest.raises(NotPledged):
                act(service.withdraw_pledge, self.books.treasurer, pledge.id)

    @rule(targets=(gifts, undoable), rows=st.lists(ROWS, min_size=1, max_size=4), old=st.none() | st.integers(0, 9))
    def bring_a_list(self, rows: list[Any], old: int | None) -> Any:
        if old is not None and self.lists:
            assert self.load(self.lists[old % len(self.lists)]) == []
            return multiple()
        self.lists.append([(*row, self.books.day) for row in rows])
        return multiple(*self.load(self.lists[-1]))

    def load(self, rows: Sequence[Any]) -> list[Contribution]:
        """The gifts of the rows that no list before had, and nothing of the last row, which has a fault."""
        seen, new = Counter[Any](), []
        for row in rows:
            seen[row] += 1
            if (row, seen[row]) not in self.rows:
                new.append((row, seen[row]))
        text = f"{lists.HEAD},Sector\n" + "".join(
            f",{money.decimal_of(minor, currency)},{currency},{day},{sector or ''}\n"
            for minor, currency, sector, day in rows
        )
        text += f",ten,USD,{self.books.day},\n"
        if not new:
            self.refused(lists.load, self.books, text)
            return []
        batch = lists.load(self.books, text)
        assert (batch.rows_loaded, batch.rows_known, batch.rows_faulty) == (len(new), len(rows) - len(new), 1)
        self.rows.update(new)
        loaded = (
            sa.select(Contribution)
            .join(GiftBatchRow, GiftBatchRow.contribution_id == Contribution.id)
            .where(GiftBatchRow.batch_id == batch.id)
            .order_by(GiftBatchRow.line)
        )
        gifts = list(db().scalars(unscoped(loaded, because=BECAUSE)))
        said = [(gift.amount_minor, gift.currency, gift.earmark_sector, gift.received_on) for gift in gifts]
        assert said == [row for row, _times in new]
        return [self.came(gift) for gift in gifts]

    # Going out

    def free(self, currency: str, purpose: Meant = PLAIN) -> int:
        """What of the fund may go there."""
        return sum(minor for meant, minor in self.lots(currency) if meant.feeds(purpose))

    def lots(self, currency: str) -> Iterator[tuple[Meant, int]]:
        statement = (
            sa.select(Contribution.earmark_sector, Contribution.earmark_place_id, TraceLot.left_minor)
            .select_from(TraceLot)
            .join(Account, Account.id == TraceLot.account_id)
            .join(Contribution, Contribution.id == TraceLot.contribution_id)
            .where(
                Account.fund_id == self.books.fund.id, Account.kind == AccountKind.FUND, Account.currency == currency
            )
        )
        codes = {place_id: code for code, place_id in self.places.items()}
        for sector, place_id, minor in db().execute(unscoped(statement, because=BECAUSE)):
            yield Meant(sector, codes.get(place_id)), minor

    @rule(
        target=undoable,
        part=PARTS,
        fee=st.integers(0, 20),
        bearer=st.sampled_from(FeeBearer),
        currency=CURRENCIES,
        into=CURRENCIES,
        rate=RATES,
        purpose=MEANINGS,
        agent=st.sampled_from([None, "Green umbrella"]),
    )
    def send(
        self,
        part: int,
        fee: int,
        bearer: FeeBearer,
        currency: str,
        into: str,
        rate: Decimal,
        purpose: Meant,
        agent: str | None,
    ) -> Any:
        minor = self.part(self.free(currency, purpose), part)
        more = {"fee_minor": fee, "fee_bearer": bearer, "agent": agent, **self.meaning("purpose", purpose)}
        more |= {"into": into, "rate": rate} if into != currency else {}
        goes, arrives = out_of_fund(minor, fee, bearer), sendable(minor, fee, bearer)
        if into != currency:
            arrives = converted(arrives, currency, rate, into)
        if goes > self.free(currency, purpose) or not 0 < arrives <= money.MOST_MINOR:
            self.refused(self.books.send, minor, currency, **more)
            return multiple()
        kept = [(meant, left) for meant, left in self.lots(currency) if not meant.feeds(purpose)]
        payout = self.books.send(minor, currency, **more)
        assert [(meant, left) for meant, left in self.lots(currency) if not meant.feeds(purpose)] == kept
        way = ("way " + payout.code, currency)
        left = minor - (fee if bearer is FeeBearer.RECEIVER else 0)
        self.move({("fund", currency): -goes, way: left, ("gone", currency): fee}, payout.code)
        self.payouts.append(payout)
        return payout

    def with_money(self, where: str) -> list[Payout]:
        """Payouts of which something is there: on its "way", or "lost"."""
        return [payout for payout in self.payouts if self.model[f"{where} {payout.code}", payout.currency]]

    @precondition(lambda self: self.with_money("way") or self.with_money("lost"))
    @rule(target=undoable, place=st.integers(0, 9), part=st.integers(0, 105), rest=RESTS, ending=ENDINGS)
    def hear(self, place: int, part: int, rest: Rest, ending: SettlementKind | None) -> Any:
        """The receiver says what arrived, or whoever carried it settles what was lost."""
        on_its_way, lost = self.with_money("way"), self.with_money("lost")
        if lost and (ending or not on_its_way):
            return self.settle(lost[place % len(lost)], ending or SettlementKind.REPAID, part)
        return self.confirm(on_its_way[place % len(on_its_way)], part, rest)

    def confirm(self, payout: Payout, part: int, rest: Rest) -> Any:
        minor = min(payout.expected_minor * part // 100, money.MOST_MINOR)
        way, held = ("way " + payout.code, payout.currency), ("held", payout.expected_currency)
        try:
            now = self.books.confirm(payout, minor, rest=rest)
        except AidnetError:
            is_more = payout.currency == payout.expected_currency and minor > self.model[way]
            assert not minor or is_more
            return multiple()
        event = self.last_event()
        legs = self.legs(event.id)
        effect: Counter[tuple[str, str]] = Counter(
            {way: -sum(legs["transit", kind] for kind in ("held", "exchange", "fees", "lost"))}
        )
        effect[held] += minor
        effect["gone", payout.currency] += legs["transit", "fees"]
        effect["lost " + payout.code, payout.currency] += legs["transit", "lost"]
        if payout.currency != payout.expected_currency:
            effect["changed", payout.currency] += legs["transit", "exchange"]
            effect["changed", payout.expected_currency] -= minor
        self.move(effect, event.code)
        assert (self.model[way] > 0) == (now.state is PayoutState.PARTIAL)
        return event.code

    def settle(self, payout: Payout, kind: SettlementKind, part: int) -> Any:
        lost = ("lost " + payout.code, payout.currency)
        most = self.model[lost]
        minor = self.part(most, part)
        if kind is SettlementKind.WRITTEN_OFF:
            most -= self.written_off[payout.code]
        if minor > most:
            self.refused(self.books.settle, payout, kind, minor)
            return multiple()
        self.books.settle(payout, kind, minor)
        if kind is SettlementKind.WRITTEN_OFF:
            self.written_off[payout.code] += minor
            return multiple()
        return self.move({lost: -minor, ("fund", payout.currency): minor}, self.last_event().code)

    @rule(target=undoable, minor=AMOUNTS, currency=CURRENCIES, line=st.sampled_from(BudgetLine))
    def spend(self, minor: int, currency: str, line: BudgetLine) -> str:
        expense = self.books.spend(minor, currency, line=line)
        return self.move({("held", currency): -minor, ("gone", currency): minor}, expense.code)

    @rule(target=undoable, part=PARTS, currency=CURRENCIES, is_fee=st.booleans())
    def network_pays(self, part: int, currency: str, is_fee: bool) -> Any:
        minor = self.part(self.free(currency), part)
        verb = self.books.charge if is_fee else partial(self.books.spend, by=self.books.treasurer)
        if minor > self.free(currency):
            self.refused(verb, minor, currency)
            return multiple()
        return self.move({("fund", currency): -minor, ("gone", currency): minor}, verb(minor, currency).code)

    @precondition(lambda self: any(self.model["held", currency] > 0 for currency in ("USD", "MMK")))
    @rule(target=undoable, part=PARTS, currency=CURRENCIES)
    def lose_held(self, part: int, currency: str) -> Any:
        minor = self.part(self.model["held", currency], part)
        if minor > self.model["held", currency]:
            self.refused(self.books.lose_held, minor, currency)
            return multiple()
        effect = {("held", currency): -minor, ("gone", currency): minor}
        return self.move(effect, self.books.lose_held(minor, currency).code)

    @rule(target=undoable, part=PARTS, into=AMOUNTS, currencies=st.permutations(["USD", "MMK"]))
    def change(self, part: int, into: int, currencies: list[str]) -> Any:
        one, other = currencies
        minor = self.part(self.model["fund", one], part)
        if minor > self.model["fund", one]:
            self.refused(self.books.change, minor, one, into, other)
            return multiple()
        event = self.books.change(minor, one, into, other)
        effect = {("fund", one): -minor, ("changed", one): minor, ("fund", other): into, ("changed", other): -into}
        return self.move(effect, event.code)

    @rule(target=undoable, gift=gifts, part=PARTS)
    def refund(self, gift: Contribution, part: int) -> Any:
        minor = self.part(gift.amount_minor, part)
        try:
            event = self.books.refund(gift, minor)
        except (NotEnough, Invalid):
            return multiple()
        return self.move({("fund", gift.currency): -minor, ("back", gift.currency): minor}, event.code)

    # Undoing

    @rule(target=undoable, what=consumes(undoable))
    def undo(self, what: Contribution | Payout | str) -> Any:
        code = what if isinstance(what, str) else what.code
        after = self.model.copy()
        after.subtract(self.effects[code])
        try:
            self.books.undo(code)
        except MovedOn:
            return what
        for key, minor in self.effects[code].items():
            assert minor <= 0 or key[0] in ("out", "changed") or after[key] >= 0, key
            if key[0].startswith("lost ") and minor > 0:
                del self.written_off[key[0].removeprefix("lost ")]
        del self.effects[code]
        self.undone.append(code)
        if code in self.pledged:
            self.pledged[code] = ContributionState.REVERSED
        self.model, self.is_open = after, True
        self.pass_to(self.now + timedelta(seconds=1))
        return multiple()

    def undo_again(self) -> None:
        for code in self.undone:
            with pytest.raises(AlreadyReversed):
                self.books.undo(code)

    # Closing

    @precondition(lambda self: self.is_open)
    @rule()
    def a_month_goes_by(self) -> None:
        """It is closed, says what there is, and what was closed before still says what it said."""
        first = (self.now.astimezone(clock.YANGON).replace(day=28) + timedelta(days=5)).date().replace(day=1)
        self.pass_to(datetime.combine(first, time(12), clock.YANGON))
        self.books.day = first
        built = act(closing.build_fund, self.books.treasurer, self.books.fund.id)
        assert act(closing.build_fund, self.books.treasurer, self.books.fund.id) == []
        told = self.statements()
        assert {code: told[code] for code in self.closed} == self.closed
        assert told.keys() - self.closed.keys() == {one.code for one in built}
        opening: dict[str, Any] = {}
        for _month, donor, lines in told.values():
            assert self.of(lines, Section.OPENING) == opening.get(donor, {})
            opening[donor] = self.of(lines, Section.CLOSING)
            for currency in ("USD", "MMK"):
                parts = Counter[bool]()
                for section, _figure, of, minor, _earlier in lines:
                    parts[section is Section.CLOSING] += minor if of == currency else 0
                assert parts[True] == parts[False]
        assert opening[None] == {key: minor for key, minor in self.there().items() if minor}
        self.closed, self.is_open = told, False

    def statements(self) -> dict[str, tuple[date, Any, Any]]:
        """Code to month, donor (None: the whole fund) and lines, oldest first."""
        wanted = statements.Wanted(fund=self.books.fund.code)
        return {
            row.statement.code: (
                row.statement.month,
                row.donor,
                [(line.section, line.figure, line.currency, line.amount_minor, line.earlier_minor) for line in lines],
            )
            for row, lines in reversed(statements.everything(db(), self.books.treasurer, wanted))
        }

    @staticmethod
    def of(lines: Sequence[Any], wanted: Section) -> dict[tuple[str, str], int]:
        return {(figure, currency): minor for section, figure, currency, minor, _earlier in lines if section is wanted}

    def there(self) -> Counter[tuple[str, str]]:
        """What the model has in each place, as statements name them."""
        found = Counter[tuple[str, str]]()
        for (where, currency), minor in self.model.items():
            place = {"fund": "in-fund", "way": "on-the-way", "held": "held"}.get(where.split()[0])
            if place:
                found[place, currency] += minor
        return found

    def last_event(self) -> LedgerEvent:
        latest = sa.select(LedgerEvent).order_by(LedgerEvent.id.desc()).limit(1)
        return db().scalars(unscoped(latest, because=BECAUSE)).one()

    def legs(self, event_id: int) -> Counter[tuple[str, str]]:
        source, target = aliased(Account), aliased(Account)
        statement = (
            sa.select(source.kind, target.kind, Transfer.amount_minor)
            .join(source, source.id == Transfer.from_id)
            .join(target, target.id == Transfer.to_id)
            .where(Transfer.event_id == event_id)
        )
        rows = db().execute(unscoped(statement, because=BECAUSE))
        return Counter({(a.value, b.value): minor for a, b, minor in rows})

    @invariant()
    def every_currency_is_conserved_and_told(self) -> None:
        whole = Counter[str]()
        for (_where, currency), minor in self.model.items():
            whole[currency] += minor
        assert not any(whole.values())
        found = queries.fund_figures(db(), self.books.treasurer, [self.books.fund.id])
        assert {one.currency for one in found} >= {currency for (_, currency), minor in self.model.items() if minor}
        for one in found:
            assert one.came == one.went + one.left
            assert one.in_fund == self.model["fund", one.currency]
            assert one.held - one.owed == self.model["held", one.currency]
            assert 0 in (one.held, one.owed)
            assert one.on_the_way == self.there()["on-the-way", one.currency]
            assert sum(one.flows.by_line.values()) == one.flows.spent

    @invariant()
    def nothing_is_below_zero_but_what_is_owed_and_shown_as_owed(self) -> None:
        below = {currency: -minor for (where, currency), minor in self.model.items() if where == "held" and minor < 0}
        shown = owed(db(), self.books.treasurer, Fund.id == self.books.fund.id)
        assert {one.currency: one.minor for one in shown} == below
        for (where, _currency), minor in self.model.items():
            assert minor >= 0 or where in ("out", "changed", "held"), where

    @invariant()
    def what_became_of_the_gifts_is_the_gifts(self) -> None:
        statement = (
            sa.select(GiverTrace.currency, GiverTrace.fate, sa.func.sum(GiverTrace.source_minor))
            .where(GiverTrace.fund_id == self.books.fund.id)
            .group_by(GiverTrace.currency, GiverTrace.fate)
        )
        whole, returned = Counter[str](), Counter[str]()
        for currency, fate, minor in db().execute(unscoped(statement, because=BECAUSE)):
            whole[currency] += int(minor)
            returned[currency] += int(minor) if fate is Fate.RETURNED else 0
        for currency in ("USD", "MMK"):
            assert whole[currency] == -self.model["out", currency]
            assert returned[currency] == self.model["back", currency]


def test_any_sequence_of_acts_keeps_the_books_true(app: Flask, dialect: str) -> None:
    run_state_machine_as_test(Money, settings=settings(SETTINGS, max_examples=SEQUENCES[dialect]))
