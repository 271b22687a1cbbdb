"""The one row that says which network this database belongs to."""

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from aidnet.db import Base, choice


class NetworkKind(StrEnum):
    """Whether people's safety hangs on what is in here."""

    REAL = "real"
    DEMO = "demo"


class Network(Base):
    """This database's network. There is one row, made when the database is."""

    __tablename__ = "network"
    __table_args__ = (
        sa.CheckConstraint("id = 1", name="one_row"),
        sa.CheckConstraint("release_delay_days >= 14", name="release_delay_only_longer"),
        {"info": {"reference": True}},
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[NetworkKind] = mapped_column(choice(NetworkKind, "kind"))
    #: Empty until set up.
    name: Mapped[str] = mapped_column(default="")
    #: When the first admin set the network up; None before.
    set_up_at: Mapped[datetime | None]
    #: Hash of the one-time link to /setup; None once used.
    setup_token_hash: Mapped[str | None]
    #: Whether anybody may read, without an account, what partners published for anybody.
    public_page: Mapped[bool] = mapped_column(default=False)
    #: Days after a month's end before its results may be released. The floor is 14; settings only tighten.
    release_delay_days: Mapped[int] = mapped_column(default=14)
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012
