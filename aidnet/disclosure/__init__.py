"""Who sees which field, and how coarse: read from `matrix.toml`, by every page, export and chart.

Policy decides rows; this decides fields. An audience that a field's row does not name sees nothing of it. A field
without a row is an error, for everybody: tests/architecture holds the matrix whole.
"""

import tomllib
from datetime import date, datetime
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any, Final, Protocol, runtime_checkable

import sqlalchemy as sa

from aidnet.db import Base
from aidnet.i18n import gettext as _
from aidnet.policy import Actor, Role

__all__ = [
    "ABOVE_ALL",
    "BANDS",
    "WITHHELD",
    "Audience",
    "Level",
    "Shown",
    "Withheld",
    "audience_of",
    "field",
    "level_of",
    "matrix",
    "most_of_band",
    "show",
]


class Audience(StrEnum):
    """Those who look, from the point of view of a row's owner."""

    PUBLIC = "public"
    DONOR = "donor"
    LOGGER = "logger"
    #: A coordinator of the responder whose row it is.
    OWN = "own"
    #: Anybody of another responder.
    OTHER = "other"
    AUDITOR = "auditor"
    TREASURER = "treasurer"
    ADMIN = "admin"


class Level(StrEnum):
    """How much of a field is shown."""

    FULL = "full"
    TOWNSHIP = "township"
    DISTRICT = "district"
    REGION = "region"
    MONTH = "month"
    QUARTER = "quarter"
    ROUNDED = "rounded"
    BAND = "band"
    WITHHELD = "withheld"


class Withheld:
    """What stands where a value is not shown. It is false, and says in words what it is."""

    def __bool__(self) -> bool:
        return False

    def __str__(self) -> str:
        return _("withheld")

    def __repr__(self) -> str:
        return "WITHHELD"


WITHHELD: Final = Withheld()


@runtime_checkable
class Coarse(Protocol):
    """A value that knows its coarser forms (a place's path)."""

    def coarsened(self, level: str) -> object: ...


_PATH = Path(__file__).with_name("matrix.toml")
Matrix = dict[str, dict[str, dict[Audience, Level]]]


@cache
def matrix() -> Matrix:
    """Entity to field to audience to level, as declared. Raises ValueError for a word that is none of ours."""
    declared = tomllib.loads(_PATH.read_text())
    return {
        entity: {
            name: {Audience(audience): Level(level) for audience, level in row.items()} for name, row in fields.items()
        }
        for entity, fields in declared.items()
    }


def level_of(entity: str, name: str, audience: Audience) -> Level:
    """How much of `entity.name` the audience sees. A field with no row is a KeyError."""
    return matrix()[entity][name].get(audience, Level.WITHHELD)


def audience_of(actor: Actor, owner_id: int | None = None) -> Audience:
    """What `actor` is to a row owned by the responder `owner_id` (None: a row that no responder owns)."""
    if actor.role is None:
        return Audience.PUBLIC
    if actor.role in (Role.COORDINATOR, Role.LOGGER):
        if owner_id is not None and owner_id != actor.partner_id:
            return Audience.OTHER
        return Audience.OWN if actor.role is Role.COORDINATOR else Audience.LOGGER
    return Audience(actor.role.value)


#: The most of each band of numbers; above the last, all are one.
BANDS: Final = (10, 50, 100, 500, 1000, 5000)
#: What a number above all bands counts as in a sum.
ABOVE_ALL: Final = 10_000


def most_of_band(number: sa.SQLColumnExpression[Any]) -> sa.Case[int]:
    """The most of the band a number lies in, and none for none: sums over groups add these up, and never the numbers themselves.

    SECURITY: a band of an exact sum gives the others' part away to whoever raises its own until the band changes.
    Kept by tests/deliveries/test_overviews.py and tests/needs/test_gaps.py.
    """
    return sa.case((number <= 0, 0), *((number <= most, most) for most in BANDS), else_=ABOVE_ALL)


def _band(number: int) -> str:
    return next((f"≤ {most}" for most in BANDS if number <= most), f"> {BANDS[-1]}")


def _coarsen(value: Any, level: Level) -> Any:
    if level is Level.WITHHELD:
        return WITHHELD
    if level is Level.FULL or value is None:
        return value
    if isinstance(value, Coarse):
        return value.coarsened(level.value)
    if isinstance(value, datetime):
        value = value.date()
    if isinstance(value, date) and level is Level.MONTH:
        return f"{value:%Y-%m}"
    if isinstance(value, date) and level is Level.QUARTER:
        return f"{value.year}-Q{(value.month + 2) // 3}"
    if isinstance(value, int) and level is Level.ROUNDED:
        return (value + 5) // 10 * 10
    if isinstance(value, int) and level is Level.BAND:
        return _band(value)
    raise TypeError(f"{type(value).__name__} has no form at level {level}")


def field(actor: Actor, entity: str, name: str, value: Any, *, owner_id: int | None = None) -> Any:
    """`value` as `actor` may see it when it is `entity.name`; WITHHELD where not at all."""
    return _coarsen(value, level_of(entity, name, audience_of(actor, owner_id)))


class Shown:
    """A row as one audience may see it: each attribute obeys the matrix. Templates and exports get these."""

    __slots__ = ("_audience", "_entity", "_row")

    def __init__(self, row: Any, entity: str, audience: Audience) -> None:
        self._row, self._entity, self._audience = row, entity, audience

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        level = level_of(self._entity, name, self._audience)
        return WITHHELD if level is Level.WITHHELD else _coarsen(getattr(self._row, name), level)


def owner_of(row: Base) -> int | None:
    """The responder that a row belongs to; None where no responder owns it."""
    if row.__tablename__ in ("responder", "partner"):
        return int(row.id)  # type: ignore[attr-defined]
    return getattr(row, "responder_id", None)


def show(actor: Actor, row: Base) -> Shown:
    """`row` as `actor` may see it."""
    return Shown(row, row.__tablename__, audience_of(actor, owner_of(row)))
