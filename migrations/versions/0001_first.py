"""The first tables.

Rules of this folder: numbered, revision = file name, one head; no import from aidnet; schema and data apart; SQLite's batch
mode drops triggers, so make them again. Append-only tables have triggers on both databases.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001_first"
down_revision = None
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
KEY_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")

#: Rows of these are never changed or removed.
APPEND_ONLY = (
    "audit_entry",
    "delivery_event",
    "event_people",
    "event_quantity",
    "ledger_event",
    "payout_confirmation",
    "release",
    "release_row",
    "release_row_place",
    "release_withdrawal",
    "released_event",
    "transfer",
)


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


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$"
        )
    op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_audit_head_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_head")),
        info={"audit": True},
    )
    op.create_table(
        "network",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column(
            "kind",
            sa.Enum("real", "demo", name="kind", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("set_up_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("setup_token_hash", sa.Text(), nullable=True),
        sa.Column("public_page", sa.Boolean(), nullable=False),
        sa.Column("release_delay_days", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_network_one_row")),
        sa.CheckConstraint("release_delay_days >= 14", name=op.f("ck_network_release_delay_only_longer")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_network")),
        info={"reference": True},
    )
    op.create_table(
        "partner",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("network", "responder", "donor", name="kind", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column("code_name", sa.Text(), nullable=False),
        sa.Column("code_name_key", sa.Text(), nullable=False),
        sa.Column("own_name_sealed", sa.LargeBinary(), nullable=True),
        sa.Column(
            "status",
            sa.Enum(
                "invited",
                "active",
                "suspended",
                "left",
                name="status",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_partner")),
        sa.UniqueConstraint("code", name=op.f("uq_partner_code")),
        sa.UniqueConstraint("code_name_key", name=op.f("uq_partner_code_name_key")),
        sa.UniqueConstraint("id", "kind", name=op.f("uq_partner_id_kind")),
        sa.UniqueConstraint("uid", name=op.f("uq_partner_uid")),
    )
    op.create_table(
        "place",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("pcode", KEY_TEXT, nullable=False),
        sa.Column(
            "level",
            sa.Enum(
                "country",
                "state",
                "district",
                "township",
                "town",
                "ward",
                "village_tract",
                "village",
                name="level",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("parent_id", sa.Integer(), nullable=True),
        sa.Column("state_id", sa.Integer(), nullable=True),
        sa.Column("district_id", sa.Integer(), nullable=True),
        sa.Column("township_id", sa.Integer(), nullable=True),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("name_my", sa.Text(), nullable=False),
        sa.Column("display_name", sa.Text(), nullable=True),
        sa.Column("lat", sa.Float(), nullable=True),
        sa.Column("lon", sa.Float(), nullable=True),
        sa.Column("coord_source", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(level = 'country') = (parent_id IS NULL)", name=op.f("ck_place_only_the_country_has_no_parent")
        ),
        sa.CheckConstraint("(lat IS NULL) = (lon IS NULL)", name=op.f("ck_place_a_point_has_both")),
        sa.ForeignKeyConstraint(["district_id"], ["place.id"], name=op.f("fk_place_district_id_place")),
        sa.ForeignKeyConstraint(["parent_id"], ["place.id"], name=op.f("fk_place_parent_id_place")),
        sa.ForeignKeyConstraint(["state_id"], ["place.id"], name=op.f("fk_place_state_id_place")),
        sa.ForeignKeyConstraint(["township_id"], ["place.id"], name=op.f("fk_place_township_id_place")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_place")),
        sa.UniqueConstraint("pcode", name=op.f("uq_place_pcode")),
        info={"reference": True},
    )
    op.create_index(op.f("ix_place_district_id"), "place", ["district_id"], unique=False)
    op.create_index(op.f("ix_place_parent_id"), "place", ["parent_id"], unique=False)
    op.create_index(op.f("ix_place_township_id"), "place", ["township_id"], unique=False)
    op.create_table(
        "throttle",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_failure_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_throttle")),
        info={"operational": True},
    )
    op.create_table(
        "unit",
        sa.Column("code", sa.String(length=16), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("name_my", sa.Text(), nullable=False),
        sa.Column("plain_unit", sa.String(length=16), nullable=False),
        sa.Column("factor", sa.String(40), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_unit")),
        info={"reference": True},
    )
    op.create_table(
        "user",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sign_in_name", sa.Text(), nullable=False),
        sa.Column("name_key", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column(
            "state",
            sa.Enum("active", "suspended", name="state", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column("language", sa.String(length=3), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user")),
        sa.UniqueConstraint("name_key", name=op.f("uq_user_name_key")),
        sa.UniqueConstraint("uid", name=op.f("uq_user_uid")),
    )
    op.create_table(
        "audit_entry",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("role", sa.String(length=16), nullable=True),
        sa.Column("partner_id", sa.Integer(), nullable=True),
        sa.Column("action", sa.String(length=48), nullable=False),
        sa.Column("entity", sa.String(length=32), nullable=False),
        sa.Column("entity_id", ROW_ID, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("previous_hash", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["partner_id"], ["partner.id"], name=op.f("fk_audit_entry_partner_id_partner")),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_audit_entry_user_id_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entry")),
        sa.UniqueConstraint("hash", name=op.f("uq_audit_entry_hash")),
        info={"append_only": True, "audit": True},
    )
    op.create_index("ix_audit_entry_action_id", "audit_entry", ["action", "id"], unique=False)
    op.create_index(op.f("ix_audit_entry_at"), "audit_entry", ["at"], unique=False)
    op.create_index("ix_audit_entry_entity_id", "audit_entry", ["entity", "id"], unique=False)
    op.create_index(op.f("ix_audit_entry_user_id"), "audit_entry", ["user_id"], unique=False)
    op.create_table(
        "crossing",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=True),
        sa.Column("responder_id", sa.Integer(), nullable=True),
        sa.Column("code_name", sa.Text(), nullable=False),
        sa.Column("code_name_key", sa.Text(), nullable=False),
        sa.Column("name_my", sa.Text(), nullable=True),
        sa.Column("country", sa.CHAR(length=2), nullable=False),
        sa.Column("township_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.CheckConstraint("(responder_id IS NULL) = (slug IS NOT NULL)", name=op.f("ck_crossing_shipped_or_own")),
        sa.ForeignKeyConstraint(["responder_id"], ["partner.id"], name=op.f("fk_crossing_responder_id_partner")),
        sa.ForeignKeyConstraint(["township_id"], ["place.id"], name=op.f("fk_crossing_township_id_place")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crossing")),
        sa.UniqueConstraint("responder_id", "code_name_key", name=op.f("uq_crossing_responder_id_code_name_key")),
        sa.UniqueConstraint("slug", name=op.f("uq_crossing_slug")),
        sa.UniqueConstraint("uid", name=op.f("uq_crossing_uid")),
    )
    op.create_table(
        "device",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("last_used_on", sa.Date(), nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_device_user_id_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_device")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_device_token_hash")),
        sa.UniqueConstraint("uid", name=op.f("uq_device_uid")),
        info={"operational": True},
    )
    op.create_index(op.f("ix_device_user_id"), "device", ["user_id"], unique=False)
    op.create_table(
        "invitation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column(
            "purpose",
            sa.Enum("join", "help", name="purpose", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column("partner_id", sa.Integer(), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "logger",
                "coordinator",
                "donor",
                "treasurer",
                "auditor",
                "admin",
                name="role",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("label_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "approval",
            sa.Enum(
                "none",
                "second-person",
                "responder",
                "responder-or-wait",
                name="approval",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("approved_by_id", sa.Integer(), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("opens_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("used_by_id", sa.Integer(), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "(purpose = 'help') = (user_id IS NOT NULL)", name=op.f("ck_invitation_help_is_for_someone")
        ),
        sa.CheckConstraint(
            "approved_by_id IS NULL OR approved_by_id <> created_by_id", name=op.f("ck_invitation_two_people")
        ),
        sa.ForeignKeyConstraint(["approved_by_id"], ["user.id"], name=op.f("fk_invitation_approved_by_id_user")),
        sa.ForeignKeyConstraint(["created_by_id"], ["user.id"], name=op.f("fk_invitation_created_by_id_user")),
        sa.ForeignKeyConstraint(["partner_id"], ["partner.id"], name=op.f("fk_invitation_partner_id_partner")),
        sa.ForeignKeyConstraint(["used_by_id"], ["user.id"], name=op.f("fk_invitation_used_by_id_user")),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_invitation_user_id_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitation")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_invitation_token_hash")),
        sa.UniqueConstraint("uid", name=op.f("uq_invitation_uid")),
    )
    op.create_index(op.f("ix_invitation_partner_id"), "invitation", ["partner_id"], unique=False)
    op.create_table(
        "membership",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("partner_id", sa.Integer(), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "logger",
                "coordinator",
                "donor",
                "treasurer",
                "auditor",
                "admin",
                name="role",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column(
            "state",
            sa.Enum("active", "suspended", name="state", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column("suspended_by_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["partner_id"], ["partner.id"], name=op.f("fk_membership_partner_id_partner")),
        sa.ForeignKeyConstraint(["suspended_by_id"], ["user.id"], name=op.f("fk_membership_suspended_by_id_user")),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_membership_user_id_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_membership")),
        sa.UniqueConstraint("uid", name=op.f("uq_membership_uid")),
        sa.UniqueConstraint("user_id", "partner_id", "role", name=op.f("uq_membership_user_id_partner_id_role")),
    )
    op.create_index(op.f("ix_membership_partner_id"), "membership", ["partner_id"], unique=False)
    op.create_table(
        "place_name",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("place_id", sa.Integer(), nullable=False),
        sa.Column("depth", sa.SmallInteger(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("key", KEY_TEXT, nullable=False),
        sa.Column("skeleton", KEY_TEXT, nullable=False),
        sa.ForeignKeyConstraint(
            ["place_id"], ["place.id"], name=op.f("fk_place_name_place_id_place"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_place_name")),
        info={"reference": True},
    )
    op.create_index("ix_place_name_depth_key_place", "place_name", ["depth", "key", "place_id"], unique=False)
    op.create_index(op.f("ix_place_name_place_id"), "place_name", ["place_id"], unique=False)
    op.create_index("ix_place_name_skeleton_key", "place_name", ["skeleton", "key"], unique=False)
    op.create_table(
        "presence",
        sa.Column("user_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("last_seen_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_presence_user_id_user")),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_presence")),
        info={"operational": True, "within": "user"},
    )
    op.create_table(
        "responder",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column(
            "partner_kind",
            sa.Enum(
                "network",
                "responder",
                "donor",
                name="partnerkind",
                native_enum=False,
                create_constraint=False,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column(
            "kind",
            sa.Enum(
                "cbo",
                "cso",
                "faith",
                "women",
                "youth",
                "health",
                "mutual-aid",
                "other",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("since_year", sa.Integer(), nullable=True),
        sa.Column("pledged_on", sa.Date(), nullable=True),
        sa.Column("about_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("contact_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("withheld_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.CheckConstraint("partner_kind = 'responder'", name=op.f("ck_responder_partner_is_responder")),
        sa.ForeignKeyConstraint(["id", "partner_kind"], ["partner.id", "partner.kind"], name="fk_responder_partner"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_responder")),
        sa.UniqueConstraint("uid", name=op.f("uq_responder_uid")),
    )
    op.create_table(
        "site",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("responder_id", sa.Integer(), nullable=False),
        sa.Column("place_id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "village",
                "camp",
                "monastery",
                "church",
                "school",
                "clinic",
                "hub",
                "other",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("name_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["place_id"], ["place.id"], name=op.f("fk_site_place_id_place")),
        sa.ForeignKeyConstraint(["responder_id"], ["partner.id"], name=op.f("fk_site_responder_id_partner")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_site")),
        sa.UniqueConstraint("uid", name=op.f("uq_site_uid")),
    )
    op.create_index(op.f("ix_site_code"), "site", ["code"], unique=False)
    op.create_index(op.f("ix_site_place_id"), "site", ["place_id"], unique=False)
    op.create_index(op.f("ix_site_responder_id"), "site", ["responder_id"], unique=False)
    op.create_table(
        "fund",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("responder_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_key", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column(
            "state",
            sa.Enum("open", "closed", name="state", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["responder_id"], ["responder.id"], name=op.f("fk_fund_responder_id_responder")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fund")),
        sa.UniqueConstraint("code", name=op.f("uq_fund_code")),
        sa.UniqueConstraint("name_key", name=op.f("uq_fund_name_key")),
        sa.UniqueConstraint("responder_id", name=op.f("uq_fund_responder_id")),
        sa.UniqueConstraint("uid", name=op.f("uq_fund_uid")),
    )
    op.create_table(
        "item",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=True),
        sa.Column("responder_id", sa.Integer(), nullable=True),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("name_my", sa.Text(), nullable=True),
        sa.Column("name_key", sa.Text(), nullable=False),
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
            nullable=True,
        ),
        sa.Column("unit", sa.String(length=16), nullable=False),
        sa.Column("per_household_milli", sa.BigInteger(), nullable=True),
        sa.Column("per_period", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.CheckConstraint("(responder_id IS NULL) = (slug IS NOT NULL)", name=op.f("ck_item_shipped_or_own")),
        sa.ForeignKeyConstraint(["responder_id"], ["responder.id"], name=op.f("fk_item_responder_id_responder")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_item")),
        sa.UniqueConstraint("responder_id", "name_key", name=op.f("uq_item_responder_id_name_key")),
        sa.UniqueConstraint("slug", name=op.f("uq_item_slug")),
        sa.UniqueConstraint("uid", name=op.f("uq_item_uid")),
    )
    op.create_table(
        "reach",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("responder_id", sa.Integer(), nullable=False),
        sa.Column("place_id", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=True),
        sa.Column(
            "way",
            sa.Enum(
                "road",
                "river",
                "foot",
                "cross-border",
                name="way",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("since_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.CheckConstraint("until_on IS NULL OR until_on >= since_on", name=op.f("ck_reach_until_after_since")),
        sa.ForeignKeyConstraint(["place_id"], ["place.id"], name=op.f("fk_reach_place_id_place")),
        sa.ForeignKeyConstraint(["responder_id"], ["responder.id"], name=op.f("fk_reach_responder_id_responder")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_reach_site_id_site")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reach")),
        sa.UniqueConstraint("uid", name=op.f("uq_reach_uid")),
    )
    op.create_index("ix_reach_place_id_responder_id", "reach", ["place_id", "responder_id"], unique=False)
    op.create_index(op.f("ix_reach_responder_id"), "reach", ["responder_id"], unique=False)
    op.create_table(
        "responder_sector",
        sa.Column("responder_id", sa.Integer(), nullable=False),
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
        sa.ForeignKeyConstraint(
            ["responder_id"], ["responder.id"], name=op.f("fk_responder_sector_responder_id_responder")
        ),
        sa.PrimaryKeyConstraint("responder_id", "sector", name=op.f("pk_responder_sector")),
        info={"within": "responder"},
    )
    op.create_table(
        "result_month",
        sa.Column("responder_id", sa.Integer(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("deliveries", sa.Integer(), nullable=False),
        sa.Column("distributions", sa.Integer(), nullable=False),
        sa.Column("households", sa.Integer(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["responder_id"], ["responder.id"], name=op.f("fk_result_month_responder_id_responder")
        ),
        sa.PrimaryKeyConstraint("responder_id", "month", name=op.f("pk_result_month")),
        info={"within": "delivery"},
    )
    op.create_table(
        "served_place",
        sa.Column("responder_id", sa.Integer(), nullable=False),
        sa.Column("place_id", sa.Integer(), nullable=False),
        sa.Column("distributions", sa.Integer(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["place_id"], ["place.id"], name=op.f("fk_served_place_place_id_place")),
        sa.ForeignKeyConstraint(
            ["responder_id"], ["responder.id"], name=op.f("fk_served_place_responder_id_responder")
        ),
        sa.PrimaryKeyConstraint("responder_id", "place_id", name=op.f("pk_served_place")),
        info={"within": "delivery"},
    )
    op.create_index("ix_served_place_place_id", "served_place", ["place_id"], unique=False)
    op.create_table(
        "web_session",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("membership_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["membership_id"], ["membership.id"], name=op.f("fk_web_session_membership_id_membership")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_web_session_user_id_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_web_session")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_web_session_token_hash")),
        sa.UniqueConstraint("uid", name=op.f("uq_web_session_uid")),
        info={"operational": True},
    )
    op.create_index(op.f("ix_web_session_user_id"), "web_session", ["user_id"], unique=False)
    op.create_table(
        "contribution",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("receipt_code", sa.Text(), nullable=False),
        sa.Column("fund_id", sa.Integer(), nullable=False),
        sa.Column("donor_id", sa.Integer(), nullable=True),
        sa.Column(
            "giver_kind",
            sa.Enum(
                "person",
                "group",
                "foundation",
                "government",
                name="giver_kind",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("giver_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("giver_index", sa.String(length=64), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "pledged",
                "received",
                "withdrawn",
                "reversed",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column(
            "channel",
            sa.Enum(
                "hundi",
                "bank",
                "mobile-money",
                "cash",
                "other",
                name="channel",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("amount_minor", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.CHAR(length=3), nullable=True),
        sa.Column("item_id", sa.Integer(), nullable=True),
        sa.Column("quantity_milli", sa.BigInteger(), nullable=True),
        sa.Column("unit", sa.String(length=16), nullable=True),
        sa.Column("earmark_place_id", sa.Integer(), nullable=True),
        sa.Column(
            "earmark_sector",
            sa.Enum(
                "FSC",
                "HEA",
                "WSH",
                "SHL",
                "NUT",
                "EDU",
                "PRO",
                "LOG",
                name="earmark_sector",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=True,
        ),
        sa.Column("earmark_responder_id", sa.Integer(), nullable=True),
        sa.Column("note_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("pledged_on", sa.Date(), nullable=True),
        sa.Column("received_on", sa.Date(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "(state = 'pledged') = (received_on IS NULL) OR state = 'withdrawn'",
            name=op.f("ck_contribution_received_has_day"),
        ),
        sa.CheckConstraint(
            "currency IN ('MMK', 'THB', 'USD', 'EUR', 'INR', 'AUD', 'SGD', 'GBP', 'JPY', 'KRW', 'CNY', 'MYR', 'BDT')",
            name=op.f("ck_contribution_currency_known"),
        ),
        sa.CheckConstraint("(amount_minor IS NULL) <> (item_id IS NULL)", name=op.f("ck_contribution_money_or_kind")),
        sa.CheckConstraint(
            "(amount_minor IS NULL) = (currency IS NULL)", name=op.f("ck_contribution_amount_has_currency")
        ),
        sa.CheckConstraint(
            "(item_id IS NULL) = (quantity_milli IS NULL)", name=op.f("ck_contribution_kind_has_quantity")
        ),
        sa.CheckConstraint(
            "amount_minor IS NULL OR (amount_minor > 0 AND amount_minor <= 1000000000000000)",
            name=op.f("ck_contribution_amount_positive"),
        ),
        sa.CheckConstraint(
            "quantity_milli IS NULL OR quantity_milli > 0", name=op.f("ck_contribution_quantity_positive")
        ),
        sa.ForeignKeyConstraint(["donor_id"], ["partner.id"], name=op.f("fk_contribution_donor_id_partner")),
        sa.ForeignKeyConstraint(
            ["earmark_place_id"], ["place.id"], name=op.f("fk_contribution_earmark_place_id_place")
        ),
        sa.ForeignKeyConstraint(
            ["earmark_responder_id"], ["responder.id"], name=op.f("fk_contribution_earmark_responder_id_responder")
        ),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk_contribution_fund_id_fund")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_contribution_item_id_item")),
        sa.ForeignKeyConstraint(["recorded_by_id"], ["user.id"], name=op.f("fk_contribution_recorded_by_id_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contribution")),
        sa.UniqueConstraint("receipt_code", name=op.f("uq_contribution_receipt_code")),
        sa.UniqueConstraint("uid", name=op.f("uq_contribution_uid")),
    )
    op.create_index(op.f("ix_contribution_code"), "contribution", ["code"], unique=False)
    op.create_index("ix_contribution_donor_fund", "contribution", ["donor_id", "fund_id", "state"], unique=False)
    op.create_index("ix_contribution_donor_word", "contribution", ["donor_id", "recorded_at", "id"], unique=False)
    op.create_index("ix_contribution_fund_word", "contribution", ["fund_id", "recorded_at", "id"], unique=False)
    op.create_index(op.f("ix_contribution_giver_index"), "contribution", ["giver_index"], unique=False)
    op.create_index("ix_contribution_state_word", "contribution", ["state", "recorded_at", "id"], unique=False)
    op.create_index("ix_contribution_word", "contribution", ["recorded_at", "id"], unique=False)
    op.create_table(
        "delivery",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("code", KEY_TEXT, nullable=False),
        sa.Column("responder_id", sa.Integer(), nullable=False),
        sa.Column("fund_id", sa.Integer(), nullable=True),
        sa.Column("crossing_id", sa.Integer(), nullable=True),
        sa.Column("planned_on", sa.Date(), nullable=True),
        sa.Column("courier_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("route_note_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("note_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("created_by_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
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
                name="state",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=False),
        sa.Column("last_recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("households", sa.Integer(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("has_discrepancy", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["created_by_id"], ["user.id"], name=op.f("fk_delivery_created_by_id_user")),
        sa.ForeignKeyConstraint(["crossing_id"], ["crossing.id"], name=op.f("fk_delivery_crossing_id_crossing")),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk_delivery_fund_id_fund")),
        sa.ForeignKeyConstraint(["responder_id"], ["responder.id"], name=op.f("fk_delivery_responder_id_responder")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery")),
        sa.UniqueConstraint("uid", name=op.f("uq_delivery_uid")),
    )
    op.create_index("ix_delivery_author_word", "delivery", ["created_by_id", "last_recorded_at", "id"], unique=False)
    op.create_index(op.f("ix_delivery_code"), "delivery", ["code"], unique=False)
    op.create_index(op.f("ix_delivery_fund_id"), "delivery", ["fund_id"], unique=False)
    op.create_index("ix_delivery_responder_last", "delivery", ["responder_id", "last_on", "id"], unique=False)
    op.create_index(
        "ix_delivery_responder_open_planned", "delivery", ["responder_id", "is_open", "planned_on", "id"], unique=False
    )
    op.create_index(
        "ix_delivery_responder_open_word",
        "delivery",
        ["responder_id", "is_open", "last_recorded_at", "id"],
        unique=False,
    )
    op.create_index(
        "ix_delivery_responder_question_word",
        "delivery",
        ["responder_id", "has_discrepancy", "last_recorded_at", "id"],
        unique=False,
    )
    op.create_index(
        "ix_delivery_responder_state_word",
        "delivery",
        ["responder_id", "state", "last_recorded_at", "id"],
        unique=False,
    )
    op.create_index("ix_delivery_responder_word", "delivery", ["responder_id", "last_recorded_at", "id"], unique=False)
    op.create_table(
        "money_month",
        sa.Column("fund_id", sa.Integer(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("currency", sa.CHAR(length=3), nullable=False),
        sa.Column(
            "measure",
            sa.Enum(
                "received",
                "refunded",
                "paid-out",
                "fees",
                "kept",
                "arrived",
                "changed",
                "arrived-changed",
                "exchanged-out",
                "exchanged-in",
                "spent",
                "lost",
                "lost-held",
                name="measure",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("responder_id", sa.Integer(), nullable=False),
        sa.Column("budget_line", sa.String(length=24), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "currency IN ('MMK', 'THB', 'USD', 'EUR', 'INR', 'AUD', 'SGD', 'GBP', 'JPY', 'KRW', 'CNY', 'MYR', 'BDT')",
            name=op.f("ck_money_month_currency_known"),
        ),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk_money_month_fund_id_fund")),
        sa.PrimaryKeyConstraint(
            "fund_id", "month", "currency", "measure", "responder_id", "budget_line", name=op.f("pk_money_month")
        ),
        info={"within": "fund"},
    )
    op.create_index("ix_money_month_responder_id", "money_month", ["responder_id", "month"], unique=False)
    op.create_table(
        "payout",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("fund_id", sa.Integer(), nullable=False),
        sa.Column("responder_id", sa.Integer(), nullable=False),
        sa.Column(
            "channel",
            sa.Enum(
                "hundi",
                "bank",
                "mobile-money",
                "cash",
                "other",
                name="channel",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("agent_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.CHAR(length=3), nullable=False),
        sa.Column("fee_minor", sa.BigInteger(), nullable=False),
        sa.Column("rate", sa.String(40), nullable=True),
        sa.Column(
            "rate_kind",
            sa.Enum(
                "official", "market", "achieved", name="rate_kind", native_enum=False, create_constraint=True, length=24
            ),
            nullable=True,
        ),
        sa.Column("expected_minor", sa.BigInteger(), nullable=False),
        sa.Column("expected_currency", sa.CHAR(length=3), nullable=False),
        sa.Column("confirmed_minor", sa.BigInteger(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "sent",
                "partial",
                "confirmed",
                "lost",
                "reversed",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("sent_on", sa.Date(), nullable=False),
        sa.Column("note_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "currency IN ('MMK', 'THB', 'USD', 'EUR', 'INR', 'AUD', 'SGD', 'GBP', 'JPY', 'KRW', 'CNY', 'MYR', 'BDT')",
            name=op.f("ck_payout_currency_known"),
        ),
        sa.CheckConstraint(
            "expected_currency IN ('MMK', 'THB', 'USD', 'EUR', 'INR', 'AUD', 'SGD', 'GBP', 'JPY', 'KRW', 'CNY', 'MYR', 'BDT')",
            name=op.f("ck_payout_expected_currency_known"),
        ),
        sa.CheckConstraint("(rate IS NULL) = (rate_kind IS NULL)", name=op.f("ck_payout_rate_has_kind")),
        sa.CheckConstraint(
            "amount_minor > 0 AND amount_minor <= 1000000000000000", name=op.f("ck_payout_amount_positive")
        ),
        sa.CheckConstraint(
            "currency = expected_currency OR rate IS NOT NULL", name=op.f("ck_payout_exchange_has_rate")
        ),
        sa.CheckConstraint(
            "expected_minor > 0 AND expected_minor <= 1000000000000000", name=op.f("ck_payout_expected_positive")
        ),
        sa.CheckConstraint("fee_minor >= 0", name=op.f("ck_payout_fee_not_negative")),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk_payout_fund_id_fund")),
        sa.ForeignKeyConstraint(["recorded_by_id"], ["user.id"], name=op.f("fk_payout_recorded_by_id_user")),
        sa.ForeignKeyConstraint(["responder_id"], ["responder.id"], name=op.f("fk_payout_responder_id_responder")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payout")),
        sa.UniqueConstraint("uid", name=op.f("uq_payout_uid")),
    )
    op.create_index(op.f("ix_payout_code"), "payout", ["code"], unique=False)
    op.create_index("ix_payout_fund_word", "payout", ["fund_id", "recorded_at", "id"], unique=False)
    op.create_index("ix_payout_responder_fund", "payout", ["responder_id", "fund_id"], unique=False)
    op.create_index("ix_payout_responder_word", "payout", ["responder_id", "recorded_at", "id"], unique=False)
    op.create_index("ix_payout_state_word", "payout", ["state", "recorded_at", "id"], unique=False)
    op.create_index("ix_payout_word", "payout", ["recorded_at", "id"], unique=False)
    op.create_table(
        "release",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("fund_id", sa.Integer(), nullable=False),
        sa.Column("first_month", sa.Date(), nullable=False),
        sa.Column("last_month", sa.Date(), nullable=False),
        sa.Column("built_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_on", sa.Date(), nullable=False),
        sa.Column("something_withheld", sa.Boolean(), nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.CheckConstraint("first_month <= last_month", name=op.f("ck_release_months_in_order")),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk_release_fund_id_fund")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_release")),
        sa.UniqueConstraint("code", name=op.f("uq_release_code")),
        sa.UniqueConstraint("fund_id", "last_month", name=op.f("uq_release_fund_id_last_month")),
        sa.UniqueConstraint("uid", name=op.f("uq_release_uid")),
        info={"append_only": True},
    )
    op.create_index(op.f("ix_release_fund_id"), "release", ["fund_id"], unique=False)
    op.create_table(
        "account",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "outside",
                "fund",
                "transit",
                "held",
                "spent",
                "fees",
                "exchange",
                "lost",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("fund_id", sa.Integer(), nullable=False),
        sa.Column("responder_id", sa.Integer(), nullable=True),
        sa.Column("payout_id", ROW_ID, nullable=True),
        sa.Column(
            "budget_line",
            sa.Enum(
                "goods",
                "transport",
                "tolls",
                "medicine",
                "shelter",
                "stipends",
                "cash-handed",
                "other",
                name="budget_line",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=True,
        ),
        sa.Column("currency", sa.CHAR(length=3), nullable=False),
        sa.CheckConstraint(
            "currency IN ('MMK', 'THB', 'USD', 'EUR', 'INR', 'AUD', 'SGD', 'GBP', 'JPY', 'KRW', 'CNY', 'MYR', 'BDT')",
            name=op.f("ck_account_currency_known"),
        ),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk_account_fund_id_fund")),
        sa.ForeignKeyConstraint(["payout_id"], ["payout.id"], name=op.f("fk_account_payout_id_payout")),
        sa.ForeignKeyConstraint(["responder_id"], ["responder.id"], name=op.f("fk_account_responder_id_responder")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("id", "currency", "fund_id", name=op.f("uq_account_id_currency_fund_id")),
        sa.UniqueConstraint("key", name=op.f("uq_account_key")),
        info={"within": "fund"},
    )
    op.create_index("ix_account_fund_id_kind", "account", ["fund_id", "kind"], unique=False)
    op.create_index(op.f("ix_account_payout_id"), "account", ["payout_id"], unique=False)
    op.create_index(op.f("ix_account_responder_id"), "account", ["responder_id"], unique=False)
    op.create_table(
        "delivery_event",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("delivery_id", ROW_ID, nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
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
        sa.Column("device_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by_id", sa.Integer(), nullable=False),
        sa.Column(
            "said_by",
            sa.Enum(
                "own-team",
                "carrier",
                "receiver",
                "community",
                name="said_by",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("place_id", sa.Integer(), nullable=True),
        sa.Column("site_id", sa.Integer(), nullable=True),
        sa.Column("crossing_id", sa.Integer(), nullable=True),
        sa.Column("from_responder_id", sa.Integer(), nullable=True),
        sa.Column("to_responder_id", sa.Integer(), nullable=True),
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
            nullable=True,
        ),
        sa.Column("households", sa.Integer(), nullable=True),
        sa.Column("people", sa.Integer(), nullable=True),
        sa.Column("private_digest", sa.String(length=64), nullable=True),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "(kind = 'corrected') = (corrects_id IS NOT NULL)", name=op.f("ck_delivery_event_a_correction_names_one")
        ),
        sa.CheckConstraint(
            "households IS NULL OR households >= 0", name=op.f("ck_delivery_event_households_not_negative")
        ),
        sa.CheckConstraint("people IS NULL OR people >= 0", name=op.f("ck_delivery_event_people_not_negative")),
        sa.ForeignKeyConstraint(
            ["corrects_id"], ["delivery_event.id"], name=op.f("fk_delivery_event_corrects_id_delivery_event")
        ),
        sa.ForeignKeyConstraint(["crossing_id"], ["crossing.id"], name=op.f("fk_delivery_event_crossing_id_crossing")),
        sa.ForeignKeyConstraint(["delivery_id"], ["delivery.id"], name=op.f("fk_delivery_event_delivery_id_delivery")),
        sa.ForeignKeyConstraint(
            ["from_responder_id"], ["responder.id"], name=op.f("fk_delivery_event_from_responder_id_responder")
        ),
        sa.ForeignKeyConstraint(["place_id"], ["place.id"], name=op.f("fk_delivery_event_place_id_place")),
        sa.ForeignKeyConstraint(["recorded_by_id"], ["user.id"], name=op.f("fk_delivery_event_recorded_by_id_user")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_delivery_event_site_id_site")),
        sa.ForeignKeyConstraint(
            ["to_responder_id"], ["responder.id"], name=op.f("fk_delivery_event_to_responder_id_responder")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery_event")),
        sa.UniqueConstraint("uid", name=op.f("uq_delivery_event_uid")),
        info={"within": "delivery", "append_only": True},
    )
    op.create_index(op.f("ix_delivery_event_corrects_id"), "delivery_event", ["corrects_id"], unique=False)
    op.create_index("ix_delivery_event_delivery_id_id", "delivery_event", ["delivery_id", "id"], unique=False)
    op.create_index(
        "ix_delivery_event_place_id_delivery_id", "delivery_event", ["place_id", "delivery_id"], unique=False
    )
    op.create_index(op.f("ix_delivery_event_to_responder_id"), "delivery_event", ["to_responder_id"], unique=False)
    op.create_table(
        "delivery_line",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("delivery_id", ROW_ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("quantity_milli", sa.BigInteger(), nullable=False),
        sa.Column("unit", sa.String(length=16), nullable=False),
        sa.Column("weight_grams", sa.BigInteger(), nullable=True),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.CheckConstraint("quantity_milli > 0", name=op.f("ck_delivery_line_quantity_positive")),
        sa.ForeignKeyConstraint(["delivery_id"], ["delivery.id"], name=op.f("fk_delivery_line_delivery_id_delivery")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_delivery_line_item_id_item")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery_line")),
        sa.UniqueConstraint("delivery_id", "number", name=op.f("uq_delivery_line_delivery_id_number")),
        sa.UniqueConstraint("uid", name=op.f("uq_delivery_line_uid")),
        info={"within": "delivery"},
    )
    op.create_index("ix_delivery_line_item_id_delivery_id", "delivery_line", ["item_id", "delivery_id"], unique=False)
    op.create_table(
        "delivery_stop",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("delivery_id", ROW_ID, nullable=False),
        sa.Column("place_id", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=True),
        sa.Column("township_id", sa.Integer(), nullable=True),
        sa.Column("district_id", sa.Integer(), nullable=True),
        sa.Column("state_id", sa.Integer(), nullable=True),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["delivery_id"], ["delivery.id"], name=op.f("fk_delivery_stop_delivery_id_delivery")),
        sa.ForeignKeyConstraint(["district_id"], ["place.id"], name=op.f("fk_delivery_stop_district_id_place")),
        sa.ForeignKeyConstraint(["place_id"], ["place.id"], name=op.f("fk_delivery_stop_place_id_place")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_delivery_stop_site_id_site")),
        sa.ForeignKeyConstraint(["state_id"], ["place.id"], name=op.f("fk_delivery_stop_state_id_place")),
        sa.ForeignKeyConstraint(["township_id"], ["place.id"], name=op.f("fk_delivery_stop_township_id_place")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery_stop")),
        sa.UniqueConstraint(
            "delivery_id", "place_id", "site_id", name=op.f("uq_delivery_stop_delivery_id_place_id_site_id")
        ),
        sa.UniqueConstraint("uid", name=op.f("uq_delivery_stop_uid")),
        info={"within": "delivery"},
    )
    op.create_index(
        "ix_delivery_stop_district_id_delivery_id", "delivery_stop", ["district_id", "delivery_id"], unique=False
    )
    op.create_index("ix_delivery_stop_place_id_delivery_id", "delivery_stop", ["place_id", "delivery_id"], unique=False)
    op.create_index("ix_delivery_stop_state_id_delivery_id", "delivery_stop", ["state_id", "delivery_id"], unique=False)
    op.create_index(
        "ix_delivery_stop_township_id_delivery_id", "delivery_stop", ["township_id", "delivery_id"], unique=False
    )
    op.create_table(
        "expense",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("fund_id", sa.Integer(), nullable=False),
        sa.Column("responder_id", sa.Integer(), nullable=True),
        sa.Column(
            "budget_line",
            sa.Enum(
                "goods",
                "transport",
                "tolls",
                "medicine",
                "shelter",
                "stipends",
                "cash-handed",
                "other",
                name="budget_line",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.CHAR(length=3), nullable=False),
        sa.Column("spent_on", sa.Date(), nullable=False),
        sa.Column(
            "precision",
            sa.Enum("day", "week", "month", name="precision", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column("delivery_id", ROW_ID, nullable=True),
        sa.Column("note_sealed", sa.LargeBinary(), nullable=True),
        sa.Column(
            "state",
            sa.Enum("recorded", "reversed", name="state", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "currency IN ('MMK', 'THB', 'USD', 'EUR', 'INR', 'AUD', 'SGD', 'GBP', 'JPY', 'KRW', 'CNY', 'MYR', 'BDT')",
            name=op.f("ck_expense_currency_known"),
        ),
        sa.CheckConstraint(
            "amount_minor > 0 AND amount_minor <= 1000000000000000", name=op.f("ck_expense_amount_positive")
        ),
        sa.ForeignKeyConstraint(["delivery_id"], ["delivery.id"], name=op.f("fk_expense_delivery_id_delivery")),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk_expense_fund_id_fund")),
        sa.ForeignKeyConstraint(["recorded_by_id"], ["user.id"], name=op.f("fk_expense_recorded_by_id_user")),
        sa.ForeignKeyConstraint(["responder_id"], ["responder.id"], name=op.f("fk_expense_responder_id_responder")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_expense")),
        sa.UniqueConstraint("uid", name=op.f("uq_expense_uid")),
    )
    op.create_index(op.f("ix_expense_code"), "expense", ["code"], unique=False)
    op.create_index(op.f("ix_expense_delivery_id"), "expense", ["delivery_id"], unique=False)
    op.create_index("ix_expense_fund_word", "expense", ["fund_id", "recorded_at", "id"], unique=False)
    op.create_index("ix_expense_responder_word", "expense", ["responder_id", "recorded_at", "id"], unique=False)
    op.create_table(
        "payout_confirmation",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("payout_id", ROW_ID, nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column(
            "rest",
            sa.Enum("coming", "cost", "lost", name="rest", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column("arrived_on", sa.Date(), nullable=False),
        sa.Column("by_treasurer", sa.Boolean(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by_id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "amount_minor >= 0 AND amount_minor <= 1000000000000000",
            name=op.f("ck_payout_confirmation_amount_not_negative"),
        ),
        sa.ForeignKeyConstraint(["payout_id"], ["payout.id"], name=op.f("fk_payout_confirmation_payout_id_payout")),
        sa.ForeignKeyConstraint(
            ["recorded_by_id"], ["user.id"], name=op.f("fk_payout_confirmation_recorded_by_id_user")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payout_confirmation")),
        sa.UniqueConstraint("uid", name=op.f("uq_payout_confirmation_uid")),
        info={"within": "payout", "append_only": True},
    )
    op.create_index(op.f("ix_payout_confirmation_payout_id"), "payout_confirmation", ["payout_id"], unique=False)
    op.create_table(
        "release_row",
        sa.Column("release_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("deliveries", sa.Integer(), nullable=False),
        sa.Column("villages", sa.Integer(), nullable=False),
        sa.Column("households", sa.Integer(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("mostly", sa.Text(), nullable=False),
        sa.Column("earlier", sa.Boolean(), nullable=False),
        sa.CheckConstraint("deliveries >= 5 AND villages >= 3", name=op.f("ck_release_row_floors")),
        sa.CheckConstraint("people % 10 = 0 AND households % 10 = 0", name=op.f("ck_release_row_rounded")),
        sa.CheckConstraint("people >= 0 AND households >= 0", name=op.f("ck_release_row_not_negative")),
        sa.ForeignKeyConstraint(["release_id"], ["release.id"], name=op.f("fk_release_row_release_id_release")),
        sa.PrimaryKeyConstraint("release_id", "number", name=op.f("pk_release_row")),
        info={"within": "release", "append_only": True},
    )
    op.create_table(
        "release_withdrawal",
        sa.Column("release_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["release_id"], ["release.id"], name=op.f("fk_release_withdrawal_release_id_release")),
        sa.ForeignKeyConstraint(
            ["withdrawn_by_id"], ["user.id"], name=op.f("fk_release_withdrawal_withdrawn_by_id_user")
        ),
        sa.PrimaryKeyConstraint("release_id", name=op.f("pk_release_withdrawal")),
        info={"within": "release", "append_only": True},
    )
    op.create_table(
        "account_balance",
        sa.Column("account_id", ROW_ID, autoincrement=False, nullable=False),
        sa.Column("in_minor", sa.BigInteger(), nullable=False),
        sa.Column("out_minor", sa.BigInteger(), nullable=False),
        sa.Column("may_go_below", sa.Boolean(), nullable=False),
        sa.CheckConstraint("may_go_below OR in_minor >= out_minor", name=op.f("ck_account_balance_not_below_zero")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_account_balance_account_id_account")),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_account_balance")),
        info={"within": "fund"},
    )
    op.create_table(
        "event_people",
        sa.Column("event_id", ROW_ID, nullable=False),
        sa.Column(
            "kind",
            sa.Enum("displaced", "host", "returned", name="kind", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.CheckConstraint("people >= 0", name=op.f("ck_event_people_people_not_negative")),
        sa.ForeignKeyConstraint(
            ["event_id"], ["delivery_event.id"], name=op.f("fk_event_people_event_id_delivery_event")
        ),
        sa.PrimaryKeyConstraint("event_id", "kind", name=op.f("pk_event_people")),
        info={"within": "delivery", "append_only": True},
    )
    op.create_table(
        "event_private",
        sa.Column("event_id", ROW_ID, autoincrement=False, nullable=False),
        sa.Column("salt", sa.String(length=32), nullable=False),
        sa.Column("note_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("party_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["event_id"], ["delivery_event.id"], name=op.f("fk_event_private_event_id_delivery_event")
        ),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_event_private")),
        sa.UniqueConstraint("uid", name=op.f("uq_event_private_uid")),
        info={"within": "delivery"},
    )
    op.create_table(
        "event_quantity",
        sa.Column("event_id", ROW_ID, nullable=False),
        sa.Column("line_id", ROW_ID, nullable=False),
        sa.Column("quantity_milli", sa.BigInteger(), nullable=False),
        sa.Column("given_milli", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "given_milli IS NULL OR given_milli >= 0", name=op.f("ck_event_quantity_given_not_negative")
        ),
        sa.CheckConstraint("quantity_milli >= 0", name=op.f("ck_event_quantity_quantity_not_negative")),
        sa.ForeignKeyConstraint(
            ["event_id"], ["delivery_event.id"], name=op.f("fk_event_quantity_event_id_delivery_event")
        ),
        sa.ForeignKeyConstraint(
            ["line_id"], ["delivery_line.id"], name=op.f("fk_event_quantity_line_id_delivery_line")
        ),
        sa.PrimaryKeyConstraint("event_id", "line_id", name=op.f("pk_event_quantity")),
        info={"within": "delivery", "append_only": True},
    )
    op.create_table(
        "ledger_event",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "contribution",
                "refund",
                "payout",
                "confirmation",
                "loss",
                "exchange",
                "fee",
                "expense",
                "reversal",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("fund_id", sa.Integer(), nullable=False),
        sa.Column("contribution_id", ROW_ID, nullable=True),
        sa.Column("payout_id", ROW_ID, nullable=True),
        sa.Column("confirmation_id", ROW_ID, nullable=True),
        sa.Column("expense_id", ROW_ID, nullable=True),
        sa.Column("reverses_id", ROW_ID, nullable=True),
        sa.Column("happened_on", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by_id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "(kind = 'reversal') = (reverses_id IS NOT NULL)", name=op.f("ck_ledger_event_a_reversal_names_one")
        ),
        sa.ForeignKeyConstraint(
            ["confirmation_id"],
            ["payout_confirmation.id"],
            name=op.f("fk_ledger_event_confirmation_id_payout_confirmation"),
        ),
        sa.ForeignKeyConstraint(
            ["contribution_id"], ["contribution.id"], name=op.f("fk_ledger_event_contribution_id_contribution")
        ),
        sa.ForeignKeyConstraint(["expense_id"], ["expense.id"], name=op.f("fk_ledger_event_expense_id_expense")),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk_ledger_event_fund_id_fund")),
        sa.ForeignKeyConstraint(["payout_id"], ["payout.id"], name=op.f("fk_ledger_event_payout_id_payout")),
        sa.ForeignKeyConstraint(["recorded_by_id"], ["user.id"], name=op.f("fk_ledger_event_recorded_by_id_user")),
        sa.ForeignKeyConstraint(
            ["reverses_id"], ["ledger_event.id"], name=op.f("fk_ledger_event_reverses_id_ledger_event")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_event")),
        sa.UniqueConstraint("reverses_id", name=op.f("uq_ledger_event_reverses_id")),
        sa.UniqueConstraint("uid", name=op.f("uq_ledger_event_uid")),
        info={"within": "fund", "append_only": True},
    )
    op.create_index(op.f("ix_ledger_event_code"), "ledger_event", ["code"], unique=False)
    op.create_index(op.f("ix_ledger_event_confirmation_id"), "ledger_event", ["confirmation_id"], unique=False)
    op.create_index(op.f("ix_ledger_event_contribution_id"), "ledger_event", ["contribution_id"], unique=False)
    op.create_index(op.f("ix_ledger_event_expense_id"), "ledger_event", ["expense_id"], unique=False)
    op.create_index("ix_ledger_event_fund_id_id", "ledger_event", ["fund_id", "id"], unique=False)
    op.create_index(op.f("ix_ledger_event_payout_id"), "ledger_event", ["payout_id"], unique=False)
    op.create_table(
        "release_row_place",
        sa.Column("release_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("place_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["place_id"], ["place.id"], name=op.f("fk_release_row_place_place_id_place")),
        sa.ForeignKeyConstraint(
            ["release_id", "number"], ["release_row.release_id", "release_row.number"], name="fk_row"
        ),
        sa.PrimaryKeyConstraint("release_id", "number", "place_id", name=op.f("pk_release_row_place")),
        info={"within": "release", "append_only": True},
    )
    op.create_table(
        "released_event",
        sa.Column("event_id", ROW_ID, autoincrement=False, nullable=False),
        sa.Column("release_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["event_id"], ["delivery_event.id"], name=op.f("fk_released_event_event_id_delivery_event")
        ),
        sa.ForeignKeyConstraint(["release_id"], ["release.id"], name=op.f("fk_released_event_release_id_release")),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_released_event")),
        info={"within": "release", "append_only": True},
    )
    op.create_index(op.f("ix_released_event_release_id"), "released_event", ["release_id"], unique=False)
    op.create_table(
        "transfer",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("event_id", ROW_ID, nullable=False),
        sa.Column("fund_id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "contribution",
                "refund",
                "payout",
                "confirmation",
                "loss",
                "exchange",
                "fee",
                "expense",
                "reversal",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("from_id", ROW_ID, nullable=False),
        sa.Column("to_id", ROW_ID, nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.CHAR(length=3), nullable=False),
        sa.Column("reverses_id", ROW_ID, nullable=True),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "amount_minor > 0 AND amount_minor <= 1000000000000000", name=op.f("ck_transfer_amount_positive")
        ),
        sa.CheckConstraint("from_id <> to_id", name=op.f("ck_transfer_two_accounts")),
        sa.ForeignKeyConstraint(["event_id"], ["ledger_event.id"], name=op.f("fk_transfer_event_id_ledger_event")),
        sa.ForeignKeyConstraint(
            ["from_id", "currency", "fund_id"],
            ["account.id", "account.currency", "account.fund_id"],
            name="fk_transfer_from",
        ),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk_transfer_fund_id_fund")),
        sa.ForeignKeyConstraint(["reverses_id"], ["transfer.id"], name=op.f("fk_transfer_reverses_id_transfer")),
        sa.ForeignKeyConstraint(
            ["to_id", "currency", "fund_id"],
            ["account.id", "account.currency", "account.fund_id"],
            name="fk_transfer_to",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transfer")),
        sa.UniqueConstraint("reverses_id", name=op.f("uq_transfer_reverses_id")),
        sa.UniqueConstraint("uid", name=op.f("uq_transfer_uid")),
        info={"within": "fund", "append_only": True},
    )
    op.create_index("ix_transfer_currency_id", "transfer", ["currency", "id"], unique=False)
    op.create_index(op.f("ix_transfer_event_id"), "transfer", ["event_id"], unique=False)
    op.create_index("ix_transfer_from_id_id", "transfer", ["from_id", "id"], unique=False)
    op.create_index("ix_transfer_fund_id_id", "transfer", ["fund_id", "id"], unique=False)
    op.create_index("ix_transfer_kind_id", "transfer", ["kind", "id"], unique=False)
    op.create_index("ix_transfer_to_id_id", "transfer", ["to_id", "id"], unique=False)
    for table in APPEND_ONLY:
        protect(table)
    op.execute(
        "INSERT INTO audit_head (id, count, hash) VALUES (1, 0, '0000000000000000000000000000000000000000000000000000000000000000')"
    )


def downgrade() -> None:
    if op.get_bind().scalar(sa.text("SELECT count(*) FROM audit_entry")):
        raise RuntimeError("going below the first migration would lose every record: drop the database instead")
    op.drop_index("ix_transfer_to_id_id", table_name="transfer")
    op.drop_index("ix_transfer_kind_id", table_name="transfer")
    op.drop_index("ix_transfer_fund_id_id", table_name="transfer")
    op.drop_index("ix_transfer_from_id_id", table_name="transfer")
    op.drop_index(op.f("ix_transfer_event_id"), table_name="transfer")
    op.drop_index("ix_transfer_currency_id", table_name="transfer")
    op.drop_table("transfer")
    op.drop_index(op.f("ix_released_event_release_id"), table_name="released_event")
    op.drop_table("released_event")
    op.drop_table("release_row_place")
    op.drop_index(op.f("ix_ledger_event_payout_id"), table_name="ledger_event")
    op.drop_index("ix_ledger_event_fund_id_id", table_name="ledger_event")
    op.drop_index(op.f("ix_ledger_event_expense_id"), table_name="ledger_event")
    op.drop_index(op.f("ix_ledger_event_contribution_id"), table_name="ledger_event")
    op.drop_index(op.f("ix_ledger_event_confirmation_id"), table_name="ledger_event")
    op.drop_index(op.f("ix_ledger_event_code"), table_name="ledger_event")
    op.drop_table("ledger_event")
    op.drop_table("event_quantity")
    op.drop_table("event_private")
    op.drop_table("event_people")
    op.drop_table("account_balance")
    op.drop_table("release_withdrawal")
    op.drop_table("release_row")
    op.drop_index(op.f("ix_payout_confirmation_payout_id"), table_name="payout_confirmation")
    op.drop_table("payout_confirmation")
    op.drop_index("ix_expense_responder_word", table_name="expense")
    op.drop_index("ix_expense_fund_word", table_name="expense")
    op.drop_index(op.f("ix_expense_delivery_id"), table_name="expense")
    op.drop_index(op.f("ix_expense_code"), table_name="expense")
    op.drop_table("expense")
    op.drop_index("ix_delivery_stop_township_id_delivery_id", table_name="delivery_stop")
    op.drop_index("ix_delivery_stop_state_id_delivery_id", table_name="delivery_stop")
    op.drop_index("ix_delivery_stop_place_id_delivery_id", table_name="delivery_stop")
    op.drop_index("ix_delivery_stop_district_id_delivery_id", table_name="delivery_stop")
    op.drop_table("delivery_stop")
    op.drop_index("ix_delivery_line_item_id_delivery_id", table_name="delivery_line")
    op.drop_table("delivery_line")
    op.drop_index(op.f("ix_delivery_event_to_responder_id"), table_name="delivery_event")
    op.drop_index("ix_delivery_event_place_id_delivery_id", table_name="delivery_event")
    op.drop_index("ix_delivery_event_delivery_id_id", table_name="delivery_event")
    op.drop_index(op.f("ix_delivery_event_corrects_id"), table_name="delivery_event")
    op.drop_table("delivery_event")
    op.drop_index(op.f("ix_account_responder_id"), table_name="account")
    op.drop_index(op.f("ix_account_payout_id"), table_name="account")
    op.drop_index("ix_account_fund_id_kind", table_name="account")
    op.drop_table("account")
    op.drop_index(op.f("ix_release_fund_id"), table_name="release")
    op.drop_table("release")
    op.drop_index("ix_payout_word", table_name="payout")
    op.drop_index("ix_payout_state_word", table_name="payout")
    op.drop_index("ix_payout_responder_word", table_name="payout")
    op.drop_index("ix_payout_responder_fund", table_name="payout")
    op.drop_index("ix_payout_fund_word", table_name="payout")
    op.drop_index(op.f("ix_payout_code"), table_name="payout")
    op.drop_table("payout")
    op.drop_index("ix_money_month_responder_id", table_name="money_month")
    op.drop_table("money_month")
    op.drop_index("ix_delivery_responder_word", table_name="delivery")
    op.drop_index("ix_delivery_responder_state_word", table_name="delivery")
    op.drop_index("ix_delivery_responder_question_word", table_name="delivery")
    op.drop_index("ix_delivery_responder_open_word", table_name="delivery")
    op.drop_index("ix_delivery_responder_open_planned", table_name="delivery")
    op.drop_index("ix_delivery_responder_last", table_name="delivery")
    op.drop_index(op.f("ix_delivery_fund_id"), table_name="delivery")
    op.drop_index(op.f("ix_delivery_code"), table_name="delivery")
    op.drop_index("ix_delivery_author_word", table_name="delivery")
    op.drop_table("delivery")
    op.drop_index("ix_contribution_word", table_name="contribution")
    op.drop_index("ix_contribution_state_word", table_name="contribution")
    op.drop_index(op.f("ix_contribution_giver_index"), table_name="contribution")
    op.drop_index("ix_contribution_fund_word", table_name="contribution")
    op.drop_index("ix_contribution_donor_word", table_name="contribution")
    op.drop_index("ix_contribution_donor_fund", table_name="contribution")
    op.drop_index(op.f("ix_contribution_code"), table_name="contribution")
    op.drop_table("contribution")
    op.drop_index(op.f("ix_web_session_user_id"), table_name="web_session")
    op.drop_table("web_session")
    op.drop_index("ix_served_place_place_id", table_name="served_place")
    op.drop_table("served_place")
    op.drop_table("result_month")
    op.drop_table("responder_sector")
    op.drop_index(op.f("ix_reach_responder_id"), table_name="reach")
    op.drop_index("ix_reach_place_id_responder_id", table_name="reach")
    op.drop_table("reach")
    op.drop_table("item")
    op.drop_table("fund")
    op.drop_index(op.f("ix_site_responder_id"), table_name="site")
    op.drop_index(op.f("ix_site_place_id"), table_name="site")
    op.drop_index(op.f("ix_site_code"), table_name="site")
    op.drop_table("site")
    op.drop_table("responder")
    op.drop_table("presence")
    op.drop_index("ix_place_name_skeleton_key", table_name="place_name")
    op.drop_index(op.f("ix_place_name_place_id"), table_name="place_name")
    op.drop_index("ix_place_name_depth_key_place", table_name="place_name")
    op.drop_table("place_name")
    op.drop_index(op.f("ix_membership_partner_id"), table_name="membership")
    op.drop_table("membership")
    op.drop_index(op.f("ix_invitation_partner_id"), table_name="invitation")
    op.drop_table("invitation")
    op.drop_index(op.f("ix_device_user_id"), table_name="device")
    op.drop_table("device")
    op.drop_table("crossing")
    op.drop_index(op.f("ix_audit_entry_user_id"), table_name="audit_entry")
    op.drop_index("ix_audit_entry_entity_id", table_name="audit_entry")
    op.drop_index(op.f("ix_audit_entry_at"), table_name="audit_entry")
    op.drop_index("ix_audit_entry_action_id", table_name="audit_entry")
    op.drop_table("audit_entry")
    op.drop_table("user")
    op.drop_table("unit")
    op.drop_table("throttle")
    op.drop_index(op.f("ix_place_township_id"), table_name="place")
    op.drop_index(op.f("ix_place_parent_id"), table_name="place")
    op.drop_index(op.f("ix_place_district_id"), table_name="place")
    op.drop_table("place")
    op.drop_table("partner")
    op.drop_table("network")
    op.drop_table("audit_head")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION refuse_change()")
