"""Statements and their lines. Both are append-only."""

from datetime import date, datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from aidnet.db import Base, HasUid, choice


class Section(StrEnum):
    """Where on a statement a line stands, in this order."""

    OPENING = "opening"
    IN = "in"
    OUT = "out"
    EXCHANGE = "exchange"
    LOSSES = "losses"
    CLOSING = "closing"


class Statement(HasUid, Base):
    """One closed month of a fund, or of one donor's gifts to it: every act written down in that month, and so never another."""

    __tablename__ = "statement"
    __table_args__ = (
        sa.UniqueConstraint("fund_id", "donor_id", "month"),
        sa.UniqueConstraint("fund_id", "donor_id", "number"),
        sa.CheckConstraint("number > 0", name="number_positive"),
        sa.CheckConstraint("first_event_id <= last_event_id + 1", name="acts_in_order"),
        {"info": {"append_only": True}},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    #: `S-…`
    code: Mapped[str] = mapped_column(unique=True)
    fund_id: Mapped[int] = mapped_column(sa.ForeignKey("fund.id"), index=True)
    #: 0: of the whole fund.
    donor_id: Mapped[int] = mapped_column(index=True)
    #: Its first day.
    month: Mapped[date]
    #: Counted from 1 for each fund and donor.
    number: Mapped[int]
    #: Acts of the ledger from this one to that one (both in it): those written down from one month's end to the next.
    first_event_id: Mapped[int] = mapped_column(sa.BigInteger)
    last_event_id: Mapped[int] = mapped_column(sa.BigInteger)
    built_at: Mapped[datetime]
    #: The day it was built, for people.
    built_on: Mapped[date]
    #: SHA-256 of its lines in their order.
    digest: Mapped[str] = mapped_column(sa.String(64))


class StatementLine(Base):
    """A figure of a statement."""

    __tablename__ = "statement_line"
    __table_args__ = ({"info": {"within": "statement", "append_only": True}},)

    statement_id: Mapped[int] = mapped_column(sa.ForeignKey("statement.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    section: Mapped[Section] = mapped_column(choice(Section, "section"))
    #: What it counts, such as "received", "spent:goods" or "held".
    figure: Mapped[str] = mapped_column(sa.String(48))
    currency: Mapped[str] = mapped_column(sa.CHAR(3))
    #: In the minor unit of `currency`; below zero where money went. Opening and all that happened add up to closing.
    amount_minor: Mapped[int] = mapped_column(sa.BigInteger)
    #: Of it, how much happened in earlier months and was written down since.
    earlier_minor: Mapped[int] = mapped_column(sa.BigInteger)
