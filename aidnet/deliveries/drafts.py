"""What forms, commands and devices send in: plain values, nothing looked up yet. Lines are named by their number, from 1."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID, uuid4

from aidnet.deliveries.models import (
    Age,
    Answer,
    EventKind,
    LossReason,
    PeopleKind,
    Precision,
    ReceivedBy,
    Refusal,
    SaidBy,
    Sex,
    VerifiedBy,
)
from aidnet.deliveries.plan_models import Mode

#: `EventDraft.giver` and `receiver`: somebody outside the network, named at most by a private alias.
OUTSIDE = 0


@dataclass(frozen=True, kw_only=True)
class LineDraft:
    """One item of a delivery: by its `ref` (`item`), or a new one by its name (`own_name`)."""

    #: In thousandths of the unit.
    quantity_milli: int
    item: str = ""
    own_name: str = ""
    #: Empty: the item's own.
    unit: str = ""
    weight_grams: int | None = None


@dataclass(frozen=True, kw_only=True)
class EventDraft:
    """Something that happened. Which facts a kind needs, `service.report` says."""

    kind: EventKind
    happened_on: date
    precision: Precision = Precision.DAY
    uid: UUID = field(default_factory=uuid4)
    #: By line; of a hand-over, as counted by whoever received it. Of a loading, empty: all of every line.
    quantities: Mapping[int, int] = field(default_factory=dict)
    #: Of a hand-over, by line: what was given, where that is not what was counted.
    given: Mapping[int, int] = field(default_factory=dict)
    #: P-code of a place, or code of an own site.
    place: str = ""
    crossing_id: int | None = None
    #: Whose hands the goods left: a responder's id, OUTSIDE, or None: the responder whose delivery it is.
    giver: int | None = None
    #: Of a hand-over: a responder's id, or OUTSIDE.
    receiver: int = OUTSIDE
    reason: LossReason | None = None
    households: int | None = None
    people: int | None = None
    #: Some or all of `people`, by kind.
    by_kind: Mapping[PeopleKind, int] = field(default_factory=dict)
    #: Some or all of `people`, by sex and age.
    bands: Mapping[tuple[Sex, Age], int] = field(default_factory=dict)
    #: Of `people`, with a disability.
    disabled: int | None = None
    received_by: ReceivedBy | None = None
    verified_by: VerifiedBy | None = None
    #: The event this one speaks of (a question about a hand-out, an answer to a hand-over), and what is said of it.
    about: UUID | None = None
    answer: Answer | None = None
    refusal: Refusal | None = None
    said_by: SaidBy = SaidBy.OWN_TEAM
    #: What the device's clock claimed; None: typed on a page.
    device_at: datetime | None = None
    #: Private: an alias of the outside party, and anything else.
    party: str = ""
    note: str = ""
    #: Private: what the community says of a hand-out, in a line.
    feedback: str = ""


@dataclass(frozen=True, kw_only=True)
class LegDraft:
    """A part of the way, as planned."""

    mode: Mode
    crossing_id: int | None = None
    expected_on: date | None = None
    #: Private: by alias. Empty: none, or (`was`) as it was.
    carrier: str = ""
    #: Of a plan that changes: the number this leg had.
    was: int | None = None


@dataclass(frozen=True, kw_only=True)
class WayDraft:
    """Another way for a plan: the legs it has from now on, and the day it should reach its villages."""

    #: Of the delivery, as it was when the form was drawn.
    version: int
    legs: tuple[LegDraft, ...]
    planned_on: date | None


@dataclass(frozen=True, kw_only=True)
class DeliveryDraft:
    """A delivery, and what happened to it so far (nothing: it is planned)."""

    lines: tuple[LineDraft, ...]
    #: The villages and sites it is for; those that an event names are added.
    places: tuple[str, ...] = ()
    events: tuple[EventDraft, ...] = ()
    uid: UUID = field(default_factory=uuid4)
    legs: tuple[LegDraft, ...] = ()
    planned_on: date | None = None
    crossing_id: int | None = None
    fund_id: int | None = None
    #: Private.
    courier: str = ""
    route_note: str = ""
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class CorrectionDraft:
    """The last word on an event: it never happened (`facts` None), or these facts take its place."""

    #: Of the event corrected.
    event: UUID
    facts: EventDraft | None
    uid: UUID = field(default_factory=uuid4)
    #: Where it never happened, what the device's clock claimed; other facts bring theirs.
    device_at: datetime | None = None
