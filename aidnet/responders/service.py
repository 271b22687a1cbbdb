"""What changes a responder: its profile, where it reaches, what it withholds. Its status is its partner's (`partners`)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified

from aidnet import audit, clock, policy
from aidnet.errors import Invalid, NotVisible, Refused, Stale
from aidnet.i18n import lazy_gettext as _l
from aidnet.partners.models import Partner
from aidnet.places.models import Place, Site
from aidnet.policy import Actor, Permission
from aidnet.responders.models import Reach, Responder, ResponderKind, ResponderSector, Sector, Way

#: Groups older than this are a mistyped year.
EARLIEST_YEAR = 1900


@dataclass(frozen=True)
class ProfileDraft:
    """A responder's profile as its coordinator would have it. `contact` None keeps what is there, "" removes it."""

    version: int
    own_name: str
    kind: ResponderKind
    sectors: Sequence[Sector]
    since_year: int | None
    pledged_on: date | None
    about: str
    contact: str | None = None


@dataclass(frozen=True)
class ReachDraft:
    """A place that is reached. `site_id` is the responder's own site at the place; `until_on` None: still reached."""

    place_id: int
    way: Way
    since_on: date
    site_id: int | None = None
    until_on: date | None = None
    uid: UUID | None = None


def register(
    session: Session,
    actor: Actor,
    partner: Partner,
    *,
    kind: ResponderKind = ResponderKind.CBO,
    sectors: Sequence[Sector] = (),
    since_year: int | None = None,
) -> Responder:
    """Give a new partner of the kind "responder" its profile. The act is recorded by whoever registers the partner.

    Raises:
        Refused: the actor's role registers no partners.
    """
    if not actor.may(Permission.PARTNER_MANAGE):
        raise Refused
    session.flush()
    responder = Responder(id=partner.id, kind=kind, since_year=since_year)
    session.add(responder)
    session.flush()
    session.add_all(ResponderSector(responder_id=partner.id, sector=sector) for sector in sorted(set(sectors)))
    session.flush()
    return responder


def edit_profile(session: Session, actor: Actor, code: str, draft: ProfileDraft) -> Responder:
    """Change the profile of the actor's own responder.

    Raises:
        NotVisible: there is no such responder, or it is not the actor's.
        Stale: somebody changed it since `draft.version`.
        Invalid: a year or day that cannot be.
    """
    partner = policy.fetch(session, actor, Permission.RESPONDER_EDIT, Partner, code)
    responder = policy.fetch(session, actor, Permission.RESPONDER_EDIT, Responder, partner.id, lock=True)
    if responder.version != draft.version:
        raise Stale
    today = clock.today()
    if draft.since_year is not None and not EARLIEST_YEAR <= draft.since_year <= today.year:
        raise Invalid(_l("This year cannot be right."), field="since_year")
    if draft.pledged_on is not None and draft.pledged_on > today:
        raise Invalid(_l("This day has not come yet."), field="pledged_on")
    if draft.own_name != (partner.own_name or ""):
        partner.own_name = draft.own_name or None
    responder.kind = draft.kind
    responder.since_year = draft.since_year
    responder.pledged_on = draft.pledged_on
    if draft.about != (responder.about or ""):
        responder.about = draft.about or None
    if draft.contact is not None:
        responder.contact = draft.contact or None
    flag_modified(responder, "kind")  # a changed name or sector is a new version of the profile too
    _set_sectors(session, actor, responder, set(draft.sectors))
    session.flush()
    audit.record(session, actor, "responder.edited", responder, code=partner.code)
    return responder


def _set_sectors(session: Session, actor: Actor, responder: Responder, wanted: set[Sector]) -> None:
    kept = session.scalars(
        policy.select(actor, {Responder: Permission.RESPONDER_EDIT}, ResponderSector)
        .join(Responder, Responder.id == ResponderSector.responder_id)
        .where(ResponderSector.responder_id == responder.id)
    ).all()
    for row in kept:
        if row.sector not in wanted:
            session.delete(row)
    had = {row.sector for row in kept}
    session.add_all(ResponderSector(responder_id=responder.id, sector=sector) for sector in sorted(wanted - had))


def withhold(session: Session, actor: Actor, code: str, *, withheld: bool) -> Responder:
    """Keep everything about the actor's own responder out of results reports from now on, or let it in again.

    Raises:
        NotVisible: there is no such responder, or it is not the actor's.
    """
    partner = policy.fetch(session, actor, Permission.RESPONDER_EDIT, Partner, code)
    responder = policy.fetch(session, actor, Permission.RESPONDER_EDIT, Responder, partner.id, lock=True)
    if (responder.withheld_at is not None) == withheld:
        return responder
    responder.withheld_at = clock.now() if withheld else None
    session.flush()
    audit.record(session, actor, "responder.withheld" if withheld else "responder.shown", responder, code=partner.code)
    return responder


def open_contact(session: Session, actor: Actor, code: str) -> str | None:
    """How the actor's own responder is reached; the opening is recorded. None: nothing is kept.

    Raises:
        NotVisible: there is no such responder, or it is not the actor's.
    """
    partner = policy.fetch(session, actor, Permission.RESPONDER_EDIT, Partner, code)
    responder = policy.fetch(session, actor, Permission.RESPONDER_EDIT, Responder, partner.id)
    audit.record(session, actor, "contact.opened", responder, code=partner.code)
    return responder.contact


def add_reach(session: Session, actor: Actor, draft: ReachDraft) -> Reach:
    """Say that the actor's responder reaches a place. The same `draft.uid` again gives the first row back.

    Raises:
        Refused: the actor's role does not say where the responder reaches.
        Invalid: days that cannot be, a place or site that is not there, or one that is listed already.
    """
    if not actor.may(Permission.REACH_WRITE) or actor.responder_id is None:
        raise Refused
    uid = draft.uid or uuid4()
    first = session.scalars(
        policy.unscoped(sa.select(Reach).where(Reach.uid == uid), because="a form sent twice meets its own first row")
    ).first()
    if first is not None and first.responder_id == actor.responder_id:
        return first
    _check(session, actor, draft)
    _refuse_twice(session, actor, draft)
    reach = Reach(
        uid=uid if first is None else uuid4(),
        responder_id=actor.responder_id,
        place_id=draft.place_id,
        site_id=draft.site_id,
        way=draft.way,
        since_on=draft.since_on,
        until_on=draft.until_on,
        created_at=clock.now(),
    )
    session.add(reach)
    session.flush()
    audit.record(session, actor, "reach.added", reach)
    return reach


def _check(session: Session, actor: Actor, draft: ReachDraft) -> None:
    today = clock.today()
    if draft.since_on > today:
        raise Invalid(_l("This day has not come yet."), field="since_on")
    if draft.until_on is not None and draft.until_on < draft.since_on:
        raise Invalid(_l("The last day is before the first."), field="until_on")
    if draft.until_on is not None and draft.until_on > today:
        raise Invalid(_l("This day has not come yet."), field="until_on")
    if draft.site_id is None:
        known = session.scalars(sa.select(Place.id).where(Place.id == draft.place_id)).first()
    else:
        known = session.scalars(
            policy.select(actor, {Site: Permission.SITE_READ}, Site.id).where(
                Site.id == draft.site_id, Site.place_id == draft.place_id
            )
        ).first()
    if known is None:
        raise Invalid(_l("This place is not known. Search for it again."), field="place")


def _refuse_twice(session: Session, actor: Actor, draft: ReachDraft, besides: int = 0) -> None:
    """Two rows that say the same place is reached the same way now would be corrected only once."""
    if draft.until_on is not None:
        return
    same = session.scalars(
        policy.select(actor, {Reach: Permission.REACH_WRITE}, Reach.id)
        .where(
            Reach.place_id == draft.place_id,
            Reach.site_id.is_(None) if draft.site_id is None else Reach.site_id == draft.site_id,
            Reach.way == draft.way,
            Reach.until_on.is_(None),
            Reach.id != besides,
        )
        .limit(1)
    ).first()
    if same is not None:
        raise Invalid(_l("This place is on your list already, by the same way."), field="place")


def own_reach(session: Session, actor: Actor, uid: UUID, *, lock: bool = False) -> Reach:
    """One place of the actor's own list. Raises: NotVisible."""
    statement = policy.visible(actor, Permission.REACH_WRITE, Reach).where(Reach.uid == uid)
    row = session.scalars(statement.with_for_update() if lock else statement).first()
    if row is None:
        raise NotVisible
    return row


def end_reach(session: Session, actor: Actor, uid: UUID, until_on: date, *, version: int) -> Reach:
    """Say on which day a place was reached last. The row stays, with its days.

    Raises: NotVisible, Stale, Invalid (a day before the first, or to come; a row ended before).
    """
    reach = own_reach(session, actor, uid, lock=True)
    if reach.version != version:
        raise Stale
    if reach.until_on is not None:
        raise Invalid(_l("This place has ended already. Correct it instead."), field="until_on")
    _check(session, actor, ReachDraft(reach.place_id, reach.way, reach.since_on, reach.site_id, until_on))
    reach.until_on = until_on
    session.flush()
    audit.record(session, actor, "reach.ended", reach)
    return reach


def correct_reach(session: Session, actor: Actor, uid: UUID, draft: ReachDraft, *, version: int) -> Reach:
    """Set a row of the list right: place, way and days.

    Raises: NotVisible, Stale, Invalid.
    """
    reach = own_reach(session, actor, uid, lock=True)
    if reach.version != version:
        raise Stale
    _check(session, actor, draft)
    _refuse_twice(session, actor, draft, besides=reach.id)
    reach.place_id, reach.site_id = draft.place_id, draft.site_id
    reach.way, reach.since_on, reach.until_on = draft.way, draft.since_on, draft.until_on
    session.flush()
    audit.record(session, actor, "reach.corrected", reach)
    return reach
