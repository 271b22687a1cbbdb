"""Using a link: what it says before it is spent, joining with it, and coming back in when stuck."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from aidnet import audit, clock, policy
from aidnet.accounts import agreement, devices, names, passwords, sessions
from aidnet.accounts.agreement import Need
from aidnet.accounts.models import (
    AccountState,
    ApprovalNeed,
    Invitation,
    InvitationPurpose,
    Membership,
    User,
    WebSession,
)
from aidnet.crypto import token_hash
from aidnet.db import insert_once
from aidnet.errors import AidnetError, Invalid
from aidnet.i18n import lazy_gettext as _l
from aidnet.partners.models import Partner, PartnerStatus
from aidnet.policy import Actor, Permission, Role, unscoped

_BECAUSE = "whoever holds a link is nobody yet"
_TAKEN = _l("Somebody has this name already. Choose another.")


class LinkGone(AidnetError):
    """The link is unknown, used, withdrawn or too old. Which of these, a stranger is not told."""

    status = 410
    code = "link-gone"
    sentence = _l("This link does not work any more. A link works once, for seven days. Ask whoever sent it for a new one.")


class LinkWaits(AidnetError):
    """The link works later: somebody else must agree first, or a wait must pass."""

    status = 409
    code = "link-waits"
    sentence = _l("This link does not work yet: somebody else must agree to it first. Keep it, and try again later.")


@dataclass(frozen=True)
class Offer:
    """What a link tells whoever holds it, before anybody is anybody."""

    #: The code name of the partner that invites.
    partner: str
    role: Role
    until: datetime
    #: The sign-in name of who is helped; None when somebody joins.
    name: str | None
    waits: Need


@dataclass(frozen=True)
class Link:
    """An open link. `waits` says for whom it waits still."""

    invitation: Invitation
    partner: Partner
    #: Who is helped; None when somebody joins.
    user: User | None
    waits: Need

    @property
    def offer(self) -> Offer:
        """What its page shows: the holder of a link is no audience of the matrix, and learns these facts alone."""
        name = self.user.sign_in_name if self.user else None
        return Offer(self.partner.code_name, self.invitation.role, self.invitation.expires_at, name, self.waits)


@dataclass(frozen=True)
class Joined:
    """Somebody who may sign in now, and the role to begin in (None: none that works)."""

    user: User
    membership: Membership | None
    partner: Partner


def find_user(session: Session, name_key: str) -> User | None:
    """The person with this folded name."""
    statement = sa.select(User).where(User.name_key == name_key)
    return session.scalars(unscoped(statement, because="a name is shown before anybody is anybody")).one_or_none()


def look_at(session: Session, token: str, *, lock: bool = False) -> Link:
    """What a link is for, without spending it. Raises: LinkGone."""
    statement = (
        sa.select(Invitation, Partner, User)
        .join(Partner, Partner.id == Invitation.partner_id)
        .outerjoin(User, User.id == Invitation.user_id)
        .where(Invitation.token_hash == token_hash(token))
    )
    if lock:
        statement = statement.with_for_update(of=Invitation).execution_options(populate_existing=True)
    found = session.execute(unscoped(statement, because=_BECAUSE)).one_or_none()
    if found is None:
        raise LinkGone
    invitation, partner, user = found
    ended = invitation.used_at or invitation.withdrawn_at or clock.now() >= invitation.expires_at
    shut = not agreement.is_open(partner) or (user is not None and user.state is AccountState.SUSPENDED)
    if ended or shut or agreement.is_stale(session, invitation):
        raise LinkGone
    return Link(invitation, partner, user, agreement.waits_for(session, invitation))


def _ready(session: Session, token: str, purpose: InvitationPurpose) -> Link:
    link = look_at(session, token, lock=True)
    if link.waits.approval is not ApprovalNeed.NONE:
        raise LinkWaits
    if link.invitation.purpose is not purpose:
        raise LinkGone
    return link


def was_made(session: Session, uid: UUID) -> bool:
    """Whether the account `uid` is there already: the form that makes it was sent twice."""
    statement = sa.select(User.id).where(User.uid == uid)
    return session.scalar(unscoped(statement, because=_BECAUSE)) is not None


def was_taken(session: Session, token: str, actor: Actor) -> bool:
    """Whether the actor is who used this link: the button was pressed twice."""
    statement = sa.select(Invitation.id).where(
        Invitation.token_hash == token_hash(token), Invitation.used_by_id == actor.user_id
    )
    return session.scalar(unscoped(statement, because=_BECAUSE)) is not None


def accept(session: Session, token: str, name: str, password: str, *, uid: UUID | None = None) -> Joined:
    """Make an account with a link to join, and spend the link.

    Raises:
        LinkGone, LinkWaits: the link does not work, or not yet.
        Invalid: the name is taken or unfit, or the password is easily guessed.
    """
    link = _ready(session, token, InvitationPurpose.JOIN)
    user = new_user(session, name, password, link.partner.code_name, uid=uid)
    return _join(session, link, user, "membership.begun")


def new_user(session: Session, name: str, password: str, *words: str, uid: UUID | None = None) -> User:
    """An account without a role yet. Raises: Invalid."""
    chosen = names.checked(name)
    refusal = passwords.weakness(password, chosen, *words)
    if refusal:
        raise Invalid(refusal, field="password")
    key = names.fold(chosen)
    if find_user(session, key) is not None:
        raise Invalid(_TAKEN, field="name")
    user = User(
        uid=uid,
        sign_in_name=chosen,
        name_key=key,
        password_hash=passwords.hash_password(password),
        state=AccountState.ACTIVE,
        language=None,
        reporting=None,
        created_at=clock.now(),
        version=1,
    )
    if not insert_once(session, user, by="name_key"):
        raise Invalid(_TAKEN, field="name")
    return user


def take(session: Session, actor: Actor, token: str) -> Joined:
    """Add the role of a link to join to the account that is signed in, and spend the link.

    Raises:
        LinkGone, LinkWaits: the link does not work, or not yet.
        Invalid: the person holds this role already, or agreed to the link.
    """
    link = _ready(session, token, InvitationPurpose.JOIN)
    user = policy.fetch(session, actor, Permission.ACCOUNT_OWN, User, int(actor.user_id or 0))
    if link.invitation.approved_by_id == user.id:
        raise Invalid(_l("You agreed to this link, so you cannot use it yourself."))
    held = agreement.roles_of(session, user.id)
    if any(one.partner_id == link.partner.id and one.role is link.invitation.role for one in held):
        raise Invalid(_l("You have this role already. The link was not spent."))
    return _join(session, link, user, "membership.added")


def _join(session: Session, link: Link, user: User, action: str) -> Joined:
    now = clock.now()
    row = link.invitation
    membership = Membership(
        user_id=user.id, partner_id=link.partner.id, role=row.role, created_at=now, suspended_by_id=None
    )
    session.add(membership)
    row.used_at, row.used_by_id = now, user.id
    if link.partner.status is PartnerStatus.INVITED:
        link.partner.status = PartnerStatus.ACTIVE
    session.flush()
    audit.record(
        session,
        sessions.actor_of(user, membership, link.partner),
        action,
        membership,
        partner=link.partner.code,
        role=row.role.value,
        one_person=went_alone(row),
    )
    return Joined(user, membership, link.partner)


def went_alone(row: Invitation) -> bool:
    """Whether a link that should have had a second person's word went through on the wait alone."""
    return row.approval is not ApprovalNeed.NONE and row.used_at is not None and row.approved_at is None


def recover(session: Session, token: str, password: str) -> Joined:
    """Set a new password with a link to help, and spend the link: every session and known browser of the person ends.

    Raises:
        LinkGone, LinkWaits: the link does not work, or not yet.
        Invalid: the password is easily guessed.
    """
    link = _ready(session, token, InvitationPurpose.HELP)
    user, row = link.user, link.invitation
    assert user is not None  # noqa: S101 (the table's constraint)
    refusal = passwords.weakness(password, user.sign_in_name, link.partner.code_name)
    if refusal:
        raise Invalid(refusal, field="password")
    user.password_hash = passwords.hash_password(password)
    row.used_at, row.used_by_id = clock.now(), user.id
    sessions.end(session, WebSession.user_id == user.id)
    devices.forget_all(session, user.id)
    session.flush()
    found = best_role(session, user.id)
    membership = found[0] if found else None
    partner = found[1] if found else link.partner
    actor = sessions.actor_of(user, membership, partner) if membership else Actor(user_id=user.id)
    audit.record(session, actor, "password.recovered", user, one_person=went_alone(row))
    return Joined(user, membership, partner)


def best_role(session: Session, user_id: int) -> tuple[Membership, Partner] | None:
    """The role to begin in: the one worked in last, else the first; None where none may be used."""
    last = (
        sa.select(sa.func.max(WebSession.id))
        .where(WebSession.membership_id == Membership.id)
        .scalar_subquery()
    )
    statement = (
        sa.select(Membership, Partner)
        .join(User, User.id == Membership.user_id)
        .join(Partner, Partner.id == Membership.partner_id)
        .where(Membership.user_id == user_id, *sessions.usable())
        .order_by(sa.func.coalesce(last, 0).desc(), Membership.id)
        .limit(1)
    )
    found = session.execute(unscoped(statement, because=_BECAUSE)).first()
    return (found[0], found[1]) if found else None
