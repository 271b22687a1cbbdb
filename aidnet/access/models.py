"""What keeps aid from getting through, where, since when."""

from datetime import date, datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from aidnet.crypto import Sealed, sealed_column
from aidnet.db import Base, HasUid, RowId, choice
from aidnet.places.models import KeyText


class ConstraintKind(StrEnum):
    """What is in the way."""

    ROAD = "road"
    WATERWAY = "waterway"
    NETWORK_CUT = "network-cut"
    CHECKPOINT = "checkpoint"
    FIGHTING = "fighting"
    AIR_STRIKES = "air-strikes"
    CROSSING_CLOSED = "crossing-closed"
    WEATHER = "weather"


class Ease(StrEnum):
    """How one still gets through."""

    EASY = "easy"
    HARD = "hard"
    NONE = "none"


class SourceKind(StrEnum):
    """Whose word it is; never a name."""

    OWN_TEAM = "own-team"
    CARRIER = "carrier"
    COMMUNITY = "community"
    OTHER_GROUP = "other-group"
    PUBLIC_REPORT = "public-report"


class AccessConstraint(HasUid, Base):
    """Something in the way at a place or a crossing, as a responder reports it."""

    __tablename__ = "access_constraint"
    __table_args__ = (
        sa.CheckConstraint("(place_id IS NULL) <> (crossing_id IS NULL)", name="a_place_or_a_crossing"),
        sa.CheckConstraint("until_on IS NULL OR until_on >= since_on", name="until_after_since"),
        sa.Index("ix_access_constraint_responder_id", "responder_id", "heard_on", "id"),
        sa.Index("ix_access_constraint_township_id", "township_id", "until_on"),
        sa.Index("ix_access_constraint_crossing_id", "crossing_id", "until_on"),
        sa.Index("ix_access_constraint_until_on", "until_on", "heard_on"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    #: `X-…`
    code: Mapped[str] = mapped_column(KeyText, index=True)
    responder_id: Mapped[int] = mapped_column(sa.ForeignKey("responder.id"))
    kind: Mapped[ConstraintKind] = mapped_column(choice(ConstraintKind, "kind"))
    place_id: Mapped[int | None] = mapped_column(sa.ForeignKey("place.id"))
    crossing_id: Mapped[int | None] = mapped_column(sa.ForeignKey("crossing.id"))
    #: Copied from the place, or from where a shipped crossing lies; None above that level, and of a responder's own crossing.
    township_id: Mapped[int | None] = mapped_column(sa.ForeignKey("place.id"))
    district_id: Mapped[int | None] = mapped_column(sa.ForeignKey("place.id"))
    state_id: Mapped[int | None] = mapped_column(sa.ForeignKey("place.id"))
    ease: Mapped[Ease] = mapped_column(choice(Ease, "ease"))
    since_on: Mapped[date]
    #: The last day; None: it stands.
    until_on: Mapped[date | None]
    source_kind: Mapped[SourceKind] = mapped_column(choice(SourceKind, "source_kind"))
    #: The last day somebody said that it still is so: stale 14 days after.
    heard_on: Mapped[date]
    note_sealed: Mapped[bytes | None] = sealed_column()
    note = Sealed()
    #: It was reported by mistake, and never was.
    withdrawn_at: Mapped[datetime | None]
    recorded_at: Mapped[datetime]
    recorded_by_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id"))
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012
