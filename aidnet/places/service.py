"""What changes places: the sites and crossings a responder adds, and the names a network uses."""

from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from aidnet import audit, clock, codes, policy
from aidnet.db import insert_once
from aidnet.errors import Invalid, NotVisible, Refused, Stale
from aidnet.i18n import gettext as _
from aidnet.partners.models import Partner
from aidnet.places.models import Crossing, Level, Place, PlaceName, Site, SiteKind
from aidnet.places.spelling import fold, skeleton
from aidnet.policy import Actor, Permission

__all__ = [
    "CrossingDraft",
    "SiteDraft",
    "add_crossing",
    "add_site",
    "close_crossing",
    "close_site",
    "edit_site",
    "name_place",
    "own_crossing",
    "reopen_crossing",
    "reopen_site",
]

#: What a site may lie in.
SITE_LEVELS = frozenset({Level.TOWNSHIP, Level.TOWN, Level.VILLAGE_TRACT, Level.VILLAGE})


@dataclass(frozen=True)
class SiteDraft:
    """A place that a responder adds."""

    uid: UUID
    place_id: int
    kind: SiteKind
    name: str


@dataclass(frozen=True)
class CrossingDraft:
    """A crossing under a code name. `country`: the other side, ISO 3166-1 alpha-2."""

    uid: UUID
    code_name: str
    country: str


def add_site(session: Session, actor: Actor, draft: SiteDraft) -> Site:
    """Add a place to the actor's own list. The same `uid` again is the same site.

    Raises: Refused (no responder, or no right), Invalid (`place`: not in a township), NotVisible (a uid of somebody else's).
    """
    if actor.responder_id is None or not actor.may(Permission.SITE_WRITE):
        raise Refused
    place = session.get(Place, draft.place_id)
    if place is None or place.level not in SITE_LEVELS:
        raise Invalid(_("Choose a township, town, village tract or village."), field="place")
    site = Site(
        uid=draft.uid,
        code=codes.code_of("S", draft.uid),
        responder_id=actor.responder_id,
        place_id=place.id,
        kind=draft.kind,
        name=draft.name,
        created_at=clock.now(),
        closed_at=None,
        version=1,
    )
    if not insert_once(session, site):
        return policy.fetch(session, actor, Permission.SITE_READ, Site, codes.code_of("S", draft.uid))
    audit.record(session, actor, "site.added", site, code=site.code, kind=site.kind.value)
    return site


def _own_site(session: Session, actor: Actor, code: str, version: int) -> Site:
    site = policy.fetch(session, actor, Permission.SITE_WRITE, Site, code, lock=True)
    if site.version != version:
        raise Stale
    return site


def edit_site(session: Session, actor: Actor, code: str, *, kind: SiteKind, name: str, version: int) -> Site:
    """Call an own site otherwise. Where it lies stays: records point there. Raises: NotVisible, Stale."""
    site = _own_site(session, actor, code, version)
    if (site.kind, site.name) != (kind, name):
        site.kind, site.name = kind, name
        session.flush()
        audit.record(session, actor, "site.edited", site, code=site.code, kind=site.kind.value)
    return site


def close_site(session: Session, actor: Actor, code: str, *, version: int) -> Site:
    """Offer an own site in forms no more; records keep it. Closing it twice is closing it once. Raises: NotVisible, Stale."""
    site = _own_site(session, actor, code, version)
    if site.closed_at is None:
        site.closed_at = clock.now()
        session.flush()
        audit.record(session, actor, "site.closed", site, code=site.code)
    return site


def reopen_site(session: Session, actor: Actor, code: str, *, version: int) -> Site:
    """Offer a closed site again. Raises: NotVisible, Stale."""
    site = _own_site(session, actor, code, version)
    if site.closed_at is not None:
        site.closed_at = None
        session.flush()
        audit.record(session, actor, "site.reopened", site, code=site.code)
    return site


def add_crossing(session: Session, actor: Actor, draft: CrossingDraft) -> Crossing:
    """Add a crossing under a code name, for the actor's own deliveries. The same `uid` again is the same crossing.

    Raises: Refused (no responder, or no right), Invalid (`code_name`: no letters, or taken), NotVisible (somebody else's uid).
    """
    if actor.responder_id is None or not actor.may(Permission.SITE_WRITE):
        raise Refused
    key = fold(draft.code_name)
    if not key:
        raise Invalid(_("Use letters or numbers."), field="code_name")
    # Two people of one group may type one name at once: the second waits here, and finds it taken.
    policy.fetch(session, actor, Permission.ACCOUNT_OWN, Partner, actor.responder_id, lock=True)
    own = policy.visible(actor, Permission.SITE_WRITE, Crossing)
    same = session.scalars(own.where((Crossing.code_name_key == key) | (Crossing.uid == draft.uid))).all()
    if any(crossing.uid == draft.uid for crossing in same):
        return next(crossing for crossing in same if crossing.uid == draft.uid)
    if same:
        raise Invalid(_("You have a crossing of this name already."), field="code_name")
    crossing = Crossing(
        uid=draft.uid,
        slug=None,
        responder_id=actor.responder_id,
        code_name=draft.code_name,
        code_name_key=key,
        name_my=None,
        country=draft.country,
        township_id=None,
        created_at=clock.now(),
        closed_at=None,
        version=1,
    )
    if not insert_once(session, crossing):
        raise NotVisible
    audit.record(session, actor, "crossing.added", crossing)
    return crossing


def own_crossing(session: Session, actor: Actor, uid: UUID, *, lock: bool = False) -> Crossing:
    """One of the actor's own crossings. Raises: NotVisible."""
    statement = policy.visible(actor, Permission.SITE_WRITE, Crossing).where(Crossing.uid == uid)
    crossing = session.scalars(statement.with_for_update() if lock else statement).first()
    if crossing is None:
        raise NotVisible
    return crossing


def close_crossing(session: Session, actor: Actor, uid: UUID) -> Crossing:
    """Offer an own crossing in forms no more; records keep it. Closing it twice is closing it once. Raises: NotVisible."""
    crossing = own_crossing(session, actor, uid, lock=True)
    if crossing.closed_at is None:
        crossing.closed_at = clock.now()
        session.flush()
        audit.record(session, actor, "crossing.closed", crossing)
    return crossing


def reopen_crossing(session: Session, actor: Actor, uid: UUID) -> Crossing:
    """Offer a closed crossing again. Raises: NotVisible."""
    crossing = own_crossing(session, actor, uid, lock=True)
    if crossing.closed_at is not None:
        crossing.closed_at = None
        session.flush()
        audit.record(session, actor, "crossing.reopened", crossing)
    return crossing


def name_place(session: Session, actor: Actor, pcode: str, display_name: str) -> Place:
    """Call a place of the gazetteer `display_name` on every page; "" gives it its official name back.

    It is found by either name. The entry of the audit says neither the name nor which place: its readers see no villages.
    Raises: Refused (no right), Invalid (`pcode`: no such place; `display_name`: no letters).
    """
    if not actor.may(Permission.NETWORK_SETTINGS):
        raise Refused
    place = session.scalars(sa.select(Place).where(Place.pcode == pcode).with_for_update()).one_or_none()
    if place is None:
        raise Invalid(_("There is no place with this code."), field="pcode")
    key = fold(display_name)
    if display_name and not key:
        raise Invalid(_("Use letters."), field="display_name")
    if display_name == (place.display_name or ""):
        return place
    place.display_name = display_name or None
    keys = session.scalars(sa.select(PlaceName).where(PlaceName.place_id == place.id)).all()
    for name in keys:
        if name.kind == "display":
            session.delete(name)
    if key and all(name.key != key for name in keys if name.kind != "display"):
        session.add(
            PlaceName(place_id=place.id, depth=place.level.depth, kind="display", key=key, skeleton=skeleton(key))
        )
    session.flush()
    audit.record(session, actor, "place.named", place, level=place.level.value, named=bool(display_name))
    return place
