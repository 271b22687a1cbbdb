"""Photos of receipts and hand-outs."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from aidnet.crypto import Sealed, sealed_column
from aidnet.db import Base, HasUid, RowId


class Photo(HasUid, Base):
    """A picture made anew from its pixels, sealed. It belongs to the responder, and to one expense or one hand-out."""

    __tablename__ = "photo"
    __table_args__ = (
        sa.CheckConstraint("width > 0 AND height > 0", name="has_size"),
        sa.CheckConstraint("(expense_id IS NULL) <> (event_id IS NULL)", name="of_one_thing"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    #: `P-…`
    code: Mapped[str] = mapped_column(unique=True)
    #: None: the network's own.
    responder_id: Mapped[int | None] = mapped_column(sa.ForeignKey("responder.id"), index=True)
    expense_id: Mapped[int | None] = mapped_column(sa.ForeignKey("expense.id"), index=True)
    #: A hand-out.
    event_id: Mapped[int | None] = mapped_column(RowId, sa.ForeignKey("delivery_event.id"), index=True)
    #: In pixels.
    width: Mapped[int]
    height: Mapped[int]
    picture_sealed: Mapped[bytes | None] = sealed_column()
    #: A JPEG of at most 200 kB, in base64. None: taken away.
    picture = Sealed()
    recorded_at: Mapped[datetime]
    recorded_by_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id"))
    #: None: it is there.
    removed_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012
