"""Lists of own needs, one of them, and those that are likely the same."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from aidnet import disclosure, policy
from aidnet.deliveries import references
from aidnet.deliveries.models import Delivery, DeliveryState, DeliveryStop
from aidnet.disclosure import Shown
from aidnet.errors import NotVisible
from aidnet.needs.models import Need, NeedDelivery, NeedState, Urgency
from aidnet.needs.rows import (
    STANDING,
    NeedRow,
    arrived,
    fell_through,
    goods,
    row_of,
    rows,
    sees_deliveries,
    shown,
    stale,
    stands,
)
from aidnet.places.queries import paths
from aidnet.places.search import Option
from aidnet.policy import Actor, Permission
from aidnet.responders.models import Sector
from aidnet.web import keyset

_READ = Permission.NEED_READ
#: Needs at one place, of one sector, no further apart than this may be one.
FORTNIGHT = timedelta(days=14)
_SAME_MOST = 5
_OFFERED_MOST = 5


class Which(StrEnum):
    """What a list is narrowed to by how a need stands."""

    STANDING = "standing"
    OPEN = "open"
    COVERED = "covered"
    STALE = "stale"
    ARRIVED = "arrived"
    MET = "met"
    JOINED = "joined"
    WITHDRAWN = "withdrawn"
    ANY = "any"


@dataclass(frozen=True)
class Wanted:
    """What a list is narrowed to; what is None narrows nothing."""

    which: Which = Which.STANDING
    sector: Sector | None = None
    urgency: Urgency | None = None
    township: Option | None = None


def _is(actor: Actor, which: Which) -> sa.ColumnElement[bool]:
    fell = fell_through() if sees_deliveries(actor) else sa.false()
    special = {
        Which.STANDING: stands(),
        Which.OPEN: (Need.state == NeedState.OPEN) | fell,
        Which.COVERED: (Need.state == NeedState.COVERED) & ~fell,
        Which.STALE: stands() & stale(),
        Which.ARRIVED: stands() & (arrived() if sees_deliveries(actor) else sa.false()),
        Which.ANY: sa.true(),
    }
    return special[which] if which in special else Need.state == NeedState(which.value)


def _narrowed(actor: Actor, wanted: Wanted, statement: sa.Select[Any]) -> sa.Select[Any]:
    statement = statement.where(_is(actor, wanted.which))
    if wanted.sector:
        statement = statement.where(Need.sector == wanted.sector)
    if wanted.urgency:
        statement = statement.where(Need.urgency == wanted.urgency)
    if wanted.township:
        statement = statement.where(Need.township_id == wanted.township.place_id)
    return statement


def page(session: Session, actor: Actor, wanted: Wanted, after: str | None) -> keyset.Page[NeedRow]:
    """A page of own needs, the last heard of first. Four statements."""
    statement = _narrowed(actor, wanted, rows(actor))
    found = keyset.page(session, statement, Need.heard_on, Need.id, after=after)
    return keyset.Page(shown(session, actor, found.rows, goods(session, actor)), found.after)


def everything(session: Session, actor: Actor, wanted: Wanted) -> Iterator[NeedRow]:
    """Every need of the same list. Five statements, however many there are."""
    listed = _narrowed(actor, wanted, rows(actor))
    known = goods(session, actor)
    there = paths(session, set(session.scalars(listed.with_only_columns(Need.place_id).distinct())))
    ordered = listed.order_by(Need.heard_on.desc(), Need.id.desc())
    for found in session.execute(ordered.execution_options(yield_per=1_000)):
        yield row_of(actor, found, there[found[0].place_id], known)


@dataclass(frozen=True)
class Same:
    """Another need of the own group that a page names."""

    need: Shown
    stands: bool


@dataclass(frozen=True)
class Own:
    """A need with what hangs on it. `deliveries` and `offered` are empty for who does not see them."""

    row: NeedRow
    may_write: bool
    deliveries: Sequence[Shown]
    #: Open deliveries of the own group that go to its township and are not meant for it yet.
    offered: Sequence[Shown]
    #: Likely the same.
    alike: Sequence[Same]
    #: Those joined to it; the one it is joined to.
    joined: Sequence[Same]
    joined_into: Same | None


def own(session: Session, actor: Actor, code: str) -> Own:
    """One need of the own group. Seven statements at most. Raises: NotVisible."""
    writes = policy.rule(actor, Permission.NEED_WRITE, Need)
    found = session.execute(rows(actor, writes).where(Need.code == code).order_by(Need.id)).first()
    if found is None:
        raise NotVisible
    need: Need = found[0]
    [row] = shown(session, actor, [found], goods(session, actor))
    linked, offered = _deliveries(session, actor, need)
    others = _related(session, actor, need)
    return Own(
        row=row,
        may_write=bool(found[5]),
        deliveries=linked,
        offered=offered,
        alike=[_same(actor, one) for one in others if need.id != one.joined_into_id and need.joined_into_id != one.id],
        joined=[_same(actor, one) for one in others if one.joined_into_id == need.id],
        joined_into=next((_same(actor, one) for one in others if one.id == need.joined_into_id), None),
    )


def _same(actor: Actor, need: Need) -> Same:
    return Same(disclosure.show(actor, need), need.state in STANDING)


def _deliveries(session: Session, actor: Actor, need: Need) -> tuple[list[Shown], list[Shown]]:
    """What is meant for it, and what could be: one statement, none for who does not see it."""
    if not sees_deliveries(actor):
        return [], []
    meant = sa.select(NeedDelivery.delivery_id).where(NeedDelivery.need_id == need.id)
    going = sa.select(DeliveryStop.delivery_id).where(DeliveryStop.township_id == need.township_id)
    is_meant = Delivery.id.in_(meant)
    could_be = Delivery.is_open & (Delivery.state != DeliveryState.CANCELLED) & Delivery.id.in_(going)
    statement = (
        sa.select(Delivery, is_meant)
        .where(policy.rule(actor, Permission.DELIVERY_READ, Delivery), is_meant | could_be)
        .order_by(is_meant.desc(), Delivery.last_recorded_at.desc(), Delivery.id.desc())
        .limit(40)
    )
    because = "deliveries carry their rule, and the need was fetched by its own"
    found = session.execute(policy.unscoped(statement, because=because)).all()
    owner = need.responder_id
    linked = [disclosure.show(actor, one) for one, its in found if its]
    offered = [disclosure.show(actor, one) for one, its in found if not its][:_OFFERED_MOST]
    return disclosure.field(actor, "need_delivery", "delivery", linked, owner_id=owner), offered


def _alike(place_id: int, site_id: int | None, sector: Sector, day: date) -> sa.ColumnElement[bool]:
    """True of standing needs of the same place and sector within a fortnight of the day."""
    near = Need.reported_on.between(day - FORTNIGHT, day + FORTNIGHT) | Need.heard_on.between(day - FORTNIGHT, day + FORTNIGHT)
    here = (Need.place_id == place_id) & Need.site_id.is_not_distinct_from(site_id)
    return stands() & here & (Need.sector == sector) & near


def _related(session: Session, actor: Actor, need: Need) -> Sequence[Need]:
    """One statement."""
    alike = _alike(need.place_id, need.site_id, need.sector, need.reported_on) if need.state in STANDING else sa.false()
    bound = (Need.joined_into_id == need.id) | (Need.id == (need.joined_into_id or 0))
    statement = policy.visible(actor, _READ, Need).where(Need.id != need.id, alike | bound)
    return session.scalars(statement.order_by(Need.id.desc()).limit(20)).all()


def likely_same(session: Session, actor: Actor, uid: UUID, place: str, sector: Sector, day: date) -> Sequence[Same]:
    """Standing needs that the one about to be reported may be; none, where it is written down already. Two statements."""
    spot = references.find(session, actor, places=[place]).spots.get(place)
    if spot is None:
        return ()
    statement = policy.visible(actor, _READ, Need).where(
        (Need.uid == uid) | _alike(spot.place_id, spot.site_id, sector, day)
    )
    found = session.scalars(statement.order_by(Need.id.desc()).limit(_SAME_MOST)).all()
    return () if any(one.uid == uid for one in found) else [_same(actor, one) for one in found]
