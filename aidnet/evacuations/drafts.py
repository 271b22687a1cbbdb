"""What a form says of an evacuation, before anything is written."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from aidnet.deliveries.models import Precision
from aidnet.evacuations.models import Band, EvacuationEventKind

#: Characters of a private text.
TEXT_MOST = 4_000
#: More people than one evacuation moves, and more vehicles.
PEOPLE_MOST, VEHICLES_MOST = 1_000_000, 10_000


@dataclass(frozen=True, kw_only=True)
class EventDraft:
    """What is reported. `place` and `note` are private, and the leading group's alone."""

    uid: UUID
    kind: EvacuationEventKind
    happened_on: date
    precision: Precision = Precision.DAY
    heads: Mapping[Band, int] = field(default_factory=dict)
    vehicles: int | None = None
    place: str = ""
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class EvacuationDraft:
    """A plan: `origin` and `note` are private, `destination` a P-code, `groups` the ids of the others it is done with."""

    uid: UUID
    origin: str = ""
    destination: str = ""
    planned_on: date | None = None
    heads: Mapping[Band, int] = field(default_factory=dict)
    vehicles: int | None = None
    groups: frozenset[int] = frozenset()
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class CorrectionDraft:
    """The last word on an event: other facts, or (None) that it never happened."""

    uid: UUID
    event: UUID
    facts: EventDraft | None
