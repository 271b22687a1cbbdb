"""What tests of needs begin from."""

from typing import Any
from uuid import uuid4

import sqlalchemy as sa

from aidnet import clock
from aidnet.db import transaction
from aidnet.needs import service
from aidnet.needs.drafts import NeedDraft, NeedFacts, NeedLineDraft
from aidnet.needs.models import Need, Urgency
from aidnet.policy import Actor, unscoped
from aidnet.responders.models import Sector

#: Two villages of one township of the test gazetteer, and one of another district.
VILLAGE, NEIGHBOUR, ELSEWHERE = "171305", "171306", "173551"
RICE = NeedLineDraft(item="rice", quantity_milli=40_000, unit="rice_bag")


def facts(place: str = VILLAGE, **more: Any) -> dict[str, Any]:
    """Forty bags of rice, soon."""
    return {"place": place, "sector": Sector.FSC, "urgency": Urgency.HIGH, "lines": (RICE,), "people": 120} | more


def corrected(place: str = VILLAGE, **more: Any) -> NeedFacts:
    return NeedFacts(**facts(place, **more))


def draft(place: str = VILLAGE, **more: Any) -> NeedDraft:
    """The same as it is reported, today."""
    return NeedDraft(**(facts(place) | {"reported_on": clock.today(), "uid": uuid4()} | more))


def reported(actor: Actor, place: str = VILLAGE, **more: Any) -> Need:
    """A need of `actor`, committed."""
    with transaction() as session:
        return service.report(session, actor, draft(place, **more))


def fresh(code: str) -> Need:
    """The need as the database has it."""
    with transaction() as session:
        return session.scalars(unscoped(sa.select(Need).where(Need.code == code), because="a test looks at everything")).one()
