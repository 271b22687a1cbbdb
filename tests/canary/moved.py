"""Evacuations of the canary's groups: each leads one alone, and the first leads one together with the second; one has faded."""

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from aidnet import clock
from aidnet.db import transaction
from aidnet.evacuations import fading
from aidnet.evacuations import service as evacuations
from aidnet.evacuations.drafts import CorrectionDraft, EvacuationDraft, EventDraft
from aidnet.evacuations.models import Band, EvacuationEventKind
from aidnet.policy import OPERATOR, Actor

if TYPE_CHECKING:
    from tests.canary.network import Builder, Group

K = EvacuationEventKind
#: The day of what has not faded: none is drawn like it. Its page tells the day on which it will fade.
MOVED_ON = date(2025, 1, 16)
FADES_ON = MOVED_ON + timedelta(days=fading.KEPT_DAYS)


def move(make: "Builder", groups: "list[Group]") -> None:
    """Four evacuations, on two days, for days are scarce."""
    first, second = groups[0], groups[1]
    _ended_long_ago(make, first.coordinator)
    day = MOVED_ON
    with clock.at(make.mint.instant()), transaction() as session:
        for group, others in ((first, [second]), (first, []), (second, [])):
            row = evacuations.plan(session, group.coordinator, _plan(make, day, [other.partner.id for other in others]))
            for kind in (K.DEPARTED, K.INCIDENT, K.ARRIVED):
                said = evacuations.report(session, group.coordinator, row.code, _event(make, kind, day, words=True))
            for other in others:
                evacuations.report(session, other.coordinator, row.code, _event(make, K.COUNTED, day))
            right = CorrectionDraft(uid=uuid4(), event=said.uid, facts=_event(make, K.ARRIVED, day, words=True))
            evacuations.correct(session, group.coordinator, row.code, right)


def _plan(make: "Builder", day: date, others: list[int]) -> EvacuationDraft:
    return EvacuationDraft(
        uid=uuid4(),
        origin=f"behind {make.mint.word()}",
        destination="MMR005D003",
        planned_on=day,
        heads=_heads(make),
        vehicles=make.mint.number(4),
        groups=frozenset(others),
        note=f"{make.mint.word()} knows",
    )


def _event(make: "Builder", kind: EvacuationEventKind, day: date, *, words: bool = False, **more: Any) -> EventDraft:
    said = {"place": f"at {make.mint.word()}", "note": f"{make.mint.word()} waited"} if words else {}
    return EventDraft(uid=uuid4(), kind=kind, happened_on=day, **({"heads": _heads(make)} | said | more))


def _heads(make: "Builder") -> dict[Band, int]:
    return {Band.ADULTS: make.mint.number(), Band.CHILDREN: make.mint.number()}


def _ended_long_ago(make: "Builder", actor: Actor) -> None:
    """It ended, and faded."""
    day, heads = make.mint.next_day(), _heads(make)
    with clock.at(make.mint.instant()), transaction() as session:
        row = evacuations.plan(session, actor, _plan(make, day, []))
        for kind in (K.DEPARTED, K.ARRIVED):
            evacuations.report(session, actor, row.code, _event(make, kind, day, words=True, heads=heads))
        fading.fade(session, OPERATOR, day + timedelta(days=fading.KEPT_DAYS))
