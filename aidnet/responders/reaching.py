"""Where one responder reaches, as each audience may know it."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from aidnet import disclosure, policy
from aidnet.places import queries as places
from aidnet.places.models import Place, Site
from aidnet.places.queries import PlacePath
from aidnet.policy import Actor, Permission
from aidnet.responders.models import Reach
from aidnet.responders.queries import coarse, reach_level

_READ = Permission.RESPONDER_READ


@dataclass(frozen=True)
class ReachLine:
    """A place a responder reaches, as the actor may see it; what is withheld is WITHHELD."""

    path: PlacePath
    site: str | None
    way: object
    since_on: object
    until_on: object
    #: Of the actor's own rows only.
    uid: UUID | None


def reach_of(session: Session, actor: Actor, responder_id: int) -> list[ReachLine]:
    """Where one responder reaches, as the actor may see it: its own people every row, others the coarser places, each once."""
    own = disclosure.audience_of(actor, responder_id) in (disclosure.Audience.OWN, disclosure.Audience.LOGGER)
    return _own_reach(session, actor, responder_id) if own else _coarse_reach(session, actor, responder_id)


def _own_reach(session: Session, actor: Actor, responder_id: int) -> list[ReachLine]:
    rows = session.scalars(
        policy.visible(actor, Permission.REACH_READ, Reach)
        .where(Reach.responder_id == responder_id)
        .order_by(Reach.until_on.is_not(None), Reach.since_on.desc(), Reach.id.desc())
    ).all()
    paths = places.paths(session, [row.place_id for row in rows])
    names = site_names(session, actor, [row.site_id for row in rows if row.site_id])
    lines = []
    for row in rows:
        shown = disclosure.show(actor, row)
        lines.append(
            ReachLine(
                paths[row.place_id], names.get(row.site_id or 0), shown.way, shown.since_on, shown.until_on, row.uid
            )
        )
    return lines


def site_names(session: Session, actor: Actor, ids: Collection[int]) -> dict[int, str]:
    """What the actor's own sites are called, by id."""
    if not ids:
        return {}
    rows = session.scalars(policy.visible(actor, Permission.SITE_READ, Site).where(Site.id.in_(ids))).all()
    return {row.id: str(disclosure.show(actor, row).name or "") for row in rows}


def _coarse_reach(session: Session, actor: Actor, responder_id: int) -> list[ReachLine]:
    level = reach_level(actor, responder_id)
    place_id: sa.Label[int] = coarse(level).label("place_id")
    rows = session.execute(
        policy.select(actor, {Reach: _READ}, place_id, sa.func.min(Reach.since_on).label("since_on"))
        .join(Place, Place.id == Reach.place_id)
        .where(Reach.responder_id == responder_id, Reach.until_on.is_(None))
        .group_by(place_id)
    ).all()
    paths = places.paths(session, [row.place_id for row in rows])
    lines = [
        ReachLine(
            paths[row.place_id],
            None,
            disclosure.WITHHELD,
            disclosure.field(actor, "reach", "since_on", row.since_on, owner_id=responder_id),
            None,
            None,
        )
        for row in rows
    ]
    return sorted(lines, key=lambda line: line.path.label)


def place_code(session: Session, actor: Actor, reach: Reach) -> str:
    """What a place picker calls the place of one of the actor's own rows: its site's code, or its P-code."""
    if reach.site_id is not None:
        statement = policy.select(actor, {Site: Permission.SITE_READ}, Site.code).where(Site.id == reach.site_id)
    else:
        statement = sa.select(Place.pcode).where(Place.id == reach.place_id)
    return str(session.scalars(statement).one())
