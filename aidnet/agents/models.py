"""Agents by alias, how much each may carry at once, and what each was handed."""

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from aidnet.crypto import Sealed, sealed_column
from aidnet.db import Base, HasUid, choice


class AgentState(StrEnum):
    ACTIVE = "active"
    #: Nothing more is sent through this one.
    CLOSED = "closed"


class Agent(HasUid, Base):
    """Who moves money outside banks, under an alias that only treasurers see."""

    __tablename__ = "agent"

    id: Mapped[int] = mapped_column(primary_key=True)
    #: `A-…`
    code: Mapped[str] = mapped_column(unique=True)
    alias_sealed: Mapped[bytes | None] = sealed_column()
    alias = Sealed()
    #: Keyed blind index of `alias`: one alias, one agent.
    alias_index: Mapped[str] = mapped_column(sa.String(64), unique=True)
    note_sealed: Mapped[bytes | None] = sealed_column()
    note = Sealed()
    state: Mapped[AgentState] = mapped_column(choice(AgentState, "state"), default=AgentState.ACTIVE)
    created_at: Mapped[datetime]
    created_by_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id"))
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class AgentLimit(Base):
    """How much of a currency an agent should have on its way at once. More is warned of, never refused."""

    __tablename__ = "agent_limit"
    __table_args__ = (
        sa.CheckConstraint("limit_minor > 0", name="positive"),
        {"info": {"within": "agent"}},
    )

    agent_id: Mapped[int] = mapped_column(sa.ForeignKey("agent.id"), primary_key=True)
    currency: Mapped[str] = mapped_column(sa.CHAR(3), primary_key=True)
    limit_minor: Mapped[int] = mapped_column(sa.BigInteger)


class AgentBalance(Base):
    """Running totals of an agent: what it was handed, and what of that arrived, was its fee or was repaid; the rest is with it."""

    __tablename__ = "agent_balance"
    __table_args__ = ({"info": {"within": "agent"}},)

    agent_id: Mapped[int] = mapped_column(sa.ForeignKey("agent.id"), primary_key=True)
    #: As it was handed over.
    currency: Mapped[str] = mapped_column(sa.CHAR(3), primary_key=True)
    handed_minor: Mapped[int] = mapped_column(sa.BigInteger)
    settled_minor: Mapped[int] = mapped_column(sa.BigInteger)
    #: Reported lost with it and not repaid. No part of what is on its way.
    lost_minor: Mapped[int] = mapped_column(sa.BigInteger)
