"""Old books of the canary: two to look through (with an answer about a place, with a column to name), one loaded, one discarded."""

from typing import TYPE_CHECKING
from uuid import uuid4

import sqlalchemy as sa

from aidnet import clock
from aidnet.db import transaction
from aidnet.intake.service import Which
from aidnet.oldbooks import matching, service
from aidnet.oldbooks.columns import Column
from aidnet.oldbooks.service import BookDraft
from aidnet.places.models import Level, Place
from aidnet.places.spelling import fold

if TYPE_CHECKING:
    from tests.canary.network import Builder, Group

_HEAD = ["Date", "Village", "Region", "Item", "Quantity", "People", "Note"]
#: The name that many villages bear.
_NAME = "Ywar Thit"


def book(make: "Builder", groups: "list[Group]") -> None:
    """Each group's; rows of a book that is loaded are a delivery, whose day and people are marks."""
    with transaction() as session:
        statement = (
            sa.select(Place.pcode).where(Place.name_en == _NAME, Place.level == Level.VILLAGE).order_by(Place.pcode)
        )
        pcode = session.scalars(statement).first() or ""
    asked = matching.Asked(((Column.VILLAGE, fold(_NAME)),)).key
    for group in groups:
        day = make.mint.next_day().isoformat()  # of all, so that a day that a page shows is a delivery's too
        with clock.at(make.mint.instant()), transaction() as session:
            waits, done, gone = (
                service.add_book(session, group.coordinator, _draft(make, group, day)) for _turn in range(3)
            )
            service.add_book(session, group.coordinator, _draft(make, group, day, make.mint.word()))
            service.settle_places(session, group.coordinator, waits.code, {asked: pcode})
            service.load(session, group.coordinator, done.code, Which())
            service.discard(session, group.coordinator, gone.code)


def _draft(make: "Builder", group: "Group", day: str, strange: str = "Note") -> BookDraft:
    """Of its rows one is good, two name a place that many are, and one has a fault. `strange`: over the last column."""
    mint = make.mint
    village = group.villages[0].pcode
    rows = [
        [day, village, "", f"mats {mint.word()}", str(mint.number()), str(mint.number()), f"{mint.word()} wrote it"],
        [day, _NAME, "", "Rice", str(mint.number()), "", mint.word()],
        [day, _NAME, "Sagaing", "Rice", str(mint.number()), "", mint.word()],
        [day, "Atlantis", "", "Rice", "much", "", mint.word()],
    ]
    return BookDraft(uuid4(), [[*_HEAD[:-1], strange], *rows])
