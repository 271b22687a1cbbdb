"""The figures of the donor's dashboard against the books they come from."""

from datetime import UTC, date, datetime
from uuid import uuid4

import pytest

from aidnet import clock
from aidnet.db import db, transaction
from aidnet.funding import service
from aidnet.funding.drafts import (
    ConfirmationDraft,
    ContributionDraft,
    ExchangeDraft,
    ExpenseDraft,
    FeeDraft,
    PayoutDraft,
    RefundDraft,
)
from aidnet.funding.models import Channel, Fund, GiverKind, Rest
from aidnet.ledger.models import BudgetLine
from aidnet.policy import Actor
from aidnet.rates.models import RateKind
from aidnet.releases import gifts, giving, money
from aidnet.releases.money import Line, spent
from tests import factories


class Book:
    """A fund, its people, and short words for what they do. Amounts are in minor units."""

    def __init__(self, name: str = "Rainy season", donor: Actor | None = None) -> None:
        self.donor = donor or factories.actor("donor")
        self.treasurer = factories.actor("treasurer")
        self.group = factories.actor("coordinator", at=factories.responder())
        self.fund: Fund = factories.fund(name)

    def give(self, minor: int, day: date | None, currency: str = "USD", donor: Actor | None = None):
        draft = ContributionDraft(
            uid=uuid4(),
            fund=self.fund.id,
            amount_minor=minor,
            currency=currency,
            channel=Channel.BANK,
            giver_kind=GiverKind.GROUP,
            donor=(donor or self.donor).partner_id,
            received_on=day,
            pledged_on=None if day else date(2026, 8, 1),
        )
        with transaction() as session:
            return service.record_contribution(session, self.treasurer, draft)

    def pay(self, minor: int, day: date, *, fee: int = 0, into: str = "MMK", rate: int = 40):
        draft = PayoutDraft(
            uid=uuid4(),
            fund=self.fund.id,
            responder=self.group.partner_id,
            channel=Channel.HUNDI,
            amount_minor=minor,
            currency="USD",
            sent_on=day,
            fee_minor=fee,
            expected_currency=into,
            rate=rate * 100,
            rate_kind=RateKind.MARKET,
            expected_minor=minor * rate,
        )
        with transaction() as session:
            return service.send_payout(session, self.treasurer, draft)

    def confirm(self, payout, minor: int, day: date, rest: Rest = Rest.COMING) -> None:
        with transaction() as session:
            service.confirm_payout(session, self.group, ConfirmationDraft(uuid4(), payout.id, minor, day, rest))

    def spend(self, minor: int, day: date, line: BudgetLine, currency: str = "MMK") -> None:
        draft = ExpenseDraft(uuid4(), line, minor, currency, day, fund=self.fund.id)
        with transaction() as session:
            service.record_expense(session, self.group, draft)

    def year(self) -> None:
        """A gift, a payout that arrived short, spending beyond it, a payout nobody has confirmed."""
        self.give(500_000, date(2025, 11, 5))
        self.give(300_000, date(2026, 6, 5))
        self.give(100_000, date(2026, 6, 9), donor=factories.actor("donor"))
        first = self.pay(200_000, date(2025, 12, 1), fee=4_000)
        self.confirm(first, 7_600_000, date(2025, 12, 20), Rest.LOST)
        self.spend(5_000_000, date(2026, 1, 10), BudgetLine.GOODS)
        self.spend(400_000, date(2026, 1, 12), BudgetLine.TOLLS)
        self.spend(600_000, date(2026, 2, 12), BudgetLine.TRANSPORT)
        self.spend(2_000_000, date(2026, 7, 12), BudgetLine.MEDICINE)
        self.pay(150_000, date(2026, 8, 2))


@pytest.fixture
def book(app) -> Book:
    made = Book()
    made.year()
    return made


def board(book: Book, **args: str) -> giving.Dashboard:
    return giving.load(db(), book.donor, giving.Wanted.read(args))


@pytest.mark.parametrize("period", ["12", "all", "2026", "2025", "2023"])
def test_what_came_equals_what_went_and_is_left(book, period):
    found = board(book, period=period)
    for figures in found.money.whole.values():
        told = giving.statement(figures, found.wanted.last)
        assert sum(minor for _label, minor in told.came) == sum(minor for _label, minor in told.went)


@pytest.mark.parametrize("period", ["12", "all", "2026", "2025"])
def test_months_and_funds_add_up_to_the_whole(book, period):
    other = Book("Dry season", donor=book.donor)
    other.give(70_000, date(2026, 3, 3))
    other.pay(10_000, date(2026, 4, 4))
    found = board(book, period=period).money
    for currency, whole in found.whole.items():
        by_month = [figures.flows for (code, _month), figures in found.by_month.items() if code == currency]
        by_fund = [figures for (code, _fund), figures in found.by_fund.items() if code == currency]
        for name in ("received", "refunded", "paid_out", "cost", "spent", "lost", "changed_in", "changed_out"):
            assert getattr(whole.flows, name) == sum(getattr(flows, name) for flows in by_month)
            assert getattr(whole.flows, name) == sum(getattr(figures.flows, name) for figures in by_fund)
        assert whole.left == sum(figures.left for figures in by_fund)
        for name in ("held", "owed", "in_fund", "on_the_way"):
            assert getattr(whole.now, name) == sum(getattr(figures.now, name) for figures in by_fund)


def test_a_period_that_ends_now_leaves_what_the_books_hold(book):
    for period in ("12", "all", "2026"):
        for figures in board(book, period=period).money.whole.values():
            now = figures.now
            assert figures.left == now.in_fund + now.on_the_way + now.held - now.owed
            assert figures.on_the_way == now.on_the_way


def test_figures_say_what_happened(book):
    usd = board(book, period="all").money.whole["USD"]
    assert (usd.flows.received, usd.flows.paid_out, usd.flows.cost) == (900_000, 350_000, 4_000)
    assert (usd.now.on_the_way, usd.now.held, usd.now.in_fund) == (150_000, 0, 546_000)
    mmk = board(book, period="all").money.whole["MMK"]
    assert mmk.flows.spent == 8_000_000
    assert (mmk.now.held, mmk.now.owed) == (0, 400_000)


def test_tolls_are_shown_only_inside_a_total(book):
    flows = board(book, period="all").money.whole["MMK"].flows
    assert spent(flows, Line.TRANSPORT) == 1_000_000
    assert sum(spent(flows, line) for line in Line) == spent(flows) == flows.spent
    labels = [row[5] for row in giving.rows(board(book, period="all"))]
    assert not [label for label in labels if "informal" in label or label == "Tolls"]


def test_own_gifts_are_those_of_the_donor_alone(book):
    own = board(book, period="all").giving.whole["USD"]
    assert (own.received, own.gifts, own.pledged) == (800_000, 2, 0)
    assert board(book, period="2025").giving.whole["USD"].received == 500_000


def test_a_pledge_is_promised_and_what_went_back_is_returned(book):
    book.give(90_000, None)
    gift = book.give(60_000, date(2026, 8, 3))
    with transaction() as session:
        service.refund(session, book.treasurer, RefundDraft(uuid4(), gift.id, 20_000, date(2026, 8, 10)))
    own = board(book, period="2026").giving.whole["USD"]
    assert (own.received, own.returned, own.pledged) == (360_000, 20_000, 90_000)
    assert board(book, period="2025").giving.whole["USD"].pledged == 90_000


def test_a_refund_that_was_undone_is_not_returned(book):
    gift = book.give(60_000, date(2026, 8, 3))
    with transaction() as session:
        back = service.refund(session, book.treasurer, RefundDraft(uuid4(), gift.id, 20_000, date(2026, 8, 10)))
    with transaction() as session:
        service.reverse(session, book.treasurer, back.code, uid=uuid4())
    assert board(book).giving.whole["USD"].returned == 0


def test_an_exchange_is_told_on_both_sides(book):
    with transaction() as session:
        draft = ExchangeDraft(uuid4(), book.fund.id, 10_000, "USD", 340_000, "THB", date(2026, 8, 5))
        service.exchange(session, book.treasurer, draft)
        fee = FeeDraft(uuid4(), book.fund.id, 5_000, "THB", date(2026, 8, 5))
        service.charge_fee(session, book.treasurer, fee)
    whole = board(book).money.whole
    assert whole["USD"].flows.changed_out >= 10_000
    assert (whole["THB"].flows.changed_in, whole["THB"].flows.cost, whole["THB"].now.in_fund) == (
        340_000,
        5_000,
        335_000,
    )


def test_the_details_are_of_the_currency_that_was_spent_most_often(book):
    assert board(book).currency == "MMK"
    assert board(book, currency="USD").currency == "USD"
    assert board(book, currency="EUR").currency == "MMK"
    assert board(book, currency="nonsense").currency == "MMK"


def test_periods_are_read_from_the_address(app):
    with clock.at(datetime(2026, 8, 18, tzinfo=UTC)):
        assert giving.Wanted.read({}).first == date(2025, 9, 1)
        assert giving.Wanted.read({"period": "all"}).first is None
        past = giving.Wanted.read({"period": "2025"})
        assert (past.first, past.last) == (date(2025, 1, 1), date(2025, 12, 1))
        this = giving.Wanted.read({"period": "2026"})
        assert (this.first, this.last, this.until) == (date(2026, 1, 1), None, date(2026, 8, 1))
        assert giving.Wanted.read({"period": "1066"}).period == giving.LAST_12


def test_another_donors_gifts_are_not_listed(book):
    assert len(gifts.newest(db(), book.donor, {book.fund.id: "Rainy season"})) == 2
    stranger = factories.actor("donor")
    assert gifts.newest(db(), stranger, {book.fund.id: "Rainy season"}) == []
    found = money.money(db(), stranger, [book.fund.id], None, None)
    assert found.whole == {}
