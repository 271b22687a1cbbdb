"""What people read about accounts: their own, and what their board is told."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from aidnet import clock, policy
from aidnet.accounts.models import ApprovalNeed, Invitation, InvitationPurpose, Membership, User, WebSession
from aidnet.accounts.sessions import alive, usable
from aidnet.disclosure import field, show
from aidnet.partners.models import Partner
from aidnet.policy import Actor, Permission, Role, unscoped


@dataclass(frozen=True)
class OwnRole:
    """A role of one's own, and whether it is the one in use."""

    uid: UUID
    role: Role
    partner: str
    #: The partner's.
    code: str
    current: bool


@dataclass(frozen=True)
class OwnSession:
    """A browser that is signed in; nothing is known of it but its times."""

    uid: UUID
    created_at: datetime
    last_seen_at: datetime
    current: bool


@dataclass(frozen=True)
class Announcement:
    """A link that waits, or went through on the wait alone, as a board tells it.

    `needs`: whose word it waits for. `opens_at`: when it works without (None: never). `done`: it was used without
    a second person. `may_decide`: the reader may agree to it or refuse it. `name`: who is helped, where the reader may know.
    """

    uid: UUID
    purpose: InvitationPurpose
    role: Role
    needs: ApprovalNeed
    opens_at: datetime | None
    done: bool
    may_decide: bool
    name: str | None


def own_roles(session: Session, actor: Actor) -> Sequence[OwnRole]:
    """The roles the person may work in, oldest first."""
    statement = (
        sa.select(Membership.id, Membership.uid, Membership.role, Partner.code_name, Partner.code)
        .join(User, User.id == Membership.user_id)
        .join(Partner, Partner.id == Membership.partner_id)
        .where(Membership.user_id == actor.user_id, *usable())
        .order_by(Membership.id)
    )
    rows = session.execute(unscoped(statement, because="a person's own roles, at whichever partner"))
    return [OwnRole(uid, role, name, code, id_ == actor.membership_id) for id_, uid, role, name, code in rows]


def own_sessions(session: Session, actor: Actor) -> Sequence[OwnSession]:
    """Where the person is signed in now, this browser first."""
    statement = (
        policy.select(actor, {WebSession: Permission.ACCOUNT_OWN, Membership: Permission.ACCOUNT_OWN}, WebSession)
        .join(Membership, Membership.id == WebSession.membership_id)
        .where(*alive(clock.now()))
        .order_by((WebSession.id != (actor.session_id or 0)), WebSession.last_seen_at.desc())
        .limit(50)
    )
    shown = [(row, show(actor, row)) for row in session.scalars(statement)]
    return [
        OwnSession(row.uid, seen.created_at, seen.last_seen_at, row.id == actor.session_id) for row, seen in shown
    ]


def announcements(session: Session, actor: Actor) -> Sequence[Announcement]:
    """What the actor's board tells about links: those that wait for somebody's word or for a time, soonest first.

    Statements: one; for a coordinator or logger a second, and only where somebody of the own group is helped.
    """
    decidable = policy.rule(actor, Permission.INVITATION_APPROVE, Invitation)
    statement = (
        policy.select(
            actor, {Invitation: Permission.ANNOUNCEMENT_READ}, Invitation, sa.case((decidable, True), else_=False)
        )
        .order_by(Invitation.used_at.is_not(None), Invitation.expires_at, Invitation.id)
        .limit(20)
    )
    return announced(session, actor, [(row, bool(decides)) for row, decides in session.execute(statement)])


def announced(session: Session, actor: Actor, rows: Sequence[tuple[Invitation, bool]]) -> list[Announcement]:
    """Links that the actor's board tells, each with whether the actor decides on it, in words that the actor may read."""
    helped = [row.user_id for row, _ in rows if row.user_id is not None and actor.role is Role.COORDINATOR]
    names = _names(session, actor, helped) if helped else {}
    told = []
    for row, may_decide in rows:
        seen = show(actor, row)
        told.append(
            Announcement(
                uid=row.uid,
                purpose=seen.purpose,
                role=seen.role,
                needs=seen.approval,
                opens_at=seen.opens_at,
                done=row.used_at is not None,
                may_decide=may_decide,
                name=names.get(row.user_id or 0),
            )
        )
    return told


def _names(session: Session, actor: Actor, ids: Sequence[int]) -> dict[int, str]:
    rows = policy.select(actor, {User: Permission.ANNOUNCEMENT_READ}, User.id, User.sign_in_name)
    found = session.execute(rows.where(User.id.in_(ids)))
    return {id_: field(actor, "user", "sign_in_name", name) for id_, name in found}


def to_decide(session: Session, actor: Actor, uid: UUID) -> Announcement | None:
    """A link that waits for the actor's word; None where none does."""
    row = session.scalars(
        policy.visible(actor, Permission.INVITATION_APPROVE, Invitation).where(Invitation.uid == uid)
    ).one_or_none()
    if row is None:
        return None
    seen = show(actor, row)
    names = _names(session, actor, [row.user_id]) if row.user_id and actor.role is Role.COORDINATOR else {}
    return Announcement(
        row.uid, seen.purpose, seen.role, seen.approval, seen.opens_at, False, True, names.get(row.user_id or 0)
    )
