"""Finding a place by what somebody types: a P-code, a name in either script, an alias, or nearly one of them.

The order: what the viewer's own work names, then exact names, then names that begin so; names that are only alike where
those are fewer than ten. Names repeat, so every choice carries its whole path, and "Ywar Thit, Shwebo" finds the one there.
"""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from rapidfuzz import fuzz
from sqlalchemy.orm import Session

from aidnet import clock, disclosure, policy
from aidnet.deliveries.models import Delivery, DeliveryStop
from aidnet.places import site_words
from aidnet.places.models import Level, Place, PlaceName, Site
from aidnet.places.queries import PlacePath, level_word, levels_for, paths
from aidnet.places.spelling import fold, near, skeleton
from aidnet.policy import Actor
from aidnet.policy import Permission as P
from aidnet.responders.models import Reach

__all__ = ["Option", "option_of", "search", "site_option"]

#: Fewer hits than this, and names that are alike are looked for too.
ENOUGH = 10
QUERY_MOST = 100
#: Of each level, how many rows of one range are looked at: more than the most that share a name (593).
_RANGE_MOST = 800
_OWN_MOST = 2_000
_RECENT_MOST = 300
_SITES_MOST = 200
_ALIKE_MOST = 4_000
#: Out of 100; below it, two names are not taken for one.
_ALIKE_LEAST = 72
#: Sorts after every character of a key.
_END = "\U0010ffff"

_EXACT, _PREFIX, _WITHIN, _ALIKE = range(4)


@dataclass(frozen=True)
class Option:
    """A place, or an own site, that somebody may choose."""

    #: A P-code, or a site's code.
    code: str
    name: str
    #: The place a site lies in, or the place itself.
    place_id: int
    #: None: the place itself.
    site_id: int | None
    #: A site counts as a village: nothing is finer.
    level: Level
    #: What it is, in a word: "Village", "Camp".
    word: str
    #: All it lies in: "Ywar Thit tract · Shwebo township · Shwebo district".
    above: str

    @property
    def path(self) -> str:
        """What it is and all it lies in."""
        return " · ".join(part for part in (self.word, self.above) if part)


@dataclass(frozen=True)
class _Hit:
    place_id: int
    depth: int
    how: int
    own: bool = False
    in_area: bool = False
    #: 0 … 100.
    likeness: float = 100
    key: str = ""

    @property
    def rank(self) -> tuple[object, ...]:
        return not self.own, self.how, not self.in_area, -self.likeness, self.depth, self.key, self.place_id


def option_of(path: PlacePath) -> Option:
    """A place as a choice."""
    return Option(path.pcode, path.name, path.place_id, None, path.level, level_word(path.level), path.above)


def site_option(actor: Actor, site: Site, path: PlacePath) -> Option:
    """An own site as a choice."""
    shown = disclosure.show(actor, site)
    above = " · ".join(part for part in (path.steps[-1].called, path.above) if part)
    word = site_words.KINDS[site.kind]
    return Option(shown.code, str(shown.name), site.place_id, site.id, Level.VILLAGE, str(word), above)


def search(
    session: Session,
    actor: Actor,
    q: str,
    *,
    levels: Collection[Level] | None = None,
    sites: bool = False,
    limit: int = ENOUGH,
) -> list[Option]:
    """The places `q` may mean, best first: at most `limit`, of `levels` (None: all), with own `sites` where asked for.

    An audience finds no level finer than the matrix's `place` for it. At most eight statements, however many places.
    """
    q = q[:QUERY_MOST].strip()
    wanted = fold(q)
    allowed = levels_for(actor)
    depths = sorted(level.depth for level in (allowed if levels is None else allowed & set(levels)))
    if not wanted or not depths:
        return []
    hits: dict[int, _Hit] = {}
    townships: set[int] = set()
    _add(hits, _own_hits(session, actor, wanted, depths, townships))
    _add(hits, _coded_hits(session, q, depths))
    _add(hits, _named_hits(session, wanted, depths, townships, limit))
    if len(hits) < ENOUGH:
        name, area = _area(session, q, depths)
        if area is not None:
            _add(hits, _named_hits(session, name, depths, townships, limit, area))
        if len(hits) < ENOUGH:
            _add(hits, _alike_hits(session, name, depths, area))
    best = sorted(hits.values(), key=lambda hit: hit.rank)[:limit]
    found = paths(session, [hit.place_id for hit in best])
    own_sites = _own_sites(session, actor, q, wanted) if sites else []
    return (own_sites + [option_of(found[hit.place_id]) for hit in best])[:limit]


def _add(hits: dict[int, _Hit], more: Iterable[_Hit]) -> None:
    for hit in more:
        there = hits.get(hit.place_id)
        if there is None or hit.rank < there.rank:
            hits[hit.place_id] = hit


def _how(wanted: str, key: str) -> int | None:
    """How a key of the viewer's own places answers; None where it does not."""
    if key == wanted:
        return _EXACT
    if key.startswith(wanted):
        return _PREFIX
    return _WITHIN if len(wanted) > 2 and wanted in key else None


def _own_hits(
    session: Session, actor: Actor, wanted: str, depths: Sequence[int], townships: set[int]
) -> list[_Hit]:
    """Those of the viewer's reach and recent stops that answer; `townships` takes the townships of all of them."""
    columns = (PlaceName.place_id, PlaceName.depth, PlaceName.key, Place.township_id)
    statements = []
    if actor.may(P.REACH_READ):
        still = Reach.until_on.is_(None) | (Reach.until_on >= clock.today())
        reach = policy.select(actor, {Reach: P.REACH_READ}, *columns).join(Place, Place.id == PlaceName.place_id)
        statements.append(reach.join(Reach, Reach.place_id == PlaceName.place_id).where(still).limit(_OWN_MOST))
    audience = disclosure.audience_of(actor, actor.responder_id)
    if actor.may(P.DELIVERY_READ) and disclosure.level_of("delivery_stop", "place", audience) is disclosure.Level.FULL:
        stops = policy.select(actor, {Delivery: P.DELIVERY_READ}, *columns).join(Place, Place.id == PlaceName.place_id)
        stops = stops.join(DeliveryStop, DeliveryStop.place_id == Place.id)
        stops = stops.join(Delivery, Delivery.id == DeliveryStop.delivery_id)
        statements.append(stops.order_by(Delivery.last_recorded_at.desc(), Delivery.id.desc()).limit(_RECENT_MOST))
    hits = []
    for place_id, depth, key, township_id in (row for one in statements for row in session.execute(one)):
        if township_id is not None:
            townships.add(township_id)
        how = _how(wanted, key)
        if how is not None and depth in depths:
            hits.append(_Hit(place_id, depth, how, own=True, in_area=True, key=key))
    return hits


def _coded_hits(session: Session, q: str, depths: Sequence[int]) -> list[_Hit]:
    """Places whose P-code begins with `q`."""
    code = q.replace(" ", "").upper()
    if not re.fullmatch(r"[A-Z]*[0-9][A-Z0-9-]*", code):
        return []
    levels = [level for level in Level if level.depth in depths]
    statement = sa.select(Place.id, Place.level, Place.pcode).where(
        Place.pcode >= code, Place.pcode < code + _END, Place.level.in_(levels)
    )
    found = session.execute(statement.order_by(Place.pcode).limit(ENOUGH)).all()
    return [
        _Hit(place_id, level.depth, _EXACT if pcode == code else _PREFIX, key=pcode) for place_id, level, pcode in found
    ]


def _named_hits(
    session: Session,
    wanted: str,
    depths: Sequence[int],
    townships: Collection[int],
    limit: int,
    area: sa.ColumnElement[bool] | None = None,
) -> list[_Hit]:
    """Places whose name is `wanted` or begins with it, those in `townships` first; within `area` where given.

    Each level is a short range of the index of its own, so that a coarse place is never lost among villages.
    """
    branches = []
    for depth in depths:
        keys = (
            sa.select(PlaceName.place_id, PlaceName.key)
            .where(PlaceName.depth == depth, PlaceName.key >= wanted, PlaceName.key < wanted + _END)
            .order_by(PlaceName.key, PlaceName.place_id)
        )
        if area is None:
            keys = keys.limit(_RANGE_MOST)
        near_by = Place.township_id.in_(sorted(townships)) if townships else sa.false()
        ranged = keys.subquery()
        branch = (
            sa.select(ranged.c.place_id, sa.literal(depth).label("depth"), ranged.c.key, near_by.label("near_by"))
            .join(Place, Place.id == ranged.c.place_id)
            .order_by((ranged.c.key != wanted), near_by.desc(), ranged.c.key, ranged.c.place_id)
            .limit(limit)
        )
        if area is not None:
            branch = branch.where(area)
        branches.append(sa.select(branch.subquery()))
    found = session.execute(sa.union_all(*branches)).all()
    return [
        _Hit(place_id, depth, _EXACT if key == wanted else _PREFIX, in_area=bool(near_by), key=key)
        for place_id, depth, key, near_by in found
    ]


def _area(session: Session, q: str, depths: Sequence[int]) -> tuple[str, sa.ColumnElement[bool] | None]:
    """`q` as a folded name and, where its last words name a state, district or township, that area.

    An area is looked for only behind a name, and only for those who find places in it.
    """
    parts = [part for part in re.split(r"[,၊;·]", q) if fold(part)]
    words = q.split()
    if len(parts) > 1:
        splits = [(parts[0], " ".join(parts[1:]))]
    else:
        splits = [(" ".join(words[:at]), " ".join(words[at:])) for at in range(len(words) - 1, max(len(words) - 4, 0), -1)]
    folded = [(fold(name), fold(area)) for name, area in splits]
    folded = [(name, area) for name, area in folded if name and area]
    if not folded or max(depths) <= Level.STATE.depth:
        return fold(q), None
    ranges = [(PlaceName.key >= area) & (PlaceName.key < area + _END) for _name, area in folded]
    upper = PlaceName.depth.in_([level.depth for level in (Level.STATE, Level.DISTRICT, Level.TOWNSHIP) if level.depth <= max(depths)])
    found = session.execute(sa.select(PlaceName.place_id, PlaceName.key).where(upper, sa.or_(*ranges)).limit(_RANGE_MOST)).all()
    for exactly in (True, False):
        for name, area in folded:
            ids = sorted({place_id for place_id, key in found if (key == area if exactly else key.startswith(area))})
            if ids:
                return name, Place.township_id.in_(ids) | Place.district_id.in_(ids) | Place.state_id.in_(ids)
    return fold(q), None


def _alike_hits(
    session: Session, wanted: str, depths: Sequence[int], area: sa.ColumnElement[bool] | None
) -> list[_Hit]:
    """Places whose name is spelt much like `wanted`."""
    bones = skeleton(wanted)
    if not bones or len(wanted) < 3:
        return []
    alike: sa.ColumnElement[bool] = PlaceName.skeleton.in_(near(bones) if len(bones) > 2 else [bones])
    if len(bones) > 2:
        alike |= (PlaceName.skeleton >= bones) & (PlaceName.skeleton < bones + _END)
    length = sa.func.length(PlaceName.key)
    statement = (
        sa.select(PlaceName.place_id, PlaceName.depth, PlaceName.key)
        .where(alike, PlaceName.depth.in_(depths), length >= len(wanted) - 3)
        .limit(_ALIKE_MOST)
    )
    if area is not None:
        statement = statement.join(Place, Place.id == PlaceName.place_id).where(area)
    hits = []
    for place_id, depth, key in session.execute(statement):
        likeness = max(fuzz.ratio(wanted, key), fuzz.ratio(wanted, key[: len(wanted) + 1]) * 0.95)
        if likeness >= _ALIKE_LEAST:
            hits.append(_Hit(place_id, depth, _ALIKE, likeness=likeness, key=key))
    return hits


def _own_sites(session: Session, actor: Actor, q: str, wanted: str) -> list[Option]:
    """The viewer's open sites that answer, newest first. Their names are sealed, so they are compared here."""
    if not actor.may(P.SITE_READ):
        return []
    statement = policy.visible(actor, P.SITE_READ, Site).where(Site.closed_at.is_(None))
    found = []
    for site in session.scalars(statement.order_by(Site.id.desc()).limit(_SITES_MOST)):
        shown = disclosure.show(actor, site)
        how = _EXACT if fold(shown.code) == wanted else _how(wanted, fold(str(shown.name)))
        if how is not None:
            found.append((how, site))
    found.sort(key=lambda pair: pair[0])
    places = paths(session, [site.place_id for _how_, site in found])
    return [site_option(actor, site, places[site.place_id]) for _how_, site in found]
