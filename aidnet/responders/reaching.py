"""Where one responder reaches, as each audience may know it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from aidnet import disclosure, policy
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


@dataclass(frozen=True)
class ReachRow:
    """A place a responder reaches, no finer than the actor may see; `own` of the actor's own rows only."""

    place_id: int
    since_on: date
    own: Reach | None = None


def rows_of(session: Session, actor: Actor, responder_id: int) -> Sequence[ReachRow]:
    """Where one responder reaches: for its own people every row, for others the coarser places, each once. One statement."""
    own = disclosure.audience_of(actor, responder_id) in (disclosure.Audience.OWN, disclosure.Audience.LOGGER)
    return _own_rows(session, actor, responder_id) if own else _coarse_rows(session, actor, responder_id)


def _own_rows(session: Session, actor: Actor, responder_id: int) -> Sequence[ReachRow]:
    rows = session.scalars(
        policy.visible(actor, Permission.REACH_READ, Reach)
        .where(Reach.responder_id == responder_id)
        .order_by(Reach.until_on.is_not(None), Reach.since_on.desc(), Reach.id.desc())
    )
    return [ReachRow(row.place_id, row.since_on, row) for row in rows]


def _coarse_rows(session: Session, actor: Actor, responder_id: int) -> Sequence[ReachRow]:
    place_id: sa.Label[int] = coarse(reach_level(actor, responder_id)).label("place_id")
    rows = session.execute(
        policy.select(actor, {Reach: _READ}, place_id, sa.func.min(Reach.since_on).label("since_on"))
        .join(Place, Place.id == Reach.place_id)
        .where(Reach.responder_id == responder_id, Reach.until_on.is_(None))
        .group_by(place_id)
    )
    return [ReachRow(row.place_id, row.since_on) for row in rows]


def lines_of(
    session: Session, actor: Actor, responder_id: int, rows: Sequence[ReachRow], paths: Mapping[int, PlacePath]
) -> list[ReachLine]:
    """The rows as they are shown: the own in their order, others' by name. One statement where own sites are among them."""
    names = site_names(session, actor, [row.own.site_id for row in rows if row.own and row.own.site_id])
    lines = [_line(actor, responder_id, row, paths[row.place_id], names) for row in rows]
    return lines if any(row.own for row in rows) else sorted(lines, key=lambda line: line.path.label)


def _line(actor: Actor, responder_id: int, row: ReachRow, path: PlacePath, names: Mapping[int, str]) -> ReachLine:
    if row.own is None:
        since = disclosure.field(actor, "reach", "since_on", row.since_on, owner_id=responder_id)
        return ReachLine(path, None, disclosure.WITHHELD, since, None, None)
    shown = disclosure.show(actor, row.own)
    return ReachLine(path, names.get(row.own.site_id or 0), shown.way, shown.since_on, shown.until_on, row.own.uid)


def site_names(session: Session, actor: Actor, ids: Collection[int]) -> dict[int, str]:
    """What the actor's own sites are called, by id."""
    if not ids:
        return {}
    rows = session.scalars(policy.visible(actor, Permission.SITE_READ, Site).where(Site.id.in_(ids))).all()
    return {row.id: str(disclosure.show(actor, row).name or "") for row in rows}


def place_code(session: Session, actor: Actor, reach: Reach) -> str:
    """What a place picker calls the place of one of the actor's own rows: its site's code, or its P-code."""
    if reach.site_id is not None:
        statement = policy.select(actor, {Site: Permission.SITE_READ}, Site.code).where(Site.id == reach.site_id)
    else:
        statement = sa.select(Place.pcode).where(Place.id == reach.place_id)
    return str(session.scalars(statement).one())
