"""Places for tests: those of the test gazetteer, and sites and names made through the services."""

from uuid import uuid4

import sqlalchemy as sa

from aidnet.db import transaction
from aidnet.places import service
from aidnet.places.models import Crossing, Level, Place, Site, SiteKind
from aidnet.policy import Actor
from tests import factories


def below(pcode: str, level: Level, skip: int = 0) -> Place:
    """A place of `level` that is `pcode` or lies in it; the first by code, or the one after `skip`."""
    with transaction() as session:
        above = session.scalars(sa.select(Place.id).where(Place.pcode == pcode)).one()
        inside = (Place.township_id == above) | (Place.district_id == above) | (Place.state_id == above)
        statement = sa.select(Place).where(inside, Place.level == level).order_by(Place.pcode)
        return session.scalars(statement.offset(skip).limit(1)).one()


def site(coordinator: Actor, name: str, pcode: str, kind: SiteKind = SiteKind.CAMP) -> Site:
    """The coordinator's responder adds a site."""
    place = factories.place(pcode)
    with transaction() as session:
        return service.add_site(session, coordinator, service.SiteDraft(uuid4(), place.id, kind, name))


def crossing(coordinator: Actor, code_name: str, country: str = "TH") -> Crossing:
    """The coordinator's responder adds a crossing."""
    with transaction() as session:
        return service.add_crossing(session, coordinator, service.CrossingDraft(uuid4(), code_name, country))


def display(pcode: str, name: str) -> None:
    """An admin calls a place otherwise."""
    admin = factories.actor("admin")
    with transaction() as session:
        service.name_place(session, admin, pcode, name)
