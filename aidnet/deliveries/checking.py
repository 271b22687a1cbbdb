"""What a draft says, checked and made a `Fact`. Each refusal names the field it belongs beside."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from aidnet import clock
from aidnet.deliveries.derive import Fact, Holder
from aidnet.deliveries.drafts import OUTSIDE, DeliveryDraft, EventDraft
from aidnet.deliveries.kinds import FACTS, Need
from aidnet.deliveries.models import Answer, EventKind, Precision
from aidnet.deliveries.references import Named, Spot
from aidnet.errors import Invalid
from aidnet.i18n import gettext as _

MOST_LINES = 50
MOST_PLACES = 100
MOST_EVENTS = 200
#: In thousandths of a unit; and households or people: more than any consignment.
MOST_MILLI = 10**12
MOST_PEOPLE = 10_000_000
_MOST_NOTE = 4_000
_EARLIEST = 2000
#: What can be said of a hand-out that somebody asked about.
_BY_PHONE = frozenset({Answer.ACCEPTED, Answer.SHORT, Answer.REFUSED})


@dataclass(frozen=True)
class Line:
    """A line whose item is known."""

    number: int
    item_id: int
    ref: str
    quantity_milli: int
    unit: str
    weight_grams: int | None
    sector: str | None = None


def text(value: str, field: str) -> str | None:
    """`value` trimmed; None where it is empty. Raises: Invalid."""
    kept = value.replace("\x00", "").strip()
    if len(kept) > _MOST_NOTE:
        raise Invalid(_("At most %(most)s characters, please.", most=_MOST_NOTE), field=field)
    return kept or None


def day(value: date, now: datetime, field: str, *, ahead: bool = False) -> date:
    """`value`, where it can be so: not before the year 2000, and in the future only if `ahead`. Raises: Invalid."""
    today = now.astimezone(clock.YANGON).date()
    if value.year < _EARLIEST:
        raise Invalid(_("This day is too long ago."), field=field)
    # A phone's day may have begun before ours.
    if value > today + timedelta(days=1) and not ahead:
        raise Invalid(_("This day has not come yet."), field=field)
    if value.year > today.year + 5:
        raise Invalid(_("This day is too far away."), field=field)
    return value


def first_day(value: date, precision: Precision) -> date:
    """The first day of the day, week (from Monday) or month that `value` lies in."""
    if precision is Precision.WEEK:
        return value - timedelta(days=value.weekday())
    return value.replace(day=1) if precision is Precision.MONTH else value


def known(wanted: int | None, found: set[int], field: str, sentence: str) -> int | None:
    """`wanted`, where it was found. Raises: Invalid."""
    if wanted and wanted not in found:
        raise Invalid(sentence, field=field)
    return wanted or None


def spot(code: str, named: Named, field: str) -> Spot:
    """The place or site of a code. Raises: Invalid."""
    if code not in named.spots:
        raise Invalid(_("Choose a place of the list."), field=field)
    return named.spots[code]


def spots(draft: DeliveryDraft, events: Sequence[EventDraft], named: Named) -> list[Spot]:
    """Where a delivery goes: its places, and those of its distributions, each once. Raises: Invalid."""
    reached = [event.place for event in events if event.kind is EventKind.DISTRIBUTED]
    found = list(dict.fromkeys(spot(code, named, "places") for code in (*draft.places, *reached)))
    if len(found) > MOST_PLACES:
        raise Invalid(_("At most %(most)s places in one delivery, please.", most=MOST_PLACES), field="places")
    return found


def fact(draft: EventDraft, owner: int, planned: Mapping[int, int], named: Named, now: datetime) -> Fact:
    """What `draft` says as a fact of a delivery of `owner` with these lines; what its kind has not is dropped. Raises: Invalid."""
    needs = FACTS.get(draft.kind)
    if needs is None:
        raise Invalid(_("Choose what happened."), field="kind")
    where = draft.place and needs.place is not Need.NO
    if needs.place is Need.MUST and not draft.place:
        raise Invalid(_("Say where it was handed out."), field="place")
    place = spot(draft.place, named, "place") if where else None
    if needs.crossing:
        known(draft.crossing_id, named.crossings, "crossing", _("Choose a crossing of the list."))
    if needs.reason and draft.reason is None:
        raise Invalid(_("Say how it was lost."), field="reason")
    if draft.kind is EventKind.CONFIRMED and draft.answer not in (_BY_PHONE if draft.about else (None,)):
        raise Invalid(_("Say whether it arrived."), field="answer")
    if draft.kind is EventKind.ANSWERED:
        _refuse_half_an_answer(draft)
    counted, given = _quantities(draft, planned, needs.quantities, both=needs.receiver)
    giver = _holder(owner if draft.giver is None else draft.giver, owner, named, "giver") if needs.giver else None
    receiver = _holder(draft.receiver, owner, named, "receiver") if needs.receiver else None
    if needs.receiver and giver == receiver and giver is not None:
        raise Invalid(_("It was handed over from one group to another: choose two."), field="receiver")
    households, people = _reached(draft) if needs.people else (None, None)
    happened_on = first_day(day(draft.happened_on, now, "happened_on"), draft.precision)
    return Fact(
        uid=draft.uid,
        kind=draft.kind,
        happened_on=happened_on,
        recorded_at=now,
        device_at=draft.device_at,
        precision=draft.precision,
        quantities=counted,
        given=given,
        giver=giver,
        receiver=receiver,
        reason=draft.reason if needs.reason else None,
        place_id=None if place is None else (place.no_finer_than_district if draft.kind is EventKind.LOST else place.place_id),
        households=households,
        people=people,
        about=draft.about if needs.about else None,
        answer=draft.answer if needs.about else None,
        refusal=draft.refusal if draft.answer is Answer.REFUSED and needs.custody else None,
    )


def refuse_custody(events: Sequence[EventDraft]) -> None:
    """What only the pages of hand-overs and consignments add is no report of its own. Raises: Invalid."""
    if any(FACTS[event.kind].custody for event in events if event.kind in FACTS):
        raise Invalid(_("Choose what happened."), field="kind")


def _refuse_half_an_answer(draft: EventDraft) -> None:
    if draft.answer is None or draft.about is None:
        raise Invalid(_("Say whether it came."), field="answer")
    if draft.answer is Answer.REFUSED and draft.refusal is None:
        raise Invalid(_("Say why it was not taken."), field="refusal")
    if draft.answer in (Answer.SHORT, Answer.SURPLUS) and not draft.quantities:
        raise Invalid(_("Type what you counted."), field="quantities")


def _holder(wanted: int, owner: int, named: Named, field: str) -> Holder:
    if wanted == OUTSIDE:
        return None
    return known(wanted, named.responders | {owner}, field, _("Choose a group of the list."))


def _quantities(draft: EventDraft, planned: Mapping[int, int], need: Need, *, both: bool) -> tuple[dict[int, int], dict[int, int]]:
    if need is Need.NO:
        return {}, {}
    if draft.kind is EventKind.LOADED and not draft.quantities:
        return dict(planned), {}
    said = {**draft.quantities, **draft.given}
    if not set(said) <= set(planned) or any(not 0 <= milli <= MOST_MILLI for milli in (*draft.quantities.values(), *draft.given.values())):
        raise Invalid(_("Type quantities of the delivery's own lines, not below zero."), field="quantities")
    given = {line: milli for line, milli in draft.given.items() if both and milli != draft.quantities.get(line, milli)}
    counted = {line: draft.quantities.get(line, draft.given.get(line, 0)) for line in said}
    kept = {line: milli for line, milli in counted.items() if milli or given.get(line)}
    if draft.kind is EventKind.CONFIRMED:
        # Of a hand-out that came in part, none of a line is a word too.
        return (counted if draft.answer is Answer.SHORT else {}), {}
    if draft.kind is EventKind.ANSWERED:
        return ({} if draft.answer is Answer.REFUSED else counted), {}
    if not kept:
        raise Invalid(_("Say how much of it: at least one quantity."), field="quantities")
    return kept, given


def _reached(draft: EventDraft) -> tuple[int | None, int | None]:
    by_kind, bands = sum(draft.by_kind.values()), sum(draft.bands.values())
    people = draft.people if draft.people is not None else (max(by_kind, bands) or None)
    for name, number in (("households", draft.households), ("people", people), ("disabled", draft.disabled)):
        if number is not None and not 0 <= number <= MOST_PEOPLE:
            raise Invalid(_("This number is too large to be true."), field=name)
    if any(number < 0 for number in draft.by_kind.values()) or by_kind > (people or 0):
        raise Invalid(_("Displaced, host and returned people are together more than all people."), field="people")
    if any(number < 0 for number in draft.bands.values()) or bands > (people or 0):
        raise Invalid(_("Counted by sex and age, there are more than all people."), field="people")
    if draft.disabled and draft.disabled > (people or 0):
        raise Invalid(_("More people with a disability than people: one of the numbers cannot be right."), field="disabled")
    return draft.households, people
