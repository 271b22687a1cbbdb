"""What a plan is made of: legs, kits; and the ways in which people narrow their lists."""

from datetime import date, datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from aidnet.crypto import Sealed, sealed_column
from aidnet.db import Base, HasUid, RowId, choice
from aidnet.deliveries.models import WITHIN


class Mode(StrEnum):
    """How a leg is travelled."""

    TRUCK = "truck"
    MOTORBIKE = "motorbike"
    BOAT = "boat"
    PORTER = "porter"


class DeliveryLeg(HasUid, Base):
    """A part of the way, as planned."""

    __tablename__ = "delivery_leg"
    __table_args__ = (
        sa.UniqueConstraint("delivery_id", "number"),
        {"info": WITHIN},
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    delivery_id: Mapped[int] = mapped_column(RowId, sa.ForeignKey("delivery.id"))
    number: Mapped[int]
    mode: Mapped[Mode] = mapped_column(choice(Mode, "mode"))
    #: Where it passes the border; None: it does not.
    crossing_id: Mapped[int | None] = mapped_column(sa.ForeignKey("crossing.id"))
    #: The day it should end.
    expected_on: Mapped[date | None]
    carrier_sealed: Mapped[bytes | None] = sealed_column()
    #: By alias.
    carrier = Sealed()


class Kit(HasUid, Base):
    """Several items that a responder gives together: a line of a plan expands to them."""

    __tablename__ = "kit"
    __table_args__ = (sa.UniqueConstraint("responder_id", "name_key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    responder_id: Mapped[int] = mapped_column(sa.ForeignKey("responder.id"))
    name: Mapped[str]
    #: `name` folded.
    name_key: Mapped[str]
    created_at: Mapped[datetime]
    #: None: in use.
    closed_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class KitItem(Base):
    """An item of a kit, and how much of it is in one."""

    __tablename__ = "kit_item"
    __table_args__ = (
        sa.CheckConstraint("quantity_milli > 0", name="quantity_positive"),
        {"info": {"within": "kit"}},
    )

    kit_id: Mapped[int] = mapped_column(sa.ForeignKey("kit.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(sa.ForeignKey("item.id"))
    quantity_milli: Mapped[int] = mapped_column(sa.BigInteger)
    unit: Mapped[str] = mapped_column(sa.String(16))


class SavedFilter(HasUid, Base):
    """A person's own way of narrowing the list of deliveries, by name."""

    __tablename__ = "saved_filter"
    __table_args__ = (
        sa.UniqueConstraint("user_id", "partner_id", "name"),
        {"info": {"operational": True}},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id"))
    partner_id: Mapped[int] = mapped_column(sa.ForeignKey("partner.id"))
    name: Mapped[str]
    #: Of the list's address, such as "state=open&item=rice".
    query: Mapped[str]
    created_at: Mapped[datetime]
