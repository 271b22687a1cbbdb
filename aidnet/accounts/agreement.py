"""Whose word a link needs before it works, and whether it has it (design.md, Roles)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from aidnet import clock
from aidnet.accounts.models import AccountState, ApprovalNeed, Invitation, InvitationPurpose, Membership, Presence, User
from aidnet.accounts.sessions import STAFF
from aidnet.deliveries.models import Delivery
from aidnet.funding.models import Expense, Fund, Payout
from aidnet.partners.models import Partner, PartnerStatus
from aidnet.places.models import Site
from aidnet.policy import Actor, PartnerKind, Role, unscoped
from aidnet.responders.models import Reach

#: How long an act waits where no second person exists.
WAIT = timedelta(hours=24)
_BECAUSE = "whether somebody else must agree does not depend on what the inviter may see"


@dataclass(frozen=True)
class Need:
    """Whose word, for the records or roles of which partner, and from when none is needed (None: always)."""

    approval: ApprovalNeed
    opens_at: datetime | None = None


_NOBODY = Need(ApprovalNeed.NONE)


def _staff(
    *, signed_in: bool = False, without: Sequence[int | None] = (), among: Collection[Role] = STAFF
) -> sa.Select[int]:
    """Users who are or were the network's staff, and have been here; `signed_in`: who still may be."""
    statement = (
        sa.select(User.id)
        .join(Membership, Membership.user_id == User.id)
        .join(Presence, Presence.user_id == User.id)
        .where(Membership.role.in_(among), User.id.not_in([user_id for user_id in without if user_id is not None]))
    )
    if signed_in:
        statement = statement.where(User.state == AccountState.ACTIVE, Membership.state == AccountState.ACTIVE)
    return unscoped(statement, because=_BECAUSE)


def second_person(session: Session, *without: int | None, among: Collection[Role] = STAFF) -> bool:
    """Whether an admin, treasurer or auditor (or `among` fewer roles) other than these people can agree to something."""
    return session.scalar(_staff(signed_in=True, without=without, among=among).limit(1)) is not None


def network_need(session: Session, *without: int | None, among: Collection[Role] = STAFF) -> Need:
    """Whose word an act of the network takes beside these people's: nobody's while it is set up, later a second person's."""
    if len(session.scalars(_staff().distinct().limit(2)).all()) < 2:
        return _NOBODY
    if second_person(session, *without, among=among):
        return Need(ApprovalNeed.SECOND_PERSON)
    return Need(ApprovalNeed.SECOND_PERSON, clock.now() + WAIT)


def has_records(session: Session, responder_id: int) -> bool:
    """Whether a responder has written anything down that an outsider must not walk in on."""
    owners = (Delivery.responder_id, Site.responder_id, Reach.responder_id, Payout.responder_id, Expense.responder_id)
    any_of = sa.or_(*(sa.exists().where(column == responder_id) for column in (*owners, Fund.responder_id)))
    return bool(session.scalar(unscoped(sa.select(any_of), because=_BECAUSE)))


def need_to_join(session: Session, actor: Actor, partner: Partner, role: Role) -> Need:
    """Whose word it takes that somebody joins `partner` as `role`."""
    if role in STAFF:
        return network_need(session, actor.user_id)
    if role is Role.COORDINATOR and has_records(session, partner.id):
        return Need(ApprovalNeed.RESPONDER)
    return _NOBODY


def roles_of(session: Session, user_id: int) -> Sequence[Membership]:
    """Every role a person holds, suspended ones too: a new password opens them all."""
    statement = sa.select(Membership).where(Membership.user_id == user_id).order_by(Membership.id)
    return session.scalars(unscoped(statement, because=_BECAUSE)).all()


def at_risk(session: Session, held: Sequence[Membership]) -> list[Membership]:
    """Of these roles, those that coordinate a responder with records."""
    return [one for one in held if one.role is Role.COORDINATOR and has_records(session, one.partner_id)]


def need_to_help(session: Session, actor: Actor, held: Sequence[Membership]) -> Need:
    """Whose word it takes that the person with these roles sets a new password."""
    if any(one.role in STAFF for one in held):
        return network_need(session, actor.user_id, held[0].user_id)
    if at_risk(session, held):
        return Need(ApprovalNeed.RESPONDER_OR_WAIT, clock.now() + WAIT)
    return _NOBODY


def waits_for(session: Session, link: Invitation) -> Need:
    """What a link still waits for; a need of NONE where it works now.

    The recorded need is what was asked when the link was made. Where a responder has got records since, the stricter
    need counts: a link made before them is `stale` and works for nobody.
    """
    now = clock.now()
    agreed = link.approved_at is not None or (link.opens_at is not None and now >= link.opens_at)
    if link.approval is not ApprovalNeed.NONE and not agreed:
        return Need(link.approval, link.opens_at)
    if link.approval is ApprovalNeed.SECOND_PERSON and link.user_id is not None:
        waited = link.created_at + WAIT
        if now < waited and at_risk(session, roles_of(session, link.user_id)):
            return Need(ApprovalNeed.RESPONDER_OR_WAIT, waited)
    return _NOBODY


def is_stale(session: Session, link: Invitation) -> bool:
    """Whether a link that needed nobody's word would need a responder's today."""
    if link.approval is not ApprovalNeed.NONE:
        return False
    if link.purpose is InvitationPurpose.JOIN:
        return link.role is Role.COORDINATOR and has_records(session, link.partner_id)
    return bool(link.user_id) and link.created_by_id is not None and bool(at_risk(session, roles_of(session, link.user_id or 0)))


def is_open(partner: Partner) -> bool:
    """Whether people of the partner may work, and so join."""
    return partner.kind is PartnerKind.NETWORK or partner.status in (PartnerStatus.ACTIVE, PartnerStatus.INVITED)
