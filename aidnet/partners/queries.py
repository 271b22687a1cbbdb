"""Partners, their people and their links, as admins and coordinators read them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from aidnet import clock, codes, policy
from aidnet.accounts import names
from aidnet.accounts.joining import went_alone
from aidnet.accounts.models import (
    AccountState,
    ApprovalNeed,
    Invitation,
    InvitationPurpose,
    Membership,
    Presence,
    User,
    WebSession,
)
from aidnet.accounts.sessions import alive
from aidnet.disclosure import field, show
from aidnet.errors import NotVisible
from aidnet.partners.models import Partner, PartnerStatus
from aidnet.partners.words import LinkState, Standing
from aidnet.policy import Actor, PartnerKind, Permission, Role
from aidnet.responders import vouches
from aidnet.responders.vouches import Unvouched

#: Of each kind, what a page lists before it says that there is more.
SOME = 50


@dataclass(frozen=True)
class PartnerRow:
    """A partner as the list shows it. `people` may work; `last_seen_on` is the last day any of them was here."""

    code: str
    kind: PartnerKind
    status: PartnerStatus
    code_name: str
    own_name: str | None
    people: int
    last_seen_on: date | None


@dataclass(frozen=True)
class Person:
    """Somebody's role at a partner."""

    uid: UUID
    user_id: int
    name: str
    role: Role
    standing: Standing
    since: datetime
    last_seen_on: date | None
    version: int
    account_version: int
    is_reader: bool


@dataclass(frozen=True)
class LinkRow:
    """A link to join a partner, or to help one of its people. `name`: who is helped."""

    uid: UUID
    purpose: InvitationPurpose
    role: Role
    label: str | None
    name: str | None
    state: LinkState
    made_at: datetime
    expires_at: datetime
    opens_at: datetime | None
    needs: ApprovalNeed
    partner_code: str
    partner_name: str


@dataclass(frozen=True)
class Attention:
    """What waits for an admin: links that expired or wait, people who never came or are suspended, partners without anybody, groups
    for which fewer vouch than did.
    """

    links: Sequence[LinkRow]
    people: Sequence[tuple[Person, str, str]]
    partners: Sequence[PartnerRow]
    #: Active groups of whose words by other groups some ended.
    unvouched: Sequence[Unvouched]

    def __bool__(self) -> bool:
        return bool(self.links or self.people or self.partners or self.unvouched)


def standing_of(user: User, membership: Membership, last_seen_on: date | None) -> Standing:
    """How it stands with a person's role."""
    if user.state is AccountState.SUSPENDED:
        return Standing.SHUT
    if membership.state is AccountState.SUSPENDED:
        return Standing.SUSPENDED
    return Standing.ACTIVE if last_seen_on else Standing.NEVER_HERE


def link_state(row: Invitation) -> LinkState:
    """How it stands with a link."""
    now = clock.now()
    if row.used_at is not None:
        return LinkState.ALONE if went_alone(row) else LinkState.USED
    if row.withdrawn_at is not None:
        return LinkState.WITHDRAWN
    if now >= row.expires_at:
        return LinkState.EXPIRED
    agreed = row.approved_at is not None or (row.opens_at is not None and now >= row.opens_at)
    return LinkState.OPEN if row.approval is ApprovalNeed.NONE or agreed else LinkState.WAITS


def _person(actor: Actor, membership: Membership, user: User, last_seen_on: date | None) -> Person:
    shown, account = show(actor, membership), show(actor, user)
    return Person(
        uid=membership.uid,
        user_id=user.id,
        name=account.sign_in_name,
        role=shown.role,
        standing=standing_of(user, membership, last_seen_on),
        since=shown.created_at,
        last_seen_on=field(actor, "presence", "last_seen_on", last_seen_on),
        version=membership.version,
        account_version=user.version,
        is_reader=user.id == actor.user_id,
    )


def _link(actor: Actor, row: Invitation, partner: Partner, name: str | None) -> LinkRow:
    shown, at = show(actor, row), show(actor, partner)
    return LinkRow(
        uid=row.uid,
        purpose=shown.purpose,
        role=shown.role,
        label=shown.label,
        name=field(actor, "user", "sign_in_name", name) if name else None,
        state=link_state(row),
        made_at=shown.created_at,
        expires_at=shown.expires_at,
        opens_at=shown.opens_at,
        needs=shown.approval,
        partner_code=at.code,
        partner_name=at.code_name,
    )


def _people(actor: Actor, *columns: Any, **more: Permission) -> sa.Select[Any]:
    """Roles with their people; with `columns` of their partners, where `partner` names the permission to read those."""
    reads: dict[type[Any], Permission] = {Membership: Permission.ACCOUNT_READ, User: Permission.ACCOUNT_READ}
    if "partner" in more:
        reads[Partner] = more["partner"]
    statement = (
        policy.select(actor, reads, Membership, User, Presence.last_seen_on, *columns)
        .join(User, User.id == Membership.user_id)
        .outerjoin(Presence, Presence.user_id == User.id)
    )
    return statement.join(Partner, Partner.id == Membership.partner_id) if "partner" in more else statement


def _links(actor: Actor) -> sa.Select[Invitation, Partner, str]:
    statement = (
        sa.select(Invitation, Partner, User.sign_in_name)
        .join(Partner, Partner.id == Invitation.partner_id)
        .outerjoin(User, User.id == Invitation.user_id)
        .where(
            policy.rule(actor, Permission.ACCOUNT_READ, Invitation),
            policy.rule(actor, Permission.ACCOUNT_INVITE, Partner),
        )
    )
    return policy.unscoped(statement, because="the rules are there; the name of whom a link helps comes with the link")


def people(session: Session, actor: Actor, partner_id: int) -> Sequence[Person]:
    """Everybody with a role at the partner whom the actor looks after, by name."""
    rows = _people(actor).where(Membership.partner_id == partner_id).order_by(User.name_key, Membership.id)
    return [_person(actor, *row) for row in session.execute(rows)]


def person(session: Session, actor: Actor, code: str, uid: UUID) -> tuple[Person, Partner, int]:
    """One of a partner's people, the partner, and in how many browsers the person is signed in now. Raises: NotVisible."""
    partner = policy.fetch(session, actor, Permission.ACCOUNT_INVITE, Partner, code)
    where = (Membership.uid == uid, Membership.partner_id == partner.id)
    found = session.execute(_people(actor).where(*where)).one_or_none()
    if found is None:
        raise NotVisible
    membership, user, _ = found
    whose = WebSession.user_id == user.id if actor.role is Role.ADMIN else WebSession.membership_id == membership.id
    counted = (
        sa.select(sa.func.count())
        .select_from(WebSession)
        .join(Membership, Membership.id == WebSession.membership_id)
        .where(whose, *alive(clock.now()))
    )
    because = "a number of sessions of somebody found by the rule"
    return _person(actor, *found), partner, session.scalar(policy.unscoped(counted, because=because)) or 0


def links(session: Session, actor: Actor, partner_id: int) -> Sequence[LinkRow]:
    """The newest links of a partner, those that still matter first."""
    rows = (
        _links(actor)
        .where(Invitation.partner_id == partner_id)
        .order_by(
            (Invitation.used_at.is_not(None) | Invitation.withdrawn_at.is_not(None)),
            Invitation.created_at.desc(),
            Invitation.id,
        )
        .limit(SOME)
    )
    return [_link(actor, *row) for row in session.execute(rows)]


@dataclass(frozen=True)
class PartnerFilters:
    """What the list is narrowed to; empty means all."""

    q: str = ""
    kind: PartnerKind | None = None
    status: PartnerStatus | None = None


def partner_list(actor: Actor, filters: PartnerFilters) -> sa.Select[Any]:
    """The partners, to be paged by `code_name_key` and id. A search finds parts of the code name, or the whole code."""
    statement = policy.select(actor, {Partner: Permission.PARTNER_MANAGE}, Partner)
    if filters.kind:
        statement = statement.where(Partner.kind == filters.kind)
    if filters.status:
        statement = statement.where(Partner.status == filters.status)
    if filters.q:
        by_name = Partner.code_name_key.contains(names.fold(filters.q), autoescape=True)
        code = codes.read("P", filters.q)
        statement = statement.where(by_name | (Partner.code == code) if code else by_name)
    return statement


def with_people(session: Session, actor: Actor, partners: Sequence[Partner]) -> Iterable[PartnerRow]:
    """The partners with how many may work there and when anybody last was here, in one more statement."""
    counted: dict[int, tuple[int, date | None]] = {}
    if partners:
        reads = {Membership: Permission.ACCOUNT_READ, User: Permission.ACCOUNT_READ}
        statement = (
            policy.select(
                actor, reads, Membership.partner_id, sa.func.count(User.id.distinct()), sa.func.max(Presence.last_seen_on)
            )
            .join(User, User.id == Membership.user_id)
            .outerjoin(Presence, Presence.user_id == User.id)
            .where(
                Membership.partner_id.in_([partner.id for partner in partners]),
                Membership.state == AccountState.ACTIVE,
                User.state == AccountState.ACTIVE,
            )
            .group_by(Membership.partner_id)
        )
        counted = {partner_id: (number, seen) for partner_id, number, seen in session.execute(statement)}
    for partner in partners:
        shown = show(actor, partner)
        number, seen = counted.get(partner.id, (0, None))
        yield PartnerRow(
            code=shown.code,
            kind=shown.kind,
            status=shown.status,
            code_name=shown.code_name,
            own_name=shown.own_name,
            people=number,
            last_seen_on=field(actor, "presence", "last_seen_on", seen),
        )


def attention(session: Session, actor: Actor) -> Attention:
    """What an admin should look at first, oldest first; at most `SOME` of each. Statements: four."""
    now = clock.now()
    waiting = (
        _links(actor)
        .where(
            Invitation.used_at.is_(None),
            Invitation.withdrawn_at.is_(None),
            (Invitation.expires_at <= now)
            | (
                (Invitation.approval != ApprovalNeed.NONE)
                & Invitation.approved_at.is_(None)
                & (Invitation.opens_at.is_(None) | (Invitation.opens_at > now))
            ),
        )
        .order_by(Invitation.created_at, Invitation.id)
        .limit(SOME)
    )
    stopped = (Membership.state == AccountState.SUSPENDED) | (User.state == AccountState.SUSPENDED)
    never = Presence.last_seen_on.is_(None)
    some_people = (
        _people(actor, Partner.code, Partner.code_name, partner=Permission.PARTNER_MANAGE)
        .where(stopped | never)
        .order_by(never.desc(), Membership.created_at, Membership.id)
        .limit(SOME)
    )
    live = sa.exists().where(
        Invitation.partner_id == Partner.id, Invitation.used_at.is_(None), Invitation.withdrawn_at.is_(None)
    )
    members = sa.exists().where(Membership.partner_id == Partner.id)
    empty = (Partner.status == PartnerStatus.INVITED) & ~members & ~live
    idle = (
        sa.select(Partner)
        .where(
            policy.rule(actor, Permission.PARTNER_MANAGE, Partner), empty | (Partner.status == PartnerStatus.SUSPENDED)
        )
        .order_by(Partner.created_at, Partner.id)
        .limit(SOME)
    )
    idle = policy.unscoped(idle, because="the rule is there; of people and links only whether there are any is asked")
    return Attention(
        links=[_link(actor, *row) for row in session.execute(waiting)],
        people=[
            (_person(actor, membership, user, seen), code, name)
            for membership, user, seen, code, name in session.execute(some_people)
        ],
        partners=[_bare(actor, partner) for partner in session.scalars(idle)],
        unvouched=vouches.unvouched(session, actor, most=SOME),
    )


def _bare(actor: Actor, partner: Partner) -> PartnerRow:
    shown = show(actor, partner)
    return PartnerRow(shown.code, shown.kind, shown.status, shown.code_name, shown.own_name, 0, None)
