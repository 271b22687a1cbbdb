"""Needs and access of the canary's groups: standing and over, at villages, own sites and crossings, of coordinators and a logger."""

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import sqlalchemy as sa

from aidnet import clock
from aidnet.access import service as access
from aidnet.access.models import ConstraintKind, Ease, SourceKind
from aidnet.access.service import ConstraintDraft
from aidnet.db import transaction
from aidnet.needs import service as needs
from aidnet.needs.drafts import NeedDraft, NeedLineDraft
from aidnet.needs.models import Urgency
from aidnet.places.models import Crossing
from aidnet.policy import Actor, unscoped
from aidnet.responders.models import Sector

if TYPE_CHECKING:
    from tests.canary.network import Builder, Group


def situate(make: "Builder", groups: "list[Group]") -> None:
    """Each group lacks something, and something is in its way. A group's acts lie on a few days, for days are scarce."""
    with transaction() as session:
        statement = sa.select(Crossing.id).where(Crossing.responder_id.is_(None)).order_by(Crossing.id)
        formal = session.scalars(unscoped(statement, because="the canary sets its own table")).first()
    for group in groups:
        reported_on, since_on = make.mint.next_day(), make.mint.next_day()
        village = group.villages[0].pcode
        with clock.at(make.mint.instant()), transaction() as session:
            lacks = [needs.report(session, who, _need(make, place, reported_on)).code for who, place in _lacking(group)]
            stands = [
                access.report(session, who, _constraint(make, since_on, **where))
                for who, where in (
                    (group.coordinator, {"place": village}),
                    (group.coordinator, {"crossing_id": group.crossing.id}),
                    (group.coordinator, {"place": group.villages[1].pcode}),
                    (group.logger, {"crossing_id": formal}),
                )
            ]
        who = group.coordinator
        with clock.at(make.mint.instant()), transaction() as session:
            covered, same, joined, met, wrong = lacks[:5]
            needs.cover(session, who, [covered], group.deliveries[0].code)
            needs.join(session, who, joined, into=same)
            needs.meet(session, who, met)
            needs.withdraw(session, who, wrong)
            access.end(session, who, stands[1].code, until_on=since_on)
            access.withdraw(session, who, stands[2].code)


def _lacking(group: "Group") -> Iterator[tuple[Actor, str]]:
    """Who reports a need, and where: the second and the third are the same; the last is the logger's."""
    village, site = group.villages[0].pcode, group.site.code
    for place in (village, site, site, group.villages[1].pcode, village):
        yield group.coordinator, place
    yield group.logger, group.villages[2].pcode


def _need(make: "Builder", place: str, reported_on: date) -> NeedDraft:
    mint = make.mint
    line = NeedLineDraft(item="rice", quantity_milli=mint.number() * 1000, unit=mint.word())
    return NeedDraft(
        place=place,
        sector=Sector.FSC,
        urgency=Urgency.HIGH,
        lines=(line,),
        people=mint.number(),
        words=f"{mint.word()} asks for it",
        reported_on=reported_on,
        uid=uuid4(),
    )


def _constraint(make: "Builder", since_on: date, **where: Any) -> ConstraintDraft:
    return ConstraintDraft(
        uid=uuid4(),
        kind=ConstraintKind.CHECKPOINT,
        ease=Ease.HARD,
        since_on=since_on,
        source_kind=SourceKind.CARRIER,
        note=f"{make.mint.word()} saw it",
        **where,
    )
