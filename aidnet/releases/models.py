"""Releases and their rows. Both are append-only; a release is withdrawn whole, by a row that says so."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from aidnet.db import Base, HasUid, choice
from aidnet.deliveries.models import LossReason

WITHIN = {"within": "release", "append_only": True}


class Release(HasUid, Base):
    """What one fund's money became in one closed month (or several that had too little to show apart)."""

    __tablename__ = "release"
    __table_args__ = (
        sa.UniqueConstraint("fund_id", "last_month"),
        sa.CheckConstraint("first_month <= last_month", name="months_in_order"),
        {"info": {"append_only": True}},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    #: `R-…`
    code: Mapped[str] = mapped_column(unique=True)
    fund_id: Mapped[int] = mapped_column(sa.ForeignKey("fund.id"), index=True)
    #: First days of the first and the last month in it.
    first_month: Mapped[date]
    last_month: Mapped[date]
    built_at: Mapped[datetime]
    #: The day it was built, for people; nothing finer is shown.
    published_on: Mapped[date]
    #: A responder of the fund withholds everything about itself. Said in words only: a figure could be subtracted.
    something_withheld: Mapped[bool]


class ReleaseRow(Base):
    """One shown line of a release: a district, several joined, or the whole country. Lines add up to the total."""

    __tablename__ = "release_row"
    __table_args__ = (
        sa.CheckConstraint("deliveries >= 5 AND villages >= 3", name="floors"),
        sa.CheckConstraint("people % 10 = 0 AND households % 10 = 0", name="rounded"),
        sa.CheckConstraint("people >= 0 AND households >= 0", name="not_negative"),
        {"info": WITHIN},
    )

    release_id: Mapped[int] = mapped_column(sa.ForeignKey("release.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    deliveries: Mapped[int]
    #: Counted for the floor; shown to auditors.
    villages: Mapped[int]
    #: Rounded to 10, as `people`.
    households: Mapped[int]
    people: Mapped[int]
    #: Slugs of the items most delivered, at most three, from the shipped catalogue ("rice oil"); may be empty.
    mostly: Mapped[str]
    #: These results happened in months before the release's own ("for earlier months").
    earlier: Mapped[bool] = mapped_column(default=False)


class ReleaseRowPlace(Base):
    """A district (or region) a line speaks of."""

    __tablename__ = "release_row_place"
    __table_args__ = (
        sa.ForeignKeyConstraint(
            ["release_id", "number"], ["release_row.release_id", "release_row.number"], name="fk_row"
        ),
        {"info": WITHIN},
    )

    release_id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    place_id: Mapped[int] = mapped_column(sa.ForeignKey("place.id"), primary_key=True)


class ReleaseLoss(Base):
    """One shown line of losses: deliveries of the whole country that lost something for a reason, or for one of several joined."""

    __tablename__ = "release_loss"
    __table_args__ = (
        sa.CheckConstraint("deliveries >= 5 AND villages >= 3", name="floors"),
        {"info": WITHIN},
    )

    release_id: Mapped[int] = mapped_column(sa.ForeignKey("release.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    deliveries: Mapped[int]
    #: That they were for. Counted for the floor; shown to auditors.
    villages: Mapped[int]
    #: These losses happened in months before the release's own ("for earlier months").
    earlier: Mapped[bool] = mapped_column(default=False)


class ReleaseLossReason(Base):
    """A reason a line of losses speaks of."""

    __tablename__ = "release_loss_reason"
    __table_args__ = (
        sa.ForeignKeyConstraint(
            ["release_id", "number"], ["release_loss.release_id", "release_loss.number"], name="fk_loss"
        ),
        {"info": WITHIN},
    )

    release_id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    reason: Mapped[LossReason] = mapped_column(choice(LossReason, "reason"), primary_key=True)


class ReleasedEvent(Base):
    """A distribution or loss (as first reported) that a release has counted, so that none is counted twice and late ones are told apart."""

    __tablename__ = "released_event"
    __table_args__ = ({"info": WITHIN},)

    event_id: Mapped[int] = mapped_column(sa.ForeignKey("delivery_event.id"), primary_key=True, autoincrement=False)
    release_id: Mapped[int] = mapped_column(sa.ForeignKey("release.id"), index=True)


class ReleaseWithdrawal(Base):
    """A release is withdrawn whole; nothing of it is shown from then on but that it was."""

    __tablename__ = "release_withdrawal"
    __table_args__ = ({"info": WITHIN},)

    release_id: Mapped[int] = mapped_column(sa.ForeignKey("release.id"), primary_key=True, autoincrement=False)
    withdrawn_at: Mapped[datetime]
    #: None: the operator of the machine.
    withdrawn_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id"))
