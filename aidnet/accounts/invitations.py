"""Single-use links: to join in a role, or to set a new password when stuck. Opening one spends nothing; submitting does."""

from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from aidnet import audit, clock, codes, policy
from aidnet.accounts import agreement, names
from aidnet.accounts.agreement import Need
from aidnet.accounts.joining import find_user
from aidnet.accounts.models import AccountState, ApprovalNeed, Invitation, InvitationPurpose, Membership, User
from aidnet.crypto import keyring, token_hash
from aidnet.db import insert_once
from aidnet.errors import Invalid, NotVisible, Refused
from aidnet.i18n import lazy_gettext as _l
from aidnet.partners.models import Partner
from aidnet.policy import OPERATOR, ROLES_OF_KIND, Actor, Permission, Role, unscoped

#: How long a link works.
LIFETIME = timedelta(days=7)


@dataclass(frozen=True)
class InvitationDraft:
    """Whom to invite: into `partner_id` as `role`. `label` reminds the inviter whom the link is for. `token` is the link's secret."""

    partner_id: int
    role: Role
    label: str = ""
    uid: UUID | None = None
    token: str = field(default_factory=codes.secret_token, repr=False)
    #: An older link that this one takes the place of; it stops working.
    replaces: UUID | None = None


@dataclass(frozen=True)
class Invited:
    """A link that was made, and its secret, told once."""

    invitation: Invitation
    token: str = field(repr=False)


def token_of(actor: Actor, uid: UUID) -> str:
    """The secret of the link that this form makes in this sign-in: a double click makes and shows the same one.

    Nothing that the database and the keys hold gives it again: it takes the browser's own session too.
    """
    if not actor.session_token:
        return codes.secret_token()
    return keyring().blind("link", f"{actor.session_token}:{uid}")


def _keep(session: Session, link: Invitation) -> bool:
    """Write a new link down; False where this very form made it before."""
    taken = sa.select(Invitation.uid).where(Invitation.token_hash == link.token_hash)
    before = session.scalar(unscoped(taken, because="a link's secret is its own"))
    if before is not None and before != link.uid:
        raise Invalid(_l("This form is out of date. Open it again, and send it once."))
    return insert_once(session, link)


def _again(session: Session, actor: Actor, draft_uid: UUID, token: str) -> Invited:
    """The link that this form made the first time. Raises: Invalid where the form was somebody else's."""
    same = sa.select(Invitation).where(Invitation.uid == draft_uid, Invitation.token_hash == token_hash(token))
    row = session.scalars(
        unscoped(same, because="a form sent twice finds what it made")
    ).one_or_none()
    if row is None or row.created_by_id != actor.user_id:
        raise Invalid(_l("This form made a link already, and a link is shown only once. Withdraw it, and make another."))
    return Invited(row, token)


def invite(session: Session, actor: Actor, draft: InvitationDraft) -> Invited:
    """Make a link with which somebody joins a partner in a role.

    Raises:
        NotVisible: there is no such partner, or not for this actor.
        Invalid: the partner gives no such role, or is suspended.
        Refused: the actor may not invite to that role.
    """
    partner = policy.fetch(session, actor, Permission.ACCOUNT_INVITE, Partner, draft.partner_id)
    if draft.role not in ROLES_OF_KIND[partner.kind]:
        raise Invalid(_l("Choose one of the roles."), field="role")
    if actor.role is Role.COORDINATOR and draft.role is not Role.LOGGER:
        raise Refused
    if not agreement.is_open(partner):
        raise Invalid(_l("This partner is suspended or has left: nobody can join it now."))
    return _make(session, actor, partner, draft, agreement.need_to_join(session, actor, partner, draft.role))


def _make(session: Session, actor: Actor, partner: Partner, draft: InvitationDraft, need: Need) -> Invited:
    now = clock.now()
    row = Invitation(
        uid=draft.uid,
        token_hash=token_hash(draft.token),
        purpose=InvitationPurpose.JOIN,
        partner_id=partner.id,
        role=draft.role,
        label=draft.label,
        created_by_id=actor.user_id,
        created_at=now,
        expires_at=now + LIFETIME,
        approval=need.approval,
        opens_at=need.opens_at,
        version=1,
    )
    if not _keep(session, row):
        return _again(session, actor, row.uid, draft.token)
    if draft.replaces is not None:
        _replace(session, actor, draft.replaces)
    audit.record(
        session,
        actor,
        "invitation.made",
        row,
        purpose="join",
        partner=partner.code,
        role=draft.role.value,
        approval=need.approval.value,
        one_person=need.opens_at is not None,
    )
    return Invited(row, draft.token)


def _replace(session: Session, actor: Actor, uid: UUID) -> None:
    rows = policy.visible(actor, Permission.ACCOUNT_INVITE, Invitation).where(Invitation.uid == uid)
    old = session.scalars(rows).one_or_none()
    if old is not None and old.used_at is None and old.withdrawn_at is None:
        old.withdrawn_at = clock.now()
        session.flush()


def invite_admin(session: Session) -> Invited:
    """A link with which somebody becomes an admin, made on the machine itself. Raises: Invalid before the network is set up."""
    network = sa.select(Partner).where(Partner.kind == policy.PartnerKind.NETWORK)
    partner = session.scalars(unscoped(network, because="the machine's operator invites into the network")).one_or_none()
    if partner is None:
        raise Invalid(_l("The network is not set up yet."))
    draft = InvitationDraft(partner_id=partner.id, role=Role.ADMIN)
    return _make(session, OPERATOR, partner, draft, agreement.need_to_join(session, OPERATOR, partner, Role.ADMIN))


def help_out(
    session: Session, actor: Actor, membership_uid: UUID, *, uid: UUID | None = None, token: str | None = None
) -> Invited:
    """Make a link with which the person of a membership sets a new password; account and history stay.

    Raises:
        NotVisible: there is no such membership, or not for this actor.
        Invalid: the person is suspended, or holds roles that the actor does not look after.
    """
    membership = session.scalars(
        policy.visible(actor, Permission.ACCOUNT_INVITE, Membership).where(Membership.uid == membership_uid)
    ).one_or_none()
    if membership is None:
        raise NotVisible
    held = agreement.roles_of(session, membership.user_id)
    if actor.role is Role.COORDINATOR and any(
        one.partner_id != actor.partner_id or one.role is not Role.LOGGER for one in held
    ):
        raise Invalid(_l("This person has other roles too. Ask an admin of the network to make the link."))
    return _help(session, actor, membership, agreement.need_to_help(session, actor, held), uid, token or codes.secret_token())


def help_named(session: Session, name: str | None) -> Invited:
    """The same, made on the machine itself, for the person with this sign-in name; without one, for the only admin there is.

    Raises: Invalid where there is nobody of that name, or more than one admin and no name.
    """
    if name is None:
        admins = sa.select(Membership.user_id).where(Membership.role == Role.ADMIN).distinct().limit(2)
        found = session.scalars(unscoped(admins, because="the machine's operator helps the last admin")).all()
        if len(found) != 1:
            raise Invalid(_l("There is not just one admin. Say whom to help: --name NAME."))
        held = agreement.roles_of(session, found[0])
    else:
        user = find_user(session, names.fold(name))
        held = agreement.roles_of(session, user.id) if user else []
    if not held:
        raise Invalid(_l("Nobody has this name."), field="name")
    need = agreement.need_to_help(session, OPERATOR, held)
    return _help(session, OPERATOR, held[0], need, None, codes.secret_token())


def _help(session: Session, actor: Actor, membership: Membership, need: Need, uid: UUID | None, token: str) -> Invited:
    user = session.scalars(
        unscoped(sa.select(User).where(User.id == membership.user_id), because="the membership was found by a rule")
    ).one()
    if AccountState.SUSPENDED in (user.state, membership.state):
        raise Invalid(_l("This person is suspended. Lift the suspension first."))
    # SECURITY: the link stands under the role that most is at stake for, so that its people are told and asked.
    staked = next(iter(agreement.at_risk(session, agreement.roles_of(session, user.id))), membership)
    under = staked if need.approval is ApprovalNeed.RESPONDER_OR_WAIT else membership
    now = clock.now()
    row = Invitation(
        uid=uid,
        token_hash=token_hash(token),
        purpose=InvitationPurpose.HELP,
        partner_id=under.partner_id,
        role=under.role,
        user_id=user.id,
        created_by_id=actor.user_id,
        created_at=now,
        expires_at=now + LIFETIME,
        approval=need.approval,
        opens_at=need.opens_at,
        version=1,
    )
    if not _keep(session, row):
        return _again(session, actor, row.uid, token)
    _withdraw_older(session, row)
    audit.record(
        session,
        actor,
        "invitation.made",
        row,
        purpose="help",
        role=under.role.value,
        approval=need.approval.value,
        one_person=need.opens_at is not None,
    )
    return Invited(row, token)


def _decide(session: Session, actor: Actor, uid: UUID) -> Invitation:
    rows = policy.visible(actor, Permission.INVITATION_APPROVE, Invitation).where(Invitation.uid == uid)
    row = session.scalars(rows.with_for_update().execution_options(populate_existing=True)).one_or_none()
    if row is None:
        raise NotVisible
    return row


def _withdraw_older(session: Session, row: Invitation) -> None:
    """A person has one link to help at a time: older ones that nobody used stop working."""
    older = sa.select(Invitation).where(
        Invitation.user_id == row.user_id,
        Invitation.id != row.id,
        Invitation.used_at.is_(None),
        Invitation.withdrawn_at.is_(None),
    )
    for old in session.scalars(unscoped(older, because="a new link to help takes the place of all others")):
        old.withdrawn_at = row.created_at
    session.flush()


def approve(session: Session, actor: Actor, uid: UUID) -> Invitation:
    """Agree to a link that somebody else made: it works from now on.

    Raises:
        NotVisible: no such link waits for this person's word.
        Invalid: it lets somebody in elsewhere too, so only the wait will do.
    """
    row = _decide(session, actor, uid)
    if row.approval is ApprovalNeed.RESPONDER_OR_WAIT:
        staked = agreement.at_risk(session, agreement.roles_of(session, row.user_id or 0))
        if any(one.partner_id != actor.partner_id for one in staked):
            raise Invalid(_l("This person coordinates another group too, so the link works only after its wait."))
    row.approved_by_id, row.approved_at = actor.user_id, clock.now()
    session.flush()
    audit.record(session, actor, "invitation.approved", row, role=row.role.value, purpose=row.purpose.value)
    return row


def decline(session: Session, actor: Actor, uid: UUID) -> Invitation:
    """Refuse a link that waits for this person's word: it never works. Raises: NotVisible."""
    row = _decide(session, actor, uid)
    row.withdrawn_at = clock.now()
    session.flush()
    audit.record(session, actor, "invitation.declined", row, role=row.role.value, purpose=row.purpose.value)
    return row


def withdraw(session: Session, actor: Actor, uid: UUID) -> Invitation:
    """Take a link back that was not used: it does not work any more. Twice is once. Raises: NotVisible, Invalid."""
    rows = policy.visible(actor, Permission.ACCOUNT_INVITE, Invitation).where(Invitation.uid == uid)
    row = session.scalars(rows.with_for_update().execution_options(populate_existing=True)).one_or_none()
    if row is None:
        raise NotVisible
    if row.used_at is not None:
        raise Invalid(_l("This link was used already. Suspend the account instead."))
    if row.withdrawn_at is None:
        row.withdrawn_at = clock.now()
        session.flush()
        audit.record(session, actor, "invitation.withdrawn", row, role=row.role.value, purpose=row.purpose.value)
    return row
