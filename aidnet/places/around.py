"""What is known around a place, as each audience may know it: who reaches it, what came, which own sites lie there."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from aidnet import clock, disclosure, policy
from aidnet.deliveries.models import Delivery, DeliveryStop
from aidnet.disclosure import Shown
from aidnet.partners.models import Partner, PartnerStatus
from aidnet.places.models import Level, Place, Site
from aidnet.places.queries import PlacePath, paths
from aidnet.policy import Actor, Permission
from aidnet.responders.models import Reach
from aidnet.responders.queries import reach_level

__all__ = [
    "MOST",
    "Came",
    "OwnHere",
    "OwnReach",
    "ReachedBy",
    "SiteHere",
    "deliveries_to",
    "own_here",
    "reached_by",
    "sites_shown",
]

#: Rows that a page about a place shows of each.
MOST = 10
#: A delivery to several villages of a township is read once for each.
_STOPS_READ = 80


def _inside(path: PlacePath) -> sa.ColumnElement[bool]:
    """True of the `Place` rows at or below the place."""
    column = {Level.STATE: Place.state_id, Level.DISTRICT: Place.district_id, Level.TOWNSHIP: Place.township_id}.get(
        path.level
    )
    if path.level is Level.COUNTRY:
        return sa.true()
    if column is not None:
        return column == path.place_id
    return (Place.id == path.place_id) | (Place.parent_id == path.place_id)


@dataclass(frozen=True)
class ReachedBy:
    """The active responders that reach an area, by code name."""

    #: The place itself, or the coarser one that the actor may know it for.
    area: PlacePath
    #: Those that reach something in it, and those that say they reach all of something larger.
    inside: tuple[Shown, ...]
    whole: tuple[Shown, ...]
    more: bool


def reached_by(session: Session, actor: Actor, path: PlacePath) -> ReachedBy:
    """Who reaches the place, known no finer than the matrix says for groups not the actor's own. One statement."""
    level = reach_level(actor)
    area = path if level is disclosure.Level.FULL else disclosure.field(actor, "reach", "place", path, owner_id=0)
    if isinstance(area, disclosure.Withheld):
        return ReachedBy(path, (), (), more=False)
    upper = [step.place_id for step in area.steps[:-1]]
    within = sa.func.max(sa.case((_inside(area), 1), else_=0))
    statement = (
        policy.select(
            actor, {Reach: Permission.RESPONDER_READ, Partner: Permission.RESPONDER_READ}, Partner, within.label("within")
        )
        .join(Reach, Reach.responder_id == Partner.id)
        .join(Place, Place.id == Reach.place_id)
        .where(_inside(area) | Reach.place_id.in_(upper), _still(), Partner.status == PartnerStatus.ACTIVE)
        .group_by(*Partner.__table__.columns)
        .order_by(within.desc(), Partner.code_name_key)
        .limit(MOST * 5 + 1)
    )
    rows = session.execute(statement).all()
    shown = [(disclosure.show(actor, partner), inside) for partner, inside in rows[: MOST * 5]]
    return ReachedBy(
        area,
        tuple(partner for partner, inside in shown if inside),
        tuple(partner for partner, inside in shown if not inside),
        more=len(rows) > MOST * 5,
    )


def _still() -> sa.ColumnElement[bool]:
    return Reach.until_on.is_(None) | (Reach.until_on >= clock.today())


@dataclass(frozen=True)
class OwnReach:
    """A row of the actor's own reach."""

    path: PlacePath
    reach: Shown


@dataclass(frozen=True)
class SiteHere:
    """An own site, and where it lies."""

    site: Shown
    path: PlacePath


@dataclass(frozen=True)
class OwnHere:
    """What the actor's responder has at or below a place, newest first: of each one more than `MOST`, at most."""

    reach: tuple[OwnReach, ...]
    sites: tuple[SiteHere, ...]


def own_here(session: Session, actor: Actor, path: PlacePath) -> OwnHere:
    """Where the actor's own responder reaches at or below the place, and its open sites there. Three statements."""
    reach: Sequence[Reach] = ()
    sites: Sequence[Site] = ()
    if actor.may(Permission.REACH_READ):
        rows = policy.visible(actor, Permission.REACH_READ, Reach).join(Place, Place.id == Reach.place_id)
        rows = rows.where(_inside(path), _still()).order_by(Reach.since_on.desc(), Reach.id.desc())
        reach = session.scalars(rows.limit(MOST + 1)).all()
    if actor.may(Permission.SITE_READ):
        camps = policy.visible(actor, Permission.SITE_READ, Site).join(Place, Place.id == Site.place_id)
        camps = camps.where(_inside(path), Site.closed_at.is_(None)).order_by(Site.id.desc())
        sites = session.scalars(camps.limit(MOST + 1)).all()
    there = paths(session, [*(row.place_id for row in reach), *(site.place_id for site in sites)])
    return OwnHere(
        tuple(OwnReach(there[row.place_id], disclosure.show(actor, row)) for row in reach),
        tuple(SiteHere(disclosure.show(actor, site), there[site.place_id]) for site in sites),
    )


def sites_shown(session: Session, actor: Actor, sites: Sequence[Site]) -> list[SiteHere]:
    """Own sites with their places. One statement."""
    there = paths(session, [site.place_id for site in sites])
    return [SiteHere(disclosure.show(actor, site), there[site.place_id]) for site in sites]


@dataclass(frozen=True)
class Came:
    """The latest deliveries to a place."""

    deliveries: tuple[Shown, ...]
    more: bool


def deliveries_to(session: Session, actor: Actor, path: PlacePath) -> Came | None:
    """The deliveries to the place or below it that the actor reads, newest first. One statement, none where it has none to read.

    None: the actor does not see where deliveries go.
    """
    place = disclosure.level_of("delivery", "place", disclosure.audience_of(actor, actor.responder_id))
    if not actor.may(Permission.DELIVERY_READ) or place is not disclosure.Level.FULL:
        return None
    there = {
        Level.COUNTRY: sa.true(),
        Level.STATE: DeliveryStop.state_id == path.place_id,
        Level.DISTRICT: DeliveryStop.district_id == path.place_id,
        Level.TOWNSHIP: DeliveryStop.township_id == path.place_id,
    }.get(path.level)
    if there is None:
        below = sa.select(Place.id).where(Place.parent_id == path.place_id)
        there = (DeliveryStop.place_id == path.place_id) | DeliveryStop.place_id.in_(below)
    statement = policy.visible(actor, Permission.DELIVERY_READ, Delivery)
    statement = statement.join(DeliveryStop, DeliveryStop.delivery_id == Delivery.id).where(there)
    newest = session.scalars(statement.order_by(DeliveryStop.delivery_id.desc()).limit(_STOPS_READ))
    found: Sequence[Delivery] = list(dict.fromkeys(newest))
    return Came(tuple(disclosure.show(actor, one) for one in found[:MOST]), more=len(found) > MOST)
