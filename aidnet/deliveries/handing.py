"""Hand-overs as both sides tell them: what the giver says, until the receiver speaks. Pure, like `derive`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from aidnet.deliveries.custody_models import HandoverState
from aidnet.deliveries.facts import Fact, Holder, last_words
from aidnet.deliveries.models import Answer, EventKind, Refusal


@dataclass(frozen=True)
class Handing:
    """A hand-over as both sides tell it. Until the receiver speaks, the giver's word stands, and it is open."""

    #: Of its event.
    uid: UUID
    state: HandoverState
    giver: Holder
    receiver: Holder
    given_on: date
    #: None: nobody answered.
    answered_on: date | None
    #: By line: what left the giver's hands, and what came into the receiver's.
    given: Mapping[int, int]
    counted: Mapping[int, int]
    refusal: Refusal | None = None

    @property
    def moves(self) -> bool:
        """Whether goods changed hands."""
        return self.state not in (HandoverState.REFUSED, HandoverState.VOID)

    @property
    def short(self) -> dict[int, int]:
        """By line, how much less was counted than given."""
        return {number: milli - self.counted[number] for number, milli in self.given.items() if milli > self.counted[number]}

    @property
    def more(self) -> dict[int, int]:
        """By line, how much more was counted than given."""
        return {number: self.counted[number] - milli for number, milli in self.given.items() if milli < self.counted[number]}


def handings(heard: Sequence[Fact], stand: Sequence[Fact]) -> dict[UUID, Handing]:
    """Every hand-over with its receiver's last answer to it, whenever that came; by the uid of its event.

    Somebody outside says nothing here by themselves: where the giver typed their count beside what was given, that is their word.
    """
    answers = last_words(EventKind.ANSWERED, heard, stand)
    standing_now = {fact.uid: fact for fact in stand}
    found = {}
    for root in sorted(heard, key=lambda fact: fact.uid):
        if root.kind is EventKind.HANDED_OVER and root.corrects is None:
            fact = standing_now.get(root.uid)
            answer = answers.get((root.uid, (fact or root).receiver))
            found[root.uid] = _handing(fact, answer) if fact else _void(root, answer)
    return found


def _void(root: Fact, answer: Fact | None) -> Handing:
    """One that its giver took back: nothing changed hands by their word. The receiver's, which may differ, is kept beside it."""
    given = _given(root)
    counted = {**dict.fromkeys(given, 0), **(answer.quantities if answer else {})}
    answered_on, refusal = (answer.happened_on, answer.refusal) if answer else (None, None)
    sides = (root.giver, root.receiver)
    return Handing(root.uid, HandoverState.VOID, *sides, root.happened_on, answered_on, given, counted, refusal)


def _given(fact: Fact) -> dict[int, int]:
    return {number: fact.given.get(number, counted) for number, counted in fact.quantities.items()}


def _handing(fact: Fact, answer: Fact | None) -> Handing:
    given = _given(fact)
    counted: Mapping[int, int] = fact.quantities
    state, answered_on = HandoverState.OPEN, None
    if answer is not None:
        counted, answered_on = {**counted, **answer.quantities}, answer.happened_on
        state = HandoverState((answer.answer or Answer.ACCEPTED).value)
    elif fact.receiver is None and given != counted:
        state, answered_on = HandoverState.ACCEPTED, fact.happened_on
    given |= dict.fromkeys(counted.keys() - given.keys(), 0)
    if state is HandoverState.REFUSED:
        counted = dict.fromkeys(given, 0)
    elif state is not HandoverState.OPEN and (answer is None or answer.quantities):
        state = _compared(given, counted)
    refusal = answer.refusal if answer and state is HandoverState.REFUSED else None
    return Handing(fact.uid, state, fact.giver, fact.receiver, fact.happened_on, answered_on, given, counted, refusal)


def _compared(given: Mapping[int, int], counted: Mapping[int, int]) -> HandoverState:
    """What two counts say of each other."""
    if any(counted[number] < milli for number, milli in given.items()):
        return HandoverState.SHORT
    return HandoverState.ACCEPTED if given == counted else HandoverState.SURPLUS
