"""Hand-overs of the canary's groups: answered by their receiver, for somebody outside, not at all; carried on, split and joined."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from aidnet import clock
from aidnet.custody import service as custody
from aidnet.custody.drafts import AnswerDraft, GatherDraft, OnwardDraft, Taken
from aidnet.db import transaction
from aidnet.deliveries.custody_models import Handover
from aidnet.deliveries.models import Answer, Refusal
from aidnet.disclosure import Audience
from aidnet.policy import unscoped
from tests.canary.marks import of_value

if TYPE_CHECKING:
    from tests.canary.audiences import Ownership
    from tests.canary.network import Builder, Group


def hand(make: "Builder", groups: "list[Group]") -> None:
    """What one group gave the other is counted, then carried on; what went outside is answered by the owner, refused or open."""
    giver, receiver = groups
    given, outside = giver.deliveries[-1], giver.deliveries[:2]
    day = make.mint.next_day()
    with clock.at(make.mint.instant()), transaction() as session:
        rows = session.scalars(unscoped(sa.select(Handover), because="the canary sets its own table"))
        codes = {row.delivery_id: row.code for row in rows}
        counted = {1: make.mint.number() * 1000}
        short = AnswerDraft(answer=Answer.SHORT, happened_on=day, quantities=counted)
        custody.answer(session, receiver.coordinator, codes[given.id], short)
        onward = OnwardDraft(loaded_on=day, amounts={1: make.mint.number() * 1000}, planned_on=make.mint.next_day())
        custody.carry_on(session, receiver.coordinator, codes[given.id], onward)
        more = AnswerDraft(answer=Answer.SURPLUS, happened_on=day, quantities={1: make.mint.number() * 1000})
        custody.answer(session, giver.coordinator, codes[outside[0].id], more)
        refused = AnswerDraft(answer=Answer.REFUSED, happened_on=day, refusal=Refusal.DAMAGED)
        custody.answer(session, giver.coordinator, codes[outside[1].id], refused)
        part = Taken(code=outside[0].code, amounts={1: make.mint.number() * 1000})
        split = custody.gather(session, giver.coordinator, GatherDraft(moved_on=day, takes=(part,)))
        whole = (Taken(code=split.code), Taken(code=giver.deliveries[2].code))
        custody.gather(session, giver.coordinator, GatherDraft(moved_on=day, takes=whole))


def told_by_handovers(owned: "Ownership", actor: Any) -> Iterator[str]:
    """Forms of what a hand-over tells those whom it names: its items and units, what was given and counted, and the difference."""
    events = owned.by_id["delivery_event"]
    for row in owned.rows["handover"]:
        if owned.audience(actor, "handover", row) not in (Audience.OWN, Audience.OTHER):
            continue
        spoken = {row["event_id"]}
        spoken |= {event["id"] for event in events.values() if row["event_id"] in (event["about_id"], event["corrects_id"])}
        amounts: dict[int, set[int]] = {}
        for number in owned.rows["event_quantity"]:
            if number["event_id"] in spoken:
                said = {number["quantity_milli"], number["given_milli"]} - {None}
                amounts.setdefault(number["line_id"], set()).update(said)
        for line_id, milli in amounts.items():
            line = owned.row("delivery_line", line_id)
            item = owned.row("item", line["item_id"])
            for name, value in (("unit", line["unit"]), ("name_en", item["name_en"]), ("name_my", item["name_my"])):
                yield from of_value(name, value)
            for value in milli | {abs(one - other) for one in milli for other in milli}:
                yield from of_value("quantity_milli", value)
