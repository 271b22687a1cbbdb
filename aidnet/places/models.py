"""Places (shipped reference data), the names they are searched by, sites that responders add, crossings."""

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from aidnet.crypto import Sealed, sealed_column
from aidnet.db import Base, HasUid, choice


class Level(StrEnum):
    """Levels of MIMU's place codes, coarsest first."""

    COUNTRY = "country"
    STATE = "state"
    DISTRICT = "district"
    TOWNSHIP = "township"
    TOWN = "town"
    WARD = "ward"
    VILLAGE_TRACT = "village_tract"
    VILLAGE = "village"

    @property
    def depth(self) -> int:
        """0 for the country … 7 for a village."""
        return _DEPTHS[self]


_DEPTHS = {level: number for number, level in enumerate(Level)}

#: Compared as bytes on both databases, so that a prefix is a range of an index.
KeyText = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


class Place(Base):
    """A place of the loaded gazetteer. Its ancestors stand beside it, so that no query climbs."""

    __tablename__ = "place"
    __table_args__ = (
        sa.CheckConstraint("(level = 'country') = (parent_id IS NULL)", name="only_the_country_has_no_parent"),
        sa.CheckConstraint("(lat IS NULL) = (lon IS NULL)", name="a_point_has_both"),
        {"info": {"reference": True}},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    pcode: Mapped[str] = mapped_column(KeyText, unique=True)
    level: Mapped[Level] = mapped_column(choice(Level, "level"))
    parent_id: Mapped[int | None] = mapped_column(sa.ForeignKey("place.id"), index=True)
    #: The state or region, district and township it lies in, or is; None above that level.
    state_id: Mapped[int | None] = mapped_column(sa.ForeignKey("place.id"))
    district_id: Mapped[int | None] = mapped_column(sa.ForeignKey("place.id"), index=True)
    township_id: Mapped[int | None] = mapped_column(sa.ForeignKey("place.id"), index=True)
    name_en: Mapped[str]
    name_my: Mapped[str]
    #: What this network calls it instead (408 official names contain a slur); None: the official name.
    display_name: Mapped[str | None]
    #: WGS84 degrees; None for about a quarter of the villages.
    lat: Mapped[float | None] = mapped_column(sa.Float)
    lon: Mapped[float | None] = mapped_column(sa.Float)
    coord_source: Mapped[str | None]


class PlaceName(Base):
    """One way to find a place: a name as a search key."""

    __tablename__ = "place_name"
    __table_args__ = (
        sa.Index("ix_place_name_depth_key_place", "depth", "key", "place_id"),
        sa.Index("ix_place_name_skeleton_key", "skeleton", "key"),
        {"info": {"reference": True}},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    place_id: Mapped[int] = mapped_column(sa.ForeignKey("place.id", ondelete="CASCADE"), index=True)
    #: How fine the place is: 0 the country … 7 a village, so that a prefix is a short range of the index at every level.
    depth: Mapped[int] = mapped_column(sa.SmallInteger)
    #: en, my, alias, or display (the network's own name for it).
    kind: Mapped[str] = mapped_column(sa.String(8))
    #: Folded: lower case, no spaces, hyphens or marks (`places.spelling.fold`).
    key: Mapped[str] = mapped_column(KeyText)
    #: What survives spelling (`places.spelling.skeleton`).
    skeleton: Mapped[str] = mapped_column(KeyText)


class SiteKind(StrEnum):
    """What a place that people added is."""

    VILLAGE = "village"
    CAMP = "camp"
    MONASTERY = "monastery"
    CHURCH = "church"
    SCHOOL = "school"
    CLINIC = "clinic"
    HUB = "hub"
    OTHER = "other"


class Site(HasUid, Base):
    """A place that a responder added under a township or tract: a camp, a hiding place, a village the gazetteer lacks."""

    __tablename__ = "site"

    id: Mapped[int] = mapped_column(primary_key=True)
    #: `S-…`
    code: Mapped[str] = mapped_column(index=True)
    responder_id: Mapped[int] = mapped_column(sa.ForeignKey("partner.id"), index=True)
    #: The township, tract, town or village it lies in or near.
    place_id: Mapped[int] = mapped_column(sa.ForeignKey("place.id"), index=True)
    kind: Mapped[SiteKind] = mapped_column(choice(SiteKind, "kind"))
    name_sealed: Mapped[bytes | None] = sealed_column()
    name = Sealed()
    created_at: Mapped[datetime]
    #: No longer offered in forms; None: in use.
    closed_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class Crossing(HasUid, Base):
    """Where a delivery passes the border: a formal one as shipped, or a responder's own under a code name only."""

    __tablename__ = "crossing"
    __table_args__ = (
        sa.CheckConstraint("(responder_id IS NULL) = (slug IS NOT NULL)", name="shipped_or_own"),
        sa.UniqueConstraint("responder_id", "code_name_key"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    #: Of a shipped one, such as "myawaddy-maesot"; None for a responder's own.
    slug: Mapped[str | None] = mapped_column(unique=True)
    #: None: shipped.
    responder_id: Mapped[int | None] = mapped_column(sa.ForeignKey("partner.id"))
    code_name: Mapped[str]
    code_name_key: Mapped[str]
    name_my: Mapped[str | None]
    #: ISO 3166-1 alpha-2 of the other side.
    country: Mapped[str] = mapped_column(sa.CHAR(2))
    #: The township on this side; None for a responder's own: where it lies is not written down.
    township_id: Mapped[int | None] = mapped_column(sa.ForeignKey("place.id"))
    created_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012
