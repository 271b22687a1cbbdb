"""The trace: which gift's money is where.

Money that lies in a purse lies in lots. A lot came in by one act and is shared by one or more gifts, each with its
slice; slices carry their size in the lot's currency and in the gift's own. Where money leaves a purse, lots give in the
order of `rank`, and within a lot every gift gives its part. Rows of `TraceMove` are the history; the rest is what is left.
"""

from datetime import date
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from aidnet.db import Base, RowId, choice
from aidnet.rates.models import RateKind

#: Lots and debts of which something is left: few, however long the history.
_IS_OPEN = sa.column("left_minor") > 0


class Fate(StrEnum):
    """Where a part of a gift is, or what it became. Together they are the gift, to the minor unit."""

    #: In a fund.
    WAITING = "waiting"
    #: Paid out without report yet.
    ON_THE_WAY = "on-the-way"
    #: With a responder, as it reported.
    HELD = "held"
    SPENT = "spent"
    #: The cost of moving the money.
    COST = "cost"
    LOST = "lost"
    #: Given back to the giver.
    RETURNED = "returned"


class TraceLot(Base):
    """Money of one account that came in by one act. Lots of an account give in the order of `rank`, then `id`."""

    __tablename__ = "trace_lot"
    __table_args__ = (
        sa.CheckConstraint("left_minor >= 0", name="not_below_zero"),
        sa.UniqueConstraint("event_id", "account_id", "contribution_id"),
        sa.Index(
            "ix_trace_lot_open",
            "account_id",
            "rank",
            "id",
            sqlite_where=_IS_OPEN,
            postgresql_where=_IS_OPEN,
        ),
        {"info": {"within": "fund"}},
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("account.id"))
    #: The act that brought it.
    event_id: Mapped[int] = mapped_column(sa.ForeignKey("ledger_event.id"))
    #: The gift it is of, where it is of one alone: in a fund, and straight from its giver. None: shared.
    contribution_id: Mapped[int | None] = mapped_column(sa.ForeignKey("contribution.id"), index=True)
    #: Its age, by ledger order: the act that brought it. What is changed within a fund keeps the age it had.
    rank: Mapped[int] = mapped_column(RowId)
    #: Of the account's currency.
    left_minor: Mapped[int] = mapped_column(sa.BigInteger)


class TraceSlice(Base):
    """A gift's part of a lot, as it is now."""

    __tablename__ = "trace_slice"
    __table_args__ = (
        sa.CheckConstraint("source_minor >= 0 AND target_minor >= 0", name="not_below_zero"),
        sa.Index("ix_trace_slice_contribution_id", "contribution_id"),
        {"info": {"within": "fund"}},
    )

    lot_id: Mapped[int] = mapped_column(sa.ForeignKey("trace_lot.id"), primary_key=True)
    contribution_id: Mapped[int] = mapped_column(sa.ForeignKey("contribution.id"), primary_key=True)
    #: In the gift's own currency.
    source_minor: Mapped[int] = mapped_column(sa.BigInteger)
    #: In the lot's.
    target_minor: Mapped[int] = mapped_column(sa.BigInteger)


class TraceMove(Base):
    """A part of a gift moved, by one act: out of one lot (or from the giver) into another lot, or to its end."""

    __tablename__ = "trace_move"
    __table_args__ = (
        sa.CheckConstraint("source_minor >= 0 AND left_minor >= 0 AND came_minor >= 0", name="not_negative"),
        sa.Index("ix_trace_move_contribution_id_id", "contribution_id", "id"),
        {"info": {"within": "fund", "append_only": True}},
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    event_id: Mapped[int] = mapped_column(sa.ForeignKey("ledger_event.id"), index=True)
    contribution_id: Mapped[int] = mapped_column(sa.ForeignKey("contribution.id"))
    #: None: it came from the giver.
    from_lot_id: Mapped[int | None] = mapped_column(sa.ForeignKey("trace_lot.id"), index=True)
    #: None: it is spent, a cost, or back with the giver.
    to_lot_id: Mapped[int | None] = mapped_column(sa.ForeignKey("trace_lot.id"), index=True)
    #: None: from the giver.
    from_fate: Mapped[Fate | None] = mapped_column(choice(Fate, "from_fate"))
    #: None: the giving itself was undone.
    to_fate: Mapped[Fate | None] = mapped_column(choice(Fate, "to_fate"))
    #: Whether a receiver's word stood for it, before and after.
    was_confirmed: Mapped[bool]
    is_confirmed: Mapped[bool]
    #: Where it was or is spent; empty: not spent.
    budget_line: Mapped[str] = mapped_column(sa.String(24))
    #: In the gift's own currency.
    source_minor: Mapped[int] = mapped_column(sa.BigInteger)
    #: What left, in the currency of where it was; what came, in the currency of where it is. They differ where money was changed.
    left_minor: Mapped[int] = mapped_column(sa.BigInteger)
    came_minor: Mapped[int] = mapped_column(sa.BigInteger)
    #: The bought-on-credit act that this money settled; None: none.
    debt_id: Mapped[int | None] = mapped_column(sa.ForeignKey("trace_debt.id"))
    #: The move that this one takes back; unique, so that nothing is taken back twice.
    undoes_id: Mapped[int | None] = mapped_column(sa.ForeignKey("trace_move.id"), unique=True)


class TraceDebt(Base):
    """What a responder spent beyond its purse: owed to it, until money that arrives settles it. Oldest first."""

    __tablename__ = "trace_debt"
    __table_args__ = (
        sa.CheckConstraint("left_minor >= 0 AND left_minor <= owed_minor", name="within_what_was_owed"),
        sa.Index(
            "ix_trace_debt_open",
            "account_id",
            "id",
            sqlite_where=_IS_OPEN,
            postgresql_where=_IS_OPEN,
        ),
        {"info": {"within": "fund"}},
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("account.id"))
    #: The act that spent it.
    event_id: Mapped[int] = mapped_column(sa.ForeignKey("ledger_event.id"), index=True)
    budget_line: Mapped[str] = mapped_column(sa.String(24))
    owed_minor: Mapped[int] = mapped_column(sa.BigInteger)
    #: Not settled yet.
    left_minor: Mapped[int] = mapped_column(sa.BigInteger)


class GiftTrace(Base):
    """What a gift is now, in its own currency: one row for each fate and budget line. Their sum is the gift."""

    __tablename__ = "gift_trace"
    __table_args__ = ({"info": {"within": "contribution"}},)

    contribution_id: Mapped[int] = mapped_column(sa.ForeignKey("contribution.id"), primary_key=True)
    fate: Mapped[Fate] = mapped_column(choice(Fate, "fate"), primary_key=True)
    #: Empty: not spent.
    budget_line: Mapped[str] = mapped_column(sa.String(24), primary_key=True)
    source_minor: Mapped[int] = mapped_column(sa.BigInteger)
    #: Of it, how much reached a responder and was confirmed by it.
    confirmed_minor: Mapped[int] = mapped_column(sa.BigInteger)


class GiverTrace(Base):
    """The same for all gifts of a giver to a fund: what pages show without adding up gifts."""

    __tablename__ = "giver_trace"
    __table_args__ = (sa.Index("ix_giver_trace_fund_id", "fund_id"), {"info": {"within": "fund"}})

    #: The donor partner; 0: givers without accounts.
    donor_id: Mapped[int] = mapped_column(primary_key=True)
    fund_id: Mapped[int] = mapped_column(sa.ForeignKey("fund.id"), primary_key=True)
    #: The gifts' own.
    currency: Mapped[str] = mapped_column(sa.CHAR(3), primary_key=True)
    fate: Mapped[Fate] = mapped_column(choice(Fate, "fate"), primary_key=True)
    budget_line: Mapped[str] = mapped_column(sa.String(24), primary_key=True)
    source_minor: Mapped[int] = mapped_column(sa.BigInteger)
    confirmed_minor: Mapped[int] = mapped_column(sa.BigInteger)


class GiverValue(Base):
    """What became of a giver's gifts in a reporting currency that is not theirs. What has no rate is `GiverTrace` less `rated_minor`.

    A gift is worth what the transfer was that brought it, whatever became of it later; its parts share that (`values`).
    """

    __tablename__ = "giver_value"
    __table_args__ = (sa.Index("ix_giver_value_fund_id", "fund_id"), {"info": {"within": "fund"}})

    #: The donor partner; 0: givers without accounts.
    donor_id: Mapped[int] = mapped_column(primary_key=True)
    fund_id: Mapped[int] = mapped_column(sa.ForeignKey("fund.id"), primary_key=True)
    #: The gifts' own.
    currency: Mapped[str] = mapped_column(sa.CHAR(3), primary_key=True)
    #: The reporting currency.
    reporting: Mapped[str] = mapped_column(sa.CHAR(3), primary_key=True)
    #: Of the rates by which the gifts were converted.
    kind: Mapped[RateKind] = mapped_column(choice(RateKind, "kind"), primary_key=True)
    fate: Mapped[Fate] = mapped_column(choice(Fate, "fate"), primary_key=True)
    budget_line: Mapped[str] = mapped_column(sa.String(24), primary_key=True)
    #: How much of the gifts it is, in `currency`.
    rated_minor: Mapped[int] = mapped_column(sa.BigInteger)
    #: What that is worth, in `reporting`.
    value_minor: Mapped[int] = mapped_column(sa.BigInteger)
    #: Of the worth, how much reached a responder and was confirmed by it.
    confirmed_minor: Mapped[int] = mapped_column(sa.BigInteger)


class Step(StrEnum):
    """A stretch of a gift's way that takes time."""

    #: From the giver's hand to the receiver's word.
    RECEIVED_TO_CONFIRMED = "received-confirmed"
    #: From the receiver's word to what was bought.
    CONFIRMED_TO_SPENT = "confirmed-spent"


class FlowDelay(Base):
    """How much money took how many days for a step: what medians are read from."""

    __tablename__ = "flow_delay"
    __table_args__ = ({"info": {"within": "fund"}},)

    fund_id: Mapped[int] = mapped_column(sa.ForeignKey("fund.id"), primary_key=True)
    #: The gifts' own.
    currency: Mapped[str] = mapped_column(sa.CHAR(3), primary_key=True)
    step: Mapped[Step] = mapped_column(choice(Step, "step"), primary_key=True)
    #: The month in which the step ended.
    month: Mapped[date] = mapped_column(primary_key=True)
    days: Mapped[int] = mapped_column(primary_key=True)
    source_minor: Mapped[int] = mapped_column(sa.BigInteger)
