"""The audit chain."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from aidnet.db import Base, RowId


class AuditEntry(Base):
    """Who did what, when; appended in the transaction of the change, chained by hash.

    It holds no private value: `detail` carries codes, states and counts that auditors may read.
    """

    __tablename__ = "audit_entry"
    __table_args__ = (
        sa.Index("ix_audit_entry_action_id", "action", "id"),
        sa.Index("ix_audit_entry_entity_id", "entity", "id"),
        {"info": {"append_only": True, "audit": True}},
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    #: None: the machine's operator, in a command.
    user_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id"), index=True)
    #: The role and partner the person acted in; None: the operator.
    role: Mapped[str | None] = mapped_column(sa.String(16))
    partner_id: Mapped[int | None] = mapped_column(sa.ForeignKey("partner.id"))
    #: `thing.done`
    action: Mapped[str] = mapped_column(sa.String(48))
    #: Table and row it happened to.
    entity: Mapped[str] = mapped_column(sa.String(32))
    entity_id: Mapped[int] = mapped_column(RowId)
    #: A salted digest of the row as it is now: proof without content.
    digest: Mapped[str] = mapped_column(sa.String(64))
    #: Canonical JSON of public facts; "{}" where there are none.
    detail: Mapped[str]
    previous_hash: Mapped[str] = mapped_column(sa.String(64))
    hash: Mapped[str] = mapped_column(sa.String(64), unique=True)


class AuditHead(Base):
    """The newest link of the chain: locked while the next is added."""

    __tablename__ = "audit_head"
    __table_args__ = (sa.CheckConstraint("id = 1", name="one_row"), {"info": {"audit": True}})

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    count: Mapped[int] = mapped_column(sa.BigInteger)
    hash: Mapped[str] = mapped_column(sa.String(64))
