"""The ledger, and the records whose money it moves.

A transfer moves one positive amount of one currency from one account to another; several transfers of one event belong
together. Nothing is changed: a mistake is undone by an event that names it. Source of the shape: TigerBeetle's
documentation of debit/credit accounting.
"""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from aidnet.crypto import Sealed, sealed_column
from aidnet.db import Base, HasUid, RowId, choice
from aidnet.deliveries.models import Precision
from aidnet.money import CURRENCIES, MOST_MINOR
from aidnet.responders.models import Sector

_CURRENCY_LIST = ", ".join(f"'{currency}'" for currency in CURRENCIES)


def known_currency(column: str = "currency", name: str = "currency_known") -> sa.CheckConstraint:
    """The column holds a currency of `money.EXPONENTS`."""
    return sa.CheckConstraint(f"{column} IN ({_CURRENCY_LIST})", name=name)


def sane_amount(column: str = "amount_minor", name: str = "amount_positive") -> sa.CheckConstraint:
    """The column holds a positive amount no larger than `money.MOST_MINOR`."""
    return sa.CheckConstraint(f"{column} > 0 AND {column} <= {MOST_MINOR}", name=name)


class FundState(StrEnum):
    OPEN = "open"
    CLOSED = "closed"


class Fund(HasUid, Base):
    """A purse with a purpose. A responder's own purse, for gifts that reach it directly, is a fund too."""

    __tablename__ = "fund"

    id: Mapped[int] = mapped_column(primary_key=True)
    #: `F-…`
    code: Mapped[str] = mapped_column(unique=True)
    #: None: a fund of the network. Else the responder whose own purse it is.
    responder_id: Mapped[int | None] = mapped_column(sa.ForeignKey("responder.id"), unique=True)
    name: Mapped[str]
    name_key: Mapped[str] = mapped_column(unique=True)
    purpose: Mapped[str]
    state: Mapped[FundState] = mapped_column(choice(FundState, "state"), default=FundState.OPEN)
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class Channel(StrEnum):
    """How money moves."""

    HUNDI = "hundi"
    BANK = "bank"
    MOBILE_MONEY = "mobile-money"
    CASH = "cash"
    OTHER = "other"


class BudgetLine(StrEnum):
    """What money was spent on."""

    GOODS = "goods"
    TRANSPORT = "transport"
    TOLLS = "tolls"
    MEDICINE = "medicine"
    SHELTER = "shelter"
    STIPENDS = "stipends"
    CASH_HANDED = "cash-handed"
    OTHER = "other"


class GiverKind(StrEnum):
    PERSON = "person"
    GROUP = "group"
    FOUNDATION = "foundation"
    GOVERNMENT = "government"


class ContributionState(StrEnum):
    PLEDGED = "pledged"
    RECEIVED = "received"
    #: A pledge that will not come.
    WITHDRAWN = "withdrawn"
    #: Its receipt was a mistake and was undone.
    REVERSED = "reversed"


class Contribution(HasUid, Base):
    """A gift into a fund, in money or in kind: pledged, then received, or received at once."""

    __tablename__ = "contribution"
    __table_args__ = (
        sa.CheckConstraint("(amount_minor IS NULL) = (currency IS NULL)", name="amount_has_currency"),
        sa.CheckConstraint("(amount_minor IS NULL) <> (item_id IS NULL)", name="money_or_kind"),
        sa.CheckConstraint("(item_id IS NULL) = (quantity_milli IS NULL)", name="kind_has_quantity"),
        sa.CheckConstraint(
            f"amount_minor IS NULL OR (amount_minor > 0 AND amount_minor <= {MOST_MINOR})", name="amount_positive"
        ),
        sa.CheckConstraint("quantity_milli IS NULL OR quantity_milli > 0", name="quantity_positive"),
        sa.CheckConstraint(
            "(state = 'pledged') = (received_on IS NULL) OR state = 'withdrawn'", name="received_has_day"
        ),
        known_currency(),
        sa.Index("ix_contribution_fund_word", "fund_id", "recorded_at", "id"),
        sa.Index("ix_contribution_donor_word", "donor_id", "recorded_at", "id"),
        sa.Index("ix_contribution_donor_fund", "donor_id", "fund_id", "state"),
        sa.Index("ix_contribution_state_word", "state", "recorded_at", "id"),
        sa.Index("ix_contribution_word", "recorded_at", "id"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    #: `C-…`
    code: Mapped[str] = mapped_column(index=True)
    #: At least 80 random bits; what a giver keeps.
    receipt_code: Mapped[str] = mapped_column(unique=True)
    fund_id: Mapped[int] = mapped_column(sa.ForeignKey("fund.id"))
    #: The donor partner it came through; None: a giver without accounts, or anonymous.
    donor_id: Mapped[int | None] = mapped_column(sa.ForeignKey("partner.id"))
    giver_kind: Mapped[GiverKind] = mapped_column(choice(GiverKind, "giver_kind"))
    #: A name the giver chose; None: anonymous, or the donor partner itself.
    giver_sealed: Mapped[bytes | None] = sealed_column()
    giver = Sealed()
    #: Keyed blind index of `giver`.
    giver_index: Mapped[str | None] = mapped_column(sa.String(64), index=True)
    state: Mapped[ContributionState] = mapped_column(choice(ContributionState, "state"))
    channel: Mapped[Channel] = mapped_column(choice(Channel, "channel"))
    #: None: in kind. In the minor unit of `currency`.
    amount_minor: Mapped[int | None] = mapped_column(sa.BigInteger)
    currency: Mapped[str | None] = mapped_column(sa.CHAR(3))
    #: None: in money.
    item_id: Mapped[int | None] = mapped_column(sa.ForeignKey("item.id"))
    quantity_milli: Mapped[int | None] = mapped_column(sa.BigInteger)
    unit: Mapped[str | None] = mapped_column(sa.String(16))
    #: What the giver asked it be used for; None: for the fund's purpose. At most district.
    earmark_place_id: Mapped[int | None] = mapped_column(sa.ForeignKey("place.id"))
    earmark_sector: Mapped[Sector | None] = mapped_column(choice(Sector, "earmark_sector"))
    earmark_responder_id: Mapped[int | None] = mapped_column(sa.ForeignKey("responder.id"))
    note_sealed: Mapped[bytes | None] = sealed_column()
    note = Sealed()
    #: None: received without a pledge.
    pledged_on: Mapped[date | None]
    #: None: not yet.
    received_on: Mapped[date | None]
    recorded_at: Mapped[datetime]
    recorded_by_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id"))
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class RateKind(StrEnum):
    """Where a rate comes from."""

    OFFICIAL = "official"
    MARKET = "market"
    ACHIEVED = "achieved"


class PayoutState(StrEnum):
    """Derived from the receiver's words. That a payout is late is no state: days go by without anybody's act."""

    SENT = "sent"
    #: Some of it arrived, the rest is on its way.
    PARTIAL = "partial"
    CONFIRMED = "confirmed"
    #: What had not arrived was reported lost.
    LOST = "lost"
    REVERSED = "reversed"


#: Money still moves for a payout in one of these.
OPEN_PAYOUTS = (PayoutState.SENT, PayoutState.PARTIAL)


class Payout(HasUid, Base):
    """Money sent from a fund to a responder. `state` and `confirmed_minor` are a projection of the confirmations."""

    __tablename__ = "payout"
    __table_args__ = (
        sane_amount(),
        sa.CheckConstraint("fee_minor >= 0", name="fee_not_negative"),
        sane_amount("expected_minor", "expected_positive"),
        known_currency(),
        known_currency("expected_currency", "expected_currency_known"),
        sa.CheckConstraint("(rate IS NULL) = (rate_kind IS NULL)", name="rate_has_kind"),
        sa.CheckConstraint("currency = expected_currency OR rate IS NOT NULL", name="exchange_has_rate"),
        sa.Index("ix_payout_word", "recorded_at", "id"),
        sa.Index("ix_payout_state_word", "state", "recorded_at", "id"),
        sa.Index("ix_payout_responder_word", "responder_id", "recorded_at", "id"),
        sa.Index("ix_payout_responder_fund", "responder_id", "fund_id"),
        sa.Index("ix_payout_fund_word", "fund_id", "recorded_at", "id"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    #: `Y-…`
    code: Mapped[str] = mapped_column(index=True)
    fund_id: Mapped[int] = mapped_column(sa.ForeignKey("fund.id"))
    responder_id: Mapped[int] = mapped_column(sa.ForeignKey("responder.id"))
    channel: Mapped[Channel] = mapped_column(choice(Channel, "channel"))
    agent_sealed: Mapped[bytes | None] = sealed_column()
    #: The agent, by alias only.
    agent = Sealed()
    #: Handed over, without the fee, in the minor unit of `currency`.
    amount_minor: Mapped[int] = mapped_column(sa.BigInteger)
    currency: Mapped[str] = mapped_column(sa.CHAR(3))
    #: Paid beside it, in the same currency, out of the fund.
    fee_minor: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    #: Units of `expected_currency` for one of `currency`, as a person typed it; None: same currency.
    rate: Mapped[Decimal | None]
    rate_kind: Mapped[RateKind | None] = mapped_column(choice(RateKind, "rate_kind"))
    expected_minor: Mapped[int] = mapped_column(sa.BigInteger)
    expected_currency: Mapped[str] = mapped_column(sa.CHAR(3))
    #: Said by the receiver so far, in `expected_currency`.
    confirmed_minor: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    state: Mapped[PayoutState] = mapped_column(choice(PayoutState, "state"))
    sent_on: Mapped[date]
    note_sealed: Mapped[bytes | None] = sealed_column()
    note = Sealed()
    recorded_at: Mapped[datetime]
    recorded_by_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id"))
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class Rest(StrEnum):
    """What the receiver says of the money that has not arrived."""

    #: It is still on its way.
    COMING = "coming"
    #: It stayed with whoever moved the money: it was the cost of moving it.
    COST = "cost"
    LOST = "lost"


class PayoutConfirmation(HasUid, Base):
    """The receiver's word on what arrived; a treasurer who types it for the receiver is marked so."""

    __tablename__ = "payout_confirmation"
    __table_args__ = (
        sa.CheckConstraint(f"amount_minor >= 0 AND amount_minor <= {MOST_MINOR}", name="amount_not_negative"),
        {"info": {"within": "payout", "append_only": True}},
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    payout_id: Mapped[int] = mapped_column(sa.ForeignKey("payout.id"), index=True)
    #: Arrived with this word, in the payout's expected currency; 0 where the word is that nothing (more) came.
    amount_minor: Mapped[int] = mapped_column(sa.BigInteger)
    rest: Mapped[Rest] = mapped_column(choice(Rest, "rest"))
    arrived_on: Mapped[date]
    #: Typed by a treasurer on the receiver's word.
    by_treasurer: Mapped[bool] = mapped_column(default=False)
    recorded_at: Mapped[datetime]
    recorded_by_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id"))


class ExpenseState(StrEnum):
    RECORDED = "recorded"
    REVERSED = "reversed"


class Expense(HasUid, Base):
    """What a responder spent, from what it holds of a fund. Beyond the purse, the network owes it."""

    __tablename__ = "expense"
    __table_args__ = (
        sane_amount(),
        known_currency(),
        sa.Index("ix_expense_responder_word", "responder_id", "recorded_at", "id"),
        sa.Index("ix_expense_fund_word", "fund_id", "recorded_at", "id"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    #: `E-…`
    code: Mapped[str] = mapped_column(index=True)
    fund_id: Mapped[int] = mapped_column(sa.ForeignKey("fund.id"))
    #: None: the network itself spent it, out of the fund.
    responder_id: Mapped[int | None] = mapped_column(sa.ForeignKey("responder.id"))
    budget_line: Mapped[BudgetLine] = mapped_column(choice(BudgetLine, "budget_line"))
    amount_minor: Mapped[int] = mapped_column(sa.BigInteger)
    currency: Mapped[str] = mapped_column(sa.CHAR(3))
    spent_on: Mapped[date]
    precision: Mapped[Precision] = mapped_column(choice(Precision, "precision"), default=Precision.DAY)
    #: None: for no one delivery.
    delivery_id: Mapped[int | None] = mapped_column(sa.ForeignKey("delivery.id"), index=True)
    note_sealed: Mapped[bytes | None] = sealed_column()
    note = Sealed()
    state: Mapped[ExpenseState] = mapped_column(choice(ExpenseState, "state"), default=ExpenseState.RECORDED)
    recorded_at: Mapped[datetime]
    recorded_by_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id"))
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class AccountKind(StrEnum):
    """What an account of the ledger stands for."""

    #: Givers, and whoever is paid back.
    OUTSIDE = "outside"
    FUND = "fund"
    #: On its way, per payout.
    TRANSIT = "transit"
    #: With a responder, per fund. Below zero: owed to the responder.
    HELD = "held"
    SPENT = "spent"
    FEES = "fees"
    #: Two of these, one per currency, stand for every exchange.
    EXCHANGE = "exchange"
    LOST = "lost"


class Account(Base):
    """A place money can be. `key` names what it stands for, so that each exists once."""

    __tablename__ = "account"
    __table_args__ = (
        sa.UniqueConstraint("id", "currency", "fund_id"),
        known_currency(),
        sa.Index("ix_account_fund_id_kind", "fund_id", "kind"),
        {"info": {"within": "fund"}},
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    #: Such as "held:3:12:MMK" (kind, then the ids it hangs on, then the currency).
    key: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[AccountKind] = mapped_column(choice(AccountKind, "kind"))
    fund_id: Mapped[int] = mapped_column(sa.ForeignKey("fund.id"))
    responder_id: Mapped[int | None] = mapped_column(sa.ForeignKey("responder.id"), index=True)
    payout_id: Mapped[int | None] = mapped_column(sa.ForeignKey("payout.id"), index=True)
    budget_line: Mapped[BudgetLine | None] = mapped_column(choice(BudgetLine, "budget_line"))
    currency: Mapped[str] = mapped_column(sa.CHAR(3))


class AccountBalance(Base):
    """Running totals of an account; its balance is `in_minor - out_minor`. Locked by whoever is about to move its money."""

    __tablename__ = "account_balance"
    __table_args__ = (
        sa.CheckConstraint("may_go_below OR in_minor >= out_minor", name="not_below_zero"),
        {"info": {"within": "fund"}},
    )

    account_id: Mapped[int] = mapped_column(RowId, sa.ForeignKey("account.id"), primary_key=True, autoincrement=False)
    in_minor: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    out_minor: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    #: Outside, exchange and held may: givers give, one currency becomes another, groups buy on credit (`ledger.post`).
    may_go_below: Mapped[bool]


class LedgerEventKind(StrEnum):
    """Why money moved."""

    CONTRIBUTION = "contribution"
    REFUND = "refund"
    PAYOUT = "payout"
    CONFIRMATION = "confirmation"
    LOSS = "loss"
    EXCHANGE = "exchange"
    FEE = "fee"
    EXPENSE = "expense"
    REVERSAL = "reversal"


class LedgerEvent(HasUid, Base):
    """One thing that happened to money; its transfers belong together."""

    __tablename__ = "ledger_event"
    __table_args__ = (
        sa.CheckConstraint("(kind = 'reversal') = (reverses_id IS NOT NULL)", name="a_reversal_names_one"),
        sa.Index("ix_ledger_event_fund_id_id", "fund_id", "id"),
        {"info": {"within": "fund", "append_only": True}},
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    #: `L-…`
    code: Mapped[str] = mapped_column(index=True)
    kind: Mapped[LedgerEventKind] = mapped_column(choice(LedgerEventKind, "kind"))
    #: The fund whose money it is.
    fund_id: Mapped[int] = mapped_column(sa.ForeignKey("fund.id"))
    contribution_id: Mapped[int | None] = mapped_column(sa.ForeignKey("contribution.id"), index=True)
    payout_id: Mapped[int | None] = mapped_column(sa.ForeignKey("payout.id"), index=True)
    confirmation_id: Mapped[int | None] = mapped_column(sa.ForeignKey("payout_confirmation.id"), index=True)
    expense_id: Mapped[int | None] = mapped_column(sa.ForeignKey("expense.id"), index=True)
    #: The event this one undoes; unique, so that nothing is undone twice.
    reverses_id: Mapped[int | None] = mapped_column(sa.ForeignKey("ledger_event.id"), unique=True)
    #: When the money moved, as its people say; not when we heard. A reversal has the day of what it undoes.
    happened_on: Mapped[date]
    recorded_at: Mapped[datetime]
    recorded_by_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id"))


#: What the two sides of a transfer share with it.
_SAME = ("currency", "fund_id")


class Transfer(HasUid, Base):
    """Money moved, once, from one account to another. Both sides in one row: it cannot fail to balance.

    `fund_id` and `kind` repeat the event's, so that each of a reader's filters is one index.
    """

    __tablename__ = "transfer"
    __table_args__ = (
        sane_amount(),
        sa.CheckConstraint("from_id <> to_id", name="two_accounts"),
        sa.ForeignKeyConstraint(
            ["from_id", *_SAME], ["account.id", "account.currency", "account.fund_id"], name="fk_transfer_from"
        ),
        sa.ForeignKeyConstraint(
            ["to_id", *_SAME], ["account.id", "account.currency", "account.fund_id"], name="fk_transfer_to"
        ),
        sa.Index("ix_transfer_from_id_id", "from_id", "id"),
        sa.Index("ix_transfer_to_id_id", "to_id", "id"),
        sa.Index("ix_transfer_fund_id_id", "fund_id", "id"),
        sa.Index("ix_transfer_currency_id", "currency", "id"),
        sa.Index("ix_transfer_kind_id", "kind", "id"),
        {"info": {"within": "fund", "append_only": True}},
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    event_id: Mapped[int] = mapped_column(sa.ForeignKey("ledger_event.id"), index=True)
    fund_id: Mapped[int] = mapped_column(sa.ForeignKey("fund.id"))
    kind: Mapped[LedgerEventKind] = mapped_column(choice(LedgerEventKind, "kind"))
    from_id: Mapped[int] = mapped_column(RowId)
    to_id: Mapped[int] = mapped_column(RowId)
    #: In the minor unit of `currency` (`money.EXPONENTS`).
    amount_minor: Mapped[int] = mapped_column(sa.BigInteger)
    currency: Mapped[str] = mapped_column(sa.CHAR(3))
    #: The transfer this one undoes; unique, so that nothing is undone twice.
    reverses_id: Mapped[int | None] = mapped_column(sa.ForeignKey("transfer.id"), unique=True)


class Measure(StrEnum):
    """What a transfer means to a dashboard: one for each way between two kinds of account (`ledger.measure_of`)."""

    #: From a giver, into the fund or straight to the responder whose purse it is.
    RECEIVED = "received"
    REFUNDED = "refunded"
    PAID_OUT = "paid-out"
    #: Paid out of the fund beside a payout, or by itself.
    FEES = "fees"
    #: Of a payout: stayed with whoever moved it.
    KEPT = "kept"
    #: Of a payout: with the responder, in the currency it was sent in.
    ARRIVED = "arrived"
    #: Of a payout: became another currency on the way; in the currency it was sent in.
    CHANGED = "changed"
    #: Of a payout: with the responder, in the currency it became.
    ARRIVED_CHANGED = "arrived-changed"
    #: Changed in the fund itself, out of one currency and into another.
    EXCHANGED_OUT = "exchanged-out"
    EXCHANGED_IN = "exchanged-in"
    SPENT = "spent"
    #: Of a payout: lost on the way.
    LOST = "lost"
    #: Lost by the responder who held it.
    LOST_HELD = "lost-held"


class MoneyMonth(Base):
    """Running totals of a fund's money by month, responder, measure and budget line, kept with every transfer."""

    __tablename__ = "money_month"
    __table_args__ = (
        known_currency(),
        sa.Index("ix_money_month_responder_id", "responder_id", "month"),
        {"info": {"within": "fund"}},
    )

    fund_id: Mapped[int] = mapped_column(sa.ForeignKey("fund.id"), primary_key=True)
    #: The first day of the month the money moved in.
    month: Mapped[date] = mapped_column(primary_key=True)
    currency: Mapped[str] = mapped_column(sa.CHAR(3), primary_key=True)
    measure: Mapped[Measure] = mapped_column(choice(Measure, "measure"), primary_key=True)
    #: 0: no responder.
    responder_id: Mapped[int] = mapped_column(primary_key=True)
    #: Empty: not an expense.
    budget_line: Mapped[str] = mapped_column(sa.String(24), primary_key=True)
    amount_minor: Mapped[int] = mapped_column(sa.BigInteger)
