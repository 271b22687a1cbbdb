"""Responders for tests, made through the service."""

from datetime import date

from aidnet.db import transaction
from aidnet.policy import Actor
from aidnet.responders import service
from aidnet.responders.models import Reach, Way
from tests import factories

#: Places of the test gazetteer: two villages of one tract, and a district elsewhere.
SINCE = date(2022, 5, 9)


def reach(
    coordinator: Actor, pcode: str, way: Way = Way.ROAD, since_on: date = SINCE, until_on: date | None = None
) -> Reach:
    """The coordinator's responder reaches `pcode`."""
    place = factories.place(pcode)
    with transaction() as session:
        return service.add_reach(
            session, coordinator, service.ReachDraft(place_id=place.id, way=way, since_on=since_on, until_on=until_on)
        )
