"""Which place a row means: the finest name it has, within all the larger places it names. A village name is borne by hundreds."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.orm import Session

from aidnet import disclosure, policy
from aidnet.crypto import keyring
from aidnet.oldbooks.columns import PLACES, Column
from aidnet.places.models import Level, Place, PlaceName, Site
from aidnet.places.spelling import fold
from aidnet.policy import Actor, Permission

#: What each column may name, best first: who has no village column writes the tract or the township there.
_LEVELS: Mapping[Column, tuple[frozenset[Level], ...]] = {
    Column.VILLAGE: (
        frozenset({Level.VILLAGE}),
        frozenset({Level.WARD, Level.TOWN, Level.VILLAGE_TRACT}),
        frozenset({Level.TOWNSHIP}),
    ),
    Column.TRACT: (frozenset({Level.VILLAGE_TRACT, Level.TOWN}),),
    Column.TOWNSHIP: (frozenset({Level.TOWNSHIP}),),
    Column.DISTRICT: (frozenset({Level.DISTRICT}),),
    Column.REGION: (frozenset({Level.STATE}),),
}
#: Words that people write after a name, and the gazetteer does not.
_ENDINGS = {
    Column.TRACT: ("villagetract", "tract", "ကျေးရွာအုပ်စု", "အုပ်စု"),
    Column.TOWNSHIP: ("township", "tsp", "မြို့နယ်"),
    Column.DISTRICT: ("district", "ခရိုင်"),
    Column.REGION: ("region", "state", "တိုင်းဒေသကြီး", "ပြည်နယ်", "တိုင်း"),
    Column.VILLAGE: ("village", "ကျေးရွာ", "ရွာ"),
}
#: The own sites that are looked at, and places that share a name before we ask for more of where it is.
_SITES_MOST = 500
CHOICES_MOST = 60
#: Names a statement asks for, each twice: databases take 65,535 values in one, some 32,766.
_AT_ONCE = 10_000


@dataclass(frozen=True)
class Candidate:
    """A place, or an own site, that a name may mean."""

    #: P-code, or the site's code.
    code: str
    place_id: int
    level: Level
    #: Itself and all it lies in.
    around: frozenset[int]
    #: None: it is no own site.
    site_id: int | None = None


@dataclass(frozen=True)
class Asked:
    """The places of a row as it names them, finest first; equal for all rows that say the same."""

    names: tuple[tuple[Column, str], ...]

    @property
    def key(self) -> str:
        """Stands for it in forms and answers, and says nothing of it."""
        said = "\x1f".join(f"{column.value}={name}" for column, name in self.names)
        return keyring().blind("old-book-place", said)

    @property
    def column(self) -> Column:
        """The finest it names."""
        return self.names[0][0]


@dataclass
class Index:
    """Every place that some name of a book may mean."""

    by_name: dict[str, list[Candidate]] = field(default_factory=dict)

    def _named(self, column: Column, name: str) -> list[list[Candidate]]:
        found = [one for spelled in spellings(column, name) for one in self.by_name.get(spelled, ())]
        unique = list({one.code: one for one in found}.values())
        return [[one for one in unique if one.level in levels] for levels in _LEVELS[column]]

    def meant(self, asked: Asked) -> list[Candidate]:
        """The places that bear the finest name and lie in all the others; one: that is it, none: there is none."""
        (column, name), *above = asked.names
        within = [{one.place_id for level in self._named(other, word) for one in level} for other, word in above]
        for candidates in self._named(column, name):
            found = [one for one in candidates if all(one.around & places for places in within)]
            if found:
                return sorted(found, key=lambda one: one.code)
        return []


def asked_by(cells: Mapping[Column, str]) -> Asked | None:
    """Where a row says it was; None: nowhere."""
    names = tuple((column, cells[column].strip()) for column in PLACES if cells.get(column, "").strip())
    folded = tuple((column, fold(name)) for column, name in names)
    return Asked(folded) if folded and all(name for _column, name in folded) else None


def spellings(column: Column, name: str) -> Sequence[str]:
    """A folded name, and the same without the word for what it is."""
    ended = [fold(ending) for ending in _ENDINGS[column]]
    return [name, *(name.removesuffix(ending) for ending in ended if name.endswith(ending) and name != ending)]


def index(session: Session, actor: Actor, asked: Collection[Asked]) -> Index:
    """Every place of the gazetteer, and every own site, that answers to one of these names. Two statements, one more for each
    `_AT_ONCE` names beyond the first.
    """
    names = {spelled for one in asked for column, name in one.names for spelled in spellings(column, name)}
    found = Index()
    if not names:
        return found
    columns = (
        Place.id,
        Place.pcode,
        Place.level,
        Place.parent_id,
        Place.township_id,
        Place.district_id,
        Place.state_id,
    )
    code = sa.func.lower(sa.func.replace(Place.pcode, "-", ""))  # as `fold` has it
    ordered = sorted(names)
    for start in range(0, len(ordered), _AT_ONCE):
        some = ordered[start : start + _AT_ONCE]
        named = (
            sa.select(PlaceName.key, *columns)
            .join(Place, Place.id == PlaceName.place_id)
            .where(PlaceName.key.in_(some))
            .distinct()
        )
        coded = sa.select(code, *columns).where(code.in_(some))
        for name, place_id, pcode, level, *around in session.execute(sa.union_all(named, coded)):
            ids = frozenset(number for number in (place_id, *around) if number is not None)
            found.by_name.setdefault(name, []).append(Candidate(pcode, place_id, Level(level), ids))
    for site, place in session.execute(_sites(actor)):
        shown = disclosure.show(actor, site)
        for name in {fold(str(shown.name)), fold(str(shown.code))} & names:
            above = (place.id, place.parent_id, place.township_id, place.district_id, place.state_id)
            ids = frozenset(number for number in above if number is not None)
            found.by_name.setdefault(name, []).append(Candidate(site.code, site.place_id, Level.VILLAGE, ids, site.id))
    return found


def _sites(actor: Actor) -> sa.Select[Site, Place]:
    return (
        policy.select(actor, {Site: Permission.SITE_READ}, Site, Place)
        .join(Place, Place.id == Site.place_id)
        .where(Site.closed_at.is_(None))
        .order_by(Site.id.desc())
        .limit(_SITES_MOST)
    )
