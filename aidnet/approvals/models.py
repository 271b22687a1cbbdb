"""Acts with money that wait for a second person."""

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from aidnet.crypto import Sealed, sealed_column
from aidnet.db import Base, HasUid, RowId, choice


class Act(StrEnum):
    """What is asked for."""

    PAYOUT = "payout"
    #: Undoing money whose arrival was confirmed.
    REVERSAL = "reversal"
    FUND_CLOSURE = "fund-closure"
    #: A higher limit of what one person may send, or none.
    LIMIT = "limit"
    #: A report to a donor's board, which somebody else must read.
    REPORT = "report"
    #: Results that wait fewer days after a month's end.
    SHORTER_WAIT = "shorter-wait"
    #: Updates for anybody, shown to anybody.
    PUBLIC_PAGE = "public-page"


#: Acts about what must be read first: the word on them is given where it stands, and nowhere else.
READ_FIRST = frozenset({Act.REPORT})


class ApprovalState(StrEnum):
    WAITING = "waiting"
    AGREED = "agreed"
    REFUSED = "refused"
    #: Taken back by who asked.
    WITHDRAWN = "withdrawn"


class Approval(HasUid, Base):
    """One act that was asked for, and the second person's word. It is done when the word is given."""

    __tablename__ = "approval"
    __table_args__ = (
        sa.CheckConstraint("(state = 'waiting') = (decided_at IS NULL)", name="decided_has_time"),
        sa.CheckConstraint(
            "decided_by_id IS NULL OR decided_by_id <> asked_by_id OR alone OR state = 'withdrawn'",
            name="second_person",
        ),
        sa.CheckConstraint(
            "(act IN ('limit', 'shorter-wait', 'public-page')) = (fund_id IS NULL)", name="about_a_fund"
        ),
        sa.CheckConstraint("(act = 'shorter-wait') = (days IS NOT NULL)", name="wait_has_days"),
        sa.Index("ix_approval_state_id", "state", "id"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    #: `Q-…`
    code: Mapped[str] = mapped_column(unique=True)
    act: Mapped[Act] = mapped_column(choice(Act, "act"))
    #: None: about no fund.
    fund_id: Mapped[int | None] = mapped_column(sa.ForeignKey("fund.id"), index=True)
    #: None: not about a payout.
    payout_id: Mapped[int | None] = mapped_column(sa.ForeignKey("payout.id"), index=True)
    #: Whose money it is about; None: of no one responder.
    responder_id: Mapped[int | None] = mapped_column(sa.ForeignKey("partner.id"), index=True)
    #: Of what is to be sent, undone or closed (`Y-…`, `C-…`, `L-…`, `F-…`, `T-…`); None: a setting.
    subject_code: Mapped[str | None] = mapped_column(index=True)
    #: How much it is about, in the minor unit of `currency`; None: no amount (a limit: none any more).
    amount_minor: Mapped[int | None] = mapped_column(sa.BigInteger)
    currency: Mapped[str | None] = mapped_column(sa.CHAR(3))
    #: How long results would wait; None: not about that.
    days: Mapped[int | None]
    reason_sealed: Mapped[bytes | None] = sealed_column()
    #: Why, for whoever agrees.
    reason = Sealed()
    state: Mapped[ApprovalState] = mapped_column(choice(ApprovalState, "state"), default=ApprovalState.WAITING)
    asked_by_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id"))
    asked_at: Mapped[datetime]
    #: From when whoever asked may do it alone, because there was nobody else; None: a second person was there.
    opens_at: Mapped[datetime | None]
    decided_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id"))
    decided_at: Mapped[datetime | None]
    #: Done by one person, after the wait.
    alone: Mapped[bool] = mapped_column(default=False)
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class PayoutLimit(Base):
    """The largest payout in a currency that one person may send. A currency without a row has no limit."""

    __tablename__ = "payout_limit"
    __table_args__ = (
        sa.CheckConstraint("limit_minor >= 0", name="not_negative"),
        {"info": {"reference": True}},
    )

    currency: Mapped[str] = mapped_column(sa.CHAR(3), primary_key=True)
    limit_minor: Mapped[int] = mapped_column(sa.BigInteger)
