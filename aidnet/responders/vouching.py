"""A group's word for another: given for a year, renewed, taken back. Nothing is deleted or suspended by its end."""

from datetime import timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from aidnet import audit, clock, policy
from aidnet.db import insert_once
from aidnet.errors import Invalid, NotVisible, Refused
from aidnet.i18n import lazy_gettext as _l
from aidnet.partners.models import Partner, PartnerStatus
from aidnet.policy import Actor, Permission
from aidnet.responders.models import Responder, Vouch

#: How long a word stands.
LASTS = timedelta(days=365)


def vouch(session: Session, actor: Actor, code: str, uid: UUID) -> Vouch:
    """Vouch for another group for a year from today; a word that stands already is renewed. Sent twice, it is one word.

    Raises:
        Refused: the actor's role vouches for nobody.
        NotVisible: there is no such group, or the uid is somebody else's.
        Invalid: the own group, one that left, or the own group is not active.
    """
    if not actor.may(Permission.VOUCH_WRITE) or actor.responder_id is None:
        raise Refused
    other = policy.fetch(session, actor, Permission.RESPONDER_READ, Partner, code)
    if other.id == actor.responder_id:
        raise Invalid(_l("A group cannot vouch for itself."))
    if other.status is PartnerStatus.LEFT:
        raise Invalid(_l("This group has left the network."))
    # Two words of one group at once wait for each other here: the second finds the first.
    policy.fetch(session, actor, Permission.RESPONDER_EDIT, Responder, actor.responder_id, lock=True)
    own = policy.fetch(session, actor, Permission.RESPONDER_READ, Partner, actor.responder_id)
    if own.status is not PartnerStatus.ACTIVE:
        raise Invalid(_l("Only an active group can vouch for another."))
    today = clock.today()
    before = _standing(session, actor, other.id)
    if before is not None:
        if before.expires_on != today + LASTS:
            before.expires_on = today + LASTS
            session.flush()
            audit.record(session, actor, "vouch.renewed", before)
        return before
    sent = session.scalars(policy.visible(actor, Permission.VOUCH_WRITE, Vouch).where(Vouch.uid == uid)).first()
    if sent is not None:
        return sent
    row = Vouch(
        uid=uid,
        responder_id=other.id,
        voucher_id=actor.responder_id,
        given_on=today,
        expires_on=today + LASTS,
        recorded_at=clock.now(),
        recorded_by_id=actor.user_id,
        version=1,
    )
    if not insert_once(session, row):
        raise NotVisible
    audit.record(session, actor, "vouch.given", row)
    return row


def withdraw(session: Session, actor: Actor, code: str) -> Vouch:
    """Take the own group's word for another back, from today. Raises: NotVisible where none stands."""
    other = policy.fetch(session, actor, Permission.RESPONDER_READ, Partner, code)
    row = _standing(session, actor, other.id, lock=True)
    if row is None:
        raise NotVisible
    row.withdrawn_on = clock.today()
    session.flush()
    audit.record(session, actor, "vouch.withdrawn", row)
    return row


def stands() -> sa.ColumnElement[bool]:
    """True of a word that was not taken back and has not expired."""
    return Vouch.withdrawn_on.is_(None) & (Vouch.expires_on >= clock.today())


def _standing(session: Session, actor: Actor, responder_id: int, *, lock: bool = False) -> Vouch | None:
    statement = policy.visible(actor, Permission.VOUCH_WRITE, Vouch).where(Vouch.responder_id == responder_id, stands())
    if lock:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    return session.scalars(statement.order_by(Vouch.id).limit(1)).first()
