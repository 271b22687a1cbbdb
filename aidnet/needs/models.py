"""What is needed where, of what, and what deliveries are on their way for it."""

from datetime import date, datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from aidnet.crypto import Sealed, sealed_column
from aidnet.db import Base, HasUid, RowId, choice
from aidnet.places.models import KeyText
from aidnet.responders.models import Sector


class Urgency(StrEnum):
    """How soon it is needed."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"


class NeedState(StrEnum):
    """Where a need stands."""

    OPEN = "open"
    #: A delivery is meant for it.
    COVERED = "covered"
    #: What came was handed out, or somebody said that it is met.
    MET = "met"
    #: It was the same as another.
    JOINED = "joined"
    WITHDRAWN = "withdrawn"


class Need(HasUid, Base):
    """What the people of a place lack, in one sector, as a responder reports it."""

    __tablename__ = "need"
    __table_args__ = (
        sa.CheckConstraint("people IS NULL OR people > 0", name="people_positive"),
        sa.CheckConstraint("(state = 'joined') = (joined_into_id IS NOT NULL)", name="joined_into_one"),
        sa.Index("ix_need_responder_state_heard", "responder_id", "state", "heard_on", "id"),
        sa.Index("ix_need_state_township", "state", "township_id", "sector", "id"),
        sa.Index("ix_need_place_sector", "place_id", "sector", "reported_on"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    #: `N-…`
    code: Mapped[str] = mapped_column(KeyText, index=True)
    responder_id: Mapped[int] = mapped_column(sa.ForeignKey("responder.id"))
    place_id: Mapped[int] = mapped_column(sa.ForeignKey("place.id"))
    #: The responder's own site there; None: the place itself.
    site_id: Mapped[int | None] = mapped_column(sa.ForeignKey("site.id"))
    #: Copied from the place; None above that level.
    township_id: Mapped[int | None] = mapped_column(sa.ForeignKey("place.id"))
    district_id: Mapped[int | None] = mapped_column(sa.ForeignKey("place.id"))
    state_id: Mapped[int | None] = mapped_column(sa.ForeignKey("place.id"))
    sector: Mapped[Sector] = mapped_column(choice(Sector, "sector"))
    urgency: Mapped[Urgency] = mapped_column(choice(Urgency, "urgency"))
    #: How many people lack it; None: not counted.
    people: Mapped[int | None]
    #: In plain words.
    words_sealed: Mapped[bytes | None] = sealed_column()
    words = Sealed()
    reported_on: Mapped[date]
    #: The last day somebody said that it still is so: stale 14 days after.
    heard_on: Mapped[date]
    state: Mapped[NeedState] = mapped_column(choice(NeedState, "state"), default=NeedState.OPEN)
    #: The day it was met, joined or withdrawn; None: it stands.
    ended_on: Mapped[date | None]
    joined_into_id: Mapped[int | None] = mapped_column(RowId, sa.ForeignKey("need.id"))
    recorded_at: Mapped[datetime]
    recorded_by_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id"))
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class NeedLine(Base):
    """An item that is needed, and how much of it."""

    __tablename__ = "need_line"
    __table_args__ = (
        sa.CheckConstraint("quantity_milli IS NULL OR quantity_milli > 0", name="quantity_positive"),
        {"info": {"within": "need"}},
    )

    need_id: Mapped[int] = mapped_column(RowId, sa.ForeignKey("need.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(sa.ForeignKey("item.id"))
    #: In thousandths of `unit`; None: not counted.
    quantity_milli: Mapped[int | None] = mapped_column(sa.BigInteger)
    unit: Mapped[str] = mapped_column(sa.String(16))


class NeedDelivery(Base):
    """A delivery of the same responder that is meant for the need."""

    __tablename__ = "need_delivery"
    __table_args__ = (
        sa.Index("ix_need_delivery_delivery_id", "delivery_id"),
        {"info": {"within": "need"}},
    )

    need_id: Mapped[int] = mapped_column(RowId, sa.ForeignKey("need.id"), primary_key=True)
    delivery_id: Mapped[int] = mapped_column(RowId, sa.ForeignKey("delivery.id"), primary_key=True)
