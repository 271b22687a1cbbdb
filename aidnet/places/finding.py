"""The ways in which a place answers to words: as one of the viewer's own, by code or name, in an area, or by likeness.

Statements are built once and cached: building one costs more than running it.
"""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from rapidfuzz import fuzz
from sqlalchemy.orm import Session

from aidnet import clock, disclosure, policy
from aidnet.deliveries.models import Delivery, DeliveryStop
from aidnet.places.models import Level, Place, PlaceName
from aidnet.places.spelling import fold, near, skeleton
from aidnet.policy import Actor, Permission
from aidnet.responders.models import Reach

__all__ = ["EXACT", "Depths", "Hit", "alike_hits", "area_of", "how_it_answers", "level_typed", "named_hits", "own_hits"]

#: How fine the places looked for are, in order.
Depths = tuple[int, ...]

EXACT, PREFIX, WITHIN, ALIKE = range(4)
#: Of each level, how many are taken from one range of keys.
_TAKEN = 10
#: How many of a range are looked at for those near the viewer's own: more than the most that share a name (593).
_RANGE_MOST = 800
_OWN_MOST = 2_000
_RECENT_MOST = 300
_ALIKE_MOST = 2_000
_BEGUN_MOST = 600
#: Out of 100; below it, two names are not taken for one.
_ALIKE_LEAST = 72
#: Sorts after every character of a key.
_END = "\U0010ffff"
#: Wards come last among equals: they are many, numbered, and in towns.
_RANKS = {level.depth: level.depth if level is not Level.WARD else len(Level) for level in Level}


@dataclass(frozen=True)
class Hit:
    """A place that answers, and how well."""

    place_id: int
    depth: int
    how: int
    key: str
    #: Of the viewer's own reach or recent stops.
    own: bool = False
    #: In a township of theirs.
    near_by: bool = False
    #: 0 … 100.
    likeness: float = 100

    @property
    def rank(self) -> tuple[object, ...]:
        """Sorts the best first."""
        return not self.own, self.how, -self.likeness, not self.near_by, _RANKS[self.depth], self.key, self.place_id


def how_it_answers(wanted: str, key: str) -> int | None:
    """How a key of the viewer's own places answers; None where it does not."""
    if key == wanted:
        return EXACT
    if key.startswith(wanted):
        return PREFIX
    return WITHIN if len(wanted) > 2 and wanted in key else None


def own_hits(session: Session, actor: Actor, wanted: str, depths: Depths) -> tuple[list[Hit], set[int]]:
    """Those of the viewer's reach and recent stops that answer, and the townships of all of them."""
    columns = (PlaceName.place_id, PlaceName.depth, PlaceName.key, Place.township_id)
    statements = []
    if actor.may(Permission.REACH_READ):
        still = Reach.until_on.is_(None) | (Reach.until_on >= clock.today())
        reach = policy.select(actor, {Reach: Permission.REACH_READ}, *columns).join(Place, Place.id == PlaceName.place_id)
        statements.append(reach.join(Reach, Reach.place_id == PlaceName.place_id).where(still).limit(_OWN_MOST))
    audience = disclosure.audience_of(actor, actor.responder_id)
    if actor.may(Permission.DELIVERY_READ) and disclosure.level_of("delivery_stop", "place", audience) is disclosure.Level.FULL:
        stops = policy.select(actor, {Delivery: Permission.DELIVERY_READ}, *columns).join(Place, Place.id == PlaceName.place_id)
        stops = stops.join(DeliveryStop, DeliveryStop.place_id == Place.id)
        stops = stops.join(Delivery, Delivery.id == DeliveryStop.delivery_id)
        statements.append(stops.order_by(Delivery.last_recorded_at.desc(), Delivery.id.desc()).limit(_RECENT_MOST))
    hits, townships = [], set()
    for place_id, depth, key, township_id in (row for one in statements for row in session.execute(one)):
        if township_id is not None:
            townships.add(township_id)
        how = how_it_answers(wanted, key)
        if how is not None and depth in depths:
            hits.append(Hit(place_id, depth, how, key, own=True, near_by=True))
    return hits, townships


def _bound(name: str) -> sa.BindParameter[str]:
    return sa.bindparam(name, type_=PlaceName.key.type)


def _several(name: str) -> sa.BindParameter[int]:
    return sa.bindparam(name, type_=sa.Integer(), expanding=True)


def _in_area() -> sa.ColumnElement[bool]:
    area = _several("area")
    return Place.township_id.in_(area) | Place.district_id.in_(area) | Place.state_id.in_(area)


@lru_cache(maxsize=64)
def _named(depths: Depths, all_of_them: bool, in_area: bool, coded: bool) -> sa.CompoundSelect[Any]:
    """Each level is a short range of the index of its own, so that a coarse place is never lost among villages."""
    branches = []
    near_by = sa.case((Place.township_id.in_(_several("townships")), 1), else_=0).label("near_by")
    for depth in depths:
        keys = sa.select(PlaceName.place_id, PlaceName.key).where(
            PlaceName.depth == depth, PlaceName.key >= _bound("wanted"), PlaceName.key < _bound("beyond")
        )
        if not in_area:
            keys = keys.order_by(PlaceName.key, PlaceName.place_id).limit(_RANGE_MOST if all_of_them else _TAKEN)
        ranged = keys.subquery()
        branch = sa.select(ranged.c.place_id, sa.literal(depth).label("depth"), ranged.c.key, near_by)
        branch = branch.join(Place, Place.id == ranged.c.place_id)
        if in_area:
            branch = branch.where(_in_area())
        exactly = sa.case((ranged.c.key == _bound("wanted"), 1), else_=0)
        branch = branch.order_by(exactly.desc(), near_by.desc(), ranged.c.key, ranged.c.place_id).limit(_TAKEN)
        branches.append(sa.select(branch.subquery()))
    if coded:
        levels = [level for level in Level if level.depth in depths]
        depth_of = sa.case({level.value: level.depth for level in levels}, value=sa.type_coerce(Place.level, sa.String()))
        codes = sa.select(Place.id, depth_of.label("depth"), Place.pcode, sa.literal(0).label("near_by"))
        codes = codes.where(Place.pcode >= _bound("code"), Place.pcode < _bound("code_beyond"), Place.level.in_(levels))
        branches.append(sa.select(codes.order_by(Place.pcode).limit(_TAKEN).subquery()))
    return sa.union_all(*branches)


def named_hits(
    session: Session, typed: str, depths: Depths, townships: Collection[int], area: Collection[int] = ()
) -> list[Hit]:
    """Places whose name is `typed` or begins with it, or whose P-code does, those in `townships` first.

    Where `area` names states, districts or townships: only places in them, by name.
    """
    wanted, code = fold(typed), re.sub(r"\s", "", typed).upper()
    coded = not area and bool(re.fullmatch(r"[A-Z]*[0-9][A-Z0-9-]*", code))
    values: dict[str, object] = {"wanted": wanted, "beyond": wanted + _END, "townships": sorted(townships)}
    if area:
        values["area"] = sorted(area)
    if coded:
        values |= {"code": code, "code_beyond": code + _END}
    found = session.execute(_named(depths, bool(townships), bool(area), coded), values)
    return [
        Hit(place_id, depth, EXACT if key in (wanted, code) else PREFIX, key, near_by=bool(near_by))
        for place_id, depth, key, near_by in found
    ]


#: What people add to a name to say what it is, folded. (Not "ရွာ": many names end in it.)
_LEVEL_WORDS: dict[str, Level] = {
    "township": Level.TOWNSHIP,
    "မြို့နယ်": Level.TOWNSHIP,
    "district": Level.DISTRICT,
    "ခရိုင်": Level.DISTRICT,
    "state": Level.STATE,
    "region": Level.STATE,
    "ပြည်နယ်": Level.STATE,
    "တိုင်းဒေသကြီး": Level.STATE,
    "villagetract": Level.VILLAGE_TRACT,
    "tract": Level.VILLAGE_TRACT,
    "ကျေးရွာအုပ်စု": Level.VILLAGE_TRACT,
}
_LEVEL_WORDS = {fold(word): level for word, level in _LEVEL_WORDS.items()}
_LEVEL_WORD = re.compile(f"(.+?)({'|'.join(sorted(_LEVEL_WORDS, key=len, reverse=True))})$")
_AREA_WORDS = re.compile(f"({'|'.join(_LEVEL_WORDS)})$")


def level_typed(typed: str, depths: Depths) -> tuple[str, Depths]:
    """`typed` without the word for a level at its end, and that level alone of `depths`; both unchanged where it has none."""
    said = _LEVEL_WORD.fullmatch(fold(typed))
    return (said[1], tuple(depth for depth in depths if depth == _LEVEL_WORDS[said[2]].depth)) if said else (typed, depths)


def _splits(typed: str) -> Iterable[tuple[str, str]]:
    """Ways to read `typed` as a name and the area it lies in: at a comma, else at a space, the shortest area first."""
    parts = [part for part in re.split(r"[,၊;·]", typed) if fold(part)]
    if len(parts) > 1:
        return [(parts[0], " ".join(parts[1:]))]
    words = typed.split()
    return [(" ".join(words[:at]), " ".join(words[at:])) for at in range(len(words) - 1, max(len(words) - 4, 0), -1)]


def area_of(session: Session, typed: str, depths: Depths) -> tuple[str, list[int]]:
    """`typed` without the area at its end, and the states, districts or townships of that name.

    The whole of it and [] where it ends in none, or where nothing finer than a state is looked for.
    """
    splits = [(name, _AREA_WORDS.sub("", fold(area))) for name, area in _splits(typed) if fold(name)]
    splits = [(name, area) for name, area in splits if area]
    if not splits or depths[-1] <= Level.STATE.depth:
        return typed, []
    ranges = [(PlaceName.key >= area) & (PlaceName.key < area + _END) for _name, area in splits]
    upper = [level.depth for level in (Level.STATE, Level.DISTRICT, Level.TOWNSHIP) if level.depth < depths[-1]]
    statement = sa.select(PlaceName.place_id, PlaceName.key).where(PlaceName.depth.in_(upper), sa.or_(*ranges))
    found = [(place_id, key, _AREA_WORDS.sub("", key)) for place_id, key in session.execute(statement.limit(_RANGE_MOST))]
    for name, area in splits:
        exactly = {place_id for place_id, key, bare in found if area in (key, bare)}
        if exactly:
            return name, sorted(exactly)
    for name, area in splits:
        begin = {place_id for place_id, key, _bare in found if len(area) > 2 and key.startswith(area)}
        if begin:
            return name, sorted(begin)
    return typed, []


def alike_hits(session: Session, typed: str, depths: Depths, area: Collection[int] = ()) -> list[Hit]:
    """Places whose name is spelt much like `typed`; within `area` where given.

    Names that may be meant come from an index of skeletons, are ranked, and only the best are looked up.
    """
    wanted = fold(typed)
    bones = skeleton(wanted)
    if not bones or len(wanted) < 3:
        return []
    key, length = PlaceName.key, sa.func.length(PlaceName.key)
    names = sa.select(key, PlaceName.skeleton).distinct()
    same = names.where(PlaceName.skeleton.in_(near(bones) if len(bones) > 2 else [bones]))
    candidates = same.where(length.between(len(wanted) - 2, len(wanted) + 3)).limit(_ALIKE_MOST)
    if len(bones) > 2:
        begun = names.where(PlaceName.skeleton >= bones, PlaceName.skeleton < bones + _END)
        begun = begun.where(length > len(wanted)).limit(_BEGUN_MOST)
        candidates = sa.union(sa.select(candidates.subquery()), sa.select(begun.subquery()))  # type: ignore[assignment]
    scored = {}
    beginning = len(wanted) + 1
    for name, its_bones in session.execute(candidates):
        likeness = fuzz.ratio(wanted, name)
        if len(name) > beginning:
            likeness = max(likeness, fuzz.ratio(wanted, name[:beginning]) * 0.95)
        likeness += 4 if its_bones.startswith(bones) else 0
        if likeness >= _ALIKE_LEAST:
            scored[name] = min(likeness, 99.0)
    best = sorted(scored, key=lambda name: (-scored[name], name))[: 200 if area else 20]
    if not best:
        return []
    statement = sa.select(PlaceName.place_id, PlaceName.depth, key).where(PlaceName.depth.in_(depths), key.in_(best))
    if area:
        statement = statement.join(Place, Place.id == PlaceName.place_id).where(_in_area())
    found = session.execute(statement.order_by(PlaceName.depth, key).limit(_RANGE_MOST), {"area": sorted(area)} if area else {})
    return [Hit(place_id, depth, ALIKE, name, likeness=scored[name]) for place_id, depth, name in found]
