"""Lists of gifts, from the upload to the gifts that came of it."""

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from aidnet.crypto import Sealed, sealed_column
from aidnet.db import Base, HasUid, choice
from aidnet.funding.models import Channel
from aidnet.ledger.models import known_currency


class BatchState(StrEnum):
    #: Uploaded and looked through; nothing of it is in the books.
    PREVIEW = "preview"
    LOADED = "loaded"
    DISCARDED = "discarded"


class GiftBatch(HasUid, Base):
    """One list of gifts into a fund. Its text is kept, sealed, until it is loaded or discarded."""

    __tablename__ = "gift_batch"
    __table_args__ = (
        sa.CheckConstraint("state = 'preview' OR body_sealed IS NULL", name="body_gone_when_done"),
        known_currency(),
        sa.Index("ix_gift_batch_word", "recorded_at", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    #: `B-…`
    code: Mapped[str] = mapped_column(unique=True)
    fund_id: Mapped[int] = mapped_column(sa.ForeignKey("fund.id"), index=True)
    #: The donor partner all of them came through; None: none.
    donor_id: Mapped[int | None] = mapped_column(sa.ForeignKey("partner.id"))
    #: Of rows that do not say.
    channel: Mapped[Channel] = mapped_column(choice(Channel, "channel"))
    currency: Mapped[str] = mapped_column(sa.CHAR(3))
    body_sealed: Mapped[bytes | None] = sealed_column()
    #: The rows as CSV text, as they were read; their head says what each column is, once somebody said so.
    body = Sealed()
    state: Mapped[BatchState] = mapped_column(choice(BatchState, "state"), default=BatchState.PREVIEW)
    #: How many rows it had, how many of them had faults, and how many were loaded or were there before.
    rows_total: Mapped[int]
    rows_faulty: Mapped[int]
    rows_loaded: Mapped[int] = mapped_column(default=0)
    rows_known: Mapped[int] = mapped_column(default=0)
    recorded_at: Mapped[datetime]
    recorded_by_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id"))
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class GiftBatchRow(Base):
    """A row that was loaded, known again by a keyed digest of what it says: the same list adds nothing twice."""

    __tablename__ = "gift_batch_row"
    __table_args__ = (
        sa.UniqueConstraint("fund_id", "digest"),
        {"info": {"within": "gift_batch"}},
    )

    batch_id: Mapped[int] = mapped_column(sa.ForeignKey("gift_batch.id"), primary_key=True)
    #: As in the list, its head being line 1.
    line: Mapped[int] = mapped_column(primary_key=True)
    fund_id: Mapped[int] = mapped_column(sa.ForeignKey("fund.id"))
    #: Keyed digest of the row's gift, and of how many like it came before in the list.
    digest: Mapped[str] = mapped_column(sa.String(64))
    contribution_id: Mapped[int] = mapped_column(sa.ForeignKey("contribution.id"), unique=True)
