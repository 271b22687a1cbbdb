"""Hand-overs as both sides find them, and where the goods of a line come from."""

from datetime import date
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from aidnet.db import Base, HasUid, RowId, choice
from aidnet.deliveries.models import WITHIN
from aidnet.places.models import KeyText


class HandoverState(StrEnum):
    """What both sides of a hand-over say; derived."""

    #: Only the giver said it.
    OPEN = "open"
    ACCEPTED = "accepted"
    SHORT = "short"
    SURPLUS = "surplus"
    REFUSED = "refused"
    #: The giver took it back: it did not happen.
    VOID = "void"


class Handover(HasUid, Base):
    """A hand-over as both sides may find it: a projection of its event and of the answers to it.

    Its `uid` is the event's, so that both sides know it by one code.
    """

    __tablename__ = "handover"
    __table_args__ = (
        sa.Index("ix_handover_from_state", "from_responder_id", "state", "given_on", "id"),
        sa.Index("ix_handover_to_state", "to_responder_id", "state", "given_on", "id"),
        sa.Index("ix_handover_owner_state", "owner_id", "state", "given_on", "id"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    #: `H-…`
    code: Mapped[str] = mapped_column(KeyText, index=True)
    delivery_id: Mapped[int] = mapped_column(RowId, sa.ForeignKey("delivery.id"), index=True)
    event_id: Mapped[int] = mapped_column(RowId, sa.ForeignKey("delivery_event.id"), unique=True)
    #: Whose delivery it is.
    owner_id: Mapped[int] = mapped_column(sa.ForeignKey("responder.id"))
    #: None: somebody outside.
    from_responder_id: Mapped[int | None] = mapped_column(sa.ForeignKey("responder.id"))
    to_responder_id: Mapped[int | None] = mapped_column(sa.ForeignKey("responder.id"))
    state: Mapped[HandoverState] = mapped_column(choice(HandoverState, "state"))
    given_on: Mapped[date]
    #: None: nobody answered.
    answered_on: Mapped[date | None]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class LineOrigin(Base):
    """Where the goods of a line come from: another delivery's line, by a hand-over or a move. Every unit keeps its origin."""

    __tablename__ = "line_origin"
    __table_args__ = (
        sa.CheckConstraint("quantity_milli > 0", name="quantity_positive"),
        sa.Index("ix_line_origin_from_line_id", "from_line_id"),
        {"info": WITHIN | {"append_only": True}},
    )

    line_id: Mapped[int] = mapped_column(RowId, sa.ForeignKey("delivery_line.id"), primary_key=True)
    from_line_id: Mapped[int] = mapped_column(RowId, sa.ForeignKey("delivery_line.id"), primary_key=True)
    #: The hand-over or move that brought it.
    event_id: Mapped[int] = mapped_column(RowId, sa.ForeignKey("delivery_event.id"), primary_key=True)
    quantity_milli: Mapped[int] = mapped_column(sa.BigInteger)
