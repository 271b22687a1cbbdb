"""Plans, kits and the detail of hand-outs of the canary's groups, with photos and with what somebody answered by phone."""

from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import sqlalchemy as sa

from aidnet import clock
from aidnet.db import transaction
from aidnet.deliveries import kits
from aidnet.deliveries import service as deliveries
from aidnet.deliveries.drafts import DeliveryDraft, EventDraft, LegDraft, LineDraft
from aidnet.deliveries.kits import KitDraft
from aidnet.deliveries.models import Age, Answer, DeliveryEvent, EventKind, ReceivedBy, Sex, VerifiedBy
from aidnet.deliveries.plan_models import Mode
from aidnet.evidence import service as evidence
from aidnet.policy import unscoped

if TYPE_CHECKING:
    from tests.canary.marks import Mint
    from tests.canary.network import Builder, Group


def detailed(mint: "Mint", draft: EventDraft) -> EventDraft:
    """A hand-out with who was reached, who took the goods and what people say."""
    people = draft.people or 0
    return replace(
        draft,
        bands={(Sex.FEMALE, Age.ADULT): people - 20_013, (Sex.MALE, Age.OLDER): 10_009},
        disabled=10_037,
        received_by=ReceivedBy.COMMITTEE,
        verified_by=VerifiedBy.PHOTOS,
        feedback=f"{mint.word()} wants oil",
    )


def plan(make: "Builder", groups: "list[Group]") -> None:
    """Each group has a kit and a plan; its logger has one too; and asked about a hand-out of which it keeps photos."""
    mint = make.mint
    for group in groups:
        with clock.at(mint.instant()), transaction() as session:
            items = (LineDraft(item="rice", quantity_milli=mint.number() * 1000, unit="rice_bag"),)
            kits.make(session, group.coordinator, KitDraft(name=f"kit {mint.word()}", items=items))
            for who in (group.coordinator, group.logger):
                legs = (
                    LegDraft(mode=Mode.TRUCK, expected_on=mint.next_day(), carrier=f"{mint.word()} drives"),
                    LegDraft(mode=Mode.BOAT, crossing_id=group.crossing.id, carrier=mint.word()),
                )
                draft = DeliveryDraft(lines=items, places=(group.villages[0].pcode,), legs=legs, planned_on=mint.next_day())
                deliveries.log(session, who, draft)
        first = group.deliveries[0]
        asked_on = mint.next_day()
        with clock.at(mint.instant()), transaction() as session:
            about = _handed_out(first.id)
            facts = {"about": about, "answer": Answer.ACCEPTED, "note": f"{mint.word()} called"}
            asked = EventDraft(kind=EventKind.CONFIRMED, happened_on=asked_on, **facts)
            deliveries.report(session, group.coordinator, first.code, asked)
            picture = make._picture()
            evidence.add_to_hand_out(session, group.coordinator, first.code, about, [picture], uid=uuid4())


def _handed_out(delivery_id: int) -> UUID:
    statement = sa.select(DeliveryEvent.uid).where(
        DeliveryEvent.delivery_id == delivery_id, DeliveryEvent.kind == EventKind.DISTRIBUTED
    )
    with transaction() as session:
        uid: UUID = session.scalars(
            unscoped(statement.order_by(DeliveryEvent.id), because="the canary sets its own table")
        ).first()  # type: ignore[assignment]
    return uid
