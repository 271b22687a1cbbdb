"""What is in every test's database at its start: the newest migration, the network's row, the shipped items,
units and formal crossings, and a gazetteer of 307 real places.

The gazetteer (tests/places/gazetteer.csv): the country and its states, the five Sagaing districts of the demo with all their
townships, two tracts each with up to four villages (25 of them "Ywar Thit"; 35 places without a point), a town and a ward for each,
and the townships of the formal border crossings.
"""

from pathlib import Path

from aidnet import clock, schema
from aidnet.db import make_engine, transaction
from aidnet.deliveries.catalogue import load_catalogue
from aidnet.places.load import load_gazetteer
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
        with transaction() as session:
            load_gazetteer(session, GAZETTEER)
        with transaction() as session:
            load_catalogue(session)
