"""Kits and plans of the invented groups, hand-outs told in detail, and what receivers answered by phone."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

from aidnet.deliveries.drafts import DeliveryDraft, EventDraft, LegDraft, LineDraft
from aidnet.deliveries.kits import KitDraft
from aidnet.deliveries.models import Age, Answer, EventKind, ReceivedBy, SaidBy, Sex, VerifiedBy
from aidnet.deliveries.plan_models import Mode
from aidnet.demo.cast import GROUPS, OWN_CROSSINGS
from aidnet.demo.telling import Act, Telling

#: Of a hundred hand-outs, so many are told in detail, and so many are asked about later.
_DETAILED, _ASKED = 12, 6
#: How people fall into bands, of a hundred.
_BANDS = (
    (Sex.FEMALE, Age.UNDER_5, 6),
    (Sex.FEMALE, Age.CHILD, 14),
    (Sex.FEMALE, Age.ADULT, 27),
    (Sex.FEMALE, Age.OLDER, 6),
    (Sex.MALE, Age.UNDER_5, 6),
    (Sex.MALE, Age.CHILD, 13),
    (Sex.MALE, Age.ADULT, 18),
    (Sex.MALE, Age.OLDER, 4),
)
_SAID = ("", "", "Oil would help next time", "The list was fair, they say", "Some came from the next village too")
#: Kits by the number of their group: name, and what is in one.
_KITS = (
    (0, "Family kit", (("rice", "rice_bag", 1), ("oil", "litre", 5), ("salt", "kg", 1))),
    (0, "Rain kit", (("tarpaulin", "sheet", 2), ("rope", "roll", 1), ("mosquito_net", "piece", 3))),
    (1, "Family kit", (("rice", "rice_bag", 1), ("pulses", "kg", 9))),
)


def with_detail(deliveries: Sequence[Act]) -> list[Act]:
    """The deliveries, some of whose hand-outs are told in detail, and some were asked about later."""
    told: list[Act] = []
    for act in deliveries:
        if act.verb == "log":
            act = replace(act, draft=replace(act.draft, events=tuple(_detailed(event) for event in act.draft.events)))
        elif act.verb == "report":
            act = replace(act, draft=_detailed(act.draft))
        told.append(act)
        told += _questions(act)
    return told


def _detailed(event: EventDraft) -> EventDraft:
    chance = random.Random(f"detail {event.uid}")
    if event.kind is not EventKind.DISTRIBUTED or not event.people or chance.randrange(100) >= _DETAILED:
        return event
    return replace(
        event,
        bands={(sex, age): event.people * share // 100 for sex, age, share in _BANDS},
        disabled=event.people * chance.randint(2, 9) // 100,
        received_by=chance.choice((ReceivedBy.HOUSEHOLDS, ReceivedBy.HOUSEHOLDS, ReceivedBy.COMMITTEE, ReceivedBy.CAMP_LEADERS)),
        verified_by=chance.choice((VerifiedBy.SEEN, VerifiedBy.LIST, VerifiedBy.PHOTOS, VerifiedBy.COMMUNITY)),
        feedback=chance.choice(_SAID),
    )


def _questions(act: Act) -> Iterator[Act]:
    """What somebody was told by phone some days after a hand-out, typed by its coordinator."""
    events = act.draft.events if act.verb == "log" else (act.draft,) if act.verb == "report" else ()
    of = str(act.draft.uid) if act.verb == "log" else act.of
    group = act.who.partition("-")[2]
    for event in events:
        chance = random.Random(f"asked {event.uid}")
        if event.kind is not EventKind.DISTRIBUTED or chance.randrange(100) >= _ASKED:
            continue
        at = act.at + timedelta(days=chance.randint(4, 15), minutes=chance.randint(1, 300))
        answer = chance.choices((Answer.ACCEPTED, Answer.SHORT), (92, 8))[0]
        first = min(event.quantities)
        asked = EventDraft(
            uid=UUID(int=chance.getrandbits(128), version=4),
            kind=EventKind.CONFIRMED,
            happened_on=at.date(),
            about=event.uid,
            answer=answer,
            quantities={first: event.quantities[first] * 9 // 10000 * 1000} if answer is Answer.SHORT else {},
            said_by=chance.choice((SaidBy.RECEIVER, SaidBy.COMMUNITY)),
        )
        yield Act(at, f"coordinator-{group}", "report", asked, of=of)


def tell_plans(telling: Telling) -> Iterator[Act]:
    """Kits since last spring, and what the first groups plan for the days to come."""
    chance = random.Random(f"plans {telling.today.isoformat()}")
    for number, name, contents in _KITS:
        who = f"coordinator-{GROUPS[number].code_name.lower()}"
        items = tuple(LineDraft(item=item, unit=unit, quantity_milli=each * 1000) for item, unit, each in contents)
        draft = KitDraft(name=name, items=items, uid=UUID(int=chance.getrandbits(128), version=4))
        yield Act(telling.moment(telling.today - timedelta(120 + number)), who, "kit", draft)
    for number, group in enumerate(GROUPS[:3]):
        villages = telling.stage.villages[group.townships[0]]
        due, before = telling.today + timedelta(4 + 3 * number), telling.today - timedelta(2)
        draft_of_plan = DeliveryDraft(
            uid=UUID(int=chance.getrandbits(128), version=4),
            lines=(
                LineDraft(item="rice", unit="rice_bag", quantity_milli=chance.randrange(60, 120, 10) * 1000),
                LineDraft(item="oil", quantity_milli=chance.randrange(80, 160, 20) * 1000),
            ),
            places=villages[:2],
            legs=tuple(_legs(telling, group.code_name, due, chance)),
            planned_on=due,
            events=(EventDraft(uid=UUID(int=chance.getrandbits(128), version=4), kind=EventKind.PLANNED, happened_on=before),),
        )
        yield Act(telling.moment(before), f"coordinator-{group.code_name.lower()}", "log", draft_of_plan)


def _legs(telling: Telling, group: str, due: date, chance: random.Random) -> Iterator[LegDraft]:
    own = OWN_CROSSINGS.get(group)
    passed = telling.stage.crossings[own[0]] if own else None
    yield LegDraft(mode=Mode.TRUCK, expected_on=due - timedelta(3), carrier=chance.choice(("Heron", "Two brothers")))
    yield LegDraft(mode=Mode.BOAT, crossing_id=passed, expected_on=due - timedelta(2))
    yield LegDraft(mode=Mode.MOTORBIKE, expected_on=due, carrier="The tall one")
