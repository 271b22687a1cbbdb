"""Writes: photos are added to an expense or a hand-out, opened, and taken away; by its own group alone."""

import base64
from collections.abc import Mapping, Sequence
from uuid import UUID, uuid5

import sqlalchemy as sa
from sqlalchemy.orm import Session

from aidnet import audit, clock, codes, policy
from aidnet.deliveries.models import Delivery, DeliveryEvent, EventKind
from aidnet.errors import Invalid, NotVisible, Refused
from aidnet.evidence.models import Photo
from aidnet.evidence.pictures import Picture
from aidnet.funding.models import Expense
from aidnet.i18n import gettext as _
from aidnet.policy import Actor, Permission

#: Kept of one expense, or of one hand-out.
PHOTOS_MOST = 4


def add(session: Session, actor: Actor, code: str, pictures: Sequence[Picture], *, uid: UUID) -> Sequence[Photo]:
    """Keep these pictures with an expense of the actor's group. `uid` names what is sent: sent twice, it is kept once.

    Raises: NotVisible, Invalid (more than are kept of one expense).
    """
    expense = policy.fetch(session, actor, Permission.EXPENSE_RECORD, Expense, code, lock=True)
    return keep(session, actor, expense, pictures, uid=uid)


def keep(session: Session, actor: Actor, expense: Expense, pictures: Sequence[Picture], *, uid: UUID) -> list[Photo]:
    """The same, of an expense that the actor records or holds."""
    if not pictures:
        return []
    # SECURITY: photos are between a group and its own coordinators. Kept by tests/evidence/test_photos.py.
    if actor.responder_id is None or expense.responder_id != actor.responder_id:
        raise NotVisible
    if actor.user_id is None:
        raise Refused
    statement = policy.visible(actor, Permission.EXPENSE_RECORD, Photo).where(Photo.expense_id == expense.id)
    return _keep(session, actor, statement, pictures, uid, {"expense_id": expense.id}, expense=expense.code)


def add_to_hand_out(
    session: Session, actor: Actor, code: str, event: UUID, pictures: Sequence[Picture], *, uid: UUID
) -> Sequence[Photo]:
    """Keep these pictures with a hand-out of a delivery of the actor's group. `uid` names what is sent: sent twice, it is kept once.

    Raises: NotVisible, Invalid (more than are kept of one hand-out).
    """
    found = hand_out(session, actor, code, event)
    if actor.user_id is None or not actor.may(Permission.PHOTO_OPEN):
        raise Refused
    policy.fetch(session, actor, Permission.DELIVERY_CORRECT, Delivery, code, lock=True)
    statement = policy.visible(actor, Permission.PHOTO_OPEN, Photo).where(Photo.event_id == found.id)
    return _keep(session, actor, statement, pictures, uid, {"event_id": found.id}, delivery=code)


def hand_out(session: Session, actor: Actor, code: str, event: UUID) -> DeliveryEvent:
    """A hand-out of a delivery of the actor's group, as it was first reported. Raises: NotVisible."""
    statement = (
        policy.select(actor, {Delivery: Permission.DELIVERY_CORRECT}, DeliveryEvent)
        .join(Delivery, Delivery.id == DeliveryEvent.delivery_id)
        .where(Delivery.code == code, DeliveryEvent.uid == event, DeliveryEvent.kind == EventKind.DISTRIBUTED)
    )
    found: DeliveryEvent | None = session.scalars(statement).first()
    if found is None:
        raise NotVisible
    return found


def _keep(
    session: Session,
    actor: Actor,
    of_it: sa.Select[Photo],
    pictures: Sequence[Picture],
    uid: UUID,
    subject: Mapping[str, int],
    **told: str,
) -> list[Photo]:
    """The same, of what the caller holds: `of_it` are the photos it has, `subject` and `told` say what it is."""
    there = {photo.uid: photo for photo in session.scalars(of_it.order_by(Photo.id))}
    uids = [uuid5(uid, str(number)) for number in range(len(pictures))]
    if there.keys() & set(uids):
        return [there[one] for one in uids if one in there]
    if sum(photo.removed_at is None for photo in there.values()) + len(pictures) > PHOTOS_MOST:
        raise Invalid(_("At most %(most)s photos are kept together.", most=PHOTOS_MOST), field="photos")
    photos = [
        Photo(
            uid=one,
            code=codes.code_of("P", one),
            responder_id=actor.responder_id,
            **subject,
            width=picture.width,
            height=picture.height,
            picture=base64.b64encode(picture.jpeg).decode(),
            recorded_at=clock.now(),
            recorded_by_id=actor.user_id,
        )
        for one, picture in zip(uids, pictures, strict=True)
    ]
    session.add_all(photos)
    session.flush()
    for photo in photos:
        audit.record(session, actor, "photo.added", photo, **told)
    return photos


def remove(session: Session, actor: Actor, code: str) -> Photo:
    """Take a photo away: its picture is gone for good, that there was one stays. Raises: NotVisible."""
    photo = policy.fetch(session, actor, Permission.EXPENSE_RECORD, Photo, code, lock=True)
    if photo.removed_at is None:
        photo.picture = None
        photo.removed_at = clock.now()
        audit.record(session, actor, "photo.removed", photo)
    return photo


def note_opening(session: Session, actor: Actor, code: str) -> Photo:
    """A photo that is about to be shown: written to the audit chain first. Raises: NotVisible, where it was taken away too."""
    photo = policy.fetch(session, actor, Permission.PHOTO_OPEN, Photo, code)
    if photo.removed_at is not None:
        raise NotVisible
    audit.record(session, actor, "photo.opened", photo)
    return photo
