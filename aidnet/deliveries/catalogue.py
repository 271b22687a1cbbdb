"""The shipped items and units, brought into the database. Source: `data/README.md` beside this file."""

import csv
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from aidnet import audit, clock
from aidnet.deliveries.models import Item, Unit
from aidnet.deliveries.references import name_key
from aidnet.policy import OPERATOR, unscoped
from aidnet.responders.models import Sector

_DATA = Path(__file__).with_name("data")


def _rows(name: str) -> Iterator[dict[str, str]]:
    with (_DATA / name).open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def shipped_items() -> dict[str, dict[str, Any]]:
    """The catalogue's items by slug, as columns of `Item`."""
    return {
        row["code"]: {
            "name_en": row["name_en"],
            "name_my": row["name_my"],
            "name_key": name_key(row["name_en"]),
            "sector": Sector(row["sector"]),
            "unit": row["unit"],
            "per_household_milli": int(Decimal(row["per_household_of_5"]) * 1000) if row["per_household_of_5"] else None,
            "per_period": row["period"] or None,
        }
        for row in _rows("aid-items.csv")
    }


def shipped_units() -> dict[str, dict[str, Any]]:
    """The units by code, as columns of `Unit`."""
    return {
        row["unit"]: {
            "name_en": row["name_en"],
            "name_my": row["name_my"],
            "plain_unit": row["si_unit"],
            "factor": Decimal(row["si_factor"]),
        }
        for row in _rows("units-my.csv")
    }


def load_catalogue(session: Session) -> int:
    """Make the database's shipped items and units what the files say; how many rows that changed. Twice is once."""
    because = "the shipped catalogue is the same for everyone"
    items = {row.slug: row for row in session.scalars(unscoped(sa.select(Item).where(Item.slug.is_not(None)), because=because))}
    units = {row.code: row for row in session.scalars(sa.select(Unit))}
    changed: list[Item | Unit] = []
    for slug, values in shipped_items().items():
        item = items.get(slug)
        if item is None:
            session.add(item := Item(slug=slug, responder_id=None, created_at=clock.now(), **values))
            items[slug] = item
            changed.append(item)
        elif _renew(item, values):
            changed.append(item)
    for code, values in shipped_units().items():
        unit = units.get(code)
        if unit is None:
            session.add(unit := Unit(code=code, **values))
            changed.append(unit)
        elif _renew(unit, values):
            changed.append(unit)
    if changed:
        session.flush()
        audit.record(session, OPERATOR, "catalogue.loaded", next(iter(items.values())), rows=len(changed))
    return len(changed)


def _renew(row: Item | Unit, values: dict[str, Any]) -> bool:
    different = {name: value for name, value in values.items() if getattr(row, name) != value}
    for name, value in different.items():
        setattr(row, name, value)
    return bool(different)
