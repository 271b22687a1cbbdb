"""What forms of hand-overs and consignments send in: plain values, nothing looked up yet. Lines are named by their number."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID, uuid4

from aidnet.deliveries.models import Answer, Refusal


@dataclass(frozen=True, kw_only=True)
class AnswerDraft:
    """What the receiver of a hand-over says."""

    answer: Answer
    happened_on: date
    uid: UUID = field(default_factory=uuid4)
    #: By line, in thousandths, as the receiver counted it; of what was accepted, none: all that was given.
    quantities: Mapping[int, int] = field(default_factory=dict)
    #: Of what was refused.
    refusal: Refusal | None = None


@dataclass(frozen=True, kw_only=True)
class OnwardDraft:
    """The delivery with which a receiver carries on what was handed over."""

    loaded_on: date
    #: By line of the hand-over, in thousandths.
    amounts: Mapping[int, int]
    uid: UUID = field(default_factory=uuid4)
    planned_on: date | None = None


@dataclass(frozen=True, kw_only=True)
class Taken:
    """What a new consignment takes of another of the same group."""

    code: str
    #: By line, in thousandths; empty: all that is in the own hands.
    amounts: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class GatherDraft:
    """A new consignment made of parts of others: of one, it is split; of several, they are joined."""

    moved_on: date
    takes: tuple[Taken, ...]
    uid: UUID = field(default_factory=uuid4)
    #: Codes of the places it is for.
    places: tuple[str, ...] = ()
    planned_on: date | None = None
