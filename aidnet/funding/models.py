"""Funds, and the records whose money the ledger moves: gifts, payouts, expenses."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from aidnet.crypto import Sealed, sealed_column
from aidnet.db import Base, HasUid, RowId, choice
from aidnet.deliveries.models import Precision
from aidnet.ledger.models import BudgetLine, known_currency, sane_amount
from aidnet.money import MOST_MINOR
from aidnet.rates.models import RateKind
from aidnet.responders.models import Sector


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
    #: None: open.
    closed_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class Channel(StrEnum):
    """How money moves."""

    HUNDI = "hundi"
    BANK = "bank"
    MOBILE_MONEY = "mobile-money"
    CASH = "cash"
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
        sa.Index("ix_contribution_due", "state", "due_on", "id"),
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
    #: When a pledge is expected, for a reminder; None: nobody said.
    due_on: Mapped[date | None]
    #: None: not yet.
    received_on: Mapped[date | None]
    recorded_at: Mapped[datetime]
    recorded_by_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id"))
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class PayoutState(StrEnum):
    """Derived from the words of the second person and of the receiver. That a payout is late is no state: days go by without
    anybody's act."""

    #: Above the limit: no money moves before a second person agrees.
    WAITING = "waiting"
    #: The second person refused, or who asked took it back.
    DECLINED = "declined"
    SENT = "sent"
    #: Some of it arrived, the rest is on its way.
    PARTIAL = "partial"
    CONFIRMED = "confirmed"
    #: What had not arrived was reported lost.
    LOST = "lost"
    REVERSED = "reversed"


#: Money still moves for a payout in one of these.
OPEN_PAYOUTS = (PayoutState.SENT, PayoutState.PARTIAL)


class FeeBearer(StrEnum):
    """Whose the fee of a payout is."""

    #: The fund pays it beside the amount.
    FUND = "fund"
    #: It is taken out of the amount.
    RECEIVER = "receiver"


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
    #: Who carries it; None: nobody in between.
    agent_id: Mapped[int | None] = mapped_column(sa.ForeignKey("agent.id"), index=True)
    #: What it is for: earmarked gifts feed only payouts that name their purpose. At most district.
    purpose_place_id: Mapped[int | None] = mapped_column(sa.ForeignKey("place.id"))
    purpose_sector: Mapped[Sector | None] = mapped_column(choice(Sector, "purpose_sector"))
    #: Handed over, in the minor unit of `currency`; without the fee where the fund bears it.
    amount_minor: Mapped[int] = mapped_column(sa.BigInteger)
    currency: Mapped[str] = mapped_column(sa.CHAR(3))
    #: In the same currency, as `fee_bearer` says.
    fee_minor: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    fee_bearer: Mapped[FeeBearer] = mapped_column(choice(FeeBearer, "fee_bearer"), default=FeeBearer.FUND)
    #: Units of `expected_currency` for one of `currency`, as a person typed it; None: same currency.
    rate: Mapped[Decimal | None]
    rate_kind: Mapped[RateKind | None] = mapped_column(choice(RateKind, "rate_kind"))
    #: The market's rate of the day it was sent; None: same currency, or nobody typed one.
    market_rate_id: Mapped[int | None] = mapped_column(sa.ForeignKey("rate.id"))
    expected_minor: Mapped[int] = mapped_column(sa.BigInteger)
    expected_currency: Mapped[str] = mapped_column(sa.CHAR(3))
    #: Of the word that whoever fetches the money must say: a salted hash, to check what the receiver was told. None: none.
    token_hash: Mapped[str | None]
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


class SettlementKind(StrEnum):
    """How the loss of a payout ended."""

    REPAID = "repaid"
    #: It will not come back.
    WRITTEN_OFF = "written-off"


class PayoutSettlement(HasUid, Base):
    """How money that a payout lost was settled with whoever carried it."""

    __tablename__ = "payout_settlement"
    __table_args__ = (
        sa.CheckConstraint(f"amount_minor > 0 AND amount_minor <= {MOST_MINOR}", name="amount_positive"),
        {"info": {"within": "payout"}},
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    payout_id: Mapped[int] = mapped_column(sa.ForeignKey("payout.id"), index=True)
    kind: Mapped[SettlementKind] = mapped_column(choice(SettlementKind, "kind"))
    #: In the currency that was sent.
    amount_minor: Mapped[int] = mapped_column(sa.BigInteger)
    settled_on: Mapped[date]
    note_sealed: Mapped[bytes | None] = sealed_column()
    note = Sealed()
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
    #: Cash handed to households: the hand-out it was given at. None: not handed out, or nobody said at which.
    handed_at_id: Mapped[int | None] = mapped_column(sa.ForeignKey("delivery_event.id"), index=True)
    #: Typed by a treasurer on the responder's word.
    by_treasurer: Mapped[bool] = mapped_column(default=False)
    note_sealed: Mapped[bytes | None] = sealed_column()
    note = Sealed()
    state: Mapped[ExpenseState] = mapped_column(choice(ExpenseState, "state"), default=ExpenseState.RECORDED)
    recorded_at: Mapped[datetime]
    recorded_by_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id"))
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class ExpenseShare(Base):
    """The part of an expense that was for one delivery. What no share names was for no one delivery."""

    __tablename__ = "expense_share"
    __table_args__ = (sane_amount(), {"info": {"within": "expense"}})

    expense_id: Mapped[int] = mapped_column(sa.ForeignKey("expense.id"), primary_key=True)
    delivery_id: Mapped[int] = mapped_column(sa.ForeignKey("delivery.id"), primary_key=True, index=True)
    #: In the expense's currency.
    amount_minor: Mapped[int] = mapped_column(sa.BigInteger)
