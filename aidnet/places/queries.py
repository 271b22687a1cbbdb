"""Reads of places: where a place lies, what it is called, and the crossings."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from aidnet import disclosure, policy
from aidnet.disclosure import Audience
from aidnet.errors import NotVisible
from aidnet.i18n import current_language
from aidnet.i18n import gettext as _
from aidnet.places import words
from aidnet.places.models import Crossing, Level, Place
from aidnet.policy import Actor, Permission

__all__ = [
    "CrossingOption",
    "PlacePath",
    "Step",
    "crossing_label",
    "crossing_name",
    "crossings",
    "levels_for",
    "paths",
    "paths_by_pcode",
    "place_of",
]


@dataclass(frozen=True)
class Step:
    """A place of a path, named in the viewer's language."""

    place_id: int
    pcode: str
    level: Level
    name: str
    #: Its name in the other language; None where the network gave it a name of its own.
    other_name: str | None

    @property
    def called(self) -> str:
        """The name with the word for its level, where names repeat from level to level."""
        if self.level is Level.DISTRICT and current_language() != "my":  # its Burmese name ends in the word already
            return _("%(name)s district", name=self.name)
        if self.level is Level.TOWNSHIP:
            return _("%(name)s township", name=self.name)
        if self.level is Level.TOWN:
            return _("%(name)s town", name=self.name)
        return _("%(name)s tract", name=self.name) if self.level is Level.VILLAGE_TRACT else self.name


@dataclass(frozen=True)
class PlacePath:
    """A place and all it lies in, as names in the viewer's language."""

    #: State first, the place itself last; of the country, only itself.
    steps: tuple[Step, ...]

    @property
    def place_id(self) -> int:
        return self.steps[-1].place_id

    @property
    def pcode(self) -> str:
        return self.steps[-1].pcode

    @property
    def level(self) -> Level:
        return self.steps[-1].level

    @property
    def name(self) -> str:
        return self.steps[-1].name

    @property
    def other_name(self) -> str | None:
        return self.steps[-1].other_name

    def step(self, level: Level) -> Step | None:
        """The place of that level it is or lies in; None above that level."""
        return next((step for step in self.steps if step.level is level), None)

    def _name(self, level: Level) -> str | None:
        step = self.step(level)
        return step.name if step else None

    @property
    def tract(self) -> str | None:
        return self._name(Level.VILLAGE_TRACT)

    @property
    def township(self) -> str | None:
        return self._name(Level.TOWNSHIP)

    @property
    def district(self) -> str | None:
        return self._name(Level.DISTRICT)

    @property
    def state(self) -> str | None:
        return self._name(Level.STATE)

    @property
    def label(self) -> str:
        """The place in one line: "Village · Tract · Township"; from township up, itself with its level."""
        fine = [step for step in self.steps if step.level.depth >= Level.TOWNSHIP.depth]
        if len(fine) < 2:
            return self.steps[-1].called
        return " · ".join(step.name for step in reversed(fine))

    @property
    def above(self) -> str:
        """All it lies in up to the district (the state, for a township or a district): "tract · township · district"."""
        upper = self.steps[:-1] if self.level in (Level.TOWNSHIP, Level.DISTRICT) else self.steps[1:-1]
        return " · ".join(step.called for step in reversed(upper))

    def coarsened(self, level: str) -> "PlacePath":
        """The path no finer than "township", "district" or "region"."""
        finest = Level.STATE if level == "region" else Level(level)
        kept = tuple(step for step in self.steps if step.level.depth <= finest.depth)
        return PlacePath(kept)


_PARENT, _TOWNSHIP, _DISTRICT, _STATE = (aliased(Place, name=name) for name in ("parent", "township", "district", "state"))
_SHOWN = ("id", "pcode", "level", "name_en", "name_my", "display_name")
_WIDTH = len(_SHOWN)


_WHOLE = (
    sa.select(*(getattr(entity, name) for entity in (_STATE, _DISTRICT, _TOWNSHIP, _PARENT, Place) for name in _SHOWN))
    .select_from(Place)
    .outerjoin(_PARENT, _PARENT.id == Place.parent_id)
    .outerjoin(_TOWNSHIP, _TOWNSHIP.id == Place.township_id)
    .outerjoin(_DISTRICT, _DISTRICT.id == Place.district_id)
    .outerjoin(_STATE, _STATE.id == Place.state_id)
)
_BY_ID = _WHOLE.where(Place.id.in_(sa.bindparam("ids", expanding=True)))
_BY_PCODE = _WHOLE.where(Place.pcode.in_(sa.bindparam("pcodes", expanding=True)))
_WITH_ROW = _WHOLE.add_columns(Place).where(Place.pcode == sa.bindparam("pcode"))


def _path(row: Sequence[Any], language: str) -> PlacePath:
    steps: dict[int, Step] = {}
    for start in range(0, len(row), _WIDTH):
        number, pcode, level, name_en, name_my, display_name = row[start : start + _WIDTH]
        if number is None or (level is Level.COUNTRY and start < len(row) - _WIDTH):
            continue
        first, second = (name_my, name_en) if language == "my" else (name_en, name_my)
        steps[number] = Step(number, pcode, level, display_name or first, None if display_name else second)
    return PlacePath(tuple(steps.values()))


def paths(session: Session, ids: Collection[int]) -> dict[int, PlacePath]:
    """The paths of places, in one statement. Whoever shows one coarsens it through `disclosure` first."""
    if not ids:
        return {}
    language = current_language()
    found = session.execute(_BY_ID, {"ids": sorted(set(ids))})
    return {path.place_id: path for path in map(partial(_path, language=language), found)}


def paths_by_pcode(session: Session, pcodes: Collection[str]) -> dict[str, PlacePath]:
    """The paths of places by P-code, in one statement."""
    if not pcodes:
        return {}
    language = current_language()
    found = session.execute(_BY_PCODE, {"pcodes": sorted(set(pcodes))})
    return {path.pcode: path for path in map(partial(_path, language=language), found)}


_FINEST: Mapping[disclosure.Level, Level] = {
    disclosure.Level.FULL: Level.VILLAGE,
    disclosure.Level.TOWNSHIP: Level.TOWNSHIP,
    disclosure.Level.DISTRICT: Level.DISTRICT,
    disclosure.Level.REGION: Level.STATE,
}


def levels_for(actor: Actor) -> frozenset[Level]:
    """The levels of the gazetteer that `actor` finds on any route or search, as the matrix says."""
    audience = disclosure.audience_of(actor)
    if audience is Audience.PUBLIC:
        return frozenset()
    finest = _FINEST.get(disclosure.level_of("place", "pcode", audience))
    return frozenset(level for level in Level if finest and level.depth <= finest.depth)


def place_of(session: Session, actor: Actor, pcode: str) -> tuple[PlacePath, Place]:
    """The place `pcode` and its path, in one statement. Raises: NotVisible where there is none, or none that `actor` finds."""
    found = session.execute(_WITH_ROW, {"pcode": pcode}).one_or_none()
    if found is None or found[-1].level not in levels_for(actor):
        raise NotVisible
    return _path(found[:-1], current_language()), found[-1]


@dataclass(frozen=True)
class CrossingOption:
    """A crossing as a form offers it."""

    id: int
    label: str


def crossings(session: Session, actor: Actor) -> list[CrossingOption]:
    """The crossings `actor` may name in a delivery: the responder's own first, then the formal ones, by name."""
    statement = policy.visible(actor, Permission.DELIVERY_READ, Crossing).where(Crossing.closed_at.is_(None))
    found = session.scalars(statement.order_by(Crossing.responder_id.is_(None), Crossing.code_name, Crossing.id))
    return [CrossingOption(crossing.id, crossing_label(actor, crossing)) for crossing in found]


def crossing_name(actor: Actor, crossing: Crossing) -> str:
    """What a crossing is called in the viewer's language, as `actor` may see it."""
    shown = disclosure.show(actor, crossing)
    return str((shown.name_my if current_language() == "my" else None) or shown.code_name)


def crossing_label(actor: Actor, crossing: Crossing) -> str:
    """A crossing's name with the country on the other side, as `actor` may see it."""
    country = words.country(disclosure.show(actor, crossing).country)
    return _("%(crossing)s (%(country)s)", crossing=crossing_name(actor, crossing), country=country)
