"""A group's own name, shown to partners it chose: the one place that says who sees it."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from aidnet import audit, clock, codes, disclosure, policy
from aidnet.db import insert_once
from aidnet.errors import Invalid, NotVisible, Refused
from aidnet.i18n import lazy_gettext as _l
from aidnet.partners.models import Partner
from aidnet.policy import Actor, Permission
from aidnet.responders.models import NameShown, Responder
from aidnet.roles import PartnerKind

#: More partners than a group trusts with its name.
_MOST = 200


@dataclass(frozen=True)
class Reader:
    """A partner that sees the name, or saw it."""

    uid: UUID
    name: str
    shown_at: object
    ended_at: object


def is_shown(actor: Actor) -> sa.ColumnElement[bool]:
    """True of a `Partner` that shows its own name to the actor's partner now."""
    shown = policy.rule(actor, Permission.RESPONDER_READ, NameShown)
    return sa.exists().where(shown, NameShown.responder_id == Partner.id).correlate(Partner).label("is_shown")


def called(actor: Actor, partner: Partner, *, shown: bool) -> str:
    """A group's code name; with its own name beside it, where it shows that to the actor's partner."""
    code_name = str(disclosure.show(actor, partner).code_name)
    if not shown:
        return code_name
    own = disclosure.field(actor, "partner", "shown_name", partner.own_name, owner_id=partner.id)
    return f"{code_name} · {own}" if own else code_name


def readers(session: Session, actor: Actor) -> tuple[Sequence[Reader], Sequence[Reader]]:
    """Who sees the own group's name, and who saw it before; the latest first. One statement."""
    statement = (
        sa.select(NameShown, Partner.code_name)
        .join(Partner, Partner.id == NameShown.partner_id)
        .where(policy.rule(actor, Permission.NAME_SHOW, NameShown))
        .order_by(NameShown.id.desc())
        .limit(_MOST)
    )
    rows = session.execute(policy.unscoped(statement, because="the rule is there; the group chose these partners itself"))
    found = []
    for row, code_name in rows:
        shown = disclosure.show(actor, row)
        name = disclosure.field(actor, "name_shown", "partner", code_name, owner_id=row.responder_id)
        found.append(Reader(shown.uid, name, shown.shown_at, shown.ended_at))
    return [one for one in found if one.ended_at is None], [one for one in found if one.ended_at is not None]


def show_name(session: Session, actor: Actor, typed: str, uid: UUID) -> NameShown:
    """Show the own group's name to the partner with the code typed. Shown already, it is nothing new.

    Raises:
        Refused: the actor's role shows no name.
        Invalid: no donor or responder has this code, it is the own group, or no own name is kept.
        NotVisible: the uid is somebody else's.
    """
    if not actor.may(Permission.NAME_SHOW) or actor.responder_id is None:
        raise Refused
    policy.fetch(session, actor, Permission.RESPONDER_EDIT, Responder, actor.responder_id, lock=True)
    own = policy.fetch(session, actor, Permission.RESPONDER_EDIT, Partner, actor.responder_id)
    if not own.own_name:
        raise Invalid(_l("No own name is kept: write it into the profile first."))
    kinds = (PartnerKind.DONOR, PartnerKind.RESPONDER)
    found = sa.select(Partner).where(Partner.code == codes.read("P", typed), Partner.kind.in_(kinds))
    partner = session.scalars(policy.unscoped(found, because="whoever has a code was told it")).one_or_none()
    if partner is None:
        raise Invalid(_l("No donor and no group has this code."), field="partner")
    if partner.id == own.id:
        raise Invalid(_l("This is your own group's code."), field="partner")
    mine = policy.visible(actor, Permission.NAME_SHOW, NameShown)
    still = mine.where(NameShown.partner_id == partner.id, NameShown.ended_at.is_(None))
    before = session.scalars(still.order_by(NameShown.id).limit(1)).first()
    before = before or session.scalars(mine.where(NameShown.uid == uid)).first()
    if before is not None:
        return before
    row = NameShown(uid=uid, responder_id=own.id, partner_id=partner.id, shown_at=clock.now(), version=1)
    if not insert_once(session, row):
        raise NotVisible
    audit.record(session, actor, "name.shown", row)
    return row


def reader(session: Session, actor: Actor, uid: UUID) -> Reader:
    """One partner that sees the own group's name. Raises: NotVisible; where it was taken back too."""
    seeing, _before = readers(session, actor)
    found = next((one for one in seeing if one.uid == uid), None)
    if found is None:
        raise NotVisible
    return found


def hide_name(session: Session, actor: Actor, uid: UUID) -> NameShown:
    """Take the own name back from a partner; it is gone with its next page. Raises: NotVisible."""
    statement = policy.visible(actor, Permission.NAME_SHOW, NameShown).where(NameShown.uid == uid)
    row = session.scalars(statement.with_for_update()).first()
    if row is None:
        raise NotVisible
    if row.ended_at is None:
        row.ended_at = clock.now()
        session.flush()
        audit.record(session, actor, "name.hidden", row)
    return row
