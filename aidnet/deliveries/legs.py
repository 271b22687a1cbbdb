"""The way of a plan, leg by leg, with what was reported of each beside it; nothing is filled in that nobody said."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from aidnet import clock
from aidnet.deliveries import words
from aidnet.deliveries.facts import Fact
from aidnet.deliveries.models import EventKind
from aidnet.deliveries.plan_models import DeliveryLeg
from aidnet.disclosure import Shown, audience_of, field
from aidnet.i18n import gettext as _
from aidnet.i18n import ngettext
from aidnet.places.models import Crossing
from aidnet.places.queries import crossing_label
from aidnet.policy import Actor


@dataclass(frozen=True)
class Leg:
    """A leg as its own group sees it. The carrier is private: an opening shows it."""

    number: int
    mode: str
    crossing: str
    expected_on: date | None
    #: For a form: which mode and crossing.
    mode_value: str
    crossing_id: int | None
    has_carrier: bool


@dataclass(frozen=True)
class Travelled:
    """A leg and what was reported of it."""

    leg: Leg
    #: "set out 2 Aug", "crossed 4 Aug".
    happened: tuple[str, ...]
    #: "2 days later than planned", or that its day is over without a word; empty: neither.
    late: str


def shown(actor: Actor, rows: Iterable[tuple[DeliveryLeg, Crossing | None]], owner_id: int) -> tuple[Leg, ...]:
    """Legs, in order, as the actor may see them; none for who does not."""
    found = []
    for row, crossing in rows:
        leg = Shown(row, "delivery_leg", audience_of(actor, owner_id))
        if not leg.mode:
            return ()
        label = crossing_label(actor, crossing) if crossing else ""
        found.append(
            Leg(
                number=leg.number,
                mode=str(words.MODES[leg.mode]),
                crossing=str(field(actor, "delivery_leg", "crossing", label, owner_id=owner_id)),
                expected_on=leg.expected_on,
                mode_value=leg.mode.value,
                crossing_id=row.crossing_id,
                has_carrier=row.carrier_sealed is not None,
            )
        )
    return tuple(sorted(found, key=lambda leg: leg.number))


def beside(legs: Sequence[Leg], stand: Sequence[Fact]) -> tuple[Travelled, ...]:
    """Each leg with what was reported of it: where it set out, crossed, was handed over, arrived.

    A crossing belongs to the leg that crosses, in their order; a hand-over ends a leg only where there is one for each
    leg but the last. `stand`: the standing events, in the order they happened.
    """
    if not legs:
        return ()
    crossed = _of(stand, EventKind.CROSSED)
    handed = _of(stand, EventKind.HANDED_OVER)
    handed = handed if len(handed) == len(legs) - 1 else []
    set_out = _of(stand, EventKind.DEPARTED) or _of(stand, EventKind.LOADED)
    there = _of(stand, EventKind.ARRIVED) or _of(stand, EventKind.DISTRIBUTED)
    crossings = iter(crossed)
    found = []
    for place, leg in enumerate(legs):
        said: list[tuple[str, Fact]] = []
        ended: Fact | None = None
        if place == 0 and set_out:
            said.append((_("set out %(day)s", day=_day(set_out[0])), set_out[0]))
        if leg.crossing and (fact := next(crossings, None)) is not None:
            said.append((_("crossed %(day)s", day=_day(fact)), fact))
            ended = fact
        if place < len(handed):
            ended = handed[place]
            said.append((_("handed over %(day)s", day=_day(ended)), ended))
        if place == len(legs) - 1 and there:
            ended = there[0]
            said.append((_("arrived %(day)s", day=_day(ended)), ended))
        found.append(Travelled(leg, tuple(text for text, _fact in said), _late(leg, ended)))
    return tuple(found)


def _of(stand: Sequence[Fact], kind: EventKind) -> list[Fact]:
    return [fact for fact in stand if fact.kind is kind]


def _day(fact: Fact) -> str:
    return words.exact_day(fact.happened_on, fact.precision)


def _late(leg: Leg, ended: Fact | None) -> str:
    if leg.expected_on is None:
        return ""
    if ended is None:
        return _("its day is over, and nobody said") if leg.expected_on < clock.today() else ""
    days = (ended.happened_on - leg.expected_on).days
    return ngettext("%(num)d day later than planned", "%(num)d days later than planned", days) if days > 0 else ""


def codes_of(told: Any) -> tuple[str, ...]:
    """Codes that the database put into one text."""
    return tuple(sorted(str(told).split())) if told else ()
