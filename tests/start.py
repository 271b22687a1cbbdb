"""What is in every test's database at its start: the newest migration, the network's row, and a gazetteer of 307 real places.

The gazetteer (tests/places/gazetteer.csv): the country and its states, the five Sagaing districts of the demo with all their
townships, two tracts each with up to four villages (25 of them "Ywar Thit"; 35 places without a point), a town and a ward for each,
and the townships of the formal border crossings.
"""

import csv
from pathlib import Path

from aidnet import audit, clock, schema
from aidnet.db import make_engine, transaction
from aidnet.places.models import Level, Place, PlaceName
from aidnet.policy import OPERATOR
from tests import factories
from tests.world import World

GAZETTEER = Path(__file__).parent / "places" / "gazetteer.csv"


def fill(world: World, url: str) -> None:
    """Make the database at `url` what every test starts with."""
    engine = make_engine(url)
    schema.upgrade(engine)
    engine.dispose()
    with world.using(url), clock.at(factories.NOW):
        factories.network()
        load_gazetteer()


def load_gazetteer() -> None:
    ids: dict[str, Place] = {}
    with transaction() as session:
        for row in csv.DictReader(GAZETTEER.read_text("utf-8").splitlines()):
            parent = ids.get(row["parent_pcode"])
            place = Place(
                pcode=row["pcode"],
                level=Level(row["level"]),
                parent_id=parent.id if parent else None,
                name_en=row["name_en"],
                name_my=row["name_my"],
                lat=float(row["lat"]) if row["lat"] else None,
                lon=float(row["lon"]) if row["lon"] else None,
                coord_source=row["coord_source"] or None,
            )
            session.add(place)
            session.flush()
            for level, column in (("state", "state_id"), ("district", "district_id"), ("township", "township_id")):
                above = getattr(parent, column) if parent else None
                setattr(place, column, place.id if row["level"] == level else above)
            session.add(
                PlaceName(place_id=place.id, kind="en", key=place.name_en.casefold().replace(" ", ""), skeleton=None)
            )
            ids[row["pcode"]] = place
        audit.record(session, OPERATOR, "places.loaded", place)
