"""Reads: one expense whole: what it was for, its proof, and what it left owed."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from aidnet import disclosure, policy
from aidnet.deliveries.models import Delivery, DeliveryEvent
from aidnet.deliveries.words import exact_day
from aidnet.evidence import queries as evidence
from aidnet.evidence.queries import Photos
from aidnet.evidence.service import PHOTOS_MOST
from aidnet.funding import owing, records
from aidnet.funding.models import Expense
from aidnet.funding.owing import Owed
from aidnet.funding.records import ExpenseLine
from aidnet.policy import Actor, Permission


@dataclass(frozen=True)
class Handed:
    """The hand-out at which cash was given."""

    #: Of its delivery.
    code: str
    #: Of its event.
    uid: str
    when: str


@dataclass(frozen=True)
class Detail:
    """An expense with all that hangs on it."""

    line: ExpenseLine
    photos: Photos
    #: None: at none, or it is not the actor's to know.
    handed: Handed | None
    #: What the purse it came from is short of now, in the currency of the expense; None: nothing.
    owed: Owed | None
    #: Whether the actor may add a photo.
    may_add: bool


def detail(session: Session, actor: Actor, code: str) -> Detail:
    """The page of an expense. Seven statements at most. Raises: NotVisible."""
    row = policy.fetch(session, actor, Permission.EXPENSE_READ, Expense, code)
    photos = evidence.photos_of(session, actor, row)
    owed = None
    if row.responder_id is not None:
        owed = owing.owed_after(session, actor, row.fund_id, row.responder_id, row.currency)
    is_own = row.responder_id is not None and row.responder_id == actor.responder_id
    room = sum(photo.removed_at is None for photo in photos.own) < PHOTOS_MOST
    return Detail(
        line=records.expense(session, actor, code),
        photos=photos,
        handed=_handed(session, actor, row) if is_own and row.handed_at_id else None,
        owed=owed,
        may_add=is_own and room and actor.may(Permission.EXPENSE_RECORD),
    )


def _handed(session: Session, actor: Actor, row: Expense) -> Handed | None:
    statement = (
        policy.select(actor, {Delivery: Permission.EXPENSE_RECORD}, DeliveryEvent, Delivery.code)
        .select_from(DeliveryEvent)
        .join(Delivery, Delivery.id == DeliveryEvent.delivery_id)
        .where(DeliveryEvent.id == row.handed_at_id)
    )
    found = session.execute(statement).one_or_none()
    if found is None:
        return None
    event, code = found
    told = Handed(code, str(event.uid), exact_day(event.happened_on, event.precision))
    seen = disclosure.field(actor, "expense", "handed_at", told, owner_id=row.responder_id)
    return seen or None
