"""What tests of access begin from."""

from datetime import date
from typing import Any
from uuid import uuid4

from aidnet.access import service
from aidnet.access.models import AccessConstraint, ConstraintKind, Ease, SourceKind
from aidnet.access.service import ConstraintDraft
from aidnet.db import transaction
from aidnet.policy import Actor

#: Two villages of one township of the test gazetteer, and one of another district.
VILLAGE, NEIGHBOUR, ELSEWHERE = "171305", "171306", "173551"


def draft(place: str = VILLAGE, **more: Any) -> ConstraintDraft:
    """The road to a village is hard to pass since the first of August."""
    shared = {
        "uid": uuid4(),
        "kind": ConstraintKind.ROAD,
        "ease": Ease.HARD,
        "since_on": date(2026, 8, 1),
        "source_kind": SourceKind.OWN_TEAM,
        "place": place,
    }
    return ConstraintDraft(**(shared | more))


def reported(actor: Actor, place: str = VILLAGE, **more: Any) -> AccessConstraint:
    """A constraint of `actor`, committed."""
    with transaction() as session:
        return service.report(session, actor, draft(place, **more))
