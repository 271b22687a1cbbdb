"""Rates as people typed them, and the worth of each transfer in the reporting currencies."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from aidnet.crypto import Sealed, sealed_column
from aidnet.db import Base, HasUid, RowId, choice
from aidnet.money import CURRENCIES

_CURRENCY_LIST = ", ".join(f"'{currency}'" for currency in CURRENCIES)


class RateKind(StrEnum):
    """Where a rate comes from."""

    OFFICIAL = "official"
    MARKET = "market"
    ACHIEVED = "achieved"


class Rate(HasUid, Base):
    """How many units of `quote` one unit of `base` was worth on a day. The newest of a pair, kind and day counts."""

    __tablename__ = "rate"
    __table_args__ = (
        sa.CheckConstraint(f"base IN ({_CURRENCY_LIST})", name="base_known"),
        sa.CheckConstraint(f"quote IN ({_CURRENCY_LIST})", name="quote_known"),
        sa.CheckConstraint("base <> quote", name="two_currencies"),
        sa.Index("ix_rate_pair", "base", "quote", "kind", "on_day", "id"),
        {"info": {"append_only": True}},
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    base: Mapped[str] = mapped_column(sa.CHAR(3))
    quote: Mapped[str] = mapped_column(sa.CHAR(3))
    kind: Mapped[RateKind] = mapped_column(choice(RateKind, "kind"))
    on_day: Mapped[date]
    #: Units of `quote` for one of `base`, as typed. None: the rate typed before for this day was a mistake and there is none.
    rate: Mapped[Decimal | None]
    note_sealed: Mapped[bytes | None] = sealed_column()
    #: Where the rate was seen.
    note = Sealed()
    recorded_at: Mapped[datetime]
    recorded_by_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id"))


class TransferValue(Base):
    """What a transfer was worth in a reporting currency: converted once, by the rate of its day, and never again."""

    __tablename__ = "transfer_value"
    __table_args__ = (
        sa.CheckConstraint(f"currency IN ({_CURRENCY_LIST})", name="currency_known"),
        sa.CheckConstraint("value_minor >= 0", name="value_not_negative"),
        {"info": {"within": "fund", "append_only": True}},
    )

    transfer_id: Mapped[int] = mapped_column(sa.ForeignKey("transfer.id"), primary_key=True)
    #: The reporting currency.
    currency: Mapped[str] = mapped_column(sa.CHAR(3), primary_key=True)
    #: In its minor unit, rounded half to even.
    value_minor: Mapped[int] = mapped_column(sa.BigInteger)
    #: The rate used; None: it is the transfer's own currency.
    rate_id: Mapped[int | None] = mapped_column(sa.ForeignKey("rate.id"), index=True)


class ValueMonth(Base):
    """Running totals of `MoneyMonth`'s cells in a reporting currency. What has no rate is `MoneyMonth` less `rated_minor`."""

    __tablename__ = "value_month"
    __table_args__ = ({"info": {"within": "fund"}},)

    fund_id: Mapped[int] = mapped_column(sa.ForeignKey("fund.id"), primary_key=True)
    month: Mapped[date] = mapped_column(primary_key=True)
    currency: Mapped[str] = mapped_column(sa.CHAR(3), primary_key=True)
    measure: Mapped[str] = mapped_column(sa.String(24), primary_key=True)
    responder_id: Mapped[int] = mapped_column(primary_key=True)
    budget_line: Mapped[str] = mapped_column(sa.String(24), primary_key=True)
    channel: Mapped[str] = mapped_column(sa.String(24), primary_key=True)
    #: The reporting currency.
    reporting: Mapped[str] = mapped_column(sa.CHAR(3), primary_key=True)
    #: Of the cell's amount, in `currency`, how much had a rate.
    rated_minor: Mapped[int] = mapped_column(sa.BigInteger)
    #: What that was worth, in `reporting`.
    value_minor: Mapped[int] = mapped_column(sa.BigInteger)


class RateUse(Base):
    """How many standing transfers of a month were converted by a rate: what a figure says it was converted by."""

    __tablename__ = "rate_use"
    __table_args__ = ({"info": {"within": "fund"}},)

    fund_id: Mapped[int] = mapped_column(sa.ForeignKey("fund.id"), primary_key=True)
    month: Mapped[date] = mapped_column(primary_key=True)
    #: 0: no responder.
    responder_id: Mapped[int] = mapped_column(primary_key=True)
    #: The reporting currency.
    reporting: Mapped[str] = mapped_column(sa.CHAR(3), primary_key=True)
    rate_id: Mapped[int] = mapped_column(sa.ForeignKey("rate.id"), primary_key=True)
    #: An undoing takes away what it undoes.
    used_count: Mapped[int] = mapped_column(sa.BigInteger)


class ArrivalSpread(Base):
    """What the rate cost of one arrival that became another currency, while the receiver's word stands."""

    __tablename__ = "arrival_spread"
    __table_args__ = (
        sa.CheckConstraint("sent_minor >= 0", name="sent_not_negative"),
        sa.CheckConstraint("(rate_id IS NULL) = (spread_minor IS NULL)", name="spread_has_rate"),
        {"info": {"within": "payout"}},
    )

    confirmation_id: Mapped[int] = mapped_column(
        RowId, sa.ForeignKey("payout_confirmation.id"), primary_key=True, autoincrement=False
    )
    #: The part of the payout that became what arrived, in the currency it was sent in.
    sent_minor: Mapped[int] = mapped_column(sa.BigInteger)
    #: The market's rate of the day it arrived; None: nobody typed one yet.
    rate_id: Mapped[int | None] = mapped_column(sa.ForeignKey("rate.id"), index=True)
    #: What the sent part was worth by it, less what arrived, in the currency that arrived. Below zero: better than the market.
    spread_minor: Mapped[int | None] = mapped_column(sa.BigInteger)


class SpreadMonth(Base):
    """Running totals of what arrived in another currency than it was sent in, and of what the rate cost."""

    __tablename__ = "spread_month"
    __table_args__ = ({"info": {"within": "fund"}},)

    fund_id: Mapped[int] = mapped_column(sa.ForeignKey("fund.id"), primary_key=True)
    #: The first day of the month it arrived in.
    month: Mapped[date] = mapped_column(primary_key=True)
    channel: Mapped[str] = mapped_column(sa.String(24), primary_key=True)
    responder_id: Mapped[int] = mapped_column(primary_key=True)
    sent_currency: Mapped[str] = mapped_column(sa.CHAR(3), primary_key=True)
    #: The currency that arrived.
    currency: Mapped[str] = mapped_column(sa.CHAR(3), primary_key=True)
    #: In `sent_currency`; all else in `currency`.
    sent_minor: Mapped[int] = mapped_column(sa.BigInteger)
    arrived_with_rate_minor: Mapped[int] = mapped_column(sa.BigInteger)
    arrived_without_rate_minor: Mapped[int] = mapped_column(sa.BigInteger)
    #: Of what arrived with a rate.
    spread_minor: Mapped[int] = mapped_column(sa.BigInteger)


class ReportingCurrency(Base):
    """A currency in which the network reports: each transfer is converted into it as it is written."""

    __tablename__ = "reporting_currency"
    __table_args__ = (
        sa.CheckConstraint(f"currency IN ({_CURRENCY_LIST})", name="currency_known"),
        sa.CheckConstraint("rank BETWEEN 1 AND 4", name="few"),
        {"info": {"reference": True}},
    )

    currency: Mapped[str] = mapped_column(sa.CHAR(3), primary_key=True)
    #: The first in this order is everybody's until they choose another.
    rank: Mapped[int] = mapped_column(unique=True)
