"""What changes accounts: setting the network up, passwords, roles, suspensions, sessions; links are in `invitations` and `joining`."""

from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from aidnet import audit, clock, codes, policy
from aidnet.accounts import devices, names, passwords, sessions, throttle
from aidnet.accounts.invitations import InvitationDraft, Invited, approve, decline, help_out, invite, withdraw
from aidnet.accounts.joining import LinkGone, LinkWaits, accept, best_role, find_user, new_user, recover, take
from aidnet.accounts.models import AccountState, Membership, User, WebSession
from aidnet.crypto import token_hash
from aidnet.errors import AidnetError, Invalid, NotVisible, Stale
from aidnet.i18n import lazy_gettext as _l
from aidnet.network.models import Network
from aidnet.partners.models import Partner, PartnerStatus
from aidnet.policy import OPERATOR, Actor, PartnerKind, Permission, Role, unscoped

__all__ = [
    "InvitationDraft",
    "Invited",
    "LinkGone",
    "LinkWaits",
    "NoRole",
    "Throttled",
    "WrongPassword",
    "accept",
    "approve",
    "change_password",
    "check_password",
    "choose_language",
    "choose_reporting",
    "decline",
    "end_own_session",
    "end_sessions",
    "help_out",
    "invite",
    "new_setup_token",
    "recover",
    "reinstate",
    "reinstate_user",
    "set_up",
    "suspend",
    "suspend_user",
    "switch_role",
    "take",
    "withdraw",
]


class WrongPassword(AidnetError):
    """Name and password do not belong together. Which of them is wrong, nobody is told."""

    status = 422
    code = "wrong-password"
    sentence = _l("Name and password do not match. Please try again.")


class NoRole(AidnetError):
    """The password is right, but no role of this person may be used."""

    status = 422
    code = "no-role"
    sentence = _l("This account cannot be used now. Ask your coordinator, or an admin of the network.")


class Throttled(AidnetError):
    """Too many tries; `wait` says how long the next one must wait."""

    status = 429
    code = "throttled"
    sentence = _l("Too many tries. Please wait a little, then try again.")

    def __init__(self, wait: timedelta) -> None:
        super().__init__()
        self.wait = wait


@dataclass(frozen=True)
class Try:
    """Somebody tries a password: who it may be, from which known browser, and the throttle that counts it."""

    user: User | None
    device_id: int | None
    key: str = field(repr=False)


def begin_try(session: Session, name: str, device_token: str | None) -> Try:
    """Count a try before the password is looked at. Raises: Throttled, and then nothing is counted."""
    name_key = names.fold(name)[: names.MOST * 2]
    user = find_user(session, name_key)
    device_id = devices.known(session, device_token, user.id if user else None)
    key = throttle.key_of_device(device_id) if device_id else throttle.key_of_name(name_key)
    wait = throttle.strike(session, key)
    if wait:
        raise Throttled(wait)
    return Try(user, device_id, key)


def check_password(tried: Try, password: str) -> None:
    """Raises WrongPassword. One hash is computed, whether or not anybody has the name, outside any transaction."""
    kept = tried.user.password_hash if tried.user else None
    if not passwords.verify(kept, password):
        raise WrongPassword


def new_setup_token(session: Session) -> str:
    """The secret of a new one-time link to `/setup`; an older one stops working. Raises: Invalid once the network is set up."""
    network = session.get_one(Network, 1)
    if network.set_up_at is not None:
        raise Invalid(_l("This network is set up already."))
    token = codes.secret_token()
    network.setup_token_hash = token_hash(token)
    session.flush()
    audit.record(session, OPERATOR, "network.setup-link-made", network)
    return token


def awaits_setup(session: Session, token: str) -> bool:
    """Whether `token` is that of the link to /setup, and the link was not used."""
    network = session.get(Network, 1)
    return network is not None and network.set_up_at is None and network.setup_token_hash == token_hash(token)


def set_up(
    session: Session, token: str, *, network_name: str, name: str, password: str, uid: UUID | None = None
) -> tuple[User, Membership, Partner]:
    """Name the network and make its first admin, with the one-time link. Raises: LinkGone, Invalid."""
    network = session.get(Network, 1, with_for_update=True, populate_existing=True)
    if network is None or not awaits_setup(session, token):
        raise LinkGone
    user = new_user(session, name, password, network_name, uid=uid)
    partner = Partner(
        code="",
        kind=PartnerKind.NETWORK,
        code_name=network_name,
        code_name_key=names.fold(network_name),
        status=PartnerStatus.ACTIVE,
        created_at=clock.now(),
    )
    partner.code = codes.code_of("P", partner.uid)
    network.name = network_name
    network.set_up_at = clock.now()
    network.setup_token_hash = None
    session.add(partner)
    session.flush()
    membership = Membership(
        user_id=user.id, partner_id=partner.id, role=Role.ADMIN, created_at=clock.now(), suspended_by_id=None
    )
    session.add(membership)
    session.flush()
    audit.record(session, sessions.actor_of(user, membership, partner), "network.set-up", network)
    return user, membership, partner


def begin_own_try(session: Session, actor: Actor) -> Try:
    """The same for somebody who is signed in and gives the own password again. Raises: Throttled."""
    user = policy.fetch(session, actor, Permission.ACCOUNT_OWN, User, int(actor.user_id or 0))
    key = throttle.key_of_person(user.id)
    wait = throttle.strike(session, key)
    if wait:
        raise Throttled(wait)
    return Try(user, None, key)


def change_password(session: Session, actor: Actor, tried: Try, new: str) -> User:
    """Set a new password, after `check_password`; every other session and every known browser of the person ends.

    Raises: Invalid where it is easily guessed.
    """
    user = policy.fetch(session, actor, Permission.ACCOUNT_OWN, User, int(actor.user_id or 0), lock=True)
    refusal = passwords.weakness(new, user.sign_in_name, actor.partner_name)
    if refusal:
        raise Invalid(refusal, field="new")
    user.password_hash = passwords.hash_password(new)
    throttle.forgive(session, tried.key)
    session.flush()
    sessions.end(session, WebSession.user_id == user.id, WebSession.id != (actor.session_id or 0))
    devices.forget_all(session, user.id)
    audit.record(session, actor, "password.changed", user)
    return user


def choose_language(session: Session, actor: Actor, language: str) -> None:
    """Keep the language for the person."""
    user = policy.fetch(session, actor, Permission.ACCOUNT_OWN, User, int(actor.user_id or 0))
    if user.language != language:
        user.language = language
        session.flush()
        audit.record(session, actor, "account.language-chosen", user, language=language)


def choose_reporting(session: Session, actor: Actor, currency: str) -> None:
    """Keep the currency the person wants figures told in too; the caller knows that the network reports in it."""
    user = policy.fetch(session, actor, Permission.ACCOUNT_OWN, User, int(actor.user_id or 0))
    if user.reporting != currency:
        user.reporting = currency
        session.flush()
        audit.record(session, actor, "account.reporting-chosen", user, currency=currency)


def switch_role(session: Session, actor: Actor, membership_uid: UUID) -> None:
    """Work in another of one's roles from now on, in this session. Raises: NotVisible."""
    because = "a person's own roles, at whichever partner"
    statement = (
        sa.select(Membership.id)
        .join(User, User.id == Membership.user_id)
        .join(Partner, Partner.id == Membership.partner_id)
        .where(Membership.user_id == actor.user_id, Membership.uid == membership_uid, *sessions.usable())
    )
    membership_id = session.scalar(unscoped(statement, because=because))
    if membership_id is None:
        raise NotVisible
    here = sa.update(WebSession).where(WebSession.id == actor.session_id).values(membership_id=membership_id)
    session.execute(unscoped(here, because="the session came with its own token"))


def end_own_session(session: Session, actor: Actor, uid: UUID) -> None:
    """End one of one's own sessions. Raises: NotVisible."""
    rows = policy.visible(actor, Permission.ACCOUNT_OWN, WebSession).where(WebSession.uid == uid)
    found = session.scalars(rows).one_or_none()
    if found is None:
        raise NotVisible
    sessions.end(session, WebSession.id == found.id)


def member(session: Session, actor: Actor, permission: Permission, uid: UUID, *, lock: bool = False) -> Membership:
    """A membership the actor looks after. Raises: NotVisible."""
    rows = policy.visible(actor, permission, Membership).where(Membership.uid == uid)
    if lock:
        rows = rows.with_for_update().execution_options(populate_existing=True)
    found = session.scalars(rows).one_or_none()
    if found is None:
        raise NotVisible
    return found


def suspend(session: Session, actor: Actor, uid: UUID, *, version: int | None = None) -> Membership:
    """Stop a membership from the next request on; account and history stay. Twice is once.

    Raises: NotVisible; Stale; Invalid for one's own.
    """
    row = member(session, actor, Permission.ACCOUNT_SUSPEND, uid, lock=True)
    if row.user_id == actor.user_id:
        raise Invalid(_l("You cannot suspend yourself."))
    if row.state is AccountState.SUSPENDED:
        return row
    if version is not None and row.version != version:
        raise Stale
    row.state, row.suspended_by_id = AccountState.SUSPENDED, actor.user_id
    session.flush()
    ended = sessions.end(session, WebSession.membership_id == row.id)
    audit.record(session, actor, "membership.suspended", row, role=row.role.value, sessions_ended=ended)
    return row


def reinstate(session: Session, actor: Actor, uid: UUID, *, version: int | None = None) -> Membership:
    """Lift the suspension of a membership; a coordinator may for its own loggers. Twice is once. Raises: NotVisible; Stale; Invalid."""
    row = member(session, actor, Permission.ACCOUNT_SUSPEND, uid, lock=True)
    if row.user_id == actor.user_id:
        raise Invalid(_l("You cannot lift your own suspension."))
    if row.state is AccountState.ACTIVE:
        return row
    if version is not None and row.version != version:
        raise Stale
    row.state, row.suspended_by_id = AccountState.ACTIVE, None
    session.flush()
    audit.record(session, actor, "membership.reinstated", row, role=row.role.value)
    return row


def _account(session: Session, actor: Actor, user_id: int, version: int | None) -> User:
    row = policy.fetch(session, actor, Permission.ACCOUNT_SUSPEND, User, user_id, lock=True)
    if row.id == actor.user_id:
        raise Invalid(_l("You cannot suspend yourself."))
    if version is not None and row.version != version:
        raise Stale
    return row


def suspend_user(session: Session, actor: Actor, user_id: int, *, version: int | None = None) -> User:
    """Stop a whole account, whatever its roles, from the next request on. Twice is once. Raises: NotVisible; Stale; Invalid."""
    row = _account(session, actor, user_id, version)
    if row.state is AccountState.ACTIVE:
        row.state = AccountState.SUSPENDED
        session.flush()
        ended = sessions.end(session, WebSession.user_id == row.id)
        audit.record(session, actor, "account.suspended", row, sessions_ended=ended)
    return row


def reinstate_user(session: Session, actor: Actor, user_id: int, *, version: int | None = None) -> User:
    """Let a whole account work again. Twice is once. Raises: NotVisible; Stale; Invalid."""
    row = _account(session, actor, user_id, version)
    if row.state is AccountState.SUSPENDED:
        row.state = AccountState.ACTIVE
        session.flush()
        audit.record(session, actor, "account.reinstated", row)
    return row


def end_sessions(session: Session, actor: Actor, uid: UUID) -> int:
    """Sign a member out everywhere: an admin in all roles, a coordinator in the role it looks after. How many ended. Raises: NotVisible."""
    row = member(session, actor, Permission.ACCOUNT_SUSPEND, uid)
    whose = WebSession.user_id == row.user_id if actor.role is Role.ADMIN else WebSession.membership_id == row.id
    ended = sessions.end(session, whose)
    audit.record(session, actor, "sessions.ended", row, sessions_ended=ended)
    return ended


def begin_session(session: Session, tried: Try) -> tuple[sessions.Opened, Membership, Partner, str | None]:
    """Sign in whoever gave the right password: the session, its role, and the token of this browser's cookie where it is new.

    Raises: NoRole.
    """
    found = best_role(session, tried.user.id) if tried.user else None
    if tried.user is None or found is None:
        raise NoRole
    throttle.forgive(session, tried.key)
    opened = sessions.open_session(session, tried.user, found[0])
    return opened, *found, devices.remember(session, tried.user, tried.device_id)
