"""Partners."""

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from aidnet.crypto import Sealed, sealed_column
from aidnet.db import Base, HasUid, choice
from aidnet.roles import PartnerKind


class PartnerStatus(StrEnum):
    """A partner's way through the network."""

    INVITED = "invited"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    LEFT = "left"


class Partner(HasUid, Base):
    """Any organization with accounts. Others know it by its code name; its own name is private."""

    __tablename__ = "partner"
    __table_args__ = (sa.UniqueConstraint("id", "kind"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    #: What people type and URLs carry (`P-…`).
    code: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[PartnerKind] = mapped_column(choice(PartnerKind, "kind"))
    #: Such as "S-07": unique, says nothing about who or where.
    code_name: Mapped[str]
    code_name_key: Mapped[str] = mapped_column(unique=True)
    own_name_sealed: Mapped[bytes | None] = sealed_column()
    own_name = Sealed()
    status: Mapped[PartnerStatus] = mapped_column(choice(PartnerStatus, "status"), default=PartnerStatus.INVITED)
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012
