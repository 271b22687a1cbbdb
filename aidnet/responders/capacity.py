"""What a group has to work with, by township or coarser: said by itself, on a day, and said again when it changes."""

from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from aidnet import audit, clock, policy
from aidnet.db import insert_once
from aidnet.errors import Invalid, NotVisible, Refused, Stale
from aidnet.i18n import lazy_gettext as _l
from aidnet.places.models import Level, Place
from aidnet.policy import Actor, Permission
from aidnet.responders.models import Capacity, CapacityKind, Responder

#: Never finer than a township.
LEVELS = frozenset({Level.STATE, Level.DISTRICT, Level.TOWNSHIP})
#: More than any group has of anything.
NUMBER_MOST = 100_000


@dataclass(frozen=True)
class CapacityDraft:
    """So many of something, somewhere."""

    uid: UUID
    kind: CapacityKind
    area_id: int
    number: int


def say_capacity(session: Session, actor: Actor, draft: CapacityDraft) -> Capacity:
    """Say today what the own group has of a kind in an area; said before of both, it is that row that changes.

    Raises:
        Refused: the actor's role says nothing of a group.
        Invalid: an area finer than a township, or a number that cannot be.
        NotVisible: the uid is somebody else's.
    """
    if not actor.may(Permission.RESPONDER_EDIT) or actor.responder_id is None:
        raise Refused
    _check(draft.number)
    level = session.scalars(sa.select(Place.level).where(Place.id == draft.area_id)).first()
    if level not in LEVELS:
        raise Invalid(_l("Choose a township, a district or a region."), field="area")
    policy.fetch(session, actor, Permission.RESPONDER_EDIT, Responder, actor.responder_id, lock=True)
    mine = policy.visible(actor, Permission.RESPONDER_EDIT, Capacity)
    before = session.scalars(mine.where(Capacity.kind == draft.kind, Capacity.area_id == draft.area_id)).first()
    if before is not None:
        return _say(session, actor, before, draft.number)
    row = Capacity(
        uid=draft.uid,
        responder_id=actor.responder_id,
        kind=draft.kind,
        area_id=draft.area_id,
        number=draft.number,
        said_on=clock.today(),
        version=1,
    )
    if not insert_once(session, row):
        raise NotVisible
    audit.record(session, actor, "capacity.said", row)
    return row


def _check(number: int) -> None:
    if not 0 < number <= NUMBER_MOST:
        raise Invalid(_l("Type a number of at least one."), field="number")


def _say(session: Session, actor: Actor, row: Capacity, number: int) -> Capacity:
    if (row.number, row.said_on) == (number, clock.today()):
        return row
    row.number, row.said_on = number, clock.today()
    session.flush()
    audit.record(session, actor, "capacity.said", row)
    return row


def own_capacity(session: Session, actor: Actor, uid: UUID, *, lock: bool = False) -> Capacity:
    """One line of the own group. Raises: NotVisible."""
    statement = policy.visible(actor, Permission.RESPONDER_EDIT, Capacity).where(Capacity.uid == uid)
    row = session.scalars(statement.with_for_update() if lock else statement).first()
    if row is None:
        raise NotVisible
    return row


def say_again(session: Session, actor: Actor, uid: UUID, number: int, *, version: int) -> Capacity:
    """Say today how many there are now. Raises: NotVisible, Stale, Invalid."""
    _check(number)
    row = own_capacity(session, actor, uid, lock=True)
    if row.version != version:
        raise Stale
    return _say(session, actor, row, number)


def remove_capacity(session: Session, actor: Actor, uid: UUID) -> None:
    """There are none there any more. Raises: NotVisible."""
    row = own_capacity(session, actor, uid, lock=True)
    audit.record(session, actor, "capacity.removed", row)
    session.delete(row)
    session.flush()
