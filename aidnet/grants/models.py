"""Grants with their budgets, tranches and due reports, and the reports themselves."""

from datetime import date, datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from aidnet.crypto import Sealed, sealed_column
from aidnet.db import Base, HasUid, choice
from aidnet.ledger.models import BudgetLine


class GrantState(StrEnum):
    OPEN = "open"
    CLOSED = "closed"


class Grant(HasUid, Base):
    """What a donor agreed to give to a fund, for what, and until when."""

    __tablename__ = "grant_agreement"
    __table_args__ = (sa.CheckConstraint("first_day <= last_day", name="days_in_order"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    #: `G-…`
    code: Mapped[str] = mapped_column(unique=True)
    donor_id: Mapped[int] = mapped_column(sa.ForeignKey("partner.id"), index=True)
    fund_id: Mapped[int] = mapped_column(sa.ForeignKey("fund.id"), index=True)
    title: Mapped[str]
    currency: Mapped[str] = mapped_column(sa.CHAR(3))
    first_day: Mapped[date]
    last_day: Mapped[date]
    state: Mapped[GrantState] = mapped_column(choice(GrantState, "state"), default=GrantState.OPEN)
    created_at: Mapped[datetime]
    created_by_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id"))
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class GrantLine(Base):
    """The budget of one line, in the grant's currency."""

    __tablename__ = "grant_line"
    __table_args__ = (
        sa.CheckConstraint("amount_minor > 0", name="amount_positive"),
        {"info": {"within": "grant_agreement"}},
    )

    grant_id: Mapped[int] = mapped_column(sa.ForeignKey("grant_agreement.id"), primary_key=True)
    budget_line: Mapped[BudgetLine] = mapped_column(choice(BudgetLine, "budget_line"), primary_key=True)
    amount_minor: Mapped[int] = mapped_column(sa.BigInteger)


class Tranche(Base):
    """A part of a grant that is to come on a day; received once a gift is named."""

    __tablename__ = "tranche"
    __table_args__ = (
        sa.CheckConstraint("amount_minor > 0", name="amount_positive"),
        {"info": {"within": "grant_agreement"}},
    )

    grant_id: Mapped[int] = mapped_column(sa.ForeignKey("grant_agreement.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    due_on: Mapped[date]
    amount_minor: Mapped[int] = mapped_column(sa.BigInteger)
    #: The gift that it came as; None: not yet.
    contribution_id: Mapped[int | None] = mapped_column(sa.ForeignKey("contribution.id"), unique=True)


class ReportState(StrEnum):
    #: Due; nothing was written.
    DUE = "due"
    #: Written, and waits for a second person to read it.
    WRITTEN = "written"
    #: Read by a second person, and with the donor.
    SENT = "sent"


class GrantReport(HasUid, Base):
    """A report that a grant owes, over closed months, with the network's own words."""

    __tablename__ = "grant_report"
    __table_args__ = (
        sa.CheckConstraint("first_month <= last_month", name="months_in_order"),
        sa.CheckConstraint("(state = 'sent') = (sent_at IS NOT NULL)", name="sent_has_time"),
        sa.CheckConstraint("read_by_id IS NULL OR read_by_id <> written_by_id OR alone", name="second_person"),
        sa.Index("ix_grant_report_due", "state", "due_on"),
        {"info": {"within": "grant_agreement"}},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    #: `T-…`
    code: Mapped[str] = mapped_column(unique=True)
    grant_id: Mapped[int] = mapped_column(sa.ForeignKey("grant_agreement.id"), index=True)
    due_on: Mapped[date]
    #: First days of the first and the last month in it.
    first_month: Mapped[date]
    last_month: Mapped[date]
    words_sealed: Mapped[bytes | None] = sealed_column()
    #: What the network and its responders say in their own words, without a place or a name.
    words = Sealed()
    state: Mapped[ReportState] = mapped_column(choice(ReportState, "state"), default=ReportState.DUE)
    written_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id"))
    read_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id"))
    sent_at: Mapped[datetime | None]
    #: Sent by whoever wrote it, after the wait, because nobody else could read it.
    alone: Mapped[bool] = mapped_column(default=False)
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class FigurePart(StrEnum):
    """What a figure of a sent report counts. The first six are the parts of a statement."""

    OPENING = "opening"
    IN = "in"
    OUT = "out"
    EXCHANGE = "exchange"
    LOSSES = "losses"
    CLOSING = "closing"
    #: Of the budget's line in `name`.
    PLANNED = "planned"
    SPENT = "spent"
    #: Where else the grant's money was: a fate in `name`.
    REST = "rest"
    #: Of the grant's money, what receivers confirmed.
    CONFIRMED = "confirmed"
    #: What arrived in the currency in `name`, with a market rate and without.
    RATED = "rated"
    UNRATED = "unrated"


class GrantReportFigure(Base):
    """A figure as it stood when a report was sent."""

    __tablename__ = "grant_report_figure"
    __table_args__ = ({"info": {"within": "grant_agreement", "append_only": True}},)

    report_id: Mapped[int] = mapped_column(sa.ForeignKey("grant_report.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    part: Mapped[FigurePart] = mapped_column(choice(FigurePart, "part"))
    #: What of the part it counts, such as "goods", "spent:goods" or "MMK"; empty: all of it.
    name: Mapped[str] = mapped_column(sa.String(48))
    #: In the grant's currency; rated and unrated in their own.
    amount_minor: Mapped[int] = mapped_column(sa.BigInteger)


class GrantReportRelease(Base):
    """A release that a report told of when it was sent. Withdrawn since, the report says so and shows nothing of it."""

    __tablename__ = "grant_report_release"
    __table_args__ = ({"info": {"within": "grant_agreement", "append_only": True}},)

    report_id: Mapped[int] = mapped_column(sa.ForeignKey("grant_report.id"), primary_key=True)
    release_id: Mapped[int] = mapped_column(sa.ForeignKey("release.id"), primary_key=True)
