"""A network in which every sensitive field bears a mark, made through the services, each act on a day of its own.

Two responders (the first has a logger too), two donors with a fund in common, the network's own people; and for each of them,
records that the others must not see.
"""

import base64
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.orm import Session

from aidnet import audit, clock
from aidnet.accounts import service as accounts
from aidnet.accounts import sessions
from aidnet.accounts.models import Device, Membership, Presence, Throttle, User
from aidnet.agents import service as agents
from aidnet.agents.service import AgentDraft
from aidnet.approvals import service as approvals
from aidnet.approvals.models import Approval
from aidnet.db import transaction
from aidnet.deliveries import catalogue, filters
from aidnet.deliveries import service as deliveries
from aidnet.deliveries.drafts import OUTSIDE, CorrectionDraft, DeliveryDraft, EventDraft, LineDraft
from aidnet.deliveries.models import Delivery, EventKind, Item, LossReason, PeopleKind
from aidnet.evidence import service as evidence
from aidnet.evidence.models import Photo
from aidnet.evidence.pictures import Picture
from aidnet.funding import service as funding
from aidnet.funding.drafts import (
    ConfirmationDraft,
    ContributionDraft,
    ExchangeDraft,
    ExpenseDraft,
    FeeDraft,
    FundDraft,
    GiftDraft,
    PayoutDraft,
    ReceiptDraft,
    RefundDraft,
    SettlementDraft,
    ShareDraft,
)
from aidnet.funding.models import Channel, Contribution, Expense, Fund, GiverKind, Payout, Rest, SettlementKind
from aidnet.intake import service as intake
from aidnet.intake.models import GiftBatch
from aidnet.intake.service import ListDraft, Which
from aidnet.ledger.models import BudgetLine
from aidnet.network.models import Network
from aidnet.partners import service as partners
from aidnet.partners.models import Partner, PartnerStatus
from aidnet.places import service as places
from aidnet.places.models import Crossing, Level, Place, Site, SiteKind
from aidnet.policy import Actor, PartnerKind, Role, unscoped
from aidnet.rates import service as rates
from aidnet.rates.drafts import RateDraft
from aidnet.rates.models import RateKind
from aidnet.releases import service as releases
from aidnet.responders import service as responders
from aidnet.responders.models import ResponderKind, Sector, Way
from tests import factories
from tests.canary.booked import book
from tests.canary.granted import grant
from tests.canary.handed import hand
from tests.canary.marks import NO_MARK, Mint
from tests.canary.moved import move
from tests.canary.planned import detailed, plan
from tests.canary.published import publish
from tests.canary.situated import situate
from tests.canary.vouched import vouch

BECAUSE = "the canary sets its own table"
#: More gifts than a page of a list shows, so that there is a second page with a cursor to it.
MANY = 27


@dataclass
class Group:
    """A responder and its people."""

    partner: Partner
    coordinator: Actor
    logger: Actor
    villages: list[Place]
    #: An item of its own.
    goods: str
    site: Site = None  # type: ignore[assignment]
    crossing: Crossing = None  # type: ignore[assignment]
    deliveries: list[Delivery] = field(default_factory=list)


@dataclass
class Canary:
    """Who is in the network, and what the crawl needs to know of it."""

    mint: Mint
    admin: Actor
    treasurer: Actor
    auditor: Actor
    donors: list[Actor]
    groups: list[Group]
    fund: Fund
    links: list[str] = field(default_factory=list)
    #: Codes of lists of gifts that are in preview.
    lists: list[str] = field(default_factory=list)

    @property
    def viewers(self) -> dict[str, Actor]:
        """Everybody who looks, by the name a failure is told with."""
        first, second = self.groups
        return {
            "coordinator": first.coordinator,
            "logger": first.logger,
            "other coordinator": second.coordinator,
            "donor": self.donors[0],
            "other donor": self.donors[1],
            "treasurer": self.treasurer,
            "auditor": self.auditor,
            "admin": self.admin,
        }


class Builder:
    """Acts of people, each at an instant of its own."""

    def __init__(self) -> None:
        self.mint = Mint()
        self.admin = self.staff(Role.ADMIN)
        self.treasurer = self.staff(Role.TREASURER)
        self.auditor = self.staff(Role.AUDITOR)
        #: Secrets of links that still work.
        self.links: list[str] = []

    def act(self, verb: Callable[..., Any], *words: Any, **named: Any) -> Any:
        """One service call in a transaction of its own, on a day of its own."""
        with clock.at(self.mint.instant()), transaction() as session:
            return verb(session, *words, **named)

    def staff(self, role: Role) -> Actor:
        """Somebody of the network."""
        with clock.at(self.mint.instant()):
            return factories.actor(role, person=factories.user(self.mint.word(), password=None))

    def person(self, role: Role, partner: Partner) -> Actor:
        """Somebody joins a partner with a link, under a name of their own."""
        invited = self.act(
            accounts.invite,
            self.admin,
            accounts.InvitationDraft(partner_id=partner.id, role=role, label=self.mint.word()),
        )
        joined = self.act(accounts.accept, invited.token, self.mint.word(), f"{self.mint.word()} and seven boats")
        return Actor(
            user_id=joined.user.id,
            membership_id=joined.membership.id,
            partner_id=partner.id,
            partner_kind=partner.kind,
            role=role,
            name=joined.user.sign_in_name,
            partner_name=partner.code_name,
        )

    def partner(self, kind: PartnerKind) -> Partner:
        """A partner whose names are marks."""
        draft = partners.RegistrationDraft(
            kind=kind, code_name=self.mint.word(), own_name=self.mint.word(), responder_kind=ResponderKind.WOMEN
        )
        row: Partner = self.act(partners.register, self.admin, draft)
        return row

    def group(self, district: str) -> Group:
        """A responder with its people, profile, reach, a site, a crossing and an item of its own."""
        partner = self.partner(PartnerKind.RESPONDER)
        coordinator = self.person(Role.COORDINATOR, partner)
        logger = self.person(Role.LOGGER, partner)
        group = Group(partner, coordinator, logger, villages_of(district), f"blankets {self.mint.word()}")
        camps, fords = [self._site(group) for _turn in range(2)], [self._crossing(group) for _turn in range(2)]
        group.site, group.crossing = camps[0], fords[0]
        self.act(places.close_site, coordinator, camps[1].code, version=camps[1].version)
        self.act(places.close_crossing, coordinator, fords[1].uid)
        draft = responders.ProfileDraft(
            version=1,
            own_name=self.mint.word(),
            kind=ResponderKind.FAITH,
            sectors=[Sector.FSC, Sector.PRO],
            since_year=2017,
            pledged_on=self.mint.next_day(),
            about=f"{self.mint.word()} goes by boat",
            contact=f"ask for {self.mint.word()}",
        )
        self.act(responders.edit_profile, coordinator, partner.code, draft)
        reached: list[tuple[int, int | None]] = [(village.id, None) for village in group.villages[:3]]
        reached.append((group.site.place_id, group.site.id))
        for place_id, site_id in reached:
            self.act(
                responders.add_reach,
                coordinator,
                responders.ReachDraft(place_id=place_id, site_id=site_id, way=Way.FOOT, since_on=self.mint.next_day()),
            )
        ended = responders.ReachDraft(
            place_id=group.villages[3].id, way=Way.RIVER, since_on=self.mint.next_day(), until_on=self.mint.next_day()
        )
        self.act(responders.add_reach, coordinator, ended)
        self.act(
            accounts.invite,
            coordinator,
            accounts.InvitationDraft(partner_id=partner.id, role=Role.LOGGER, label=self.mint.word()),
        )
        return group

    def _site(self, group: Group) -> Site:
        draft = places.SiteDraft(
            uid=uuid4(), place_id=group.villages[0].parent_id or 0, kind=SiteKind.CAMP, name=self.mint.word()
        )
        row: Site = self.act(places.add_site, group.coordinator, draft)
        return row

    def _crossing(self, group: Group) -> Crossing:
        draft = places.CrossingDraft(uid=uuid4(), code_name=self.mint.word(), country="TH")
        row: Crossing = self.act(places.add_crossing, group.coordinator, draft)
        return row

    def delivery(
        self, group: Group, number: int, fund: Fund | None, by: Actor | None = None, receiver: int = OUTSIDE
    ) -> Delivery:
        """A delivery from loading to the last village, with a loss and something still held."""
        mint, who = self.mint, by or group.coordinator
        rice, own = mint.number() * 1000 + 500_000_000, mint.number() * 1000 + 500_000_000
        here, there = (group.villages[(number + step) % len(group.villages)] for step in (0, 1))
        shared: dict[str, Any] = {"note": f"{mint.word()} waited", "party": mint.word()}
        day = mint.next_day
        events = [
            EventDraft(kind=EventKind.PLANNED, happened_on=day(), **shared),
            EventDraft(
                kind=EventKind.LOADED, happened_on=day(), quantities={1: rice, 2: own}, place=here.pcode, **shared
            ),
            EventDraft(kind=EventKind.CROSSED, happened_on=day(), crossing_id=group.crossing.id, **shared),
            EventDraft(
                kind=EventKind.HANDED_OVER,
                happened_on=day(),
                quantities={1: mint.number() * 1000},
                given={1: mint.number() * 1000 + 11_000_000},
                receiver=receiver,
                party=mint.word(),
                note=mint.word(),
            ),
            EventDraft(
                kind=EventKind.LOST,
                happened_on=day(),
                quantities={2: mint.number() * 1000},
                reason=LossReason.SEIZED,
                place="MMR005D002",
                note=mint.word(),
            ),
        ]
        for place in (here.pcode, there.pcode, group.site.code):
            people = mint.number()
            by_kind = {PeopleKind.DISPLACED: people - 20_011, PeopleKind.HOST: 10_007}
            handed = EventDraft(
                kind=EventKind.DISTRIBUTED,
                happened_on=day(),
                quantities={1: mint.number() * 1000, 2: mint.number() * 1000},
                place=place,
                households=mint.number(),
                people=people,
                by_kind=by_kind,
                device_at=mint.instant(),
                note=f"seen by {mint.word()}",
            )
            events.append(detailed(mint, handed))
        draft = DeliveryDraft(
            lines=(
                LineDraft(item="rice", unit="rice_bag", quantity_milli=rice, weight_grams=mint.number(8)),
                LineDraft(own_name=group.goods, unit="bale", quantity_milli=own),
            ),
            places=(here.pcode, there.pcode),
            events=tuple(events),
            planned_on=mint.next_day(),
            crossing_id=group.crossing.id,
            fund_id=fund.id if fund else None,
            courier=f"{mint.word()} with the cart",
            route_note=f"by {mint.word()} at night",
            note=f"{mint.word()} knows",
        )
        row: Delivery = self.act(deliveries.log, who, draft)
        group.deliveries.append(row)
        return row

    def correct(self, group: Group, delivery: Delivery, kind: EventKind) -> None:
        """The first event of a kind never happened."""
        from aidnet.deliveries.models import DeliveryEvent

        with transaction() as session:
            statement = sa.select(DeliveryEvent.uid).where(
                DeliveryEvent.delivery_id == delivery.id, DeliveryEvent.kind == kind
            )
            uid: UUID = session.scalars(unscoped(statement.limit(1), because=BECAUSE)).one()
        self.act(deliveries.correct, group.coordinator, delivery.code, CorrectionDraft(event=uid, facts=None))

    def gift(
        self,
        fund: Fund,
        donor: Actor | None,
        currency: str = "THB",
        *,
        digits: int = 8,
        pledged: bool = False,
        **more: Any,
    ) -> Contribution:
        """A gift into a fund, from a donor partner or a giver with a name of its own. `digits`: of its amount."""
        mint = self.mint
        draft = ContributionDraft(
            uid=uuid4(),
            fund=fund.id,
            amount_minor=mint.number(digits),
            currency=currency,
            channel=Channel.BANK,
            giver_kind=GiverKind.GROUP,
            donor=donor.partner_id if donor else None,
            giver=mint.word(),
            received_on=None if pledged else mint.next_day(),
            pledged_on=mint.next_day() if pledged else None,
            due_on=mint.next_day() if pledged else None,
            note=f"{mint.word()} sends this",
            **more,
        )
        row: Contribution = self.act(funding.record_contribution, self.treasurer, draft)
        return row

    def gift_list(self, fund: Fund, donor: Actor, head: str = "currency") -> GiftBatch:
        """A list of two gifts, with a fault. `head` names the column of the currency."""
        mint = self.mint
        rows = [["giver", "amount", head, "received on", "note"]]
        rows += [
            [mint.word(), amount, "THB", NO_MARK.isoformat(), f"{mint.word()} brings it"]
            for amount in (str(mint.number(6)), str(mint.number(6)), "much")
        ]
        draft = ListDraft(
            uid=uuid4(), fund=fund.id, rows=rows, channel=Channel.BANK, currency="USD", donor=donor.partner_id
        )
        row: GiftBatch = self.act(intake.add_list, self.treasurer, draft)
        return row

    def payout(self, fund: Fund, group: Group, *, waits: bool = False) -> Payout:
        """Money sent through an agent, and what arrived of it; with `waits` nothing is sent before a second person agrees."""
        mint = self.mint
        draft = PayoutDraft(
            uid=uuid4(),
            fund=fund.id,
            responder=group.partner.id,
            channel=Channel.HUNDI,
            amount_minor=mint.amount(),
            currency="THB",
            sent_on=mint.next_day(),
            fee_minor=mint.number(6),
            expected_currency="MMK",
            rate=Decimal(mint.number(5)) / 100,
            rate_kind=RateKind.MARKET,
            agent=mint.word(),
            token=mint.word(),
            note=f"{mint.word()} carries it",
            reason=f"{mint.word()} needs it",
        )
        row: Payout = self.act(funding.send_payout, self.treasurer, draft)
        if waits:
            return row
        word = ConfirmationDraft(
            uid=uuid4(),
            payout=row.id,
            amount_minor=row.expected_minor - mint.number(5),
            arrived_on=mint.next_day(),
            rest=Rest.LOST,
        )
        self.act(funding.confirm_payout, group.coordinator, word)
        return row

    def _picture(self) -> Picture:
        """What stands for a photo: its base64 is a word of the canary's own."""
        word = self.mint.word()
        return Picture(base64.b64decode(word + "a" * (-len(word) % 4)), self.mint.number(5), self.mint.number(5))

    def spend(
        self, group: Group, fund: Fund, line: BudgetLine, delivery: Delivery | None = None, currency: str = "MMK"
    ) -> Expense:
        """Something a responder spent."""
        mint = self.mint
        draft = ExpenseDraft(
            uid=uuid4(),
            budget_line=line,
            amount_minor=mint.number(6),
            currency=currency,
            spent_on=mint.next_day(),
            fund=fund.id,
            shares=(ShareDraft(delivery.id),) if delivery else (),
            note=f"for {mint.word()}",
            pictures=(self._picture(),),
        )
        row: Expense = self.act(funding.record_expense, group.coordinator, draft)
        return row

    def rate(self, base: str, quote: str, kind: RateKind = RateKind.MARKET) -> None:
        """A rate as somebody read it."""
        draft = RateDraft(
            uid=uuid4(),
            base=base,
            quote=quote,
            kind=kind,
            on_day=self.mint.next_day(),
            rate=Decimal(self.mint.number(5)) / 100,
            note=f"seen at {self.mint.word()}",
        )
        self.act(rates.type_rates, self.treasurer, [draft], sure=True)


def villages_of(district: str) -> list[Place]:
    """Six villages of a district, in different tracts where there are."""
    with transaction() as session:
        above = session.scalars(sa.select(Place).where(Place.pcode == district)).one()
        statement = (
            sa.select(Place).where(Place.district_id == above.id, Place.level == Level.VILLAGE).order_by(Place.pcode)
        )
        found = session.scalars(statement).all()
    named = [place for place in found if place.name_en != "Ywar Thit"]
    return named[:6]


def build() -> Canary:
    """The network. Takes some seconds; every call makes the same marks."""
    with clock.at(factories.NOW), transaction() as session:
        catalogue.load_catalogue(session)
    make = Builder()
    with clock.at(make.mint.instant()), transaction() as session:
        row = session.scalars(sa.select(Network)).one()
        row.setup_token_hash = "f" * 64
        audit.record(session, make.admin, "network.made", row)
    donors = [make.person(Role.DONOR, make.partner(PartnerKind.DONOR)) for _turn in range(2)]
    groups = [make.group("MMR005D002"), make.group("MMR005D004")]
    fund: Fund = make.act(
        funding.open_fund,
        make.treasurer,
        FundDraft(uid=uuid4(), name=make.mint.word(), purpose=f"for {make.mint.word()}"),
    )
    alone: Fund = make.act(
        funding.open_fund,
        make.treasurer,
        FundDraft(uid=uuid4(), name=make.mint.word(), purpose=f"for {make.mint.word()}"),
    )
    make.act(rates.choose_reporting, make.admin, ["USD", "THB"])
    make.rate("USD", "THB")
    _gifts(make, donors, groups, fund, alone)
    lists = _lists(make, donors, fund)
    make.rate("THB", "MMK")
    _aid(make, groups, fund, alone)
    _left_overs(make, donors, groups)
    _two_persons(make, groups, fund)
    grant(make, donors, fund)
    situate(make, groups)
    vouch(make, donors, groups)
    book(make, groups)
    move(make, groups)
    publish(make, [make.admin, *donors, *(group.coordinator for group in groups)])
    with transaction() as session:
        releases.build(session, make.admin, clock.today())
    assert make.mint.day < factories.NOW.date(), "acts that are still to come: begin earlier (marks.FIRST_DAY)"
    return Canary(make.mint, make.admin, make.treasurer, make.auditor, donors, groups, fund, make.links, lists)


def _gifts(make: Builder, donors: list[Actor], groups: list[Group], fund: Fund, alone: Fund) -> None:
    """Both donors give to the fund; the second gives to another as well. Each responder is given something directly."""
    with transaction() as session:
        district = session.scalars(sa.select(Place.id).where(Place.pcode == "MMR005D009")).one()
    for donor in donors:
        for _turn in range(2):
            make.gift(
                fund,
                donor,
                earmark_place_id=district,
                earmark_sector=Sector.SHL,
                earmark_responder=groups[0].partner.id,
            )
    for _turn in range(2):
        make.gift(alone, donors[1])
    for _turn in range(4):
        make.gift(fund, None, digits=7)  # smaller than what is paid out, so that no gift is all of it
    pledge = make.gift(fund, donors[0], pledged=True)
    make.act(funding.receive, make.treasurer, ReceiptDraft(contribution=pledge.id, received_on=make.mint.next_day()))
    make.gift(fund, donors[1], pledged=True)
    given = make.gift(fund, donors[1])
    refund = RefundDraft(
        uid=uuid4(), contribution=given.id, amount_minor=make.mint.number(5), happened_on=make.mint.next_day()
    )
    make.act(funding.refund, make.treasurer, refund)
    fee = FeeDraft(
        uid=uuid4(), fund=fund.id, amount_minor=make.mint.number(5), currency="THB", happened_on=make.mint.next_day()
    )
    make.act(funding.charge_fee, make.treasurer, fee)
    exchange = ExchangeDraft(
        uid=uuid4(),
        fund=fund.id,
        amount_minor=make.mint.number(6),
        currency="THB",
        into_minor=make.mint.number(7),
        into_currency="MMK",
        happened_on=make.mint.next_day(),
    )
    make.act(funding.exchange, make.treasurer, exchange)
    with transaction() as session:
        rice = session.scalars(unscoped(sa.select(Item.id).where(Item.slug == "rice"), because=BECAUSE)).one()
    make.rate("THB", "MMK")  # what groups are given straight has a worth, all of it confirmed
    for group in groups:
        shared: dict[str, Any] = {"giver_kind": GiverKind.PERSON, "channel": Channel.CASH}
        for _turn in range(2):
            money = GiftDraft(
                uid=uuid4(),
                received_on=make.mint.next_day(),
                amount_minor=make.mint.amount(),
                currency="MMK",
                giver=make.mint.word(),
                note=make.mint.word(),
                **shared,
            )
            make.act(funding.record_gift, group.coordinator, money)
        things = GiftDraft(
            uid=uuid4(),
            received_on=make.mint.next_day(),
            item_id=rice,
            quantity_milli=make.mint.number() * 1000,
            unit="rice_bag",
            giver=make.mint.word(),
            note=make.mint.word(),
            **shared,
        )
        make.act(funding.record_gift, group.coordinator, things)


def _lists(make: Builder, donors: list[Actor], fund: Fund) -> list[str]:
    """Lists of gifts: two in preview (one of them with a column to name), one loaded, one discarded. Codes of the former."""
    waiting = [make.gift_list(fund, donors[0], head).code for head in ("currency", make.mint.word())]
    make.act(intake.load, make.treasurer, make.gift_list(fund, donors[0]).code, Which())
    make.act(intake.discard, make.treasurer, make.gift_list(fund, donors[1]).code)
    return waiting


def _aid(make: Builder, groups: list[Group], fund: Fund, alone: Fund) -> None:
    """Payouts, deliveries and expenses of both responders, close enough in time for a month to be released."""
    for group, paid in ((groups[0], fund), (groups[1], fund), (groups[1], alone)):
        make.rate("THB", "MMK")
        make.rate("USD", "THB", RateKind.OFFICIAL)
        for _turn in range(2):
            make.payout(paid, group)
    for number in range(4):
        for group in groups:
            make.delivery(group, number, fund)
    make.delivery(groups[0], 4, None, by=groups[0].logger, receiver=groups[1].partner.id)
    make.correct(groups[0], groups[0].deliveries[0], EventKind.LOST)
    plan(make, groups)
    hand(make, groups)
    for person in (groups[0].coordinator, groups[0].logger, groups[1].coordinator):
        asked = {"q": make.mint.word(), "state": "open"}
        make.act(filters.save, person, uid=uuid4(), name=make.mint.word(), asked=asked)
    for group in groups:
        for line in (BudgetLine.GOODS, BudgetLine.TOLLS):
            for _turn in range(2):
                make.spend(group, fund, line, group.deliveries[0])
        unpaid = make.spend(group, fund, BudgetLine.GOODS, currency="THB")  # of which its purse holds nothing
        with transaction() as session:
            shown = sa.select(Photo.code).where(Photo.expense_id == unpaid.id)
            photo: str = session.scalars(unscoped(shown, because=BECAUSE)).one()
        make.act(evidence.remove, group.coordinator, photo)
    spent = ExpenseDraft(
        uid=uuid4(),
        budget_line=BudgetLine.OTHER,
        amount_minor=make.mint.number(6),
        currency="THB",
        spent_on=make.mint.next_day(),
        fund=fund.id,
        note=make.mint.word(),
    )
    make.act(funding.record_expense, make.treasurer, spent)


def _two_persons(make: Builder, groups: list[Group], fund: Fund) -> None:
    """What waits for a second person, and what was decided; a loss that was settled; an agent of whom something is noted."""
    for group in reversed(groups):  # two, so that what the fund lost is not the part of one gift
        loss = make.payout(fund, group, waits=True)
        lost = ConfirmationDraft(
            uid=uuid4(), payout=loss.id, amount_minor=0, arrived_on=make.mint.next_day(), rest=Rest.LOST
        )
        make.act(funding.confirm_payout, group.coordinator, lost)
    for kind in SettlementKind:
        settled = SettlementDraft(
            uid=uuid4(),
            payout=loss.id,
            kind=kind,
            amount_minor=make.mint.number(5),
            settled_on=make.mint.next_day(),
            note=make.mint.word(),
        )
        make.act(funding.settle, make.treasurer, settled)
    noted = AgentDraft(version=1, note=make.mint.word(), currency="THB", limit_minor=make.mint.number(6))
    make.act(agents.change, make.treasurer, loss.agent_id, noted)
    with clock.at(make.mint.instant()), transaction() as session:
        limit_minor = make.mint.number(6)
        approvals.change_limit(session, make.admin, currency="THB", limit_minor=limit_minor, uid=uuid4())
    for group in groups:
        for _turn in range(2):
            make.payout(fund, group, waits=True)
    empty: Fund = make.act(
        funding.open_fund,
        make.treasurer,
        FundDraft(uid=uuid4(), name=make.mint.word(), purpose=f"for {make.mint.word()}"),
    )
    with clock.at(make.mint.instant()), transaction() as session:
        asked = funding.close_fund(session, make.treasurer, empty.id, uid=uuid4(), reason=make.mint.word())
    make.act(funding.agree, make.auditor, asked.code)
    with clock.at(make.mint.instant()), transaction() as session:
        waiting = sa.select(Approval).where(Approval.payout_id.is_not(None)).order_by(Approval.id).limit(1)
        row = session.scalars(unscoped(waiting, because=BECAUSE)).one()
        row.opens_at = make.mint.instant()  # as if nobody else had been there
        audit.record(session, make.treasurer, "approval.asked", row)


def _left_overs(make: Builder, donors: list[Actor], groups: list[Group]) -> None:
    """What services write only when somebody signs in or waits for a second person; a group that withholds itself, one that left."""
    quiet = make.group("MMR005D003")
    make.act(responders.withhold, quiet.coordinator, quiet.partner.code, withheld=True)
    for end in (accounts.approve, accounts.withdraw):
        draft = accounts.InvitationDraft(partner_id=groups[0].partner.id, role=Role.COORDINATOR, label=make.mint.word())
        link = make.act(accounts.invite, make.admin, draft)
        make.act(end, groups[0].coordinator if end is accounts.approve else make.admin, link.invitation.uid)
    with clock.at(factories.NOW), transaction() as session:
        stuck = accounts.help_out(session, make.admin, _membership(donors[1]).uid)
        for partner, role in ((groups[0].partner.id, Role.COORDINATOR), (make.admin.partner_id or 0, Role.AUDITOR)):
            draft = accounts.InvitationDraft(partner_id=partner, role=role, label=make.mint.word())
            accounts.invite(session, make.admin, draft)
        draft = accounts.InvitationDraft(partner_id=groups[0].partner.id, role=Role.LOGGER, label=make.mint.word())
        make.links = [accounts.invite(session, groups[0].coordinator, draft).token, stuck.token]
    person = _membership(groups[1].logger)
    began = make.mint.instant()
    with clock.at(began), transaction() as session:
        sessions.open_session(session, _user(session, groups[1].logger), person)
    with clock.at(began + timedelta(hours=1)), transaction() as session:
        accounts.end_sessions(session, make.admin, person.uid)
    gone = make.partner(PartnerKind.RESPONDER)
    with clock.at(make.mint.instant()), transaction() as session:
        row = session.scalars(unscoped(sa.select(Partner).where(Partner.id == gone.id), because=BECAUSE)).one()
        partners.change_status(session, make.admin, row.code, PartnerStatus.LEFT, version=row.version)
    with transaction() as session:
        for number, actor in enumerate(
            [make.admin, make.treasurer, make.auditor, *donors, *(group.coordinator for group in groups)]
        ):
            session.add(Device(token_hash=f"{number:064}", user_id=actor.user_id, last_used_on=make.mint.next_day()))
            session.add(Presence(user_id=actor.user_id, last_seen_on=make.mint.next_day()))
        session.add(Throttle(key=make.mint.word(), failures=make.mint.number(), last_failure_at=make.mint.instant()))


def _membership(actor: Actor) -> Membership:
    with transaction() as session:
        statement = sa.select(Membership).where(Membership.id == actor.membership_id)
        return session.scalars(unscoped(statement, because=BECAUSE)).one()


def _user(session: Session, actor: Actor) -> User:
    return session.scalars(unscoped(sa.select(User).where(User.id == actor.user_id), because=BECAUSE)).one()
