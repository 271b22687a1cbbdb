"""Deliveries, their lines and stops, what happened to them, and the catalogue of items and units."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from aidnet.crypto import Sealed, sealed_column
from aidnet.db import Base, HasUid, RowId, choice
from aidnet.places.models import KeyText
from aidnet.responders.models import Sector

WITHIN = {"within": "delivery"}


class Unit(Base):
    """A unit people count or weigh in, and what it makes of a plain one."""

    __tablename__ = "unit"
    __table_args__ = ({"info": {"reference": True}},)

    code: Mapped[str] = mapped_column(sa.String(16), primary_key=True)
    name_en: Mapped[str]
    name_my: Mapped[str]
    #: kg, litre, piece, MMK …
    plain_unit: Mapped[str] = mapped_column(sa.String(16))
    #: How many plain units one of these makes.
    factor: Mapped[Decimal]


class Item(HasUid, Base):
    """Something delivered: from the shipped catalogue, or a responder's own."""

    __tablename__ = "item"
    __table_args__ = (
        sa.CheckConstraint("(responder_id IS NULL) = (slug IS NOT NULL)", name="shipped_or_own"),
        sa.UniqueConstraint("responder_id", "name_key"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    #: Of a shipped one, such as "rice"; None for a responder's own.
    slug: Mapped[str | None] = mapped_column(unique=True)
    responder_id: Mapped[int | None] = mapped_column(sa.ForeignKey("responder.id"))
    name_en: Mapped[str]
    #: None where a responder's own has one name only.
    name_my: Mapped[str | None]
    #: `name_en` folded.
    name_key: Mapped[str]
    #: None: a responder's own, and nobody said.
    sector: Mapped[Sector | None] = mapped_column(choice(Sector, "sector"))
    unit: Mapped[str] = mapped_column(sa.String(16))
    #: A guide for a household of five, in thousandths of `unit`; None: no guide.
    per_household_milli: Mapped[int | None] = mapped_column(sa.BigInteger)
    #: month, day, once, season; None: no guide.
    per_period: Mapped[str | None]
    created_at: Mapped[datetime]

    @property
    def ref(self) -> str:
        """What forms, addresses and `Delivery.what` call it."""
        return self.slug or self.uid.hex


class DeliveryState(StrEnum):
    """Where a delivery stands, derived from its events; never typed."""

    PLANNED = "planned"
    LOADED = "loaded"
    ON_THE_WAY = "on-the-way"
    CROSSED = "crossed"
    HANDED_OVER = "handed-over"
    ARRIVED = "arrived"
    PARTLY_DISTRIBUTED = "partly-distributed"
    DISTRIBUTED = "distributed"
    CONFIRMED = "confirmed"
    LOST = "lost"
    RETURNED = "returned"
    CANCELLED = "cancelled"
    #: All of it went on with other consignments.
    MOVED_ON = "moved-on"


class Delivery(HasUid, Base):
    """One consignment, from loading to the last village.

    From `state` on, the columns are a projection of the events, recomputed in the transaction that appends one.
    """

    __tablename__ = "delivery"
    __table_args__ = (
        sa.Index("ix_delivery_responder_word", "responder_id", "last_recorded_at", "id"),
        sa.Index("ix_delivery_responder_state_word", "responder_id", "state", "last_recorded_at", "id"),
        sa.Index("ix_delivery_author_word", "created_by_id", "last_recorded_at", "id"),
        sa.Index("ix_delivery_responder_question_word", "responder_id", "has_discrepancy", "last_recorded_at", "id"),
        sa.Index("ix_delivery_responder_open_word", "responder_id", "is_open", "last_recorded_at", "id"),
        sa.Index("ix_delivery_responder_open_planned", "responder_id", "is_open", "planned_on", "id"),
        sa.Index("ix_delivery_responder_last", "responder_id", "last_on", "id"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    #: `D-…`
    code: Mapped[str] = mapped_column(KeyText, index=True)
    responder_id: Mapped[int] = mapped_column(sa.ForeignKey("responder.id"))
    #: The fund it was bought from; None: from nothing in these books. Its results are released with this fund.
    fund_id: Mapped[int | None] = mapped_column(sa.ForeignKey("fund.id"), index=True)
    #: The crossing it is planned to take; None: none, or not said.
    crossing_id: Mapped[int | None] = mapped_column(sa.ForeignKey("crossing.id"))
    #: The day it should reach its villages; None: not said.
    planned_on: Mapped[date | None]
    courier_sealed: Mapped[bytes | None] = sealed_column()
    courier = Sealed()
    route_note_sealed: Mapped[bytes | None] = sealed_column()
    route_note = Sealed()
    note_sealed: Mapped[bytes | None] = sealed_column()
    note = Sealed()
    created_by_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id"))
    created_at: Mapped[datetime]
    #: It came in with a group's old books.
    imported: Mapped[bool] = mapped_column(default=False)

    state: Mapped[DeliveryState] = mapped_column(choice(DeliveryState, "state"))
    #: Some of it may still be handed out: planned, on its way, held, or between reports.
    is_open: Mapped[bool]
    #: The items by their `ref`, in the order of the lines ("rice oil"), for lists.
    what: Mapped[str]
    #: The first and the last day anything happened.
    first_on: Mapped[date]
    last_on: Mapped[date]
    last_recorded_at: Mapped[datetime]
    households: Mapped[int] = mapped_column(default=0)
    people: Mapped[int] = mapped_column(default=0)
    #: Something does not add up, and a person should look.
    has_discrepancy: Mapped[bool] = mapped_column(default=False)
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class DeliveryLine(HasUid, Base):
    """One item of a delivery, as planned or loaded."""

    __tablename__ = "delivery_line"
    __table_args__ = (
        sa.CheckConstraint("quantity_milli > 0", name="quantity_positive"),
        sa.UniqueConstraint("delivery_id", "number"),
        sa.Index("ix_delivery_line_item_id_delivery_id", "item_id", "delivery_id"),
        {"info": WITHIN},
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    delivery_id: Mapped[int] = mapped_column(sa.ForeignKey("delivery.id"))
    #: 1 for the first line: what an event's quantities name it by, everywhere but in the database.
    number: Mapped[int]
    item_id: Mapped[int] = mapped_column(sa.ForeignKey("item.id"))
    #: In thousandths of `unit`: 300000 is 300 bags.
    quantity_milli: Mapped[int] = mapped_column(sa.BigInteger)
    #: As written: a unit of the table, or a word of the item's own.
    unit: Mapped[str] = mapped_column(sa.String(16))
    #: Of the whole line; None: not known.
    weight_grams: Mapped[int | None] = mapped_column(sa.BigInteger)


class DeliveryStop(HasUid, Base):
    """A village (or site) a delivery is for."""

    __tablename__ = "delivery_stop"
    __table_args__ = (
        sa.UniqueConstraint("delivery_id", "place_id", "site_id"),
        sa.Index("ix_delivery_stop_place_id_delivery_id", "place_id", "delivery_id"),
        sa.Index("ix_delivery_stop_township_id_delivery_id", "township_id", "delivery_id"),
        sa.Index("ix_delivery_stop_district_id_delivery_id", "district_id", "delivery_id"),
        sa.Index("ix_delivery_stop_state_id_delivery_id", "state_id", "delivery_id"),
        {"info": WITHIN},
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    delivery_id: Mapped[int] = mapped_column(sa.ForeignKey("delivery.id"))
    place_id: Mapped[int] = mapped_column(sa.ForeignKey("place.id"))
    #: The responder's own site there; None: the place itself.
    site_id: Mapped[int | None] = mapped_column(sa.ForeignKey("site.id"))
    #: Copied from the place, for filters; None above that level.
    township_id: Mapped[int | None] = mapped_column(sa.ForeignKey("place.id"))
    district_id: Mapped[int | None] = mapped_column(sa.ForeignKey("place.id"))
    state_id: Mapped[int | None] = mapped_column(sa.ForeignKey("place.id"))


class EventKind(StrEnum):
    """What can be reported of a delivery."""

    PLANNED = "planned"
    LOADED = "loaded"
    DEPARTED = "departed"
    CROSSED = "crossed"
    HANDED_OVER = "handed-over"
    DELAYED = "delayed"
    ARRIVED = "arrived"
    DISTRIBUTED = "distributed"
    LOST = "lost"
    RETURNED = "returned"
    CANCELLED = "cancelled"
    CONFIRMED = "confirmed"
    CORRECTED = "corrected"
    #: The receiver of a hand-over says what came.
    ANSWERED = "answered"
    #: Went on with another consignment.
    MOVED = "moved"


class Precision(StrEnum):
    """How well a day is known."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


class LossReason(StrEnum):
    """How goods are lost on this border."""

    SEIZED = "seized"
    INFORMAL_TAX = "informal-tax"
    TURNED_BACK = "turned-back"
    RIVER_OR_WEATHER = "river-or-weather"
    SHELLING = "shelling"
    SPOILED = "spoiled"
    STOLEN = "stolen"
    DIVERTED = "diverted"
    SURETY = "surety"
    SHARED = "shared"


class SaidBy(StrEnum):
    """Whose word an event is."""

    OWN_TEAM = "own-team"
    CARRIER = "carrier"
    RECEIVER = "receiver"
    COMMUNITY = "community"


class Answer(StrEnum):
    """What a receiver says of a hand-over, or of a hand-out that somebody asked about."""

    ACCEPTED = "accepted"
    SHORT = "short"
    SURPLUS = "surplus"
    REFUSED = "refused"


class Refusal(StrEnum):
    """Why a receiver did not take it."""

    WRONG_ITEMS = "wrong-items"
    DAMAGED = "damaged"
    EXPIRED = "expired"
    NOT_AGREED = "not-agreed"
    NO_ROOM = "no-room"
    NOT_SAFE = "not-safe"


class ReceivedBy(StrEnum):
    """Who took goods at a hand-out: a role, never a name."""

    HOUSEHOLDS = "households"
    COMMITTEE = "committee"
    CAMP_LEADERS = "camp-leaders"
    FAITH_LEADERS = "faith-leaders"
    HEALTH_WORKERS = "health-workers"
    TEACHERS = "teachers"


class VerifiedBy(StrEnum):
    """How one knows that a hand-out took place."""

    SEEN = "seen"
    LIST = "list"
    PHOTOS = "photos"
    PHONE = "phone"
    COMMUNITY = "community"
    NOT_VERIFIED = "not-verified"


class DeliveryEvent(HasUid, Base):
    """Something that happened to a delivery. Never changed: a mistake is corrected by an event that names it."""

    __tablename__ = "delivery_event"
    __table_args__ = (
        sa.CheckConstraint("(kind = 'corrected') = (corrects_id IS NOT NULL)", name="a_correction_names_one"),
        sa.CheckConstraint("households IS NULL OR households >= 0", name="households_not_negative"),
        sa.CheckConstraint("people IS NULL OR people >= 0", name="people_not_negative"),
        sa.CheckConstraint("disabled IS NULL OR disabled >= 0", name="disabled_not_negative"),
        sa.CheckConstraint("kind <> 'answered' OR (about_id IS NOT NULL AND answer IS NOT NULL)", name="an_answer_says_what"),
        sa.Index("ix_delivery_event_delivery_id_id", "delivery_id", "id"),
        sa.Index("ix_delivery_event_place_id_delivery_id", "place_id", "delivery_id"),
        {"info": WITHIN | {"append_only": True}},
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    delivery_id: Mapped[int] = mapped_column(sa.ForeignKey("delivery.id"))
    kind: Mapped[EventKind] = mapped_column(choice(EventKind, "kind"))
    #: The event this one corrects; its own facts take the other's place, or, where `void`, the other never happened.
    corrects_id: Mapped[int | None] = mapped_column(sa.ForeignKey("delivery_event.id"), index=True)
    void: Mapped[bool] = mapped_column(default=False)
    #: The first day of the day, week or month, as its people say.
    happened_on: Mapped[date]
    precision: Mapped[Precision] = mapped_column(choice(Precision, "precision"), default=Precision.DAY)
    #: What the device's clock claimed; None: typed on a page.
    device_at: Mapped[datetime | None]
    recorded_at: Mapped[datetime]
    recorded_by_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id"))
    said_by: Mapped[SaidBy] = mapped_column(choice(SaidBy, "said_by"), default=SaidBy.OWN_TEAM)
    #: Where; no finer than district for a loss. None: not said.
    place_id: Mapped[int | None] = mapped_column(sa.ForeignKey("place.id"))
    site_id: Mapped[int | None] = mapped_column(sa.ForeignKey("site.id"))
    crossing_id: Mapped[int | None] = mapped_column(sa.ForeignKey("crossing.id"))
    #: Whose hands the goods left (distributed, handed over, lost, returned); None: somebody outside, or no goods moved.
    from_responder_id: Mapped[int | None] = mapped_column(sa.ForeignKey("responder.id"))
    #: Of a hand-over: the responder who holds it now; None: somebody outside, or no hand-over.
    to_responder_id: Mapped[int | None] = mapped_column(sa.ForeignKey("responder.id"), index=True)
    reason: Mapped[LossReason | None] = mapped_column(choice(LossReason, "reason"))
    #: Reached by a distribution; None: not counted.
    households: Mapped[int | None]
    people: Mapped[int | None]
    #: Of `people`, with a disability; None: not counted.
    disabled: Mapped[int | None]
    received_by: Mapped[ReceivedBy | None] = mapped_column(choice(ReceivedBy, "received_by"))
    verified_by: Mapped[VerifiedBy | None] = mapped_column(choice(VerifiedBy, "verified_by"))
    #: The hand-over that is answered, or the hand-out that somebody asked about.
    about_id: Mapped[int | None] = mapped_column(sa.ForeignKey("delivery_event.id"), index=True)
    answer: Mapped[Answer | None] = mapped_column(choice(Answer, "answer"))
    refusal: Mapped[Refusal | None] = mapped_column(choice(Refusal, "refusal"))
    #: Salted digest of the private side of this event; None: it has none.
    private_digest: Mapped[str | None] = mapped_column(sa.String(64))


class EventQuantity(Base):
    """How much of a line an event is about."""

    __tablename__ = "event_quantity"
    __table_args__ = (
        sa.CheckConstraint("quantity_milli >= 0", name="quantity_not_negative"),
        sa.CheckConstraint("given_milli IS NULL OR given_milli >= 0", name="given_not_negative"),
        {"info": WITHIN | {"append_only": True}},
    )

    event_id: Mapped[int] = mapped_column(RowId, sa.ForeignKey("delivery_event.id"), primary_key=True)
    line_id: Mapped[int] = mapped_column(RowId, sa.ForeignKey("delivery_line.id"), primary_key=True)
    #: Of a hand-over: as counted by whoever received it.
    quantity_milli: Mapped[int] = mapped_column(sa.BigInteger)
    #: Of a hand-over: what was given, where that is not what was counted; None: the same.
    given_milli: Mapped[int | None] = mapped_column(sa.BigInteger)


class PeopleKind(StrEnum):
    """Who was reached."""

    DISPLACED = "displaced"
    HOST = "host"
    RETURNED = "returned"


class EventPeople(Base):
    """People reached by a distribution, by kind; the kinds need not cover everybody."""

    __tablename__ = "event_people"
    __table_args__ = (
        sa.CheckConstraint("people >= 0", name="people_not_negative"),
        {"info": WITHIN | {"append_only": True}},
    )

    event_id: Mapped[int] = mapped_column(RowId, sa.ForeignKey("delivery_event.id"), primary_key=True)
    kind: Mapped[PeopleKind] = mapped_column(choice(PeopleKind, "kind"), primary_key=True)
    people: Mapped[int]


class Sex(StrEnum):
    """As counted at a hand-out."""

    FEMALE = "female"
    MALE = "male"
    NOT_SAID = "not-said"


class Age(StrEnum):
    """Age bands in whole years, as the cluster forms have them."""

    UNDER_5 = "0-4"
    CHILD = "5-17"
    ADULT = "18-59"
    OLDER = "60+"
    NOT_SAID = "not-said"


class EventBand(Base):
    """People reached by a distribution, by sex and age; the bands need not cover everybody."""

    __tablename__ = "event_band"
    __table_args__ = (
        sa.CheckConstraint("people >= 0", name="people_not_negative"),
        {"info": WITHIN | {"append_only": True}},
    )

    event_id: Mapped[int] = mapped_column(RowId, sa.ForeignKey("delivery_event.id"), primary_key=True)
    sex: Mapped[Sex] = mapped_column(choice(Sex, "sex"), primary_key=True)
    age: Mapped[Age] = mapped_column(choice(Age, "age"), primary_key=True)
    people: Mapped[int]


class EventPrivate(HasUid, Base):
    """The private side of an event: it may fade, the event stays."""

    __tablename__ = "event_private"
    __table_args__ = ({"info": WITHIN},)

    event_id: Mapped[int] = mapped_column(RowId, sa.ForeignKey("delivery_event.id"), primary_key=True, autoincrement=False)
    #: Random, so that the digest in the event says nothing once this row is gone.
    salt: Mapped[str] = mapped_column(sa.String(32))
    note_sealed: Mapped[bytes | None] = sealed_column()
    note = Sealed()
    #: The outside party of a hand-over, by alias.
    party_sealed: Mapped[bytes | None] = sealed_column()
    party = Sealed()
    #: What the community says of a hand-out, in a line.
    feedback_sealed: Mapped[bytes | None] = sealed_column()
    feedback = Sealed()


class LossMonth(Base):
    """Running totals of a responder's losses in a month, by reason and item; equal to a recount."""

    __tablename__ = "loss_month"
    __table_args__ = ({"info": {"within": "delivery"}},)

    responder_id: Mapped[int] = mapped_column(sa.ForeignKey("responder.id"), primary_key=True)
    #: The first day of the month.
    month: Mapped[date] = mapped_column(primary_key=True)
    reason: Mapped[LossReason] = mapped_column(choice(LossReason, "reason"), primary_key=True)
    item_id: Mapped[int] = mapped_column(sa.ForeignKey("item.id"), primary_key=True)
    unit: Mapped[str] = mapped_column(sa.String(16), primary_key=True)
    #: How many reports.
    losses: Mapped[int] = mapped_column(default=0)
    quantity_milli: Mapped[int] = mapped_column(sa.BigInteger, default=0)


class ServedMonth(Base):
    """Running totals of what a responder handed out in a month, by township and sector; equal to a recount."""

    __tablename__ = "served_month"
    __table_args__ = (
        sa.Index("ix_served_month_month", "month", "area_id"),
        {"info": {"within": "delivery"}},
    )

    responder_id: Mapped[int] = mapped_column(sa.ForeignKey("responder.id"), primary_key=True)
    #: The township; where nothing finer was said, the district or region.
    area_id: Mapped[int] = mapped_column(sa.ForeignKey("place.id"), primary_key=True)
    #: The first day of the month.
    month: Mapped[date] = mapped_column(primary_key=True)
    #: Of the items handed out; empty: all of them together.
    sector: Mapped[str] = mapped_column(sa.String(24), primary_key=True)
    distributions: Mapped[int] = mapped_column(default=0)
    households: Mapped[int] = mapped_column(default=0)
    people: Mapped[int] = mapped_column(default=0)


class ResultMonth(Base):
    """Running totals of a responder's results in a month, kept with every event and equal to a recount."""

    __tablename__ = "result_month"
    __table_args__ = ({"info": {"within": "delivery"}},)

    responder_id: Mapped[int] = mapped_column(sa.ForeignKey("responder.id"), primary_key=True)
    #: The first day of the month.
    month: Mapped[date] = mapped_column(primary_key=True)
    #: Deliveries with a distribution in the month.
    deliveries: Mapped[int] = mapped_column(default=0)
    distributions: Mapped[int] = mapped_column(default=0)
    households: Mapped[int] = mapped_column(default=0)
    people: Mapped[int] = mapped_column(default=0)


class ServedPlace(Base):
    """How often a responder distributed at a place, and when last."""

    __tablename__ = "served_place"
    __table_args__ = (
        sa.Index("ix_served_place_place_id", "place_id"),
        {"info": {"within": "delivery"}},
    )

    responder_id: Mapped[int] = mapped_column(sa.ForeignKey("responder.id"), primary_key=True)
    place_id: Mapped[int] = mapped_column(sa.ForeignKey("place.id"), primary_key=True)
    distributions: Mapped[int] = mapped_column(default=0)
    last_on: Mapped[date]
