"""Responders' profiles and reach."""

from datetime import date, datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from aidnet.crypto import Sealed, sealed_column
from aidnet.db import Base, HasUid, RowId, choice
from aidnet.roles import PartnerKind


class ResponderKind(StrEnum):
    """What sort of group."""

    CBO = "cbo"
    CSO = "cso"
    FAITH = "faith"
    WOMEN = "women"
    YOUTH = "youth"
    HEALTH = "health"
    MUTUAL_AID = "mutual-aid"
    OTHER = "other"


class Sector(StrEnum):
    """OCHA's clusters, under the codes of the shipped item catalogue."""

    FSC = "FSC"
    HEA = "HEA"
    WSH = "WSH"
    SHL = "SHL"
    NUT = "NUT"
    EDU = "EDU"
    PRO = "PRO"
    LOG = "LOG"


class Responder(HasUid, Base):
    """The profile of a partner that is a locally-led group."""

    __tablename__ = "responder"
    __table_args__ = (
        sa.ForeignKeyConstraint(["id", "partner_kind"], ["partner.id", "partner.kind"], name="fk_responder_partner"),
        sa.CheckConstraint("partner_kind = 'responder'", name="partner_is_responder"),
    )

    #: The partner's id.
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    partner_kind: Mapped[PartnerKind] = mapped_column(
        sa.Enum(
            PartnerKind, native_enum=False, length=24, values_callable=lambda kinds: [kind.value for kind in kinds]
        ),
        default=PartnerKind.RESPONDER,
    )
    kind: Mapped[ResponderKind] = mapped_column(choice(ResponderKind, "kind"), default=ResponderKind.CBO)
    #: The year the group began; None: not said.
    since_year: Mapped[int | None]
    #: When the group pledged not to engage with the junta; None: not given.
    pledged_on: Mapped[date | None]
    about_sealed: Mapped[bytes | None] = sealed_column()
    about = Sealed()
    contact_sealed: Mapped[bytes | None] = sealed_column()
    contact = Sealed()
    #: Withholds everything about itself from results reports, at once; None: does not.
    withheld_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class ResponderSector(Base):
    """A sector the responder works in."""

    __tablename__ = "responder_sector"
    __table_args__ = ({"info": {"within": "responder"}},)

    responder_id: Mapped[int] = mapped_column(sa.ForeignKey("responder.id"), primary_key=True)
    sector: Mapped[Sector] = mapped_column(choice(Sector, "sector"), primary_key=True)


class Way(StrEnum):
    """How a place is reached."""

    ROAD = "road"
    RIVER = "river"
    FOOT = "foot"
    CROSS_BORDER = "cross-border"


class Reach(HasUid, Base):
    """A place a responder says it reaches: at any level, since when, by which way."""

    __tablename__ = "reach"
    __table_args__ = (
        sa.CheckConstraint("until_on IS NULL OR until_on >= since_on", name="until_after_since"),
        sa.Index("ix_reach_place_id_responder_id", "place_id", "responder_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    responder_id: Mapped[int] = mapped_column(sa.ForeignKey("responder.id"), index=True)
    place_id: Mapped[int] = mapped_column(sa.ForeignKey("place.id"))
    #: The responder's own site at the place; None: the place itself.
    site_id: Mapped[int | None] = mapped_column(sa.ForeignKey("site.id"))
    way: Mapped[Way] = mapped_column(choice(Way, "way"))
    since_on: Mapped[date]
    #: The last day; None: still reached.
    until_on: Mapped[date | None]
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class Vouch(HasUid, Base):
    """A member group's word for another. It expires, may be given again, and may be taken back; nothing is deleted by that."""

    __tablename__ = "vouch"
    __table_args__ = (
        sa.CheckConstraint("responder_id <> voucher_id", name="not_for_itself"),
        sa.CheckConstraint("expires_on > given_on", name="expires_later"),
        sa.Index("ix_vouch_responder_id", "responder_id", "expires_on"),
        sa.Index("ix_vouch_voucher_id", "voucher_id", "expires_on"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    responder_id: Mapped[int] = mapped_column(sa.ForeignKey("responder.id"))
    voucher_id: Mapped[int] = mapped_column(sa.ForeignKey("responder.id"))
    given_on: Mapped[date]
    expires_on: Mapped[date]
    #: None: it stands until it expires.
    withdrawn_on: Mapped[date | None]
    recorded_at: Mapped[datetime]
    recorded_by_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id"))
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class CapacityKind(StrEnum):
    """What a group has to work with."""

    TRUCKS = "trucks"
    MOTORBIKES = "motorbikes"
    BOATS = "boats"
    MEDICS = "medics"
    STORES = "stores"


class Capacity(HasUid, Base):
    """How many of something a group has, in a township or coarser."""

    __tablename__ = "capacity"
    __table_args__ = (
        sa.CheckConstraint("number > 0", name="number_positive"),
        sa.UniqueConstraint("responder_id", "kind", "area_id"),
        sa.Index("ix_capacity_area_id", "area_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    responder_id: Mapped[int] = mapped_column(sa.ForeignKey("responder.id"))
    kind: Mapped[CapacityKind] = mapped_column(choice(CapacityKind, "kind"))
    #: A township, district or region; never finer.
    area_id: Mapped[int] = mapped_column(sa.ForeignKey("place.id"))
    number: Mapped[int]
    #: The last day somebody said that it is so.
    said_on: Mapped[date]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class NameShown(HasUid, Base):
    """A responder shows its own name to one donor or responder, until it takes that back."""

    __tablename__ = "name_shown"
    __table_args__ = (
        sa.CheckConstraint("responder_id <> partner_id", name="not_to_itself"),
        sa.Index("ix_name_shown_responder_id", "responder_id", "ended_at"),
        sa.Index("ix_name_shown_partner_id", "partner_id", "ended_at"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    responder_id: Mapped[int] = mapped_column(sa.ForeignKey("responder.id"))
    #: Who may see it.
    partner_id: Mapped[int] = mapped_column(sa.ForeignKey("partner.id"))
    shown_at: Mapped[datetime]
    #: None: still shown.
    ended_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012
