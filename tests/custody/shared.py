"""What tests of custody begin from."""

from collections.abc import Mapping
from datetime import date
from uuid import UUID, uuid4

import sqlalchemy as sa

from aidnet import audit
from aidnet.custody import service
from aidnet.custody.drafts import AnswerDraft
from aidnet.db import transaction
from aidnet.deliveries.custody_models import Handover
from aidnet.deliveries.drafts import OUTSIDE, DeliveryDraft
from aidnet.deliveries.models import Answer, Delivery, EventKind, Refusal
from aidnet.policy import OPERATOR, Actor, unscoped
from tests.deliveries.shared import RICE, TOLD, coordinator, event, logged, rice_and_oil


def pair() -> tuple[Actor, Actor]:
    """Coordinators of two groups."""
    return coordinator(), coordinator()


def given_to(giver: Actor, receiver: Actor | None, draft: DeliveryDraft | None = None, **more: object) -> Delivery:
    """A delivery of 300 bags, 250 of which the giver says it handed over (None: to somebody outside)."""
    to = receiver.partner_id if receiver else OUTSIDE
    events = (event(EventKind.LOADED, 2), event(EventKind.HANDED_OVER, 6, {RICE: 250_000}, receiver=to))
    plain = vars(draft or rice_and_oil())
    return logged(giver, DeliveryDraft(**plain | {"events": events} | more))


def of(delivery: Delivery) -> Handover:
    """The one hand-over of a delivery, as the database has it."""
    with transaction() as session:
        statement = sa.select(Handover).where(Handover.delivery_id == delivery.id)
        return session.scalars(unscoped(statement, because=TOLD)).one()


def said(
    actor: Actor,
    delivery: Delivery,
    answer: Answer,
    quantities: Mapping[int, int] | None = None,
    refusal: Refusal | None = None,
    uid: UUID | None = None,
) -> None:
    """The receiver's answer, committed."""
    draft = AnswerDraft(
        uid=uid or uuid4(), answer=answer, happened_on=date(2026, 8, 9), quantities=quantities or {}, refusal=refusal
    )
    code = of(delivery).code
    with transaction() as session:
        service.answer(session, actor, code, draft)


def bought_from(delivery: Delivery, fund_id: int) -> None:
    """The delivery is of the fund."""
    with transaction() as session:
        row = session.scalars(unscoped(sa.select(Delivery).where(Delivery.id == delivery.id), because=TOLD)).one()
        row.fund_id = fund_id
        audit.record(session, OPERATOR, "delivery.replanned", row)
