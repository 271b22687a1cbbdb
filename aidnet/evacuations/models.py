"""People moved to safety. Numbers only: no table here has room for a name."""

from datetime import date, datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from aidnet.crypto import Sealed, sealed_column
from aidnet.db import Base, HasUid, RowId, choice
from aidnet.deliveries.models import Precision
from aidnet.places.models import KeyText


class EvacuationState(StrEnum):
    """Where it stands, derived from its events."""

    PLANNED = "planned"
    ON_THE_WAY = "on-the-way"
    #: Some arrived, some are still expected.
    PARTLY_ARRIVED = "partly-arrived"
    ALL_SAFE = "all-safe"
    #: Everybody is accounted for, not everybody is safe.
    ENDED = "ended"
    CANCELLED = "cancelled"


class Evacuation(HasUid, Base):
    """One movement of people. From `state` on, the columns are a projection of its events."""

    __tablename__ = "evacuation"
    __table_args__ = (
        sa.Index("ix_evacuation_responder_heard", "responder_id", "last_recorded_at", "id"),
        sa.Index("ix_evacuation_ended_on", "ended_on", "faded_at"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    #: `V-…`
    code: Mapped[str] = mapped_column(KeyText, index=True)
    #: Who leads it.
    responder_id: Mapped[int] = mapped_column(sa.ForeignKey("responder.id"))
    #: Where people leave from, in words; gone once it has faded.
    origin_sealed: Mapped[bytes | None] = sealed_column()
    origin = Sealed()
    #: Where they go: a town, township or district; None: not said.
    destination_id: Mapped[int | None] = mapped_column(sa.ForeignKey("place.id"))
    planned_on: Mapped[date | None]
    note_sealed: Mapped[bytes | None] = sealed_column()
    note = Sealed()
    recorded_at: Mapped[datetime]
    recorded_by_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id"))
    #: Its detail was deleted; the counts stay.
    faded_at: Mapped[datetime | None]

    state: Mapped[EvacuationState] = mapped_column(choice(EvacuationState, "state"))
    #: Who set out; who arrived safe; who is known to have come to harm or turned back.
    people_out: Mapped[int] = mapped_column(default=0)
    people_safe: Mapped[int] = mapped_column(default=0)
    people_other: Mapped[int] = mapped_column(default=0)
    vehicles: Mapped[int] = mapped_column(default=0)
    first_on: Mapped[date]
    last_on: Mapped[date]
    #: The day it ended; None: not yet. When detail fades is in `fading.py`.
    ended_on: Mapped[date | None]
    last_recorded_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class EvacuationGroup(Base):
    """Another responder that works on it together with the one that leads; it sees what its own people need."""

    __tablename__ = "evacuation_group"
    __table_args__ = ({"info": {"within": "evacuation"}},)

    evacuation_id: Mapped[int] = mapped_column(RowId, sa.ForeignKey("evacuation.id"), primary_key=True)
    responder_id: Mapped[int] = mapped_column(sa.ForeignKey("responder.id"), primary_key=True, index=True)


class EvacuationEventKind(StrEnum):
    """What can be reported of an evacuation."""

    PLANNED = "planned"
    DEPARTED = "departed"
    #: Counted on the way.
    COUNTED = "counted"
    INCIDENT = "incident"
    ARRIVED = "arrived"
    TURNED_BACK = "turned-back"
    CANCELLED = "cancelled"
    CORRECTED = "corrected"


class Band(StrEnum):
    """Head counts by band."""

    ADULTS = "adults"
    CHILDREN = "children"
    OLDER = "older"
    REDUCED_MOBILITY = "reduced-mobility"
    #: Nobody said which.
    NOT_SAID = "not-said"


class EvacuationEvent(HasUid, Base):
    """Something that happened. Never changed: a mistake is corrected by an event that names it."""

    __tablename__ = "evacuation_event"
    __table_args__ = (
        sa.CheckConstraint("(kind = 'corrected') = (corrects_id IS NOT NULL)", name="a_correction_names_one"),
        sa.CheckConstraint("vehicles IS NULL OR vehicles >= 0", name="vehicles_not_negative"),
        sa.Index("ix_evacuation_event_evacuation_id_id", "evacuation_id", "id"),
        {"info": {"within": "evacuation", "append_only": True}},
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    evacuation_id: Mapped[int] = mapped_column(RowId, sa.ForeignKey("evacuation.id"))
    kind: Mapped[EvacuationEventKind] = mapped_column(choice(EvacuationEventKind, "kind"))
    corrects_id: Mapped[int | None] = mapped_column(RowId, sa.ForeignKey("evacuation_event.id"), index=True)
    void: Mapped[bool] = mapped_column(default=False)
    happened_on: Mapped[date]
    precision: Mapped[Precision] = mapped_column(choice(Precision, "precision"), default=Precision.DAY)
    vehicles: Mapped[int | None]
    recorded_at: Mapped[datetime]
    recorded_by_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id"))
    #: The group whose people say it.
    said_by_id: Mapped[int] = mapped_column(sa.ForeignKey("responder.id"))
    #: Salted digest of the private side; None: it has none.
    private_digest: Mapped[str | None] = mapped_column(sa.String(64))


class EvacuationCount(Base):
    """Heads of a band, at an event."""

    __tablename__ = "evacuation_count"
    __table_args__ = (
        sa.CheckConstraint("people >= 0", name="people_not_negative"),
        {"info": {"within": "evacuation", "append_only": True}},
    )

    event_id: Mapped[int] = mapped_column(RowId, sa.ForeignKey("evacuation_event.id"), primary_key=True)
    band: Mapped[Band] = mapped_column(choice(Band, "band"), primary_key=True)
    people: Mapped[int]


class EvacuationPrivate(HasUid, Base):
    """The private side of an event: where, and what else. It fades; the event and its counts stay."""

    __tablename__ = "evacuation_private"
    __table_args__ = ({"info": {"within": "evacuation"}},)

    event_id: Mapped[int] = mapped_column(
        RowId, sa.ForeignKey("evacuation_event.id"), primary_key=True, autoincrement=False
    )
    #: Random, so that the digest in the event says nothing once this row is gone.
    salt: Mapped[str] = mapped_column(sa.String(32))
    place_sealed: Mapped[bytes | None] = sealed_column()
    place = Sealed()
    note_sealed: Mapped[bytes | None] = sealed_column()
    note = Sealed()
