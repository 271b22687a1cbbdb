"""What forms and commands send in: plain values, nothing looked up yet."""

from dataclasses import dataclass, field
from datetime import date
from uuid import UUID, uuid4

from aidnet.needs.models import Urgency
from aidnet.responders.models import Sector


@dataclass(frozen=True, kw_only=True)
class NeedLineDraft:
    """An item that is needed, by its `ref`."""

    item: str
    #: In thousandths of the unit; None: not counted.
    quantity_milli: int | None = None
    #: Empty: the item's own.
    unit: str = ""


@dataclass(frozen=True, kw_only=True)
class NeedFacts:
    """What a need says, new or corrected: items, or plain words."""

    #: P-code of a place from township down, or code of an own site.
    place: str
    sector: Sector
    urgency: Urgency
    lines: tuple[NeedLineDraft, ...] = ()
    #: None: not counted.
    people: int | None = None
    #: Private.
    words: str | None = None


@dataclass(frozen=True, kw_only=True)
class NeedDraft(NeedFacts):
    """A need as it is reported."""

    #: The day its people said so.
    reported_on: date
    uid: UUID = field(default_factory=uuid4)
