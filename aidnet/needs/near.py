"""Needs around: at a place, for its page, and where the own group works, for its board."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from aidnet import clock, disclosure, policy
from aidnet.access.near import path_within, reached
from aidnet.disclosure import Shown
from aidnet.needs.models import Need
from aidnet.needs.rows import STALE_AFTER, stale, stands, urgent_first
from aidnet.needs.words import URGENT
from aidnet.partners.models import Partner
from aidnet.places.models import Level, Place
from aidnet.places.queries import PlacePath
from aidnet.policy import Actor, Permission
from aidnet.responders.words import SECTORS

#: Rows that a place's page shows.
MOST = 10
#: Rows of what is near.
NEAR_MOST = 25


@dataclass(frozen=True)
class NeedNear:
    """A need as somebody around may know it: another group's by township and band of people."""

    need: Shown
    own: bool
    where: str
    #: Whose word it is; "": the own group's.
    group: str
    stale: bool

    @property
    def what(self) -> str:
        """The kind of help, in a word."""
        return str(SECTORS[self.need.sector])

    @property
    def urgency(self) -> str:
        return str(URGENT[self.need.urgency])


def _near(actor: Actor, need: Need, path: PlacePath | None, group: str) -> NeedNear:
    owner = need.responder_id
    is_own = owner == actor.responder_id
    return NeedNear(
        need=disclosure.show(actor, need),
        own=is_own,
        where=disclosure.field(actor, "need", "place", path, owner_id=owner).label,
        group="" if is_own else str(disclosure.field(actor, "need", "responder", group, owner_id=owner)),
        stale=need.heard_on < clock.today() - STALE_AFTER,
    )


def _seen(actor: Actor) -> sa.ColumnElement[bool]:
    """The own needs that the actor reads; and, for who may see where something is missing, everybody's."""
    own = policy.rule(actor, Permission.NEED_READ, Need)
    return own | policy.rule(actor, Permission.NEED_GAPS, Need)


_BECAUSE = "own needs carry their rule, others' that of gaps; a group's code name is anybody's who may read needs"


def at_place(session: Session, actor: Actor, path: PlacePath) -> Sequence[NeedNear] | None:
    """Standing needs at the place: the own ones at it or below it; others' of its township, whatever lies below it.

    One more than `MOST` at most, fresh and urgent first. One statement. None: the actor reads no needs.
    """
    if actor.responder_id is None or not actor.may(Permission.NEED_READ):
        return None
    mine = Need.responder_id == actor.responder_id
    township = path.step(Level.TOWNSHIP)
    if township is not None:
        there = Need.township_id == township.place_id
    else:
        column = {Level.STATE: Need.state_id, Level.DISTRICT: Need.district_id}.get(path.level)
        there = column == path.place_id if column is not None else sa.true()
    below = sa.select(Place.id).where(Place.parent_id == path.place_id)
    is_finer = path.level.depth > Level.TOWNSHIP.depth
    here = (Need.place_id == path.place_id) | Need.place_id.in_(below) if is_finer else there
    lies_in, place = aliased(Place), aliased(Place)
    statement = (
        sa.select(Need, Partner.code_name, lies_in, place)
        .join(Partner, Partner.id == Need.responder_id)
        .join(lies_in, lies_in.id == Need.township_id)
        .join(place, place.id == Need.place_id)
        .where(_seen(actor), stands(), there, ~mine | here)
        .order_by(stale(), urgent_first(), Need.heard_on.desc(), Need.id.desc())
        .limit(MOST + 1)
    )
    found = session.execute(policy.unscoped(statement, because=_BECAUSE))
    return [_near(actor, need, path_within(lies, spot), group) for need, group, lies, spot in found]


def _is_near(actor: Actor) -> sa.ColumnElement[bool]:
    """True of standing, fresh needs where the own group reaches, and of its own."""
    there = Need.township_id.in_(reached(actor, Place.township_id)) | (Need.responder_id == actor.responder_id)
    return _seen(actor) & stands() & ~stale() & there


def count_near(actor: Actor) -> sa.ScalarSelect[int]:
    """How many there are: a column of a board's statement."""
    return sa.select(sa.func.count()).select_from(Need).where(_is_near(actor)).scalar_subquery()


def near(session: Session, actor: Actor, most: int = NEAR_MOST) -> Sequence[NeedNear]:
    """Standing, fresh needs where the own group reaches, and its own: the most urgent first, by township. One statement."""
    township = aliased(Place)
    statement = (
        sa.select(Need, Partner.code_name, township)
        .join(Partner, Partner.id == Need.responder_id)
        .join(township, township.id == Need.township_id)
        .where(_is_near(actor))
        .order_by(urgent_first(), Need.heard_on.desc(), Need.id.desc())
        .limit(most)
    )
    found = session.execute(policy.unscoped(statement, because=_BECAUSE)).all()
    return [_near(actor, need, path_within(area), group) for need, group, area in found]
