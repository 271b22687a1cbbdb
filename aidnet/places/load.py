"""Loading a gazetteer: the shipped one or a deployer's, in bulk, and only what differs from what is there."""

import csv
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from aidnet import audit, clock
from aidnet.places.models import Crossing, Level, Place, PlaceName
from aidnet.places.reading import Row, read
from aidnet.places.spelling import fold, skeleton
from aidnet.policy import OPERATOR, unscoped

__all__ = ["SHIPPED", "Loaded", "load_gazetteer"]

DATA = Path(__file__).with_name("data")
SHIPPED = DATA / "places.csv.gz"
#: Rows written at a time.
_BATCH = 5_000

#: Told what is being written, how many rows of it are, and how many there will be.
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Loaded:
    """What a load found and did. `places` is how many the file names."""

    places: int
    added: int
    changed: int
    #: Search keys and crossings written or removed.
    keys: int
    crossings: int

    @property
    def anything(self) -> bool:
        return bool(self.added or self.changed or self.keys or self.crossings)


def load_gazetteer(session: Session, path: Path | None = None, *, progress: Progress | None = None) -> Loaded:
    """Make the gazetteer hold what `path` (None: the shipped file) says, with its search keys and the formal crossings.

    Places that the file does not name stay, as records may name them; so do a point, a Burmese name and a display name
    that it leaves blank. The same file again changes nothing. A file brings the search keys of the places it names to
    what they are called; the shipped one those of every place. The caller's transaction commits.
    Raises: reading.BadFile, before anything is written.
    """
    tell = progress or (lambda what, done, of: None)
    before = _loaded(session)
    rows = read(path or SHIPPED, {pcode: place["level"] for pcode, place in before.items()})
    after = _merged(before, rows)

    added = [place for pcode, place in after.items() if pcode not in before]
    changed = [place for pcode, place in after.items() if pcode in before and place != before[pcode]]
    _insert(session, Place.__table__, added, "Places", tell)
    if added and session.get_bind().dialect.name == "postgresql":
        session.execute(sa.select(sa.func.setval(sa.func.pg_get_serial_sequence("place", "id"), added[-1]["id"])))
    if changed:
        session.execute(sa.update(Place), changed)
    named = after if path is None else {row.pcode: after[row.pcode] for row in rows}
    result = Loaded(
        places=len(rows),
        added=len(added),
        changed=len(changed),
        keys=_load_keys(session, named, tell),
        crossings=_load_crossings(session, after),
    )
    if result.anything:
        top = session.scalars(sa.select(Place).order_by(Place.parent_id.is_not(None), Place.id).limit(1)).one()
        facts = {"places": result.places, "added": result.added, "changed": result.changed, "crossings": result.crossings}
        audit.record(session, OPERATOR, "places.loaded", top, **facts)
    return result


Record = dict[str, Any]
_BLANK: Record = dict.fromkeys(Place.__table__.columns.keys())
#: Faster here than the property: it is asked half a million times.
_DEPTHS = {level: level.depth for level in Level}


def _loaded(session: Session) -> dict[str, Record]:
    """The gazetteer as it is, by P-code."""
    columns = Place.__table__.columns
    names = columns.keys()
    found = session.execute(sa.select(*columns))
    return {place["pcode"]: place for place in (dict(zip(names, row, strict=True)) for row in found)}


def _merged(before: Mapping[str, Record], rows: Sequence[Row]) -> dict[str, Record]:
    """The gazetteer as it will be: ids, parents and the ancestors beside each place; coarsest first."""
    free = max((place["id"] for place in before.values()), default=0) + 1
    after = {pcode: place.copy() for pcode, place in before.items()}
    for row in rows:
        place = after.get(row.pcode)
        if place is None:
            place = after[row.pcode] = _BLANK | {"id": free, "pcode": row.pcode, "level": row.level, "name_my": row.name_en}
            free += 1
        place["name_en"] = row.name_en
        if row.name_my:
            place["name_my"] = row.name_my
        if row.display_name:
            place["display_name"] = row.display_name
        if row.lat is not None:
            place["lat"], place["lon"], place["coord_source"] = row.lat, row.lon, row.coord_source
    for row in rows:
        after[row.pcode]["parent_id"] = after[row.parent]["id"] if row.parent else None
    by_depth: list[list[Record]] = [[] for _level in Level]
    for place in after.values():
        by_depth[_DEPTHS[place["level"]]].append(place)
    by_id = {None: _BLANK}
    for place in (place for places in by_depth for place in places):
        number = by_id.setdefault(place["id"], place)["id"]
        above, level = by_id[place["parent_id"]], place["level"]
        place["state_id"] = number if level is Level.STATE else above["state_id"]
        place["district_id"] = number if level is Level.DISTRICT else above["district_id"]
        place["township_id"] = number if level is Level.TOWNSHIP else above["township_id"]
    return {place["pcode"]: place for places in by_depth for place in places}


def _insert(session: Session, table: sa.FromClause, rows: Sequence[Record], what: str, tell: Progress) -> None:
    for start in range(0, len(rows), _BATCH):
        session.execute(sa.insert(table), rows[start : start + _BATCH])  # type: ignore[arg-type]
        tell(what, min(start + _BATCH, len(rows)), len(rows))


Key = tuple[int, int, str, str, str]
_KEY_COLUMNS = ("place_id", "depth", "kind", "key", "skeleton")


@lru_cache(maxsize=100_000)
def _keyed(name: str) -> tuple[str, str]:
    key = fold(name)
    return key, skeleton(key)


def _keys_of(place: Record, aliases: Sequence[str]) -> list[Key]:
    """How the place is found: each of its names once."""
    names = [("en", place["name_en"]), ("my", place["name_my"])]
    if place["display_name"] or aliases:
        names += [*(("alias", alias) for alias in aliases), ("display", place["display_name"] or "")]
    number, depth = place["id"], _DEPTHS[place["level"]]
    keys: dict[str, Key] = {}
    for kind, name in names:
        key, bones = _keyed(name)
        if key and key not in keys:
            keys[key] = (number, depth, kind, key, bones)
    return list(keys.values())


def _load_keys(session: Session, places: Mapping[str, Record], tell: Progress) -> int:
    """Bring the search keys of `places` to what the names (and this code's folding) make of them. How many were written or removed."""
    aliases: dict[str, list[str]] = {}
    for row in _shipped_rows("place-aliases.csv"):
        aliases.setdefault(row["pcode"], []).append(row["alias"])
    wanted: set[Key] = set()
    for pcode, place in places.items():
        wanted.update(_keys_of(place, aliases.get(pcode, ())))
    columns = PlaceName.__table__.columns
    keys = sa.select(columns.id, *(columns[name] for name in _KEY_COLUMNS))
    numbers = [place["id"] for place in places.values()]
    there: dict[Key, int] = {}
    for start in range(0, len(numbers), _BATCH):
        of_some = keys.where(columns.place_id.in_(numbers[start : start + _BATCH]))
        there.update((row[1:], row[0]) for row in session.execute(of_some))
    stale = [number for key, number in there.items() if key not in wanted]
    wanted.difference_update(there)
    for start in range(0, len(stale), _BATCH):
        session.execute(sa.delete(PlaceName.__table__).where(columns.id.in_(stale[start : start + _BATCH])))  # type: ignore[arg-type]
    new = [dict(zip(_KEY_COLUMNS, key, strict=True)) for key in sorted(wanted)]
    _insert(session, PlaceName.__table__, new, "Search keys", tell)
    return len(new) + len(stale)


def _shipped_rows(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _load_crossings(session: Session, after: Mapping[str, Record]) -> int:
    """Bring the formal crossings to what is shipped. How many were added or changed."""
    shipped = unscoped(sa.select(Crossing).where(Crossing.slug.is_not(None)), because="the operator loads reference rows")
    there = {crossing.slug: crossing for crossing in session.scalars(shipped)}
    touched = 0
    for row in _shipped_rows("border-crossings.csv"):
        name = f"{row['name_mm']} – {row['name_other']}"
        township = after.get(row["township_pcode"])
        facts = {
            "code_name": name,
            "code_name_key": fold(name),
            "name_my": row["name_mm_my"],
            "country": row["country_other"],
            "township_id": township["id"] if township else None,
        }
        crossing = there.get(row["id"])
        if crossing is None:
            session.add(Crossing(slug=row["id"], responder_id=None, created_at=clock.now(), **facts))
            touched += 1
        elif any(getattr(crossing, name) != value for name, value in facts.items()):
            for name, value in facts.items():
                setattr(crossing, name, value)
            touched += 1
    session.flush()
    return touched
