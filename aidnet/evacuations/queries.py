"""Reads: evacuations that the own group leads or works on, page by page or whole, and the course of one."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from aidnet import disclosure, policy
from aidnet.disclosure import Audience, Shown
from aidnet.evacuations import records
from aidnet.evacuations.derive import CLOSED, Derived, Heads
from aidnet.evacuations.models import (
    Evacuation,
    EvacuationEvent,
    EvacuationEventKind,
    EvacuationGroup,
    EvacuationPrivate,
    EvacuationState,
)
from aidnet.partners.models import Partner, PartnerStatus
from aidnet.places.models import Level, Place
from aidnet.places.queries import PlacePath, paths
from aidnet.places.search import Option
from aidnet.policy import Actor, Permission
from aidnet.responders.queries import coarse
from aidnet.web import keyset

_READ = Permission.EVACUATION_READ


class Whose(StrEnum):
    """Who leads it."""

    ANY = ""
    OWN = "own"
    OTHERS = "others"


class Which(StrEnum):
    """How it stands."""

    ANY = ""
    OPEN = "open"
    CLOSED = "closed"


@dataclass(frozen=True)
class Wanted:
    """What a list is narrowed to; what is empty narrows nothing."""

    which: Which = Which.ANY
    state: EvacuationState | None = None
    whose: Whose = Whose.ANY
    place: Option | None = None


@dataclass(frozen=True)
class EvacuationRow:
    """An evacuation as a group may know it."""

    evacuation: Shown
    #: The own group leads it.
    leads: bool
    #: Code name of the group that leads.
    leader: str
    #: None: not said.
    destination: PlacePath | None

    @property
    def out(self) -> int | None:
        """How many set out; None: nobody said."""
        return self.evacuation.people_out or None

    @property
    def expected(self) -> int | None:
        """How many are still expected; None: nobody said how many set out."""
        one = self.evacuation
        return max(one.people_out - one.people_safe - one.people_other, 0) if one.people_out else None


def _rows(actor: Actor) -> sa.Select[Any]:
    reads = {Evacuation: _READ, Partner: Permission.RESPONDER_READ}
    return policy.select(actor, reads, Evacuation, Partner).join(Partner, Partner.id == Evacuation.responder_id)


def _row(actor: Actor, row: Evacuation, leader: Partner, path: PlacePath | None) -> EvacuationRow:
    owner = row.responder_id
    return EvacuationRow(
        evacuation=disclosure.show(actor, row),
        leads=owner == actor.responder_id,
        leader=str(disclosure.field(actor, "evacuation", "groups", leader.code_name, owner_id=owner)),
        destination=disclosure.field(actor, "evacuation", "destination", path, owner_id=owner),
    )


def _narrowed(actor: Actor, wanted: Wanted) -> sa.Select[Any]:
    statement = _rows(actor)
    if wanted.which is not Which.ANY:
        is_closed = Evacuation.state.in_(sorted(CLOSED))
        statement = statement.where(is_closed if wanted.which is Which.CLOSED else ~is_closed)
    if wanted.state:
        statement = statement.where(Evacuation.state == wanted.state)
    if wanted.whose is not Whose.ANY:
        own = Evacuation.responder_id == actor.responder_id
        statement = statement.where(own if wanted.whose is Whose.OWN else ~own)
    if wanted.place:
        statement = statement.where(_goes_to(actor, wanted.place))
    return statement


def _goes_to(actor: Actor, place: Option) -> sa.ColumnElement[bool]:
    """Those whose destination is this place, as the actor may know it.

    SECURITY: of one that another group leads it is the township, so asking for one of its towns finds nothing.
    Kept by tests/evacuations/test_pages.py.
    """
    own = Evacuation.responder_id == actor.responder_id
    told = coarse(disclosure.level_of("evacuation", "destination", Audience.OTHER))
    within = sa.select(Place.id).where(told == place.place_id)
    return (own & (Evacuation.destination_id == place.place_id)) | (~own & Evacuation.destination_id.in_(within))


def page(session: Session, actor: Actor, wanted: Wanted, after: str | None) -> keyset.Page[EvacuationRow]:
    """A page of evacuations, the last heard of first. Two statements."""
    by = (Evacuation.last_recorded_at, Evacuation.id)
    found = keyset.page(session, _narrowed(actor, wanted), *by, after=after)
    known = paths(session, {row.destination_id for row, _leader in found.rows if row.destination_id})
    rows = [_row(actor, row, leader, known.get(row.destination_id or 0)) for row, leader in found.rows]
    return keyset.Page(rows, found.after)


def everything(session: Session, actor: Actor, wanted: Wanted) -> Iterator[EvacuationRow]:
    """The whole of the same list. Two statements, however many there are."""
    listed = _narrowed(actor, wanted)
    towns = session.scalars(listed.with_only_columns(Evacuation.destination_id).distinct())
    known = paths(session, {place_id for place_id in towns if place_id})
    ordered = listed.order_by(Evacuation.last_recorded_at.desc(), Evacuation.id.desc())
    for row, leader in session.execute(ordered.execution_options(yield_per=500)):
        yield _row(actor, row, leader, known.get(row.destination_id))


@dataclass(frozen=True)
class Told:
    """An event, and what is to be known of it besides."""

    event: Shown
    #: Code name of the group that says it.
    said_by: str
    #: As it stands after corrections.
    heads: Heads
    people: int
    vehicles: int | None
    corrected: bool
    #: It was taken back.
    void: bool
    may_correct: bool
    has_words: bool


@dataclass(frozen=True)
class Course:
    """One evacuation, from its plan to its end."""

    row: EvacuationRow
    #: What its events amount to: numbers, the same for all who work on it.
    derived: Derived
    told: Sequence[Told]
    #: Code names of the other groups.
    groups: Sequence[str]
    #: Of the row; for forms of the group that leads.
    version: int
    group_ids: Sequence[int]
    has_private: bool


def course(session: Session, actor: Actor, code: str) -> Course:
    """One of them. Six statements at most. Raises: NotVisible."""
    row = policy.fetch(session, actor, _READ, Evacuation, code)
    record = records.load(session, row)
    statement = policy.select(actor, {Evacuation: _READ}, EvacuationGroup.responder_id)
    together = session.scalars(
        statement.join(Evacuation, Evacuation.id == EvacuationGroup.evacuation_id).where(Evacuation.id == row.id)
    ).all()
    said = {fact.said_by for fact in record.facts.values()}
    named = _partners(session, actor, {row.responder_id, *together, *said})
    path = paths(session, [row.destination_id]).get(row.destination_id) if row.destination_id else None
    groups = sorted(str(named[group].code_name) for group in together if group in named)
    derived = record.derived()
    return Course(
        row=_row(actor, row, named[row.responder_id], path),
        derived=derived,
        told=list(_told(actor, row, record, derived, named)),
        groups=[
            str(disclosure.field(actor, "evacuation", "groups", name, owner_id=row.responder_id)) for name in groups
        ],
        version=row.version,
        group_ids=together,
        has_private=row.origin_sealed is not None or row.note_sealed is not None or _has_words(row, record),
    )


def _has_words(row: Evacuation, record: records.Record) -> bool:
    return row.faded_at is None and any(event.private_digest for event in record.events.values())


def _partners(session: Session, actor: Actor, ids: Collection[int]) -> dict[int, Partner]:
    found = session.scalars(policy.visible(actor, Permission.RESPONDER_READ, Partner).where(Partner.id.in_(ids)))
    return {partner.id: partner for partner in found}


def _told(
    actor: Actor, row: Evacuation, record: records.Record, derived: Derived, named: dict[int, Partner]
) -> Iterator[Told]:
    """Every event but corrections, in the order they happened; those taken back too."""
    owner = row.responder_id
    audience = disclosure.audience_of(actor, owner)
    stand = {fact.uid: fact for fact in derived.standing}
    corrected = {record.root_of(uid) for uid, fact in record.facts.items() if fact.corrects}
    shown = [stand.get(uid, fact) for uid, fact in record.facts.items() if fact.corrects is None]
    for fact in sorted(shown, key=lambda one: (one.happened_on, one.recorded_at, one.uid.int)):
        event = record.events[fact.uid]
        partner = named.get(fact.said_by)
        own_words = fact.said_by == actor.responder_id or owner == actor.responder_id
        yield Told(
            event=Shown(event, "evacuation_event", audience),
            said_by=str(
                disclosure.field(
                    actor, "evacuation_event", "said_by", partner.code_name if partner else "", owner_id=owner
                )
            ),
            heads={
                band: disclosure.field(actor, "evacuation_count", "people", people, owner_id=owner)
                for band, people in fact.heads.items()
            },
            people=disclosure.field(actor, "evacuation_count", "people", fact.people, owner_id=owner),
            vehicles=disclosure.field(actor, "evacuation_event", "vehicles", fact.vehicles, owner_id=owner),
            corrected=fact.uid in corrected,
            void=fact.uid not in stand,
            may_correct=own_words and fact.kind is not EvacuationEventKind.PLANNED,
            has_words=event.private_digest is not None and owner == actor.responder_id and row.faded_at is None,
        )


def event_of(found: Course, uid: UUID) -> Told | None:
    """The event with this uid, where the actor may correct it."""
    return next((one for one in found.told if one.may_correct and one.event.uid == uid), None)


@dataclass(frozen=True)
class Word:
    """A private value, and of which event (None: of the whole)."""

    event: Shown | None
    place: str
    note: str


def words_of(session: Session, actor: Actor, code: str) -> tuple[Shown, list[Word]]:
    """The private side of one that the own group leads. Whoever calls this wrote the opening down first. Two statements."""
    row = policy.fetch(session, actor, Permission.EVACUATION_WRITE, Evacuation, code)
    statement = policy.select(actor, {Evacuation: _READ}, EvacuationEvent, EvacuationPrivate).select_from(
        EvacuationPrivate
    )
    statement = statement.join(EvacuationEvent, EvacuationEvent.id == EvacuationPrivate.event_id)
    statement = statement.join(Evacuation, Evacuation.id == EvacuationEvent.evacuation_id).where(
        Evacuation.id == row.id
    )
    audience = disclosure.audience_of(actor, row.responder_id)
    found = []
    for event, private in session.execute(statement.order_by(EvacuationEvent.happened_on, EvacuationEvent.id)):
        side = Shown(private, "evacuation_private", audience)
        found.append(Word(Shown(event, "evacuation_event", audience), side.place or "", side.note or ""))
    return disclosure.show(actor, row), found


def others(session: Session, actor: Actor) -> list[tuple[int, str, str]]:
    """Groups that an evacuation may be done with: id, code and code name. One statement."""
    statement = policy.visible(actor, Permission.RESPONDER_READ, Partner).where(
        Partner.id != actor.responder_id, Partner.status == PartnerStatus.ACTIVE
    )
    found = session.scalars(statement.order_by(Partner.code_name_key, Partner.id))
    return [(row.id, one.code, one.code_name) for row in found for one in (disclosure.show(actor, row),)]


#: Where a list may be narrowed to.
TOWNS = frozenset({Level.DISTRICT, Level.TOWNSHIP, Level.TOWN})
