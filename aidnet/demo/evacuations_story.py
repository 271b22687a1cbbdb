"""Three evacuations: one that three groups did together and that has faded since, one of last week, one on the way now."""

from collections.abc import Iterator
from datetime import date, timedelta
from uuid import UUID

from aidnet.demo.telling import Act, Telling
from aidnet.evacuations.drafts import EvacuationDraft, EventDraft
from aidnet.evacuations.models import Band, EvacuationEventKind

K = EvacuationEventKind
B = Band
_LONG_AGO = {B.ADULTS: 96, B.CHILDREN: 71, B.OLDER: 19, B.REDUCED_MOBILITY: 6}
_HALF = {B.ADULTS: 51, B.CHILDREN: 38, B.OLDER: 11, B.REDUCED_MOBILITY: 2}
_REST = {B.ADULTS: 45, B.CHILDREN: 33, B.OLDER: 8, B.REDUCED_MOBILITY: 4}
_LAST_WEEK = {B.ADULTS: 30, B.CHILDREN: 24, B.OLDER: 7}
_NOW = {B.ADULTS: 58, B.CHILDREN: 49, B.OLDER: 12, B.REDUCED_MOBILITY: 5}
_SOME = {B.ADULTS: 22, B.CHILDREN: 31, B.OLDER: 9, B.REDUCED_MOBILITY: 5}


def tell_evacuations(telling: Telling) -> list[Act]:
    """The three, by groups of the cast."""
    return [*_together(telling), *_last_week(telling), *_on_the_way(telling)]


def _plan(
    telling: Telling,
    day: date,
    who: str,
    origin: str,
    town: str,
    heads: dict[Band, int],
    vehicles: int,
    groups: tuple[str, ...] = (),
) -> tuple[UUID, Act]:
    draft = EvacuationDraft(
        uid=telling.uid(),
        origin=origin,
        destination=town,
        planned_on=day,
        heads=heads,
        vehicles=vehicles,
        groups=frozenset(telling.stage.responders[group] for group in groups),
        note="Small cars first. Nobody travels alone.",
    )
    return draft.uid, Act(telling.moment(day - timedelta(1)), f"coordinator-{who.lower()}", "evacuate", draft)


def _said(
    telling: Telling,
    of: UUID,
    day: date,
    who: str,
    kind: EvacuationEventKind,
    heads: dict[Band, int],
    vehicles: int | None = None,
    note: str = "",
) -> Act:
    draft = EventDraft(uid=telling.uid(), kind=kind, happened_on=day, heads=heads, vehicles=vehicles, note=note)
    return Act(telling.moment(day), f"coordinator-{who.lower()}", "on-an-evacuation", draft, of=str(of))


def _together(telling: Telling) -> Iterator[Act]:
    day = telling.today - timedelta(64)
    next_day = day + timedelta(1)
    uid, planned = _plan(telling, day, "S-07", "the school by the ridge", "MMR005D003", _LONG_AGO, 21, ("S-02", "S-08"))
    yield planned
    yield _said(telling, uid, day, "S-07", K.DEPARTED, _LONG_AGO, 21, "Two carts broke down at the ford.")
    yield _said(telling, uid, day, "S-08", K.COUNTED, {B.NOT_SAID: sum(_LONG_AGO.values())})
    yield _said(telling, uid, next_day, "S-07", K.ARRIVED, _HALF)
    yield _said(telling, uid, next_day + timedelta(1), "S-07", K.ARRIVED, _REST)
    yield _said(telling, uid, next_day + timedelta(1), "S-02", K.ARRIVED, {B.NOT_SAID: sum(_LONG_AGO.values())})


def _last_week(telling: Telling) -> Iterator[Act]:
    day = telling.today - timedelta(7)
    uid, planned = _plan(telling, day, "S-01", "fields behind the monastery", "MMR005D002", _LAST_WEEK, 9)
    yield planned
    yield _said(telling, uid, day, "S-01", K.DEPARTED, _LAST_WEEK, 9)
    yield _said(
        telling,
        uid,
        day + timedelta(1),
        "S-01",
        K.TURNED_BACK,
        {B.OLDER: 2},
        note="They would not leave their animals.",
    )
    yield _said(telling, uid, day + timedelta(1), "S-01", K.ARRIVED, _LAST_WEEK | {B.OLDER: 5})


def _on_the_way(telling: Telling) -> Iterator[Act]:
    day = telling.today - timedelta(3)
    uid, planned = _plan(telling, day, "S-07", "huts along the stream", "MMR005D004", _NOW, 14, ("S-05",))
    yield planned
    yield _said(telling, uid, day, "S-07", K.DEPARTED, _NOW, 14, "By night, in three groups of cars.")
    yield _said(telling, uid, day + timedelta(1), "S-07", K.ARRIVED, _SOME)
    yield _said(telling, uid, day + timedelta(1), "S-05", K.ARRIVED, {B.NOT_SAID: sum(_SOME.values()) - 3})
