"""What receivers said of the story's hand-overs, one of which was refused, and one consignment that was split on its way."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from aidnet import clock
from aidnet.codes import code_of
from aidnet.custody.drafts import AnswerDraft, GatherDraft, Taken
from aidnet.deliveries.drafts import DeliveryDraft, EventDraft, LineDraft
from aidnet.deliveries.models import Answer, EventKind, Refusal
from aidnet.demo.cast import GROUPS, Group
from aidnet.demo.telling import Act, Telling

#: How many receivers never answer, of a hundred.
_SILENT = 3


def with_answers(telling: Telling, deliveries: Sequence[Act]) -> list[Act]:
    """The deliveries, in which a giver tells only what it gave, and its receiver a few days later what came."""
    names = {responder_id: name for name, responder_id in telling.stage.responders.items()}
    told: list[Act] = []
    for act in deliveries:
        events = act.draft.events if act.verb == "log" else (act.draft,) if act.verb == "report" else ()
        handed = [event for event in events if event.kind is EventKind.HANDED_OVER]
        told.append(_as_given(act) if handed else act)
        told += [answer for event in handed for answer in _answer(act, event, names[event.receiver])]
    return [*told, *tell_split(telling)]


def _as_given(act: Act) -> Act:
    if act.verb == "report":
        return replace(act, draft=_given(act.draft))
    return replace(act, draft=replace(act.draft, events=tuple(_given(event) for event in act.draft.events)))


def _given(event: EventDraft) -> EventDraft:
    return replace(event, quantities={**event.quantities, **event.given}, given={})


def _answer(act: Act, event: EventDraft, receiver: str) -> Iterator[Act]:
    chance = random.Random(event.uid.int)
    if chance.randrange(100) < _SILENT:
        return
    at = act.at + timedelta(days=chance.choice((0, 1, 1, 2, 4, 9)), minutes=chance.randint(20, 500))
    draft = AnswerDraft(
        uid=UUID(int=chance.getrandbits(128), version=4),
        answer=Answer.SHORT if event.given else Answer.ACCEPTED,
        happened_on=at.astimezone(clock.YANGON).date(),
        quantities=event.quantities if event.given else {},
    )
    yield Act(at, f"coordinator-{receiver.lower()}", "answer", draft, of=code_of("H", event.uid))


def tell_split(telling: Telling) -> Iterator[Act]:
    """The newest consignment of S-07: its oil was not taken, and a part of its rice goes another way."""
    chance = random.Random(f"custody {telling.today.isoformat()}")
    group, other = _named("S-07"), _named("S-11")

    def uid() -> UUID:
        return UUID(int=chance.getrandbits(128), version=4)

    loaded, handed, moved = (telling.today - timedelta(days) for days in (6, 4, 2))
    here, there = [telling.stage.villages[township][0] for township in group.townships[:2]]
    draft = DeliveryDraft(
        uid=uid(),
        lines=(
            LineDraft(item="rice", unit="rice_bag", quantity_milli=240_000),
            LineDraft(item="oil", quantity_milli=90_000),
        ),
        places=(here, there),
        events=(EventDraft(uid=uid(), kind=EventKind.LOADED, happened_on=loaded),),
        planned_on=telling.today + timedelta(3),
    )
    receiver = telling.stage.responders[other.code_name]
    given = EventDraft(uid=uid(), kind=EventKind.HANDED_OVER, happened_on=handed, quantities={2: 90_000}, receiver=receiver)
    refused = AnswerDraft(uid=uid(), answer=Answer.REFUSED, happened_on=handed, refusal=Refusal.NO_ROOM)
    taken = Taken(code=code_of("D", draft.uid), amounts={1: 100_000})
    part = GatherDraft(uid=uid(), moved_on=moved, takes=(taken,), places=(there,), planned_on=draft.planned_on)
    us, them = (f"coordinator-{one.code_name.lower()}" for one in (group, other))
    begin = datetime(loaded.year, loaded.month, loaded.day, 9, tzinfo=clock.YANGON).astimezone(UTC)
    yield Act(begin, us, "log", draft)
    yield Act(begin + timedelta(days=2), us, "report", given, of=str(draft.uid))
    yield Act(begin + timedelta(days=2, hours=1), them, "answer", refused, of=code_of("H", given.uid))
    yield Act(begin + timedelta(days=4), us, "gather", part)


def _named(code_name: str) -> Group:
    return next(group for group in GROUPS if group.code_name == code_name)
