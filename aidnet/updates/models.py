"""Statements, press releases, reports and flash updates that partners publish."""

from datetime import date, datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from aidnet.db import Base, HasUid, choice
from aidnet.places.models import KeyText


class UpdateKind(StrEnum):
    """What sort of text."""

    STATEMENT = "statement"
    PRESS_RELEASE = "press-release"
    REPORT = "report"
    FLASH_UPDATE = "flash-update"


class UpdateAudience(StrEnum):
    """For whom it is."""

    #: Anybody, once the network has a public page.
    PUBLIC = "public"
    #: Everybody who signs in.
    NETWORK = "network"
    #: Responders alone.
    RESPONDERS = "responders"


class Update(HasUid, Base):
    """A text that a partner publishes under its code name, or a link to one."""

    __tablename__ = "partner_update"
    __table_args__ = (
        sa.CheckConstraint("withdrawn_at IS NOT NULL OR title_en <> '' OR title_my <> ''", name="has_a_title"),
        sa.CheckConstraint("withdrawn_at IS NOT NULL OR body <> '' OR link <> ''", name="text_or_link"),
        sa.CheckConstraint(
            "withdrawn_at IS NULL OR (title_en = '' AND title_my = '' AND body = '' AND link = '')",
            name="withdrawn_has_no_text",
        ),
        sa.Index("ix_partner_update_published", "audience", "published_on", "id"),
        sa.Index("ix_partner_update_partner_id", "partner_id", "published_on", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    #: `U-…`
    code: Mapped[str] = mapped_column(KeyText, index=True)
    partner_id: Mapped[int] = mapped_column(sa.ForeignKey("partner.id"))
    kind: Mapped[UpdateKind] = mapped_column(choice(UpdateKind, "kind"))
    #: Empty: none in this language.
    title_en: Mapped[str]
    title_my: Mapped[str]
    #: Plain text; empty: only the link.
    body: Mapped[str]
    #: An https address; empty: none.
    link: Mapped[str]
    published_on: Mapped[date]
    audience: Mapped[UpdateAudience] = mapped_column(choice(UpdateAudience, "audience"))
    #: Taken back: its text is gone, that there was one stays.
    withdrawn_at: Mapped[datetime | None]
    recorded_at: Mapped[datetime]
    recorded_by_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id"))
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012
