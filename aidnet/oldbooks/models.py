"""A group's own spreadsheet of deliveries, and which of its rows became deliveries."""

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from aidnet.crypto import Sealed, sealed_column
from aidnet.db import Base, HasUid, RowId, choice


class OldBookState(StrEnum):
    """Where a spreadsheet stands."""

    PREVIEW = "preview"
    LOADED = "loaded"
    DISCARDED = "discarded"


class OldBook(HasUid, Base):
    """A spreadsheet of deliveries, kept sealed until it is loaded or discarded."""

    __tablename__ = "old_book"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    #: `O-…`
    code: Mapped[str] = mapped_column(unique=True)
    responder_id: Mapped[int] = mapped_column(sa.ForeignKey("responder.id"), index=True)
    #: The rows, as JSON; None: loaded or discarded.
    body_sealed: Mapped[bytes | None] = sealed_column()
    body = Sealed()
    #: What the person said its columns, places and items are, as JSON.
    answers_sealed: Mapped[bytes | None] = sealed_column()
    answers = Sealed()
    state: Mapped[OldBookState] = mapped_column(choice(OldBookState, "state"), default=OldBookState.PREVIEW)
    rows_total: Mapped[int]
    rows_faulty: Mapped[int]
    #: None: not loaded.
    rows_loaded: Mapped[int | None]
    rows_known: Mapped[int | None]
    recorded_at: Mapped[datetime]
    recorded_by_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id"))
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class OldBookRow(Base):
    """A row that became a delivery, or a line of one: known again by a keyed digest of what it says."""

    __tablename__ = "old_book_row"
    __table_args__ = (
        sa.UniqueConstraint("responder_id", "digest"),
        {"info": {"within": "old_book"}},
    )

    book_id: Mapped[int] = mapped_column(RowId, sa.ForeignKey("old_book.id"), primary_key=True)
    #: As in the file, from 1.
    line: Mapped[int] = mapped_column(primary_key=True)
    responder_id: Mapped[int] = mapped_column(sa.ForeignKey("responder.id"))
    digest: Mapped[str] = mapped_column(sa.String(64))
    delivery_id: Mapped[int] = mapped_column(RowId, sa.ForeignKey("delivery.id"), index=True)
