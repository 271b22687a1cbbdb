"""Writes: what is in the way, that it still is, that it is over, and that it never was."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from aidnet import audit, clock, codes, policy
from aidnet.access.models import AccessConstraint, ConstraintKind, Ease, SourceKind
from aidnet.db import insert_once
from aidnet.deliveries import references
from aidnet.deliveries.references import Spot
from aidnet.errors import AidnetError, Invalid, Refused
from aidnet.i18n import gettext as _
from aidnet.i18n import lazy_gettext as _l
from aidnet.places.models import Crossing, Level, Place
from aidnet.policy import Actor, Permission

__all__ = ["AlreadyOver", "ConstraintDraft", "end", "renew", "report", "withdraw"]

_WRITE = Permission.ACCESS_WRITE


class AlreadyOver(AidnetError):
    """It has ended, or was taken back: nothing is said of it any more."""

    status = 409
    code = "constraint-over"
    sentence = _l("This is over already, or was taken back. Report it anew if it is so again.")


@dataclass(frozen=True, kw_only=True)
class ConstraintDraft:
    """Something in the way: at a place (by P-code) or at a crossing (by id), never both."""

    uid: UUID
    kind: ConstraintKind
    ease: Ease
    since_on: date
    source_kind: SourceKind
    place: str = ""
    crossing_id: int | None = None
    until_on: date | None = None
    #: Private.
    note: str | None = None


def report(session: Session, actor: Actor, draft: ConstraintDraft) -> AccessConstraint:
    """Write down that something is in the way. The same `uid` again is the same report.

    Raises: Refused, Invalid (`field`: place, crossing, since_on or until_on), NotVisible (a uid that is somebody else's).
    """
    if actor.responder_id is None or not actor.may(_WRITE):
        raise Refused
    today = clock.today()
    if draft.since_on > today:
        raise Invalid(_("This day has not come yet."), field="since_on")
    if draft.until_on and draft.until_on < draft.since_on:
        raise Invalid(_("It cannot end before it began."), field="until_on")
    row = AccessConstraint(
        uid=draft.uid,
        code=codes.code_of("X", draft.uid),
        responder_id=actor.responder_id,
        kind=draft.kind,
        ease=draft.ease,
        since_on=draft.since_on,
        until_on=draft.until_on,
        source_kind=draft.source_kind,
        heard_on=today,
        note=draft.note,
        withdrawn_at=None,
        recorded_at=clock.now(),
        recorded_by_id=actor.user_id,
        version=1,
        **_where(session, actor, draft),
    )
    if not insert_once(session, row):
        return policy.fetch(session, actor, _WRITE, AccessConstraint, codes.code_of("X", draft.uid))
    audit.record(session, actor, "access.reported", row)
    return row


def _where(session: Session, actor: Actor, draft: ConstraintDraft) -> dict[str, int | None]:
    """The place or crossing, and the areas it lies in."""
    if bool(draft.place) == bool(draft.crossing_id):
        raise Invalid(_("Choose a place or a crossing, one of them."), field="place")
    around: Spot | Place | None
    if draft.crossing_id:
        if draft.crossing_id not in references.find(session, actor, crossings=[draft.crossing_id]).crossings:
            raise Invalid(_("Choose a crossing of the list."), field="crossing")
        township = sa.select(Place).join(Crossing, Crossing.township_id == Place.id).where(Crossing.id == draft.crossing_id)
        around = session.scalars(policy.unscoped(township, because="the actor may name the crossing")).one_or_none()
        place_id = None
    else:
        around = references.find(session, actor, places=[draft.place]).spots.get(draft.place)
        if around is None or around.site_id is not None or around.level is Level.COUNTRY:
            raise Invalid(_("This place is not known here. Find it by its name."), field="place")
        place_id = around.place_id
    return {
        "place_id": place_id,
        "crossing_id": draft.crossing_id or None,
        "township_id": around.township_id if around else None,
        "district_id": around.district_id if around else None,
        "state_id": around.state_id if around else None,
    }


def renew(session: Session, actor: Actor, code: str) -> AccessConstraint:
    """Say that it still is so. Twice on a day is once. Raises: NotVisible, AlreadyOver."""
    row = _standing(session, actor, code)
    if row.heard_on < clock.today():
        row.heard_on = clock.today()
        session.flush()
        audit.record(session, actor, "access.renewed", row)
    return row


def end(session: Session, actor: Actor, code: str, *, until_on: date) -> AccessConstraint:
    """Say which day was the last. The same day again changes nothing.

    Raises: NotVisible, AlreadyOver, Invalid (`until_on`: to come, or before it began).
    """
    row = _own(session, actor, code)
    if row.withdrawn_at is None and row.until_on == until_on:
        return row
    _refuse_over(row)
    if until_on > clock.today():
        raise Invalid(_("This day has not come yet."), field="until_on")
    if until_on < row.since_on:
        raise Invalid(_("It cannot end before it began."), field="until_on")
    row.until_on = until_on
    row.heard_on = clock.today()
    session.flush()
    audit.record(session, actor, "access.ended", row)
    return row


def withdraw(session: Session, actor: Actor, code: str) -> AccessConstraint:
    """Take back what was reported by mistake: nobody else sees it any more. Twice is once. Raises: NotVisible."""
    row = _own(session, actor, code)
    if row.withdrawn_at is None:
        row.withdrawn_at = clock.now()
        session.flush()
        audit.record(session, actor, "access.withdrawn", row)
    return row


def _own(session: Session, actor: Actor, code: str) -> AccessConstraint:
    return policy.fetch(session, actor, _WRITE, AccessConstraint, code, lock=True)


def _standing(session: Session, actor: Actor, code: str) -> AccessConstraint:
    row = _own(session, actor, code)
    _refuse_over(row)
    return row


def _refuse_over(row: AccessConstraint) -> None:
    """It has an end that is gone by, or was taken back. What ends later than today can still be ended sooner."""
    if row.withdrawn_at is not None or (row.until_on is not None and row.until_on < clock.today()):
        raise AlreadyOver
