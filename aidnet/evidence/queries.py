"""Reads: the photos of an expense or a hand-out: for its own group what they are, for others at most how many."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session, defer

from aidnet import policy
from aidnet.deliveries.models import DeliveryEvent
from aidnet.disclosure import Shown, field, show
from aidnet.evidence.models import Photo
from aidnet.funding.models import Expense
from aidnet.policy import Actor, Permission


@dataclass(frozen=True)
class Photos:
    """What an actor may know of an expense's photos."""

    #: How many are kept; WITHHELD from those whose business it is not.
    many: object
    #: To open, or (`removed_at`) taken away; empty for others than the own group.
    own: tuple[Shown, ...]


def photos_of(session: Session, actor: Actor, expense: Expense) -> Photos:
    """The photos of an expense that the actor may see; no picture is read. One statement."""
    if actor.responder_id is not None:
        statement = policy.visible(actor, Permission.EXPENSE_READ, Photo).where(Photo.expense_id == expense.id)
        rows = session.scalars(statement.options(defer(Photo.picture_sealed)).order_by(Photo.id)).all()
        many = sum(row.removed_at is None for row in rows)
        own = tuple(show(actor, row) for row in rows)
    else:
        counted = sa.select(sa.func.count()).select_from(Photo)
        counted = counted.where(Photo.expense_id == expense.id, Photo.removed_at.is_(None))
        because = "how many there are of an expense the actor reads; the matrix says who is told"
        many, own = session.scalars(policy.unscoped(counted, because=because)).one(), ()
    return Photos(field(actor, "expense", "photos", many, owner_id=expense.responder_id), own)


def of_event(actor: Actor, event: type[DeliveryEvent]) -> sa.ScalarSelect[str]:
    """The codes of the photos that are kept of a hand-out in a statement about events, in one text; none for who may not open them."""
    kept = (Photo.event_id == event.id) & Photo.removed_at.is_(None)
    rule = policy.rule(actor, Permission.PHOTO_OPEN, Photo)
    return sa.select(sa.func.aggregate_strings(Photo.code, " ")).where(kept, rule).correlate(event).scalar_subquery()


def photo(session: Session, actor: Actor, code: str) -> Shown:
    """One photo of the own group, with its picture. Whoever shows the picture wrote the opening down first. Raises: NotVisible."""
    return show(actor, policy.fetch(session, actor, Permission.PHOTO_OPEN, Photo, code))
