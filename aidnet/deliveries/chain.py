"""From hand to hand: the hand-overs of a delivery in words, and where the chain between two holders is not known."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from uuid import UUID

from aidnet import codes
from aidnet.custody.words import ANSWERS, REFUSALS, STATES
from aidnet.deliveries import words
from aidnet.deliveries.custody_models import HandoverState
from aidnet.deliveries.derive import Derived, Fact, Handing, Holder
from aidnet.deliveries.items import Line
from aidnet.deliveries.models import EventKind
from aidnet.disclosure import field
from aidnet.i18n import gettext as _
from aidnet.policy import Actor
from aidnet.web.context import quantity

_OUT_OF_HANDS = frozenset({EventKind.HANDED_OVER, EventKind.DISTRIBUTED, EventKind.LOST, EventKind.RETURNED})


@dataclass(frozen=True)
class Step:
    """A hand-over as the page of its delivery tells it."""

    #: Of its event.
    uid: UUID
    code: str
    when: str
    giver: str
    receiver: str
    #: What was given.
    what: str
    kind: str
    state: str
    #: By how much the counts differ, or why it was not taken; empty: nothing to say.
    difference: str


def steps(
    actor: Actor, owner_id: int, derived: Derived, lines: Mapping[int, Line], names: Mapping[Holder, str]
) -> tuple[Step, ...]:
    """Every hand-over that stands, in the order of the journey."""

    def seen(name: str, value: object) -> str:
        return str(field(actor, "handover", name, value, owner_id=owner_id))

    found = []
    for fact in derived.standing:
        hand = derived.handovers.get(fact.uid)
        if hand is None:
            continue
        kind, state = STATES[hand.state]
        found.append(
            Step(
                uid=hand.uid,
                code=seen("code", codes.code_of("H", hand.uid)),
                when=words.exact_day(fact.happened_on, fact.precision),
                giver=seen("giver", names.get(hand.giver, "")),
                receiver=seen("receiver", names.get(hand.receiver, "")),
                what=_amounts(hand.given, lines),
                kind=kind,
                state=str(state),
                difference=_difference(hand, lines),
            )
        )
    return tuple(found)


def _amounts(quantities: Mapping[int, int], lines: Mapping[int, Line]) -> str:
    parts = [(lines[number], milli) for number, milli in sorted(quantities.items()) if milli]
    return ", ".join(f"{line.item} {quantity(milli)} {line.unit}" for line, milli in parts)


def _difference(hand: Handing, lines: Mapping[int, Line]) -> str:
    if hand.state is HandoverState.REFUSED:
        return str(REFUSALS[hand.refusal]) if hand.refusal else ""
    parts = []
    if hand.short:
        parts.append(_("%(amounts)s short", amounts=_amounts(hand.short, lines)))
    if hand.more:
        parts.append(_("%(amounts)s more", amounts=_amounts(hand.more, lines)))
    return ", ".join(parts)


def answered(fact: Fact, names: Mapping[Holder, str]) -> str:
    """What the timeline calls an answer: "S-11: Less came"."""
    said = ANSWERS[fact.answer] if fact.answer else words.EVENTS[EventKind.ANSWERED]
    return f"{names.get(fact.receiver, '')}: {said}"


def refusal(fact: Fact) -> Iterator[str]:
    """Why something was not taken, in words."""
    if fact.refusal is not None:
        yield str(REFUSALS[fact.refusal])


def unexplained(derived: Derived, owner: Holder) -> dict[UUID, Holder]:
    """Events in which somebody let go of what no report says they were given, with who: there a leg is missing."""
    had = {owner, *(hand.receiver for hand in derived.handovers.values() if hand.moves)}
    found: dict[UUID, Holder] = {}
    for fact in derived.standing:
        hand = derived.handovers.get(fact.uid)
        if fact.kind in _OUT_OF_HANDS and fact.giver not in had and (hand is None or hand.moves):
            found[fact.uid] = fact.giver
            had.add(fact.giver)
    return found
