"""Deliveries in depth: custody, plans, hand-outs, losses, needs, access, evacuations, updates, vouches, old books."""

import sqlalchemy as sa
from alembic import op

revision = "0003_deliveries_in_depth"
down_revision = "0002_funding_in_depth"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
KEY_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")

#: New tables whose rows are never changed or removed.
APPEND_ONLY = (
    "evacuation_count",
    "evacuation_event",
    "event_band",
    "line_origin",
    "release_loss",
    "release_loss_reason",
)
#: Old ones that are made anew here on SQLite, which loses their triggers.
REMADE = ("delivery_event",)
#: Every new table, each before those it names.
NEW = (
    "release_loss_reason",
    "line_origin",
    "handover",
    "event_band",
    "release_loss",
    "old_book_row",
    "need_delivery",
    "evacuation_private",
    "evacuation_count",
    "delivery_leg",
    "need_line",
    "loss_month",
    "kit_item",
    "evacuation_group",
    "evacuation_event",
    "vouch",
    "served_month",
    "old_book",
    "need",
    "name_shown",
    "kit",
    "evacuation",
    "capacity",
    "access_constraint",
    "saved_filter",
    "partner_update",
)
STATES = (
    "planned",
    "loaded",
    "on-the-way",
    "crossed",
    "handed-over",
    "arrived",
    "partly-distributed",
    "distributed",
    "confirmed",
    "lost",
    "returned",
    "cancelled",
)
KINDS = (
    "planned",
    "loaded",
    "departed",
    "crossed",
    "handed-over",
    "delayed",
    "arrived",
    "distributed",
    "lost",
    "returned",
    "cancelled",
    "confirmed",
    "corrected",
)
ACTS = ("payout", "reversal", "fund-closure", "limit", "report", "shorter-wait")
#: Acts of two persons that are about no fund.
SETTINGS = ("limit", "shorter-wait")
#: New columns of an event with the values they may have.
CHOICES = {
    "received_by": ("households", "committee", "camp-leaders", "faith-leaders", "health-workers", "teachers"),
    "verified_by": ("seen", "list", "photos", "phone", "community", "not-verified"),
    "answer": ("accepted", "short", "surplus", "refused"),
    "refusal": ("wrong-items", "damaged", "expired", "not-agreed", "no-room", "not-safe"),
}
CHECKS = {
    "disabled_not_negative": "disabled IS NULL OR disabled >= 0",
    "an_answer_says_what": "kind <> 'answered' OR (about_id IS NOT NULL AND answer IS NOT NULL)",
}


def one_of(column: str, values: tuple[str, ...]) -> str:
    return f"{column} IN ({', '.join(repr(value) for value in values)})"


def acts_are(acts: tuple[str, ...], settings: tuple[str, ...]) -> None:
    """Which acts there are, and which of them are about no fund."""
    checks = {"act": one_of("act", acts), "about_a_fund": f"({one_of('act', settings)}) = (fund_id IS NULL)"}
    with op.batch_alter_table("approval") as batch:
        for name, check in checks.items():
            batch.drop_constraint(op.f(f"ck_approval_{name}"), type_="check")
            batch.create_check_constraint(op.f(f"ck_approval_{name}"), check)


def protect(table: str) -> None:
    """Refuse UPDATE, DELETE and TRUNCATE (and, with recursive triggers, INSERT OR REPLACE)."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        op.execute(
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
        return
    for act in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER {table}_no_{act.lower()} BEFORE {act} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )


def protect_remade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for table in REMADE:
            protect(table)


def upgrade() -> None:
    op.create_table(
        "partner_update",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", KEY_TEXT, nullable=False),
        sa.Column("partner_id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "statement",
                "press-release",
                "report",
                "flash-update",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("title_en", sa.Text(), nullable=False),
        sa.Column("title_my", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("link", sa.Text(), nullable=False),
        sa.Column("published_on", sa.Date(), nullable=False),
        sa.Column(
            "audience",
            sa.Enum(
                "public", "network", "responders", name="audience", native_enum=False, create_constraint=True, length=24
            ),
            nullable=False,
        ),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "withdrawn_at IS NOT NULL OR body <> '' OR link <> ''", name=op.f("ck_partner_update_text_or_link")
        ),
        sa.CheckConstraint(
            "withdrawn_at IS NOT NULL OR title_en <> '' OR title_my <> ''", name=op.f("ck_partner_update_has_a_title")
        ),
        sa.CheckConstraint(
            "withdrawn_at IS NULL OR (title_en = '' AND title_my = '' AND body = '' AND link = '')",
            name=op.f("ck_partner_update_withdrawn_has_no_text"),
        ),
        sa.ForeignKeyConstraint(["partner_id"], ["partner.id"], name=op.f("fk_partner_update_partner_id_partner")),
        sa.ForeignKeyConstraint(["recorded_by_id"], ["user.id"], name=op.f("fk_partner_update_recorded_by_id_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_partner_update")),
        sa.UniqueConstraint("uid", name=op.f("uq_partner_update_uid")),
    )
    op.create_index(op.f("ix_partner_update_code"), "partner_update", ["code"], unique=False)
    op.create_index(
        "ix_partner_update_partner_id", "partner_update", ["partner_id", "published_on", "id"], unique=False
    )
    op.create_index("ix_partner_update_published", "partner_update", ["audience", "published_on", "id"], unique=False)
    op.create_table(
        "saved_filter",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("partner_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["partner_id"], ["partner.id"], name=op.f("fk_saved_filter_partner_id_partner")),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_saved_filter_user_id_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_filter")),
        sa.UniqueConstraint("uid", name=op.f("uq_saved_filter_uid")),
        sa.UniqueConstraint("user_id", "partner_id", "name", name=op.f("uq_saved_filter_user_id_partner_id_name")),
        info={"operational": True},
    )
    op.create_table(
        "access_constraint",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("code", KEY_TEXT, nullable=False),
        sa.Column("responder_id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "road",
                "waterway",
                "network-cut",
                "checkpoint",
                "fighting",
                "air-strikes",
                "crossing-closed",
                "weather",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("place_id", sa.Integer(), nullable=True),
        sa.Column("crossing_id", sa.Integer(), nullable=True),
        sa.Column("township_id", sa.Integer(), nullable=True),
        sa.Column("district_id", sa.Integer(), nullable=True),
        sa.Column("state_id", sa.Integer(), nullable=True),
        sa.Column(
            "ease",
            sa.Enum("easy", "hard", "none", name="ease", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column("since_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.Column(
            "source_kind",
            sa.Enum(
                "own-team",
                "carrier",
                "community",
                "other-group",
                "public-report",
                name="source_kind",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("heard_on", sa.Date(), nullable=False),
        sa.Column("note_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "(place_id IS NULL) <> (crossing_id IS NULL)", name=op.f("ck_access_constraint_a_place_or_a_crossing")
        ),
        sa.CheckConstraint(
            "until_on IS NULL OR until_on >= since_on", name=op.f("ck_access_constraint_until_after_since")
        ),
        sa.ForeignKeyConstraint(
            ["crossing_id"], ["crossing.id"], name=op.f("fk_access_constraint_crossing_id_crossing")
        ),
        sa.ForeignKeyConstraint(["district_id"], ["place.id"], name=op.f("fk_access_constraint_district_id_place")),
        sa.ForeignKeyConstraint(["place_id"], ["place.id"], name=op.f("fk_access_constraint_place_id_place")),
        sa.ForeignKeyConstraint(["recorded_by_id"], ["user.id"], name=op.f("fk_access_constraint_recorded_by_id_user")),
        sa.ForeignKeyConstraint(
            ["responder_id"], ["responder.id"], name=op.f("fk_access_constraint_responder_id_responder")
        ),
        sa.ForeignKeyConstraint(["state_id"], ["place.id"], name=op.f("fk_access_constraint_state_id_place")),
        sa.ForeignKeyConstraint(["township_id"], ["place.id"], name=op.f("fk_access_constraint_township_id_place")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_constraint")),
        sa.UniqueConstraint("uid", name=op.f("uq_access_constraint_uid")),
    )
    op.create_index(op.f("ix_access_constraint_code"), "access_constraint", ["code"], unique=False)
    op.create_index("ix_access_constraint_crossing_id", "access_constraint", ["crossing_id", "until_on"], unique=False)
    op.create_index(
        "ix_access_constraint_responder_id", "access_constraint", ["responder_id", "heard_on", "id"], unique=False
    )
    op.create_index("ix_access_constraint_township_id", "access_constraint", ["township_id", "until_on"], unique=False)
    op.create_index("ix_access_constraint_until_on", "access_constraint", ["until_on", "heard_on"], unique=False)
    op.create_table(
        "capacity",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("responder_id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "trucks",
                "motorbikes",
                "boats",
                "medics",
                "stores",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("area_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("said_on", sa.Date(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.CheckConstraint("number > 0", name=op.f("ck_capacity_number_positive")),
        sa.ForeignKeyConstraint(["area_id"], ["place.id"], name=op.f("fk_capacity_area_id_place")),
        sa.ForeignKeyConstraint(["responder_id"], ["responder.id"], name=op.f("fk_capacity_responder_id_responder")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_capacity")),
        sa.UniqueConstraint("responder_id", "kind", "area_id", name=op.f("uq_capacity_responder_id_kind_area_id")),
        sa.UniqueConstraint("uid", name=op.f("uq_capacity_uid")),
    )
    op.create_index("ix_capacity_area_id", "capacity", ["area_id"], unique=False)
    op.create_table(
        "evacuation",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("code", KEY_TEXT, nullable=False),
        sa.Column("responder_id", sa.Integer(), nullable=False),
        sa.Column("origin_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("destination_id", sa.Integer(), nullable=True),
        sa.Column("planned_on", sa.Date(), nullable=True),
        sa.Column("note_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by_id", sa.Integer(), nullable=False),
        sa.Column("faded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "planned",
                "on-the-way",
                "partly-arrived",
                "all-safe",
                "ended",
                "cancelled",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("people_out", sa.Integer(), nullable=False),
        sa.Column("people_safe", sa.Integer(), nullable=False),
        sa.Column("people_other", sa.Integer(), nullable=False),
        sa.Column("vehicles", sa.Integer(), nullable=False),
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("last_recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["destination_id"], ["place.id"], name=op.f("fk_evacuation_destination_id_place")),
        sa.ForeignKeyConstraint(["recorded_by_id"], ["user.id"], name=op.f("fk_evacuation_recorded_by_id_user")),
        sa.ForeignKeyConstraint(["responder_id"], ["responder.id"], name=op.f("fk_evacuation_responder_id_responder")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evacuation")),
        sa.UniqueConstraint("uid", name=op.f("uq_evacuation_uid")),
    )
    op.create_index(op.f("ix_evacuation_code"), "evacuation", ["code"], unique=False)
    op.create_index("ix_evacuation_ended_on", "evacuation", ["ended_on", "faded_at"], unique=False)
    op.create_index(
        "ix_evacuation_responder_heard", "evacuation", ["responder_id", "last_recorded_at", "id"], unique=False
    )
    op.create_table(
        "kit",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("responder_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_key", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["responder_id"], ["responder.id"], name=op.f("fk_kit_responder_id_responder")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kit")),
        sa.UniqueConstraint("responder_id", "name_key", name=op.f("uq_kit_responder_id_name_key")),
        sa.UniqueConstraint("uid", name=op.f("uq_kit_uid")),
    )
    op.create_table(
        "name_shown",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("responder_id", sa.Integer(), nullable=False),
        sa.Column("partner_id", sa.Integer(), nullable=False),
        sa.Column("shown_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.CheckConstraint("responder_id <> partner_id", name=op.f("ck_name_shown_not_to_itself")),
        sa.ForeignKeyConstraint(["partner_id"], ["partner.id"], name=op.f("fk_name_shown_partner_id_partner")),
        sa.ForeignKeyConstraint(["responder_id"], ["responder.id"], name=op.f("fk_name_shown_responder_id_responder")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_name_shown")),
        sa.UniqueConstraint("uid", name=op.f("uq_name_shown_uid")),
    )
    op.create_index("ix_name_shown_partner_id", "name_shown", ["partner_id", "ended_at"], unique=False)
    op.create_index("ix_name_shown_responder_id", "name_shown", ["responder_id", "ended_at"], unique=False)
    op.create_table(
        "need",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("code", KEY_TEXT, nullable=False),
        sa.Column("responder_id", sa.Integer(), nullable=False),
        sa.Column("place_id", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=True),
        sa.Column("township_id", sa.Integer(), nullable=True),
        sa.Column("district_id", sa.Integer(), nullable=True),
        sa.Column("state_id", sa.Integer(), nullable=True),
        sa.Column(
            "sector",
            sa.Enum(
                "FSC",
                "HEA",
                "WSH",
                "SHL",
                "NUT",
                "EDU",
                "PRO",
                "LOG",
                name="sector",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column(
            "urgency",
            sa.Enum("critical", "high", "medium", name="urgency", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column("people", sa.Integer(), nullable=True),
        sa.Column("words_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("reported_on", sa.Date(), nullable=False),
        sa.Column("heard_on", sa.Date(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "open",
                "covered",
                "met",
                "joined",
                "withdrawn",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("joined_into_id", ROW_ID, nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.CheckConstraint("(state = 'joined') = (joined_into_id IS NOT NULL)", name=op.f("ck_need_joined_into_one")),
        sa.CheckConstraint("people IS NULL OR people > 0", name=op.f("ck_need_people_positive")),
        sa.ForeignKeyConstraint(["district_id"], ["place.id"], name=op.f("fk_need_district_id_place")),
        sa.ForeignKeyConstraint(["joined_into_id"], ["need.id"], name=op.f("fk_need_joined_into_id_need")),
        sa.ForeignKeyConstraint(["place_id"], ["place.id"], name=op.f("fk_need_place_id_place")),
        sa.ForeignKeyConstraint(["recorded_by_id"], ["user.id"], name=op.f("fk_need_recorded_by_id_user")),
        sa.ForeignKeyConstraint(["responder_id"], ["responder.id"], name=op.f("fk_need_responder_id_responder")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_need_site_id_site")),
        sa.ForeignKeyConstraint(["state_id"], ["place.id"], name=op.f("fk_need_state_id_place")),
        sa.ForeignKeyConstraint(["township_id"], ["place.id"], name=op.f("fk_need_township_id_place")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_need")),
        sa.UniqueConstraint("uid", name=op.f("uq_need_uid")),
    )
    op.create_index(op.f("ix_need_code"), "need", ["code"], unique=False)
    op.create_index("ix_need_place_sector", "need", ["place_id", "sector", "reported_on"], unique=False)
    op.create_index("ix_need_responder_state_heard", "need", ["responder_id", "state", "heard_on", "id"], unique=False)
    op.create_index("ix_need_state_township", "need", ["state", "township_id", "sector", "id"], unique=False)
    op.create_table(
        "old_book",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("responder_id", sa.Integer(), nullable=False),
        sa.Column("body_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("answers_sealed", sa.LargeBinary(), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "preview", "loaded", "discarded", name="state", native_enum=False, create_constraint=True, length=24
            ),
            nullable=False,
        ),
        sa.Column("rows_total", sa.Integer(), nullable=False),
        sa.Column("rows_faulty", sa.Integer(), nullable=False),
        sa.Column("rows_loaded", sa.Integer(), nullable=True),
        sa.Column("rows_known", sa.Integer(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["recorded_by_id"], ["user.id"], name=op.f("fk_old_book_recorded_by_id_user")),
        sa.ForeignKeyConstraint(["responder_id"], ["responder.id"], name=op.f("fk_old_book_responder_id_responder")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_old_book")),
        sa.UniqueConstraint("code", name=op.f("uq_old_book_code")),
        sa.UniqueConstraint("uid", name=op.f("uq_old_book_uid")),
    )
    op.create_index(op.f("ix_old_book_responder_id"), "old_book", ["responder_id"], unique=False)
    op.create_table(
        "served_month",
        sa.Column("responder_id", sa.Integer(), nullable=False),
        sa.Column("area_id", sa.Integer(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("sector", sa.String(length=24), nullable=False),
        sa.Column("distributions", sa.Integer(), nullable=False),
        sa.Column("households", sa.Integer(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["area_id"], ["place.id"], name=op.f("fk_served_month_area_id_place")),
        sa.ForeignKeyConstraint(
            ["responder_id"], ["responder.id"], name=op.f("fk_served_month_responder_id_responder")
        ),
        sa.PrimaryKeyConstraint("responder_id", "area_id", "month", "sector", name=op.f("pk_served_month")),
        info={"within": "delivery"},
    )
    op.create_index("ix_served_month_month", "served_month", ["month", "area_id"], unique=False)
    op.create_table(
        "vouch",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("responder_id", sa.Integer(), nullable=False),
        sa.Column("voucher_id", sa.Integer(), nullable=False),
        sa.Column("given_on", sa.Date(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.Column("withdrawn_on", sa.Date(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.CheckConstraint("expires_on > given_on", name=op.f("ck_vouch_expires_later")),
        sa.CheckConstraint("responder_id <> voucher_id", name=op.f("ck_vouch_not_for_itself")),
        sa.ForeignKeyConstraint(["recorded_by_id"], ["user.id"], name=op.f("fk_vouch_recorded_by_id_user")),
        sa.ForeignKeyConstraint(["responder_id"], ["responder.id"], name=op.f("fk_vouch_responder_id_responder")),
        sa.ForeignKeyConstraint(["voucher_id"], ["responder.id"], name=op.f("fk_vouch_voucher_id_responder")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vouch")),
        sa.UniqueConstraint("uid", name=op.f("uq_vouch_uid")),
    )
    op.create_index("ix_vouch_responder_id", "vouch", ["responder_id", "expires_on"], unique=False)
    op.create_index("ix_vouch_voucher_id", "vouch", ["voucher_id", "expires_on"], unique=False)
    op.create_table(
        "evacuation_event",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("evacuation_id", ROW_ID, nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "planned",
                "departed",
                "counted",
                "incident",
                "arrived",
                "turned-back",
                "cancelled",
                "corrected",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("corrects_id", ROW_ID, nullable=True),
        sa.Column("void", sa.Boolean(), nullable=False),
        sa.Column("happened_on", sa.Date(), nullable=False),
        sa.Column(
            "precision",
            sa.Enum("day", "week", "month", name="precision", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column("vehicles", sa.Integer(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by_id", sa.Integer(), nullable=False),
        sa.Column("said_by_id", sa.Integer(), nullable=False),
        sa.Column("private_digest", sa.String(length=64), nullable=True),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "(kind = 'corrected') = (corrects_id IS NOT NULL)", name=op.f("ck_evacuation_event_a_correction_names_one")
        ),
        sa.CheckConstraint("vehicles IS NULL OR vehicles >= 0", name=op.f("ck_evacuation_event_vehicles_not_negative")),
        sa.ForeignKeyConstraint(
            ["corrects_id"], ["evacuation_event.id"], name=op.f("fk_evacuation_event_corrects_id_evacuation_event")
        ),
        sa.ForeignKeyConstraint(
            ["evacuation_id"], ["evacuation.id"], name=op.f("fk_evacuation_event_evacuation_id_evacuation")
        ),
        sa.ForeignKeyConstraint(["recorded_by_id"], ["user.id"], name=op.f("fk_evacuation_event_recorded_by_id_user")),
        sa.ForeignKeyConstraint(
            ["said_by_id"], ["responder.id"], name=op.f("fk_evacuation_event_said_by_id_responder")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evacuation_event")),
        sa.UniqueConstraint("uid", name=op.f("uq_evacuation_event_uid")),
        info={"within": "evacuation", "append_only": True},
    )
    op.create_index(op.f("ix_evacuation_event_corrects_id"), "evacuation_event", ["corrects_id"], unique=False)
    op.create_index("ix_evacuation_event_evacuation_id_id", "evacuation_event", ["evacuation_id", "id"], unique=False)
    op.create_table(
        "evacuation_group",
        sa.Column("evacuation_id", ROW_ID, nullable=False),
        sa.Column("responder_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["evacuation_id"], ["evacuation.id"], name=op.f("fk_evacuation_group_evacuation_id_evacuation")
        ),
        sa.ForeignKeyConstraint(
            ["responder_id"], ["responder.id"], name=op.f("fk_evacuation_group_responder_id_responder")
        ),
        sa.PrimaryKeyConstraint("evacuation_id", "responder_id", name=op.f("pk_evacuation_group")),
        info={"within": "evacuation"},
    )
    op.create_index(op.f("ix_evacuation_group_responder_id"), "evacuation_group", ["responder_id"], unique=False)
    op.create_table(
        "kit_item",
        sa.Column("kit_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("quantity_milli", sa.BigInteger(), nullable=False),
        sa.Column("unit", sa.String(length=16), nullable=False),
        sa.CheckConstraint("quantity_milli > 0", name=op.f("ck_kit_item_quantity_positive")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_kit_item_item_id_item")),
        sa.ForeignKeyConstraint(["kit_id"], ["kit.id"], name=op.f("fk_kit_item_kit_id_kit")),
        sa.PrimaryKeyConstraint("kit_id", "number", name=op.f("pk_kit_item")),
        info={"within": "kit"},
    )
    op.create_table(
        "loss_month",
        sa.Column("responder_id", sa.Integer(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column(
            "reason",
            sa.Enum(
                "seized",
                "informal-tax",
                "turned-back",
                "river-or-weather",
                "shelling",
                "spoiled",
                "stolen",
                "diverted",
                "surety",
                "shared",
                name="reason",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("unit", sa.String(length=16), nullable=False),
        sa.Column("losses", sa.Integer(), nullable=False),
        sa.Column("quantity_milli", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_loss_month_item_id_item")),
        sa.ForeignKeyConstraint(["responder_id"], ["responder.id"], name=op.f("fk_loss_month_responder_id_responder")),
        sa.PrimaryKeyConstraint("responder_id", "month", "reason", "item_id", "unit", name=op.f("pk_loss_month")),
        info={"within": "delivery"},
    )
    op.create_table(
        "need_line",
        sa.Column("need_id", ROW_ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("quantity_milli", sa.BigInteger(), nullable=True),
        sa.Column("unit", sa.String(length=16), nullable=False),
        sa.CheckConstraint("quantity_milli IS NULL OR quantity_milli > 0", name=op.f("ck_need_line_quantity_positive")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_need_line_item_id_item")),
        sa.ForeignKeyConstraint(["need_id"], ["need.id"], name=op.f("fk_need_line_need_id_need")),
        sa.PrimaryKeyConstraint("need_id", "number", name=op.f("pk_need_line")),
        info={"within": "need"},
    )
    op.create_table(
        "delivery_leg",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("delivery_id", ROW_ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column(
            "mode",
            sa.Enum(
                "truck",
                "motorbike",
                "boat",
                "porter",
                name="mode",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("crossing_id", sa.Integer(), nullable=True),
        sa.Column("expected_on", sa.Date(), nullable=True),
        sa.Column("carrier_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["crossing_id"], ["crossing.id"], name=op.f("fk_delivery_leg_crossing_id_crossing")),
        sa.ForeignKeyConstraint(["delivery_id"], ["delivery.id"], name=op.f("fk_delivery_leg_delivery_id_delivery")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery_leg")),
        sa.UniqueConstraint("delivery_id", "number", name=op.f("uq_delivery_leg_delivery_id_number")),
        sa.UniqueConstraint("uid", name=op.f("uq_delivery_leg_uid")),
        info={"within": "delivery"},
    )
    op.create_table(
        "evacuation_count",
        sa.Column("event_id", ROW_ID, nullable=False),
        sa.Column(
            "band",
            sa.Enum(
                "adults",
                "children",
                "older",
                "reduced-mobility",
                "not-said",
                name="band",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.CheckConstraint("people >= 0", name=op.f("ck_evacuation_count_people_not_negative")),
        sa.ForeignKeyConstraint(
            ["event_id"], ["evacuation_event.id"], name=op.f("fk_evacuation_count_event_id_evacuation_event")
        ),
        sa.PrimaryKeyConstraint("event_id", "band", name=op.f("pk_evacuation_count")),
        info={"within": "evacuation", "append_only": True},
    )
    op.create_table(
        "evacuation_private",
        sa.Column("event_id", ROW_ID, autoincrement=False, nullable=False),
        sa.Column("salt", sa.String(length=32), nullable=False),
        sa.Column("place_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("note_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["event_id"], ["evacuation_event.id"], name=op.f("fk_evacuation_private_event_id_evacuation_event")
        ),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_evacuation_private")),
        sa.UniqueConstraint("uid", name=op.f("uq_evacuation_private_uid")),
        info={"within": "evacuation"},
    )
    op.create_table(
        "need_delivery",
        sa.Column("need_id", ROW_ID, nullable=False),
        sa.Column("delivery_id", ROW_ID, nullable=False),
        sa.ForeignKeyConstraint(["delivery_id"], ["delivery.id"], name=op.f("fk_need_delivery_delivery_id_delivery")),
        sa.ForeignKeyConstraint(["need_id"], ["need.id"], name=op.f("fk_need_delivery_need_id_need")),
        sa.PrimaryKeyConstraint("need_id", "delivery_id", name=op.f("pk_need_delivery")),
        info={"within": "need"},
    )
    op.create_index("ix_need_delivery_delivery_id", "need_delivery", ["delivery_id"], unique=False)
    op.create_table(
        "old_book_row",
        sa.Column("book_id", ROW_ID, nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("responder_id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("delivery_id", ROW_ID, nullable=False),
        sa.ForeignKeyConstraint(["book_id"], ["old_book.id"], name=op.f("fk_old_book_row_book_id_old_book")),
        sa.ForeignKeyConstraint(["delivery_id"], ["delivery.id"], name=op.f("fk_old_book_row_delivery_id_delivery")),
        sa.ForeignKeyConstraint(
            ["responder_id"], ["responder.id"], name=op.f("fk_old_book_row_responder_id_responder")
        ),
        sa.PrimaryKeyConstraint("book_id", "line", name=op.f("pk_old_book_row")),
        sa.UniqueConstraint("responder_id", "digest", name=op.f("uq_old_book_row_responder_id_digest")),
        info={"within": "old_book"},
    )
    op.create_index(op.f("ix_old_book_row_delivery_id"), "old_book_row", ["delivery_id"], unique=False)
    op.create_table(
        "release_loss",
        sa.Column("release_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("deliveries", sa.Integer(), nullable=False),
        sa.Column("villages", sa.Integer(), nullable=False),
        sa.Column("earlier", sa.Boolean(), nullable=False),
        sa.CheckConstraint("deliveries >= 5 AND villages >= 3", name=op.f("ck_release_loss_floors")),
        sa.ForeignKeyConstraint(["release_id"], ["release.id"], name=op.f("fk_release_loss_release_id_release")),
        sa.PrimaryKeyConstraint("release_id", "number", name=op.f("pk_release_loss")),
        info={"within": "release", "append_only": True},
    )
    op.create_table(
        "event_band",
        sa.Column("event_id", ROW_ID, nullable=False),
        sa.Column(
            "sex",
            sa.Enum("female", "male", "not-said", name="sex", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column(
            "age",
            sa.Enum(
                "0-4",
                "5-17",
                "18-59",
                "60+",
                "not-said",
                name="age",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.CheckConstraint("people >= 0", name=op.f("ck_event_band_people_not_negative")),
        sa.ForeignKeyConstraint(
            ["event_id"], ["delivery_event.id"], name=op.f("fk_event_band_event_id_delivery_event")
        ),
        sa.PrimaryKeyConstraint("event_id", "sex", "age", name=op.f("pk_event_band")),
        info={"within": "delivery", "append_only": True},
    )
    op.create_table(
        "handover",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("code", KEY_TEXT, nullable=False),
        sa.Column("delivery_id", ROW_ID, nullable=False),
        sa.Column("event_id", ROW_ID, nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("from_responder_id", sa.Integer(), nullable=True),
        sa.Column("to_responder_id", sa.Integer(), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "open",
                "accepted",
                "short",
                "surplus",
                "refused",
                "void",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("given_on", sa.Date(), nullable=False),
        sa.Column("answered_on", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["delivery_id"], ["delivery.id"], name=op.f("fk_handover_delivery_id_delivery")),
        sa.ForeignKeyConstraint(["event_id"], ["delivery_event.id"], name=op.f("fk_handover_event_id_delivery_event")),
        sa.ForeignKeyConstraint(
            ["from_responder_id"], ["responder.id"], name=op.f("fk_handover_from_responder_id_responder")
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["responder.id"], name=op.f("fk_handover_owner_id_responder")),
        sa.ForeignKeyConstraint(
            ["to_responder_id"], ["responder.id"], name=op.f("fk_handover_to_responder_id_responder")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handover")),
        sa.UniqueConstraint("event_id", name=op.f("uq_handover_event_id")),
        sa.UniqueConstraint("uid", name=op.f("uq_handover_uid")),
    )
    op.create_index(op.f("ix_handover_code"), "handover", ["code"], unique=False)
    op.create_index(op.f("ix_handover_delivery_id"), "handover", ["delivery_id"], unique=False)
    op.create_index(
        "ix_handover_from_state", "handover", ["from_responder_id", "state", "given_on", "id"], unique=False
    )
    op.create_index("ix_handover_owner_state", "handover", ["owner_id", "state", "given_on", "id"], unique=False)
    op.create_index("ix_handover_to_state", "handover", ["to_responder_id", "state", "given_on", "id"], unique=False)
    op.create_table(
        "line_origin",
        sa.Column("line_id", ROW_ID, nullable=False),
        sa.Column("from_line_id", ROW_ID, nullable=False),
        sa.Column("event_id", ROW_ID, nullable=False),
        sa.Column("quantity_milli", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("quantity_milli > 0", name=op.f("ck_line_origin_quantity_positive")),
        sa.ForeignKeyConstraint(
            ["event_id"], ["delivery_event.id"], name=op.f("fk_line_origin_event_id_delivery_event")
        ),
        sa.ForeignKeyConstraint(
            ["from_line_id"], ["delivery_line.id"], name=op.f("fk_line_origin_from_line_id_delivery_line")
        ),
        sa.ForeignKeyConstraint(["line_id"], ["delivery_line.id"], name=op.f("fk_line_origin_line_id_delivery_line")),
        sa.PrimaryKeyConstraint("line_id", "from_line_id", "event_id", name=op.f("pk_line_origin")),
        info={"within": "delivery", "append_only": True},
    )
    op.create_index("ix_line_origin_from_line_id", "line_origin", ["from_line_id"], unique=False)
    op.create_table(
        "release_loss_reason",
        sa.Column("release_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column(
            "reason",
            sa.Enum(
                "seized",
                "informal-tax",
                "turned-back",
                "river-or-weather",
                "shelling",
                "spoiled",
                "stolen",
                "diverted",
                "surety",
                "shared",
                name="reason",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["release_id", "number"], ["release_loss.release_id", "release_loss.number"], name="fk_loss"
        ),
        sa.PrimaryKeyConstraint("release_id", "number", "reason", name=op.f("pk_release_loss_reason")),
        info={"within": "release", "append_only": True},
    )
    for table in APPEND_ONLY:
        protect(table)
    with op.batch_alter_table("delivery") as batch:
        batch.add_column(sa.Column("imported", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch.drop_constraint(op.f("ck_delivery_state"), type_="check")
        batch.create_check_constraint(op.f("ck_delivery_state"), one_of("state", (*STATES, "moved-on")))
    with op.batch_alter_table("delivery") as batch:
        batch.alter_column("imported", existing_type=sa.Boolean(), server_default=None)
    with op.batch_alter_table("delivery_event") as batch:
        batch.add_column(sa.Column("disabled", sa.Integer()))
        batch.add_column(sa.Column("about_id", ROW_ID))
        for name, values in CHOICES.items():
            batch.add_column(sa.Column(name, sa.String(24)))
            batch.create_check_constraint(op.f(f"ck_delivery_event_{name}"), one_of(name, values))
        for name, check in CHECKS.items():
            batch.create_check_constraint(op.f(f"ck_delivery_event_{name}"), check)
        batch.create_foreign_key(
            op.f("fk_delivery_event_about_id_delivery_event"), "delivery_event", ["about_id"], ["id"]
        )
        batch.drop_constraint(op.f("ck_delivery_event_kind"), type_="check")
        batch.create_check_constraint(op.f("ck_delivery_event_kind"), one_of("kind", (*KINDS, "answered", "moved")))
        batch.create_index("ix_delivery_event_about_id", ["about_id"])
    protect_remade()
    with op.batch_alter_table("event_private") as batch:
        batch.add_column(sa.Column("feedback_sealed", sa.LargeBinary()))
    with op.batch_alter_table("photo") as batch:
        batch.add_column(sa.Column("event_id", ROW_ID))
        batch.alter_column("expense_id", existing_type=sa.Integer(), nullable=True)
        batch.create_foreign_key(op.f("fk_photo_event_id_delivery_event"), "delivery_event", ["event_id"], ["id"])
        batch.create_check_constraint(op.f("ck_photo_of_one_thing"), "(expense_id IS NULL) <> (event_id IS NULL)")
        batch.create_index("ix_photo_event_id", ["event_id"])
    acts_are((*ACTS, "public-page"), (*SETTINGS, "public-page"))


def downgrade() -> None:
    connection = op.get_bind()
    held = [(f'SELECT count(*) FROM "{table}"', f"the records of {table}") for table in NEW]
    held += [
        ("SELECT count(*) FROM photo WHERE event_id IS NOT NULL", "photos of hand-outs"),
        ("SELECT count(*) FROM delivery_event WHERE kind IN ('answered', 'moved')", "answers and moves"),
        ("SELECT count(*) FROM delivery WHERE state = 'moved-on'", "deliveries that moved on"),
        ("SELECT count(*) FROM approval WHERE act = 'public-page'", "what was asked about the public page"),
    ]
    for counted, what in held:
        if connection.scalar(sa.text(counted)):
            raise RuntimeError(f"going below this migration would lose {what}")
    acts_are(ACTS, SETTINGS)
    op.drop_index("ix_photo_event_id", table_name="photo")
    with op.batch_alter_table("photo") as batch:
        batch.drop_constraint(op.f("fk_photo_event_id_delivery_event"), type_="foreignkey")
        batch.drop_constraint(op.f("ck_photo_of_one_thing"), type_="check")
        batch.drop_column("event_id")
        batch.alter_column("expense_id", existing_type=sa.Integer(), nullable=False)
    with op.batch_alter_table("event_private") as batch:
        batch.drop_column("feedback_sealed")
    op.drop_index("ix_delivery_event_about_id", table_name="delivery_event")
    with op.batch_alter_table("delivery_event") as batch:
        for name in (*CHECKS, *CHOICES, "kind"):
            batch.drop_constraint(op.f(f"ck_delivery_event_{name}"), type_="check")
        batch.drop_constraint(op.f("fk_delivery_event_about_id_delivery_event"), type_="foreignkey")
        for name in ("disabled", "about_id", *CHOICES):
            batch.drop_column(name)
        batch.create_check_constraint(op.f("ck_delivery_event_kind"), one_of("kind", KINDS))
    protect_remade()
    with op.batch_alter_table("delivery") as batch:
        batch.drop_column("imported")
        batch.drop_constraint(op.f("ck_delivery_state"), type_="check")
        batch.create_check_constraint(op.f("ck_delivery_state"), one_of("state", STATES))
    for table in NEW:
        op.drop_table(table)
