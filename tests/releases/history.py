"""Hand-outs and losses as rows, so that a test can have many at once."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from itertools import zip_longest

import sqlalchemy as sa
from sqlalchemy.orm import Session

from aidnet import audit, clock, codes
from aidnet.db import transaction
from aidnet.deliveries.models import (
    Delivery,
    DeliveryEvent,
    DeliveryLine,
    DeliveryState,
    DeliveryStop,
    EventKind,
    EventQuantity,
    Item,
    LossReason,
    Precision,
    SaidBy,
)
from aidnet.funding.models import Channel, Contribution, ContributionState, Fund, GiverKind
from aidnet.partners.models import Partner
from aidnet.places.models import Level, Place, Site, SiteKind
from aidnet.policy import OPERATOR, Actor, unscoped
from aidnet.responders.models import Responder
from tests import factories

JULY = date(2026, 7, 8)
#: Districts of the test gazetteer.
SHWEBO, MONYWA, KATHA = "MMR005D002", "MMR005D003", "MMR005D004"


def villages(district: str) -> list[Place]:
    """The villages of a district, by P-code."""
    return places(district, Level.VILLAGE)


def places(district: str, level: Level) -> list[Place]:
    """A district's places of a level, by P-code."""
    with transaction() as session:
        above = session.scalars(sa.select(Place).where(Place.pcode == district)).one()
        within = sa.select(Place).where(Place.district_id == above.id, Place.level == level)
        return list(session.scalars(within.order_by(Place.pcode)))


def rice() -> Item:
    """The catalogue's rice."""
    return item("rice")


def item(slug: str) -> Item:
    """An item of the shipped catalogue."""
    with transaction() as session:
        row = session.scalars(unscoped(sa.select(Item).where(Item.slug == slug), because="a test")).one_or_none()
        if row is None:
            row = Item(slug=slug, name_en=slug.title(), name_my="ဆန်", name_key=slug, unit="kg", created_at=clock.now())
            session.add(row)
            session.flush()
            audit.record(session, OPERATOR, "item.made", row)
    return row


@dataclass
class Deliverer:
    """A responder that hands out what a fund bought."""

    fund: Fund
    responder: Partner
    user_id: int

    def hand_out(
        self,
        places: list[Place],
        *,
        day: date = JULY,
        people: int = 52,
        households: int = 11,
        items: tuple[Item, ...] = (),
        delivery: Delivery | None = None,
        sites: tuple[Site, ...] = (),
    ) -> list[DeliveryEvent]:
        """A delivery for each place, distributed there (all of one delivery, where that is given)."""
        at = datetime.combine(day, time(3), UTC)
        with transaction() as session:
            rows = [delivery or self._delivery(day, at) for _place in places]
            if delivery is None:
                session.add_all(rows)
                session.flush()
                session.add_all(
                    DeliveryLine(delivery_id=row.id, number=number, item_id=each.id, quantity_milli=1000, unit="kg")
                    for row in rows
                    for number, each in enumerate(items, 1)
                )
            events = [
                DeliveryEvent(
                    delivery_id=row.id,
                    kind=EventKind.DISTRIBUTED,
                    happened_on=day,
                    precision=Precision.DAY,
                    recorded_at=at,
                    recorded_by_id=self.user_id,
                    said_by=SaidBy.OWN_TEAM,
                    void=False,
                    place_id=place.id,
                    site_id=site.id if site else None,
                    households=households,
                    people=people,
                )
                for row, place, site in zip_longest(rows, places, sites)
            ]
            session.add_all(events)
            session.flush()
            audit.record(session, OPERATOR, "delivery.logged", rows[0])
        return events

    def lose(
        self,
        places: list[Place],
        *,
        day: date = JULY,
        reason: LossReason = LossReason.SEIZED,
        delivery_ids: tuple[int, ...] = (),
    ) -> list[DeliveryEvent]:
        """A delivery for each place, which lost something on the way; `delivery_ids`: these, again."""
        goods, at = rice(), datetime.combine(day, time(3), UTC)
        with transaction() as session:
            rows = [self._delivery(day, at) for _place in places]
            session.add_all(rows)
            session.flush()
            for row, place in zip(rows, places, strict=True):
                session.add(DeliveryStop(delivery_id=row.id, place_id=place.id))
                session.add(
                    DeliveryLine(delivery_id=row.id, number=1, item_id=goods.id, quantity_milli=9000, unit="kg")
                )
            events = [
                DeliveryEvent(
                    delivery_id=delivery_id,
                    kind=EventKind.LOST,
                    reason=reason,
                    happened_on=day,
                    precision=Precision.DAY,
                    recorded_at=at,
                    recorded_by_id=self.user_id,
                    said_by=SaidBy.OWN_TEAM,
                    void=False,
                )
                for delivery_id in (*delivery_ids, *(row.id for row in rows))
            ]
            session.add_all(events)
            session.flush()
            for event in events:
                self._lost(session, event)
            audit.record(session, OPERATOR, "delivery.reported", events[0], code="")
        return events

    def say_again(self, loss: DeliveryEvent, *, reason: LossReason, quantity_milli: int) -> None:
        """Another word on a loss, later."""
        with transaction() as session:
            row = DeliveryEvent(
                delivery_id=loss.delivery_id,
                kind=EventKind.CORRECTED,
                corrects_id=loss.id,
                reason=reason,
                happened_on=loss.happened_on,
                precision=Precision.DAY,
                recorded_at=clock.now(),
                recorded_by_id=self.user_id,
                said_by=SaidBy.OWN_TEAM,
                void=False,
            )
            session.add(row)
            session.flush()
            self._lost(session, row, quantity_milli)
            audit.record(session, OPERATOR, "delivery.corrected", row)

    def _lost(self, session: Session, event: DeliveryEvent, quantity_milli: int = 1000) -> None:
        of = sa.select(DeliveryLine.id).where(DeliveryLine.delivery_id == event.delivery_id)
        line_id = session.scalars(unscoped(of, because="a test")).one()
        session.add(EventQuantity(event_id=event.id, line_id=line_id, quantity_milli=quantity_milli))

    def site(self, place: Place) -> Site:
        """A camp of the responder's own at the place."""
        with transaction() as session:
            row = Site(
                code="", responder_id=self.responder.id, place_id=place.id, kind=SiteKind.CAMP, created_at=clock.now()
            )
            row.code = codes.code_of("S", row.uid)
            session.add(row)
            session.flush()
            audit.record(session, OPERATOR, "site.added", row)
        return row

    def correct(self, event: DeliveryEvent, *, void: bool = False, people: int = 0) -> DeliveryEvent:
        """Another word on `event`, later."""
        with transaction() as session:
            row = DeliveryEvent(
                delivery_id=event.delivery_id,
                kind=EventKind.CORRECTED,
                corrects_id=event.id,
                void=void,
                happened_on=event.happened_on,
                precision=Precision.DAY,
                recorded_at=clock.now(),
                recorded_by_id=self.user_id,
                said_by=SaidBy.OWN_TEAM,
                place_id=event.place_id,
                households=event.households,
                people=people,
            )
            session.add(row)
            session.flush()
            audit.record(session, OPERATOR, "delivery.corrected", row)
        return row

    def _delivery(self, day: date, at: datetime) -> Delivery:
        row = Delivery(
            code="",
            responder_id=self.responder.id,
            fund_id=self.fund.id,
            created_by_id=self.user_id,
            created_at=at,
            state=DeliveryState.DISTRIBUTED,
            is_open=False,
            what="rice",
            first_on=day,
            last_on=day,
            last_recorded_at=at,
        )
        row.code = codes.code_of("D", row.uid)
        return row


def deliverer(fund: Fund | None = None, responder: Partner | None = None) -> Deliverer:
    """A responder of a fund."""
    coordinator = factories.actor("coordinator", at=responder or factories.responder())
    with transaction() as session:
        partner = session.scalars(
            unscoped(sa.select(Partner).where(Partner.id == coordinator.partner_id), because="a test")
        ).one()
    assert coordinator.user_id is not None
    return Deliverer(fund or factories.fund(), partner, coordinator.user_id)


def withhold(responder_id: int) -> None:
    """The responder withholds everything about itself."""
    with transaction() as session:
        row = session.scalars(
            unscoped(sa.select(Responder).where(Responder.id == responder_id), because="a test")
        ).one()
        row.withheld_at = clock.now()
        audit.record(session, OPERATOR, "responder.withheld", row)


def donor_of(fund_id: int) -> Actor:
    """A donor who gave to the fund."""
    donor = factories.actor("donor")
    with transaction() as session:
        gift = Contribution(
            code="",
            receipt_code=codes.receipt_code(),
            fund_id=fund_id,
            donor_id=donor.partner_id,
            giver_kind=GiverKind.GROUP,
            state=ContributionState.PLEDGED,
            channel=Channel.BANK,
            amount_minor=1,
            currency="USD",
            pledged_on=JULY,
            recorded_at=clock.now(),
            recorded_by_id=donor.user_id,
        )
        gift.code = codes.code_of("C", gift.uid)
        session.add(gift)
        session.flush()
        audit.record(session, OPERATOR, "contribution.recorded", gift)
    return donor


def found_in(told: str, *marks: str) -> list[str]:
    """Which of the marks stand in an answer as words, and codes of deliveries. A form's token is random: it may spell anything."""
    told = re.sub(r'name="csrf_token" value="[^"]*"', "", told)
    words = [mark for mark in marks if re.search(rf"(?<![\w-]){re.escape(mark)}(?![\w-])", told)]
    return words + re.findall(r"\bD-[0-9A-Z]{4}-[0-9A-Z]{4}\b", told)
