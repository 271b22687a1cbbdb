"""Users, memberships, sessions, invitations, throttles."""

from datetime import date, datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from aidnet.crypto import Sealed, sealed_column
from aidnet.db import Base, HasUid, choice
from aidnet.roles import Role


class AccountState(StrEnum):
    """Whether somebody may sign in, or a membership may be used."""

    ACTIVE = "active"
    SUSPENDED = "suspended"


class User(HasUid, Base):
    """A person who signs in, under a name the person chose."""

    __tablename__ = "user"

    id: Mapped[int] = mapped_column(primary_key=True)
    #: A pseudonym.
    sign_in_name: Mapped[str]
    #: The name folded (case, spaces, Unicode form): no two people share one.
    name_key: Mapped[str] = mapped_column(unique=True)
    #: argon2id. None while a helping link waits to be used.
    password_hash: Mapped[str | None]
    state: Mapped[AccountState] = mapped_column(choice(AccountState, "state"), default=AccountState.ACTIVE)
    #: The person's own choice; None: what the browser asks for.
    language: Mapped[str | None] = mapped_column(sa.String(3))
    #: Figures are also told in this; None: the network's first.
    reporting: Mapped[str | None] = mapped_column(sa.CHAR(3))
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class Membership(HasUid, Base):
    """A role a person holds in a partner."""

    __tablename__ = "membership"
    __table_args__ = (sa.UniqueConstraint("user_id", "partner_id", "role"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id"))
    partner_id: Mapped[int] = mapped_column(sa.ForeignKey("partner.id"), index=True)
    role: Mapped[Role] = mapped_column(choice(Role, "role"))
    state: Mapped[AccountState] = mapped_column(choice(AccountState, "state"), default=AccountState.ACTIVE)
    #: Who suspended it last: a coordinator lifts only what a coordinator of the same responder laid. None: nobody.
    suspended_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id"))
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class InvitationPurpose(StrEnum):
    """What a link is for."""

    #: Somebody new joins a partner in a role; or somebody with an account gains a role.
    JOIN = "join"
    #: Somebody who is stuck sets a new password; account and history stay.
    HELP = "help"


class ApprovalNeed(StrEnum):
    """Whose word a link needs before it works (design.md, Roles)."""

    NONE = "none"
    #: Any other admin, treasurer or auditor; where nobody else exists, 24 hours.
    SECOND_PERSON = "second-person"
    #: A coordinator of that responder (never the person invited).
    RESPONDER = "responder"
    #: A coordinator of that responder, or 24 hours.
    RESPONDER_OR_WAIT = "responder-or-wait"


class Invitation(HasUid, Base):
    """A single-use link. Opening it spends nothing; submitting the form behind it does."""

    __tablename__ = "invitation"
    __table_args__ = (
        sa.CheckConstraint("(purpose = 'help') = (user_id IS NOT NULL)", name="help_is_for_someone"),
        sa.CheckConstraint("approved_by_id IS NULL OR approved_by_id <> created_by_id", name="two_people"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    purpose: Mapped[InvitationPurpose] = mapped_column(choice(InvitationPurpose, "purpose"))
    partner_id: Mapped[int] = mapped_column(sa.ForeignKey("partner.id"), index=True)
    role: Mapped[Role] = mapped_column(choice(Role, "role"))
    #: Who is helped; None when somebody joins.
    user_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id"))
    #: A word that reminds the inviter whom the link was for; private.
    label_sealed: Mapped[bytes | None] = sealed_column()
    label = Sealed()
    #: None: made on the command line by the machine's operator.
    created_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id"))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    approval: Mapped[ApprovalNeed] = mapped_column(choice(ApprovalNeed, "approval"), default=ApprovalNeed.NONE)
    approved_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id"))
    approved_at: Mapped[datetime | None]
    #: When the wait is over and the link works without a second person; None: no wait would do.
    opens_at: Mapped[datetime | None]
    used_at: Mapped[datetime | None]
    used_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id"))
    withdrawn_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class WebSession(HasUid, Base):
    """One browser signed in by one person, in one active role. No address, no browser name."""

    __tablename__ = "web_session"
    __table_args__ = ({"info": {"operational": True}},)

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id"), index=True)
    membership_id: Mapped[int] = mapped_column(sa.ForeignKey("membership.id"))
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    #: Absolute end, whatever happens.
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class Presence(Base):
    """The day a person was last here; apart from the person, so that a visit is no audited change."""

    __tablename__ = "presence"
    __table_args__ = ({"info": {"operational": True, "within": "user"}},)

    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id"), primary_key=True, autoincrement=False)
    last_seen_on: Mapped[date]


class Device(HasUid, Base):
    """A browser in which somebody signed in before: it has a throttle of its own, so that strangers cannot lock it out."""

    __tablename__ = "device"
    __table_args__ = ({"info": {"operational": True}},)

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id"), index=True)
    last_used_on: Mapped[date]


class Throttle(Base):
    """How often something failed lately, under a key that is a keyed hash (a sign-in name, a device)."""

    __tablename__ = "throttle"
    __table_args__ = ({"info": {"operational": True}},)

    key: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    failures: Mapped[int]
    last_failure_at: Mapped[datetime]
