"""Writes: an evacuation is planned, reported, corrected; groups join it; a private side is opened."""

import hashlib
import secrets
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified

from aidnet import audit, clock, codes, policy
from aidnet.db import insert_once
from aidnet.deliveries import references
from aidnet.errors import Invalid, NotVisible, Refused, Stale
from aidnet.evacuations import records
from aidnet.evacuations.derive import Fact, derive
from aidnet.evacuations.drafts import (
    PEOPLE_MOST,
    TEXT_MOST,
    VEHICLES_MOST,
    CorrectionDraft,
    EvacuationDraft,
    EventDraft,
)
from aidnet.evacuations.models import (
    Band,
    Evacuation,
    EvacuationCount,
    EvacuationEvent,
    EvacuationEventKind,
    EvacuationGroup,
    EvacuationPrivate,
)
from aidnet.evacuations.records import Record
from aidnet.i18n import gettext as _
from aidnet.partners.models import Partner, PartnerStatus
from aidnet.places.models import Level
from aidnet.policy import Actor, Permission

__all__ = ["DESTINATIONS", "REPORTED", "TOGETHER", "correct", "note_opening", "plan", "report", "work_with"]

K = EvacuationEventKind
_WRITE = Permission.EVACUATION_WRITE
#: Where people may be said to go: never finer than a town.
DESTINATIONS = frozenset({Level.DISTRICT, Level.TOWNSHIP, Level.TOWN})
#: What is reported, and by whom: the group that leads reports all, a group that works with it what it counts.
REPORTED = (K.DEPARTED, K.COUNTED, K.INCIDENT, K.ARRIVED, K.TURNED_BACK, K.CANCELLED)
TOGETHER = (K.DEPARTED, K.COUNTED, K.INCIDENT, K.ARRIVED, K.TURNED_BACK)
_UNCOUNTED = frozenset({K.PLANNED, K.CANCELLED})
_FETCHED = "the evacuation was fetched under its rule"


def plan(session: Session, actor: Actor, draft: EvacuationDraft) -> Evacuation:
    """Write down an evacuation that the own group leads. The same `uid` again is the same one.

    Raises: Refused, Invalid (`field`), NotVisible (a uid that is somebody else's).
    """
    if actor.responder_id is None or not actor.may(_WRITE):
        raise Refused
    now = clock.now()
    first = EventDraft(
        uid=_uid_of_plan(draft.uid),
        kind=K.PLANNED,
        happened_on=clock.today(),
        heads=draft.heads,
        vehicles=draft.vehicles,
    )
    fact = _fact(actor, first, now)
    _refuse_taken(session, [first.uid], draft.uid)
    row = Evacuation(
        uid=draft.uid,
        code=codes.code_of("V", draft.uid),
        responder_id=actor.responder_id,
        origin=_text(draft.origin, "origin"),
        destination_id=_destination(session, actor, draft.destination),
        planned_on=draft.planned_on,
        note=_text(draft.note, "note"),
        recorded_at=now,
        recorded_by_id=actor.user_id,
        faded_at=None,
        version=1,
        **records.projection(derive([fact], actor.responder_id)),
    )
    groups = _known(session, actor, draft.groups)
    if not insert_once(session, row):
        return policy.fetch(session, actor, _WRITE, Evacuation, codes.code_of("V", draft.uid))
    session.add_all(EvacuationGroup(evacuation_id=row.id, responder_id=group) for group in groups)
    _add(session, actor, row, first, fact)
    audit.record(session, actor, "evacuation.planned", row, code=row.code, groups=len(groups))
    return row


def _uid_of_plan(uid: UUID) -> UUID:
    """The plan's own event: its uid follows from the evacuation's, so that a second submit makes no second one."""
    return UUID(bytes=hashlib.sha256(b"plan" + uid.bytes).digest()[:16], version=4)


def report(session: Session, actor: Actor, code: str, draft: EventDraft) -> EvacuationEvent:
    """Add what happened; nothing is refused for being late or for not adding up. The same `uid` again is the same event.

    Of what comes after the detail was deleted, the counts are kept and the words are not.
    Raises: NotVisible, Invalid (`field`), Refused (what only the group that leads may say).
    """
    row = policy.fetch(session, actor, _WRITE, Evacuation, code, lock=True)
    record = records.load(session, row)
    if draft.uid in record.events:
        return record.events[draft.uid]
    draft = _kept(actor, row, draft)
    if draft.kind not in (REPORTED if row.responder_id == actor.responder_id else TOGETHER):
        raise Refused
    _refuse_taken(session, [draft.uid], row.uid)
    event = _append(session, actor, row, record, draft, _fact(actor, draft, clock.now()))
    audit.record(session, actor, "evacuation.reported", event, code=row.code, kind=event.kind.value)
    return event


def correct(session: Session, actor: Actor, code: str, draft: CorrectionDraft) -> EvacuationEvent:
    """Add the last word on an event. The group that leads corrects any, another group what it said itself.

    Raises: NotVisible (no such evacuation, or no such event for this group), Invalid (`field`).
    """
    row = policy.fetch(session, actor, _WRITE, Evacuation, code, lock=True)
    record = records.load(session, row)
    if draft.uid in record.events:
        return record.events[draft.uid]
    if draft.event not in record.facts:
        raise NotVisible
    root = record.facts[record.root_of(draft.event)]
    leads = row.responder_id == actor.responder_id
    if root.kind is K.CORRECTED or (not leads and root.said_by != actor.responder_id):
        raise NotVisible
    _refuse_taken(session, [draft.uid], row.uid)
    facts = _kept(actor, row, draft.facts or EventDraft(uid=draft.uid, kind=root.kind, happened_on=root.happened_on))
    checked = _fact(actor, facts, clock.now(), void=draft.facts is None, kind=root.kind)
    fact = Fact(
        uid=draft.uid,
        kind=K.CORRECTED,
        happened_on=checked.happened_on,
        recorded_at=checked.recorded_at,
        said_by=checked.said_by,
        heads=checked.heads,
        vehicles=checked.vehicles,
        corrects=root.uid,
        void=draft.facts is None,
    )
    event = _append(session, actor, row, record, facts, fact, corrects=record.events[root.uid].id)
    audit.record(session, actor, "evacuation.corrected", event, code=row.code, kind=root.kind.value, void=event.void)
    return event


def work_with(session: Session, actor: Actor, code: str, groups: Collection[int], *, version: int) -> Evacuation:
    """Say which other groups it is done with. What one of them reported stays. Raises: NotVisible, Stale, Invalid (`groups`)."""
    row = _led(session, actor, code)
    if row.version != version:
        raise Stale
    wanted = set(_known(session, actor, groups))
    statement = sa.select(EvacuationGroup).where(EvacuationGroup.evacuation_id == row.id)
    kept = {one.responder_id: one for one in session.scalars(policy.unscoped(statement, because=_FETCHED))}
    for group in kept.keys() - wanted:
        session.delete(kept[group])
    session.add_all(EvacuationGroup(evacuation_id=row.id, responder_id=group) for group in sorted(wanted - kept.keys()))
    flag_modified(row, "state")  # its groups are its own: whoever changes them meets whoever changes them too
    session.flush()
    audit.record(session, actor, "evacuation.groups-changed", row, code=row.code, groups=len(wanted))
    return row


def note_opening(session: Session, actor: Actor, code: str) -> Evacuation:
    """An evacuation whose private side is about to be shown: written to the audit chain first. Raises: NotVisible."""
    row = _led(session, actor, code)
    audit.record(session, actor, "evacuation.opened", row, code=row.code)
    return row


def _led(session: Session, actor: Actor, code: str) -> Evacuation:
    """One that the own group leads."""
    row = policy.fetch(session, actor, _WRITE, Evacuation, code, lock=True)
    if row.responder_id != actor.responder_id:
        raise NotVisible
    return row


def _destination(session: Session, actor: Actor, pcode: str) -> int | None:
    if not pcode:
        return None
    spot = references.find(session, actor, places=[pcode]).spots.get(pcode)
    if spot is None or spot.site_id is not None or spot.level not in DESTINATIONS:
        raise Invalid(_("Choose a town, a township or a district."), field="destination")
    return spot.place_id


def _known(session: Session, actor: Actor, groups: Collection[int]) -> list[int]:
    """Other active responders. Raises: Invalid."""
    if not groups:
        return []
    others = policy.visible(actor, Permission.RESPONDER_READ, Partner).where(
        Partner.id.in_(groups), Partner.id != actor.responder_id, Partner.status == PartnerStatus.ACTIVE
    )
    found = sorted(partner.id for partner in session.scalars(others))
    if set(found) != set(groups):
        raise Invalid(_("Choose groups of the list."), field="groups")
    return found


def _fact(
    actor: Actor, draft: EventDraft, now: datetime, *, void: bool = False, kind: EvacuationEventKind | None = None
) -> Fact:
    """A report as it counts. Raises: Invalid."""
    if draft.happened_on > clock.today():
        raise Invalid(_("This day has not come yet."), field="happened_on")
    if draft.happened_on < date(2000, 1, 1):
        raise Invalid(_("This day is too long ago."), field="happened_on")
    heads = {band: people for band, people in draft.heads.items() if people}
    if any(people < 0 for people in heads.values()) or sum(heads.values()) > PEOPLE_MOST:
        raise Invalid(_("This number is too large to be true."), field="people")
    if draft.vehicles is not None and not 0 <= draft.vehicles <= VEHICLES_MOST:
        raise Invalid(_("This number is too large to be true."), field="vehicles")
    if not heads and not void and (kind or draft.kind) not in _UNCOUNTED | {K.INCIDENT}:
        raise Invalid(_("Say how many people."), field="people")
    return Fact(
        uid=draft.uid,
        kind=draft.kind,
        happened_on=draft.happened_on,
        recorded_at=now,
        said_by=actor.responder_id or 0,
        heads={} if void else heads,
        vehicles=None if void else draft.vehicles,
    )


def _refuse_taken(session: Session, uids: Collection[UUID], evacuation: UUID) -> None:
    """SECURITY: a uid that an event of another evacuation has would end in the database's own error, which says that it is there."""
    elsewhere = (
        sa.select(EvacuationEvent.id)
        .join(Evacuation, Evacuation.id == EvacuationEvent.evacuation_id)
        .where(EvacuationEvent.uid.in_(uids), Evacuation.uid != evacuation)
    )
    found = session.scalars(
        policy.unscoped(elsewhere.limit(1), because="a uid is one event's, whoever's it is")
    ).first()
    if found is not None or len(set(uids)) < len(uids):
        raise Invalid(_("This was sent before. Open the page again, and look whether it is there."))


def _kept(actor: Actor, row: Evacuation, draft: EventDraft) -> EventDraft:
    """What is kept of a report: words by the group that leads alone, and none once the detail was deleted. Raises: Invalid."""
    if row.responder_id != actor.responder_id and (draft.place.strip() or draft.note.strip()):
        raise Invalid(_("Numbers only: words are kept by the group that leads it."), field="note")
    return replace(draft, place="", note="") if row.faded_at is not None else draft


def _text(typed: str, field: str) -> str | None:
    kept = typed.replace("\x00", "").strip()
    if len(kept) > TEXT_MOST:
        raise Invalid(_("At most %(most)s characters, please.", most=TEXT_MOST), field=field)
    return kept or None


def _append(
    session: Session,
    actor: Actor,
    row: Evacuation,
    record: Record,
    draft: EventDraft,
    fact: Fact,
    corrects: int | None = None,
) -> EvacuationEvent:
    event = _add(session, actor, row, draft, fact, corrects)
    for name, value in records.projection(record.derived(fact)).items():
        setattr(row, name, value)
    session.flush()
    return event


def _add(
    session: Session, actor: Actor, row: Evacuation, draft: EventDraft, fact: Fact, corrects: int | None = None
) -> EvacuationEvent:
    """Write an event with its counts and its private side."""
    place, note = _text(draft.place, "place"), _text(draft.note, "note")
    salt = secrets.token_hex(16)
    digest = hashlib.sha256("\0".join((salt, place or "", note or "")).encode()).hexdigest()
    event = EvacuationEvent(
        uid=fact.uid,
        evacuation_id=row.id,
        kind=fact.kind,
        corrects_id=corrects,
        void=fact.void,
        happened_on=fact.happened_on,
        precision=draft.precision,
        vehicles=fact.vehicles,
        recorded_at=fact.recorded_at,
        recorded_by_id=actor.user_id,
        said_by_id=fact.said_by,
        private_digest=digest if place or note else None,
    )
    session.add(event)
    session.flush()
    if place or note:
        session.add(EvacuationPrivate(event_id=event.id, salt=salt, place=place, note=note))
    session.add_all(_counts(event.id, fact.heads))
    session.flush()
    return event


def _counts(event_id: int, heads: Mapping[Band, int]) -> list[EvacuationCount]:
    return [EvacuationCount(event_id=event_id, band=band, people=people) for band, people in heads.items() if people]
