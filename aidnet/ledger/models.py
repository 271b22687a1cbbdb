"""Accounts, the events that moved money between them, and their running totals.

A transfer moves one positive amount of one currency from one account to another; several transfers of one event belong
together. Nothing is changed: a mistake is undone by an event that names it. Source of the shape: TigerBeetle's
documentation of debit/credit accounting.
"""

from datetime import date, datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from aidnet.db import Base, HasUid, RowId, choice
from aidnet.money import CURRENCIES, MOST_MINOR

_CURRENCY_LIST = ", ".join(f"'{currency}'" for currency in CURRENCIES)


def known_currency(column: str = "currency", name: str = "currency_known") -> sa.CheckConstraint:
    """The column holds a currency of `money.EXPONENTS`."""
    return sa.CheckConstraint(f"{column} IN ({_CURRENCY_LIST})", name=name)


def sane_amount(column: str = "amount_minor", name: str = "amount_positive") -> sa.CheckConstraint:
    """The column holds a positive amount no larger than `money.MOST_MINOR`."""
    return sa.CheckConstraint(f"{column} > 0 AND {column} <= {MOST_MINOR}", name=name)


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
        sa.Index("ix_account_responder_kind", "responder_id", "kind"),
        {"info": {"within": "fund"}},
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    #: Such as "held:3:12:MMK" (kind, then the ids it hangs on, then the currency).
    key: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[AccountKind] = mapped_column(choice(AccountKind, "kind"))
    fund_id: Mapped[int] = mapped_column(sa.ForeignKey("fund.id"))
    responder_id: Mapped[int | None] = mapped_column(sa.ForeignKey("responder.id"))
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
    #: A lost payout was repaid.
    SETTLEMENT = "settlement"
    REVERSAL = "reversal"


class LedgerEvent(HasUid, Base):
    """One thing that happened to money; its transfers belong together."""

    __tablename__ = "ledger_event"
    __table_args__ = (
        sa.CheckConstraint("(kind = 'reversal') = (reverses_id IS NOT NULL)", name="a_reversal_names_one"),
        sa.Index("ix_ledger_event_fund_id_id", "fund_id", "id"),
        sa.Index("ix_ledger_event_happened_on", "happened_on"),
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
    settlement_id: Mapped[int | None] = mapped_column(sa.ForeignKey("payout_settlement.id"), index=True)
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
    #: Lost, and repaid to the fund.
    RECOVERED = "recovered"


class MoneyMonth(Base):
    """Running totals of a fund's money by month, responder, measure, budget line and channel, kept with every transfer."""

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
    #: Of the gift or the payout; empty: neither.
    channel: Mapped[str] = mapped_column(sa.String(24), primary_key=True)
    amount_minor: Mapped[int] = mapped_column(sa.BigInteger)


class GiverMonth(Base):
    """Running totals of a donor partner's gifts to a fund by month: received (less what was undone), and given back."""

    __tablename__ = "giver_month"
    __table_args__ = (known_currency(), {"info": {"within": "fund"}})

    donor_id: Mapped[int] = mapped_column(sa.ForeignKey("partner.id"), primary_key=True)
    fund_id: Mapped[int] = mapped_column(sa.ForeignKey("fund.id"), primary_key=True)
    #: The first day of the month the money moved in.
    month: Mapped[date] = mapped_column(primary_key=True)
    currency: Mapped[str] = mapped_column(sa.CHAR(3), primary_key=True)
    #: RECEIVED or REFUNDED.
    measure: Mapped[Measure] = mapped_column(choice(Measure, "measure"), primary_key=True)
    amount_minor: Mapped[int] = mapped_column(sa.BigInteger)
    #: How many acts: of RECEIVED, gifts that stand.
    acts: Mapped[int]
