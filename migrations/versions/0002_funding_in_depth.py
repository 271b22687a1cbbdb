"""Funding in depth: the trace of gifts, rates, second persons, agents, lists of gifts, evidence, statements, grants.

Monthly totals get a channel: they are made again from the ledger, as `flask ledger rebuild` would.
"""

from collections import Counter
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002_funding_in_depth"
down_revision = "0001_first"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

#: New tables whose rows are never changed or removed.
APPEND_ONLY = (
    "grant_report_figure",
    "grant_report_release",
    "rate",
    "statement",
    "statement_line",
    "trace_move",
    "transfer_value",
)
#: Old ones that are made anew here on SQLite, which loses their triggers.
REMADE = ("ledger_event", "transfer")
#: Every new table, each before those it names.
NEW = (
    "transfer_value",
    "trace_slice",
    "trace_move",
    "trace_lot",
    "trace_debt",
    "photo",
    "expense_share",
    "grant_report_release",
    "grant_report_figure",
    "arrival_spread",
    "tranche",
    "statement_line",
    "payout_settlement",
    "grant_report",
    "grant_line",
    "gift_trace",
    "gift_batch_row",
    "approval",
    "value_month",
    "statement",
    "spread_month",
    "rate_use",
    "grant_agreement",
    "giver_value",
    "giver_trace",
    "giver_month",
    "gift_batch",
    "flow_delay",
    "agent_limit",
    "agent_balance",
    "rate",
    "agent",
    "reporting_currency",
    "payout_limit",
)
SECTORS = ("FSC", "HEA", "WSH", "SHL", "NUT", "EDU", "PRO", "LOG")
PAYOUT_STATES = ("sent", "partial", "confirmed", "lost", "reversed")
EVENT_KINDS = ("contribution", "refund", "payout", "confirmation", "loss", "exchange", "fee", "expense")


def one_of(column: str, values: tuple[str, ...]) -> str:
    return f"{column} IN ({', '.join(repr(value) for value in values)})"


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
    op.drop_index("ix_money_month_responder_id", table_name="money_month")
    op.drop_table("money_month")
    op.drop_index(op.f("ix_account_responder_id"), table_name="account")
    op.create_index("ix_account_responder_kind", "account", ["responder_id", "kind"])
    op.create_table(
        "payout_limit",
        sa.Column("currency", sa.CHAR(length=3), nullable=False),
        sa.Column("limit_minor", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("limit_minor >= 0", name=op.f("ck_payout_limit_not_negative")),
        sa.PrimaryKeyConstraint("currency", name=op.f("pk_payout_limit")),
        info={"reference": True},
    )
    op.create_table(
        "reporting_currency",
        sa.Column("currency", sa.CHAR(length=3), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "currency IN ('MMK', 'THB', 'USD', 'EUR', 'INR', 'AUD', 'SGD', 'GBP', 'JPY', 'KRW', 'CNY', 'MYR', 'BDT')",
            name=op.f("ck_reporting_currency_currency_known"),
        ),
        sa.CheckConstraint("rank BETWEEN 1 AND 4", name=op.f("ck_reporting_currency_few")),
        sa.PrimaryKeyConstraint("currency", name=op.f("pk_reporting_currency")),
        sa.UniqueConstraint("rank", name=op.f("uq_reporting_currency_rank")),
        info={"reference": True},
    )
    op.create_table(
        "agent",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("alias_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("alias_index", sa.String(length=64), nullable=False),
        sa.Column("note_sealed", sa.LargeBinary(), nullable=True),
        sa.Column(
            "state",
            sa.Enum("active", "closed", name="state", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["created_by_id"], ["user.id"], name=op.f("fk_agent_created_by_id_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agent")),
        sa.UniqueConstraint("alias_index", name=op.f("uq_agent_alias_index")),
        sa.UniqueConstraint("code", name=op.f("uq_agent_code")),
        sa.UniqueConstraint("uid", name=op.f("uq_agent_uid")),
    )
    op.create_table(
        "rate",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("base", sa.CHAR(length=3), nullable=False),
        sa.Column("quote", sa.CHAR(length=3), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "official", "market", "achieved", name="kind", native_enum=False, create_constraint=True, length=24
            ),
            nullable=False,
        ),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.Column("rate", sa.String(40), nullable=True),
        sa.Column("note_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by_id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "base IN ('MMK', 'THB', 'USD', 'EUR', 'INR', 'AUD', 'SGD', 'GBP', 'JPY', 'KRW', 'CNY', 'MYR', 'BDT')",
            name=op.f("ck_rate_base_known"),
        ),
        sa.CheckConstraint(
            "quote IN ('MMK', 'THB', 'USD', 'EUR', 'INR', 'AUD', 'SGD', 'GBP', 'JPY', 'KRW', 'CNY', 'MYR', 'BDT')",
            name=op.f("ck_rate_quote_known"),
        ),
        sa.CheckConstraint("base <> quote", name=op.f("ck_rate_two_currencies")),
        sa.ForeignKeyConstraint(["recorded_by_id"], ["user.id"], name=op.f("fk_rate_recorded_by_id_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rate")),
        sa.UniqueConstraint("uid", name=op.f("uq_rate_uid")),
        info={"append_only": True},
    )
    op.create_index("ix_rate_pair", "rate", ["base", "quote", "kind", "on_day", "id"], unique=False)
    op.create_table(
        "agent_balance",
        sa.Column("agent_id", sa.Integer(), nullable=False),
        sa.Column("currency", sa.CHAR(length=3), nullable=False),
        sa.Column("handed_minor", sa.BigInteger(), nullable=False),
        sa.Column("settled_minor", sa.BigInteger(), nullable=False),
        sa.Column("lost_minor", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name=op.f("fk_agent_balance_agent_id_agent")),
        sa.PrimaryKeyConstraint("agent_id", "currency", name=op.f("pk_agent_balance")),
        info={"within": "agent"},
    )
    op.create_table(
        "agent_limit",
        sa.Column("agent_id", sa.Integer(), nullable=False),
        sa.Column("currency", sa.CHAR(length=3), nullable=False),
        sa.Column("limit_minor", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("limit_minor > 0", name=op.f("ck_agent_limit_positive")),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name=op.f("fk_agent_limit_agent_id_agent")),
        sa.PrimaryKeyConstraint("agent_id", "currency", name=op.f("pk_agent_limit")),
        info={"within": "agent"},
    )
    op.create_table(
        "flow_delay",
        sa.Column("fund_id", sa.Integer(), nullable=False),
        sa.Column("currency", sa.CHAR(length=3), nullable=False),
        sa.Column(
            "step",
            sa.Enum(
                "received-confirmed",
                "confirmed-spent",
                name="step",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("source_minor", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk_flow_delay_fund_id_fund")),
        sa.PrimaryKeyConstraint("fund_id", "currency", "step", "month", "days", name=op.f("pk_flow_delay")),
        info={"within": "fund"},
    )
    op.create_table(
        "gift_batch",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("fund_id", sa.Integer(), nullable=False),
        sa.Column("donor_id", sa.Integer(), nullable=True),
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
        sa.Column("currency", sa.CHAR(length=3), nullable=False),
        sa.Column("body_sealed", sa.LargeBinary(), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "preview", "loaded", "discarded", name="state", native_enum=False, create_constraint=True, length=24
            ),
            nullable=False,
        ),
        sa.Column("rows_total", sa.Integer(), nullable=False),
        sa.Column("rows_faulty", sa.Integer(), nullable=False),
        sa.Column("rows_loaded", sa.Integer(), nullable=False),
        sa.Column("rows_known", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "currency IN ('MMK', 'THB', 'USD', 'EUR', 'INR', 'AUD', 'SGD', 'GBP', 'JPY', 'KRW', 'CNY', 'MYR', 'BDT')",
            name=op.f("ck_gift_batch_currency_known"),
        ),
        sa.CheckConstraint("state = 'preview' OR body_sealed IS NULL", name=op.f("ck_gift_batch_body_gone_when_done")),
        sa.ForeignKeyConstraint(["donor_id"], ["partner.id"], name=op.f("fk_gift_batch_donor_id_partner")),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk_gift_batch_fund_id_fund")),
        sa.ForeignKeyConstraint(["recorded_by_id"], ["user.id"], name=op.f("fk_gift_batch_recorded_by_id_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gift_batch")),
        sa.UniqueConstraint("code", name=op.f("uq_gift_batch_code")),
        sa.UniqueConstraint("uid", name=op.f("uq_gift_batch_uid")),
    )
    op.create_index(op.f("ix_gift_batch_fund_id"), "gift_batch", ["fund_id"], unique=False)
    op.create_index("ix_gift_batch_word", "gift_batch", ["recorded_at", "id"], unique=False)
    op.create_table(
        "giver_month",
        sa.Column("donor_id", sa.Integer(), nullable=False),
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
                "recovered",
                name="measure",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("acts", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "currency IN ('MMK', 'THB', 'USD', 'EUR', 'INR', 'AUD', 'SGD', 'GBP', 'JPY', 'KRW', 'CNY', 'MYR', 'BDT')",
            name=op.f("ck_giver_month_currency_known"),
        ),
        sa.ForeignKeyConstraint(["donor_id"], ["partner.id"], name=op.f("fk_giver_month_donor_id_partner")),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk_giver_month_fund_id_fund")),
        sa.PrimaryKeyConstraint("donor_id", "fund_id", "month", "currency", "measure", name=op.f("pk_giver_month")),
        info={"within": "fund"},
    )
    op.create_table(
        "giver_trace",
        sa.Column("donor_id", sa.Integer(), nullable=False),
        sa.Column("fund_id", sa.Integer(), nullable=False),
        sa.Column("currency", sa.CHAR(length=3), nullable=False),
        sa.Column(
            "fate",
            sa.Enum(
                "waiting",
                "on-the-way",
                "held",
                "spent",
                "cost",
                "lost",
                "returned",
                name="fate",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("budget_line", sa.String(length=24), nullable=False),
        sa.Column("source_minor", sa.BigInteger(), nullable=False),
        sa.Column("confirmed_minor", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk_giver_trace_fund_id_fund")),
        sa.PrimaryKeyConstraint("donor_id", "fund_id", "currency", "fate", "budget_line", name=op.f("pk_giver_trace")),
        info={"within": "fund"},
    )
    op.create_index("ix_giver_trace_fund_id", "giver_trace", ["fund_id"], unique=False)
    op.create_table(
        "giver_value",
        sa.Column("donor_id", sa.Integer(), nullable=False),
        sa.Column("fund_id", sa.Integer(), nullable=False),
        sa.Column("currency", sa.CHAR(length=3), nullable=False),
        sa.Column("reporting", sa.CHAR(length=3), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "official", "market", "achieved", name="kind", native_enum=False, create_constraint=True, length=24
            ),
            nullable=False,
        ),
        sa.Column(
            "fate",
            sa.Enum(
                "waiting",
                "on-the-way",
                "held",
                "spent",
                "cost",
                "lost",
                "returned",
                name="fate",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("budget_line", sa.String(length=24), nullable=False),
        sa.Column("rated_minor", sa.BigInteger(), nullable=False),
        sa.Column("value_minor", sa.BigInteger(), nullable=False),
        sa.Column("confirmed_minor", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk_giver_value_fund_id_fund")),
        sa.PrimaryKeyConstraint(
            "donor_id", "fund_id", "currency", "reporting", "kind", "fate", "budget_line", name=op.f("pk_giver_value")
        ),
        info={"within": "fund"},
    )
    op.create_index("ix_giver_value_fund_id", "giver_value", ["fund_id"], unique=False)
    op.create_table(
        "grant_agreement",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("donor_id", sa.Integer(), nullable=False),
        sa.Column("fund_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("currency", sa.CHAR(length=3), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column(
            "state",
            sa.Enum("open", "closed", name="state", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.CheckConstraint("first_day <= last_day", name=op.f("ck_grant_agreement_days_in_order")),
        sa.ForeignKeyConstraint(["created_by_id"], ["user.id"], name=op.f("fk_grant_agreement_created_by_id_user")),
        sa.ForeignKeyConstraint(["donor_id"], ["partner.id"], name=op.f("fk_grant_agreement_donor_id_partner")),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk_grant_agreement_fund_id_fund")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grant_agreement")),
        sa.UniqueConstraint("code", name=op.f("uq_grant_agreement_code")),
        sa.UniqueConstraint("uid", name=op.f("uq_grant_agreement_uid")),
    )
    op.create_index(op.f("ix_grant_agreement_donor_id"), "grant_agreement", ["donor_id"], unique=False)
    op.create_index(op.f("ix_grant_agreement_fund_id"), "grant_agreement", ["fund_id"], unique=False)
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
                "recovered",
                name="measure",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("responder_id", sa.Integer(), nullable=False),
        sa.Column("budget_line", sa.String(length=24), nullable=False),
        sa.Column("channel", sa.String(length=24), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "currency IN ('MMK', 'THB', 'USD', 'EUR', 'INR', 'AUD', 'SGD', 'GBP', 'JPY', 'KRW', 'CNY', 'MYR', 'BDT')",
            name=op.f("ck_money_month_currency_known"),
        ),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk_money_month_fund_id_fund")),
        sa.PrimaryKeyConstraint(
            "fund_id",
            "month",
            "currency",
            "measure",
            "responder_id",
            "budget_line",
            "channel",
            name=op.f("pk_money_month"),
        ),
        info={"within": "fund"},
    )
    op.create_index("ix_money_month_responder_id", "money_month", ["responder_id", "month"], unique=False)
    op.create_table(
        "rate_use",
        sa.Column("fund_id", sa.Integer(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("responder_id", sa.Integer(), nullable=False),
        sa.Column("reporting", sa.CHAR(length=3), nullable=False),
        sa.Column("rate_id", ROW_ID, nullable=False),
        sa.Column("used_count", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk_rate_use_fund_id_fund")),
        sa.ForeignKeyConstraint(["rate_id"], ["rate.id"], name=op.f("fk_rate_use_rate_id_rate")),
        sa.PrimaryKeyConstraint("fund_id", "month", "responder_id", "reporting", "rate_id", name=op.f("pk_rate_use")),
        info={"within": "fund"},
    )
    op.create_table(
        "spread_month",
        sa.Column("fund_id", sa.Integer(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("channel", sa.String(length=24), nullable=False),
        sa.Column("responder_id", sa.Integer(), nullable=False),
        sa.Column("sent_currency", sa.CHAR(length=3), nullable=False),
        sa.Column("currency", sa.CHAR(length=3), nullable=False),
        sa.Column("sent_minor", sa.BigInteger(), nullable=False),
        sa.Column("arrived_with_rate_minor", sa.BigInteger(), nullable=False),
        sa.Column("arrived_without_rate_minor", sa.BigInteger(), nullable=False),
        sa.Column("spread_minor", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk_spread_month_fund_id_fund")),
        sa.PrimaryKeyConstraint(
            "fund_id", "month", "channel", "responder_id", "sent_currency", "currency", name=op.f("pk_spread_month")
        ),
        info={"within": "fund"},
    )
    op.create_table(
        "statement",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("fund_id", sa.Integer(), nullable=False),
        sa.Column("donor_id", sa.Integer(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("first_event_id", sa.BigInteger(), nullable=False),
        sa.Column("last_event_id", sa.BigInteger(), nullable=False),
        sa.Column("built_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("built_on", sa.Date(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.CheckConstraint("first_event_id <= last_event_id + 1", name=op.f("ck_statement_acts_in_order")),
        sa.CheckConstraint("number > 0", name=op.f("ck_statement_number_positive")),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk_statement_fund_id_fund")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_statement")),
        sa.UniqueConstraint("code", name=op.f("uq_statement_code")),
        sa.UniqueConstraint("fund_id", "donor_id", "month", name=op.f("uq_statement_fund_id_donor_id_month")),
        sa.UniqueConstraint("fund_id", "donor_id", "number", name=op.f("uq_statement_fund_id_donor_id_number")),
        sa.UniqueConstraint("uid", name=op.f("uq_statement_uid")),
        info={"append_only": True},
    )
    op.create_index(op.f("ix_statement_donor_id"), "statement", ["donor_id"], unique=False)
    op.create_index(op.f("ix_statement_fund_id"), "statement", ["fund_id"], unique=False)
    op.create_table(
        "value_month",
        sa.Column("fund_id", sa.Integer(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("currency", sa.CHAR(length=3), nullable=False),
        sa.Column("measure", sa.String(length=24), nullable=False),
        sa.Column("responder_id", sa.Integer(), nullable=False),
        sa.Column("budget_line", sa.String(length=24), nullable=False),
        sa.Column("channel", sa.String(length=24), nullable=False),
        sa.Column("reporting", sa.CHAR(length=3), nullable=False),
        sa.Column("rated_minor", sa.BigInteger(), nullable=False),
        sa.Column("value_minor", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk_value_month_fund_id_fund")),
        sa.PrimaryKeyConstraint(
            "fund_id",
            "month",
            "currency",
            "measure",
            "responder_id",
            "budget_line",
            "channel",
            "reporting",
            name=op.f("pk_value_month"),
        ),
        info={"within": "fund"},
    )
    op.create_table(
        "approval",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column(
            "act",
            sa.Enum(
                "payout",
                "reversal",
                "fund-closure",
                "limit",
                "report",
                "shorter-wait",
                name="act",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("fund_id", sa.Integer(), nullable=True),
        sa.Column("payout_id", ROW_ID, nullable=True),
        sa.Column("responder_id", sa.Integer(), nullable=True),
        sa.Column("subject_code", sa.Text(), nullable=True),
        sa.Column("amount_minor", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.CHAR(length=3), nullable=True),
        sa.Column("days", sa.Integer(), nullable=True),
        sa.Column("reason_sealed", sa.LargeBinary(), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "waiting",
                "agreed",
                "refused",
                "withdrawn",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("asked_by_id", sa.Integer(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opens_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("alone", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.CheckConstraint("(act = 'shorter-wait') = (days IS NOT NULL)", name=op.f("ck_approval_wait_has_days")),
        sa.CheckConstraint(
            "(act IN ('limit', 'shorter-wait')) = (fund_id IS NULL)", name=op.f("ck_approval_about_a_fund")
        ),
        sa.CheckConstraint("(state = 'waiting') = (decided_at IS NULL)", name=op.f("ck_approval_decided_has_time")),
        sa.CheckConstraint(
            "decided_by_id IS NULL OR decided_by_id <> asked_by_id OR alone OR state = 'withdrawn'",
            name=op.f("ck_approval_second_person"),
        ),
        sa.ForeignKeyConstraint(["asked_by_id"], ["user.id"], name=op.f("fk_approval_asked_by_id_user")),
        sa.ForeignKeyConstraint(["decided_by_id"], ["user.id"], name=op.f("fk_approval_decided_by_id_user")),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk_approval_fund_id_fund")),
        sa.ForeignKeyConstraint(["payout_id"], ["payout.id"], name=op.f("fk_approval_payout_id_payout")),
        sa.ForeignKeyConstraint(["responder_id"], ["partner.id"], name=op.f("fk_approval_responder_id_partner")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approval")),
        sa.UniqueConstraint("code", name=op.f("uq_approval_code")),
        sa.UniqueConstraint("uid", name=op.f("uq_approval_uid")),
    )
    op.create_index(op.f("ix_approval_fund_id"), "approval", ["fund_id"], unique=False)
    op.create_index(op.f("ix_approval_payout_id"), "approval", ["payout_id"], unique=False)
    op.create_index(op.f("ix_approval_responder_id"), "approval", ["responder_id"], unique=False)
    op.create_index("ix_approval_state_id", "approval", ["state", "id"], unique=False)
    op.create_index(op.f("ix_approval_subject_code"), "approval", ["subject_code"], unique=False)
    op.create_table(
        "gift_batch_row",
        sa.Column("batch_id", sa.Integer(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("fund_id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("contribution_id", ROW_ID, nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["gift_batch.id"], name=op.f("fk_gift_batch_row_batch_id_gift_batch")),
        sa.ForeignKeyConstraint(
            ["contribution_id"], ["contribution.id"], name=op.f("fk_gift_batch_row_contribution_id_contribution")
        ),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk_gift_batch_row_fund_id_fund")),
        sa.PrimaryKeyConstraint("batch_id", "line", name=op.f("pk_gift_batch_row")),
        sa.UniqueConstraint("contribution_id", name=op.f("uq_gift_batch_row_contribution_id")),
        sa.UniqueConstraint("fund_id", "digest", name=op.f("uq_gift_batch_row_fund_id_digest")),
        info={"within": "gift_batch"},
    )
    op.create_table(
        "gift_trace",
        sa.Column("contribution_id", ROW_ID, nullable=False),
        sa.Column(
            "fate",
            sa.Enum(
                "waiting",
                "on-the-way",
                "held",
                "spent",
                "cost",
                "lost",
                "returned",
                name="fate",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("budget_line", sa.String(length=24), nullable=False),
        sa.Column("source_minor", sa.BigInteger(), nullable=False),
        sa.Column("confirmed_minor", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["contribution_id"], ["contribution.id"], name=op.f("fk_gift_trace_contribution_id_contribution")
        ),
        sa.PrimaryKeyConstraint("contribution_id", "fate", "budget_line", name=op.f("pk_gift_trace")),
        info={"within": "contribution"},
    )
    op.create_table(
        "grant_line",
        sa.Column("grant_id", sa.Integer(), nullable=False),
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
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_grant_line_amount_positive")),
        sa.ForeignKeyConstraint(
            ["grant_id"], ["grant_agreement.id"], name=op.f("fk_grant_line_grant_id_grant_agreement")
        ),
        sa.PrimaryKeyConstraint("grant_id", "budget_line", name=op.f("pk_grant_line")),
        info={"within": "grant_agreement"},
    )
    op.create_table(
        "grant_report",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("grant_id", sa.Integer(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("first_month", sa.Date(), nullable=False),
        sa.Column("last_month", sa.Date(), nullable=False),
        sa.Column("words_sealed", sa.LargeBinary(), nullable=True),
        sa.Column(
            "state",
            sa.Enum("due", "written", "sent", name="state", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column("written_by_id", sa.Integer(), nullable=True),
        sa.Column("read_by_id", sa.Integer(), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("alone", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.CheckConstraint("(state = 'sent') = (sent_at IS NOT NULL)", name=op.f("ck_grant_report_sent_has_time")),
        sa.CheckConstraint("first_month <= last_month", name=op.f("ck_grant_report_months_in_order")),
        sa.CheckConstraint(
            "read_by_id IS NULL OR read_by_id <> written_by_id OR alone", name=op.f("ck_grant_report_second_person")
        ),
        sa.ForeignKeyConstraint(
            ["grant_id"], ["grant_agreement.id"], name=op.f("fk_grant_report_grant_id_grant_agreement")
        ),
        sa.ForeignKeyConstraint(["read_by_id"], ["user.id"], name=op.f("fk_grant_report_read_by_id_user")),
        sa.ForeignKeyConstraint(["written_by_id"], ["user.id"], name=op.f("fk_grant_report_written_by_id_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grant_report")),
        sa.UniqueConstraint("code", name=op.f("uq_grant_report_code")),
        sa.UniqueConstraint("uid", name=op.f("uq_grant_report_uid")),
        info={"within": "grant_agreement"},
    )
    op.create_index("ix_grant_report_due", "grant_report", ["state", "due_on"], unique=False)
    op.create_index(op.f("ix_grant_report_grant_id"), "grant_report", ["grant_id"], unique=False)
    op.create_table(
        "payout_settlement",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("payout_id", ROW_ID, nullable=False),
        sa.Column(
            "kind",
            sa.Enum("repaid", "written-off", name="kind", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("settled_on", sa.Date(), nullable=False),
        sa.Column("note_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by_id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "amount_minor > 0 AND amount_minor <= 1000000000000000", name=op.f("ck_payout_settlement_amount_positive")
        ),
        sa.ForeignKeyConstraint(["payout_id"], ["payout.id"], name=op.f("fk_payout_settlement_payout_id_payout")),
        sa.ForeignKeyConstraint(["recorded_by_id"], ["user.id"], name=op.f("fk_payout_settlement_recorded_by_id_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payout_settlement")),
        sa.UniqueConstraint("uid", name=op.f("uq_payout_settlement_uid")),
        info={"within": "payout"},
    )
    op.create_index(op.f("ix_payout_settlement_payout_id"), "payout_settlement", ["payout_id"], unique=False)
    op.create_table(
        "statement_line",
        sa.Column("statement_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column(
            "section",
            sa.Enum(
                "opening",
                "in",
                "out",
                "exchange",
                "losses",
                "closing",
                name="section",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("figure", sa.String(length=48), nullable=False),
        sa.Column("currency", sa.CHAR(length=3), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("earlier_minor", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["statement_id"], ["statement.id"], name=op.f("fk_statement_line_statement_id_statement")
        ),
        sa.PrimaryKeyConstraint("statement_id", "position", name=op.f("pk_statement_line")),
        info={"within": "statement", "append_only": True},
    )
    op.create_table(
        "tranche",
        sa.Column("grant_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("contribution_id", ROW_ID, nullable=True),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_tranche_amount_positive")),
        sa.ForeignKeyConstraint(
            ["contribution_id"], ["contribution.id"], name=op.f("fk_tranche_contribution_id_contribution")
        ),
        sa.ForeignKeyConstraint(["grant_id"], ["grant_agreement.id"], name=op.f("fk_tranche_grant_id_grant_agreement")),
        sa.PrimaryKeyConstraint("grant_id", "number", name=op.f("pk_tranche")),
        sa.UniqueConstraint("contribution_id", name=op.f("uq_tranche_contribution_id")),
        info={"within": "grant_agreement"},
    )
    op.create_table(
        "arrival_spread",
        sa.Column("confirmation_id", ROW_ID, autoincrement=False, nullable=False),
        sa.Column("sent_minor", sa.BigInteger(), nullable=False),
        sa.Column("rate_id", ROW_ID, nullable=True),
        sa.Column("spread_minor", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "(rate_id IS NULL) = (spread_minor IS NULL)", name=op.f("ck_arrival_spread_spread_has_rate")
        ),
        sa.CheckConstraint("sent_minor >= 0", name=op.f("ck_arrival_spread_sent_not_negative")),
        sa.ForeignKeyConstraint(
            ["confirmation_id"],
            ["payout_confirmation.id"],
            name=op.f("fk_arrival_spread_confirmation_id_payout_confirmation"),
        ),
        sa.ForeignKeyConstraint(["rate_id"], ["rate.id"], name=op.f("fk_arrival_spread_rate_id_rate")),
        sa.PrimaryKeyConstraint("confirmation_id", name=op.f("pk_arrival_spread")),
        info={"within": "payout"},
    )
    op.create_index(op.f("ix_arrival_spread_rate_id"), "arrival_spread", ["rate_id"], unique=False)
    op.create_table(
        "grant_report_figure",
        sa.Column("report_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column(
            "part",
            sa.Enum(
                "opening",
                "in",
                "out",
                "exchange",
                "losses",
                "closing",
                "planned",
                "spent",
                "rest",
                "confirmed",
                "rated",
                "unrated",
                name="part",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("name", sa.String(length=48), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["report_id"], ["grant_report.id"], name=op.f("fk_grant_report_figure_report_id_grant_report")
        ),
        sa.PrimaryKeyConstraint("report_id", "position", name=op.f("pk_grant_report_figure")),
        info={"within": "grant_agreement", "append_only": True},
    )
    op.create_table(
        "grant_report_release",
        sa.Column("report_id", sa.Integer(), nullable=False),
        sa.Column("release_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["release_id"], ["release.id"], name=op.f("fk_grant_report_release_release_id_release")
        ),
        sa.ForeignKeyConstraint(
            ["report_id"], ["grant_report.id"], name=op.f("fk_grant_report_release_report_id_grant_report")
        ),
        sa.PrimaryKeyConstraint("report_id", "release_id", name=op.f("pk_grant_report_release")),
        info={"within": "grant_agreement", "append_only": True},
    )
    op.create_table(
        "expense_share",
        sa.Column("expense_id", ROW_ID, nullable=False),
        sa.Column("delivery_id", ROW_ID, nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "amount_minor > 0 AND amount_minor <= 1000000000000000", name=op.f("ck_expense_share_amount_positive")
        ),
        sa.ForeignKeyConstraint(["delivery_id"], ["delivery.id"], name=op.f("fk_expense_share_delivery_id_delivery")),
        sa.ForeignKeyConstraint(["expense_id"], ["expense.id"], name=op.f("fk_expense_share_expense_id_expense")),
        sa.PrimaryKeyConstraint("expense_id", "delivery_id", name=op.f("pk_expense_share")),
        info={"within": "expense"},
    )
    op.create_index(op.f("ix_expense_share_delivery_id"), "expense_share", ["delivery_id"], unique=False)
    op.create_table(
        "photo",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("responder_id", sa.Integer(), nullable=True),
        sa.Column("expense_id", ROW_ID, nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("picture_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by_id", sa.Integer(), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.CheckConstraint("width > 0 AND height > 0", name=op.f("ck_photo_has_size")),
        sa.ForeignKeyConstraint(["expense_id"], ["expense.id"], name=op.f("fk_photo_expense_id_expense")),
        sa.ForeignKeyConstraint(["recorded_by_id"], ["user.id"], name=op.f("fk_photo_recorded_by_id_user")),
        sa.ForeignKeyConstraint(["responder_id"], ["responder.id"], name=op.f("fk_photo_responder_id_responder")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_photo")),
        sa.UniqueConstraint("code", name=op.f("uq_photo_code")),
        sa.UniqueConstraint("uid", name=op.f("uq_photo_uid")),
    )
    op.create_index(op.f("ix_photo_expense_id"), "photo", ["expense_id"], unique=False)
    op.create_index(op.f("ix_photo_responder_id"), "photo", ["responder_id"], unique=False)
    op.create_table(
        "trace_debt",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("account_id", ROW_ID, nullable=False),
        sa.Column("event_id", ROW_ID, nullable=False),
        sa.Column("budget_line", sa.String(length=24), nullable=False),
        sa.Column("owed_minor", sa.BigInteger(), nullable=False),
        sa.Column("left_minor", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "left_minor >= 0 AND left_minor <= owed_minor", name=op.f("ck_trace_debt_within_what_was_owed")
        ),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_trace_debt_account_id_account")),
        sa.ForeignKeyConstraint(["event_id"], ["ledger_event.id"], name=op.f("fk_trace_debt_event_id_ledger_event")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trace_debt")),
        info={"within": "fund"},
    )
    op.create_index(op.f("ix_trace_debt_event_id"), "trace_debt", ["event_id"], unique=False)
    op.create_index(
        "ix_trace_debt_open",
        "trace_debt",
        ["account_id", "id"],
        unique=False,
        sqlite_where=sa.text("left_minor > 0"),
        postgresql_where=sa.text("left_minor > 0"),
    )
    op.create_table(
        "trace_lot",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("account_id", ROW_ID, nullable=False),
        sa.Column("event_id", ROW_ID, nullable=False),
        sa.Column("contribution_id", ROW_ID, nullable=True),
        sa.Column("rank", ROW_ID, nullable=False),
        sa.Column("left_minor", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("left_minor >= 0", name=op.f("ck_trace_lot_not_below_zero")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_trace_lot_account_id_account")),
        sa.ForeignKeyConstraint(
            ["contribution_id"], ["contribution.id"], name=op.f("fk_trace_lot_contribution_id_contribution")
        ),
        sa.ForeignKeyConstraint(["event_id"], ["ledger_event.id"], name=op.f("fk_trace_lot_event_id_ledger_event")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trace_lot")),
        sa.UniqueConstraint(
            "event_id", "account_id", "contribution_id", name=op.f("uq_trace_lot_event_id_account_id_contribution_id")
        ),
        info={"within": "fund"},
    )
    op.create_index(op.f("ix_trace_lot_contribution_id"), "trace_lot", ["contribution_id"], unique=False)
    op.create_index(
        "ix_trace_lot_open",
        "trace_lot",
        ["account_id", "rank", "id"],
        unique=False,
        sqlite_where=sa.text("left_minor > 0"),
        postgresql_where=sa.text("left_minor > 0"),
    )
    op.create_table(
        "trace_move",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("event_id", ROW_ID, nullable=False),
        sa.Column("contribution_id", ROW_ID, nullable=False),
        sa.Column("from_lot_id", ROW_ID, nullable=True),
        sa.Column("to_lot_id", ROW_ID, nullable=True),
        sa.Column(
            "from_fate",
            sa.Enum(
                "waiting",
                "on-the-way",
                "held",
                "spent",
                "cost",
                "lost",
                "returned",
                name="from_fate",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=True,
        ),
        sa.Column(
            "to_fate",
            sa.Enum(
                "waiting",
                "on-the-way",
                "held",
                "spent",
                "cost",
                "lost",
                "returned",
                name="to_fate",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=True,
        ),
        sa.Column("was_confirmed", sa.Boolean(), nullable=False),
        sa.Column("is_confirmed", sa.Boolean(), nullable=False),
        sa.Column("budget_line", sa.String(length=24), nullable=False),
        sa.Column("source_minor", sa.BigInteger(), nullable=False),
        sa.Column("left_minor", sa.BigInteger(), nullable=False),
        sa.Column("came_minor", sa.BigInteger(), nullable=False),
        sa.Column("debt_id", ROW_ID, nullable=True),
        sa.Column("undoes_id", ROW_ID, nullable=True),
        sa.CheckConstraint(
            "source_minor >= 0 AND left_minor >= 0 AND came_minor >= 0", name=op.f("ck_trace_move_not_negative")
        ),
        sa.ForeignKeyConstraint(
            ["contribution_id"], ["contribution.id"], name=op.f("fk_trace_move_contribution_id_contribution")
        ),
        sa.ForeignKeyConstraint(["debt_id"], ["trace_debt.id"], name=op.f("fk_trace_move_debt_id_trace_debt")),
        sa.ForeignKeyConstraint(["event_id"], ["ledger_event.id"], name=op.f("fk_trace_move_event_id_ledger_event")),
        sa.ForeignKeyConstraint(["from_lot_id"], ["trace_lot.id"], name=op.f("fk_trace_move_from_lot_id_trace_lot")),
        sa.ForeignKeyConstraint(["to_lot_id"], ["trace_lot.id"], name=op.f("fk_trace_move_to_lot_id_trace_lot")),
        sa.ForeignKeyConstraint(["undoes_id"], ["trace_move.id"], name=op.f("fk_trace_move_undoes_id_trace_move")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trace_move")),
        sa.UniqueConstraint("undoes_id", name=op.f("uq_trace_move_undoes_id")),
        info={"within": "fund", "append_only": True},
    )
    op.create_index("ix_trace_move_contribution_id_id", "trace_move", ["contribution_id", "id"], unique=False)
    op.create_index(op.f("ix_trace_move_event_id"), "trace_move", ["event_id"], unique=False)
    op.create_index(op.f("ix_trace_move_from_lot_id"), "trace_move", ["from_lot_id"], unique=False)
    op.create_index(op.f("ix_trace_move_to_lot_id"), "trace_move", ["to_lot_id"], unique=False)
    op.create_table(
        "trace_slice",
        sa.Column("lot_id", ROW_ID, nullable=False),
        sa.Column("contribution_id", ROW_ID, nullable=False),
        sa.Column("source_minor", sa.BigInteger(), nullable=False),
        sa.Column("target_minor", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("source_minor >= 0 AND target_minor >= 0", name=op.f("ck_trace_slice_not_below_zero")),
        sa.ForeignKeyConstraint(
            ["contribution_id"], ["contribution.id"], name=op.f("fk_trace_slice_contribution_id_contribution")
        ),
        sa.ForeignKeyConstraint(["lot_id"], ["trace_lot.id"], name=op.f("fk_trace_slice_lot_id_trace_lot")),
        sa.PrimaryKeyConstraint("lot_id", "contribution_id", name=op.f("pk_trace_slice")),
        info={"within": "fund"},
    )
    op.create_index("ix_trace_slice_contribution_id", "trace_slice", ["contribution_id"], unique=False)
    op.create_table(
        "transfer_value",
        sa.Column("transfer_id", ROW_ID, nullable=False),
        sa.Column("currency", sa.CHAR(length=3), nullable=False),
        sa.Column("value_minor", sa.BigInteger(), nullable=False),
        sa.Column("rate_id", ROW_ID, nullable=True),
        sa.CheckConstraint(
            "currency IN ('MMK', 'THB', 'USD', 'EUR', 'INR', 'AUD', 'SGD', 'GBP', 'JPY', 'KRW', 'CNY', 'MYR', 'BDT')",
            name=op.f("ck_transfer_value_currency_known"),
        ),
        sa.CheckConstraint("value_minor >= 0", name=op.f("ck_transfer_value_value_not_negative")),
        sa.ForeignKeyConstraint(["rate_id"], ["rate.id"], name=op.f("fk_transfer_value_rate_id_rate")),
        sa.ForeignKeyConstraint(["transfer_id"], ["transfer.id"], name=op.f("fk_transfer_value_transfer_id_transfer")),
        sa.PrimaryKeyConstraint("transfer_id", "currency", name=op.f("pk_transfer_value")),
        info={"within": "fund", "append_only": True},
    )
    op.create_index(op.f("ix_transfer_value_rate_id"), "transfer_value", ["rate_id"], unique=False)
    for table in APPEND_ONLY:
        protect(table)
    with op.batch_alter_table("user") as batch:
        batch.add_column(sa.Column("reporting", sa.CHAR(3)))
    with op.batch_alter_table("fund") as batch:
        batch.add_column(sa.Column("closed_at", sa.DateTime(timezone=True)))
    with op.batch_alter_table("contribution") as batch:
        batch.add_column(sa.Column("due_on", sa.Date()))
        batch.create_index("ix_contribution_due", ["state", "due_on", "id"])
    with op.batch_alter_table("payout") as batch:
        batch.drop_column("agent_sealed")
        batch.add_column(sa.Column("agent_id", sa.Integer()))
        batch.add_column(sa.Column("purpose_place_id", sa.Integer()))
        batch.add_column(sa.Column("purpose_sector", sa.String(24)))
        batch.add_column(sa.Column("fee_bearer", sa.String(24), nullable=False, server_default="fund"))
        batch.add_column(sa.Column("market_rate_id", ROW_ID))
        batch.add_column(sa.Column("token_hash", sa.Text()))
        batch.create_foreign_key(op.f("fk_payout_agent_id_agent"), "agent", ["agent_id"], ["id"])
        batch.create_foreign_key(op.f("fk_payout_purpose_place_id_place"), "place", ["purpose_place_id"], ["id"])
        batch.create_foreign_key(op.f("fk_payout_market_rate_id_rate"), "rate", ["market_rate_id"], ["id"])
        batch.create_check_constraint(op.f("ck_payout_purpose_sector"), one_of("purpose_sector", SECTORS))
        batch.create_check_constraint(op.f("ck_payout_fee_bearer"), one_of("fee_bearer", ("fund", "receiver")))
        batch.drop_constraint(op.f("ck_payout_state"), type_="check")
        batch.create_check_constraint(op.f("ck_payout_state"), one_of("state", ("waiting", "declined", *PAYOUT_STATES)))
        batch.create_index("ix_payout_agent_id", ["agent_id"])
    with op.batch_alter_table("payout") as batch:
        batch.alter_column("fee_bearer", existing_type=sa.String(24), server_default=None)
    op.execute(
        "INSERT INTO expense_share (expense_id, delivery_id, amount_minor) "
        "SELECT id, delivery_id, amount_minor FROM expense WHERE delivery_id IS NOT NULL"
    )
    op.drop_index(op.f("ix_expense_delivery_id"), table_name="expense")
    with op.batch_alter_table("expense") as batch:
        batch.drop_constraint(op.f("fk_expense_delivery_id_delivery"), type_="foreignkey")
        batch.drop_column("delivery_id")
        batch.add_column(sa.Column("handed_at_id", ROW_ID))
        batch.add_column(sa.Column("by_treasurer", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch.create_foreign_key(
            op.f("fk_expense_handed_at_id_delivery_event"), "delivery_event", ["handed_at_id"], ["id"]
        )
        batch.create_index("ix_expense_handed_at_id", ["handed_at_id"])
    with op.batch_alter_table("expense") as batch:
        batch.alter_column("by_treasurer", existing_type=sa.Boolean(), server_default=None)
    with op.batch_alter_table("ledger_event") as batch:
        batch.add_column(sa.Column("settlement_id", ROW_ID))
        batch.create_foreign_key(
            op.f("fk_ledger_event_settlement_id_payout_settlement"), "payout_settlement", ["settlement_id"], ["id"]
        )
        batch.drop_constraint(op.f("ck_ledger_event_kind"), type_="check")
        batch.create_check_constraint(
            op.f("ck_ledger_event_kind"), one_of("kind", (*EVENT_KINDS, "settlement", "reversal"))
        )
        batch.create_index("ix_ledger_event_settlement_id", ["settlement_id"])
        batch.create_index("ix_ledger_event_happened_on", ["happened_on"])
    with op.batch_alter_table("transfer") as batch:
        batch.drop_constraint(op.f("ck_transfer_kind"), type_="check")
        batch.create_check_constraint(
            op.f("ck_transfer_kind"), one_of("kind", (*EVENT_KINDS, "settlement", "reversal"))
        )
    protect_remade()
    refill_months(by_channel=True)
    fill_givers()


def downgrade() -> None:
    connection = op.get_bind()
    for table in NEW:
        if table not in ("expense_share", "giver_month") and connection.scalar(
            sa.text(f'SELECT count(*) FROM "{table}"')
        ):
            raise RuntimeError(f"going below this migration would lose the records of {table}")
    shared = "SELECT count(*) FROM expense_share GROUP BY expense_id HAVING count(*) > 1"
    if connection.scalar(sa.text(shared)):
        raise RuntimeError("going below this migration would lose expenses shared by deliveries")
    with op.batch_alter_table("transfer") as batch:
        batch.drop_constraint(op.f("ck_transfer_kind"), type_="check")
        batch.create_check_constraint(op.f("ck_transfer_kind"), one_of("kind", (*EVENT_KINDS, "reversal")))
    op.drop_index("ix_ledger_event_settlement_id", table_name="ledger_event")
    op.drop_index("ix_ledger_event_happened_on", table_name="ledger_event")
    with op.batch_alter_table("ledger_event") as batch:
        batch.drop_constraint(op.f("fk_ledger_event_settlement_id_payout_settlement"), type_="foreignkey")
        batch.drop_column("settlement_id")
        batch.drop_constraint(op.f("ck_ledger_event_kind"), type_="check")
        batch.create_check_constraint(op.f("ck_ledger_event_kind"), one_of("kind", (*EVENT_KINDS, "reversal")))
    protect_remade()
    op.drop_index("ix_expense_handed_at_id", table_name="expense")
    with op.batch_alter_table("expense") as batch:
        batch.drop_constraint(op.f("fk_expense_handed_at_id_delivery_event"), type_="foreignkey")
        batch.drop_column("handed_at_id")
        batch.drop_column("by_treasurer")
        batch.add_column(sa.Column("delivery_id", sa.Integer()))
        batch.create_foreign_key(op.f("fk_expense_delivery_id_delivery"), "delivery", ["delivery_id"], ["id"])
        batch.create_index(op.f("ix_expense_delivery_id"), ["delivery_id"])
    op.execute("UPDATE expense SET delivery_id = (SELECT delivery_id FROM expense_share WHERE expense_id = expense.id)")
    op.drop_index("ix_payout_agent_id", table_name="payout")
    with op.batch_alter_table("payout") as batch:
        for name in ("agent_id_agent", "purpose_place_id_place", "market_rate_id_rate"):
            batch.drop_constraint(op.f(f"fk_payout_{name}"), type_="foreignkey")
        for name in ("purpose_sector", "fee_bearer", "state"):
            batch.drop_constraint(op.f(f"ck_payout_{name}"), type_="check")
        for name in ("agent_id", "purpose_place_id", "purpose_sector", "fee_bearer", "market_rate_id", "token_hash"):
            batch.drop_column(name)
        batch.add_column(sa.Column("agent_sealed", sa.LargeBinary()))
        batch.create_check_constraint(op.f("ck_payout_state"), one_of("state", PAYOUT_STATES))
    op.drop_index("ix_contribution_due", table_name="contribution")
    for table, column in (("contribution", "due_on"), ("fund", "closed_at"), ("user", "reporting")):
        with op.batch_alter_table(table) as batch:
            batch.drop_column(column)
    op.drop_index("ix_account_responder_kind", table_name="account")
    op.create_index(op.f("ix_account_responder_id"), "account", ["responder_id"])
    op.drop_index("ix_money_month_responder_id", table_name="money_month")
    op.drop_table("money_month")
    for table in NEW:
        op.drop_table(table)
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
    refill_months(by_channel=False)


#: Between which kinds of account money moved, and what that is to a month's totals.
MEASURES = {
    ("outside", "fund"): "received",
    ("outside", "held"): "received",
    ("fund", "outside"): "refunded",
    ("held", "outside"): "refunded",
    ("fund", "transit"): "paid-out",
    ("fund", "fees"): "fees",
    ("transit", "fees"): "kept",
    ("transit", "held"): "arrived",
    ("transit", "exchange"): "changed",
    ("exchange", "held"): "arrived-changed",
    ("fund", "exchange"): "exchanged-out",
    ("exchange", "fund"): "exchanged-in",
    ("fund", "spent"): "spent",
    ("held", "spent"): "spent",
    ("transit", "lost"): "lost",
    ("held", "lost"): "lost-held",
}


def refill_months(*, by_channel: bool) -> None:
    """Monthly totals from the ledger."""
    connection = op.get_bind()
    statement = sa.text(
        "SELECT e.fund_id, e.happened_on, t.currency, s.kind, g.kind, coalesce(s.responder_id, g.responder_id, 0), "
        "coalesce(s.budget_line, g.budget_line, ''), coalesce(c.channel, p.channel, ''), t.reverses_id, t.amount_minor "
        "FROM transfer t JOIN ledger_event e ON e.id = t.event_id "
        "JOIN account s ON s.id = t.from_id JOIN account g ON g.id = t.to_id "
        "LEFT JOIN contribution c ON c.id = e.contribution_id LEFT JOIN payout p ON p.id = e.payout_id"
    ).columns(happened_on=sa.Date())
    totals = Counter[tuple[Any, ...]]()
    for fund_id, day, currency, source, target, responder_id, line, channel, reverses_id, minor in connection.execute(
        statement
    ):
        way = (source, target) if reverses_id is None else (target, source)
        key = (fund_id, day.replace(day=1), currency, MEASURES[way], responder_id, line)
        totals[(*key, channel) if by_channel else key] += minor if reverses_id is None else -minor
    names = ("fund_id", "month", "currency", "measure", "responder_id", "budget_line", "channel")
    columns = names if by_channel else names[:-1]
    table = sa.table(
        "money_month", *(sa.column(name, sa.Date() if name == "month" else None) for name in (*columns, "amount_minor"))
    )
    rows = [dict(zip(columns, key, strict=True), amount_minor=minor) for key, minor in totals.items()]
    if rows:
        connection.execute(sa.insert(table), rows)


def fill_givers() -> None:
    """Donors' monthly totals from the ledger."""
    connection = op.get_bind()
    statement = sa.text(
        "SELECT c.donor_id, e.fund_id, e.happened_on, t.currency, s.kind, g.kind, t.reverses_id, t.amount_minor "
        "FROM transfer t JOIN ledger_event e ON e.id = t.event_id JOIN contribution c ON c.id = e.contribution_id "
        "JOIN account s ON s.id = t.from_id JOIN account g ON g.id = t.to_id WHERE c.donor_id IS NOT NULL"
    ).columns(happened_on=sa.Date())
    amounts, acts = Counter[tuple[Any, ...]](), Counter[tuple[Any, ...]]()
    for donor_id, fund_id, day, currency, source, target, reverses_id, minor in connection.execute(statement):
        sign = 1 if reverses_id is None else -1
        measure = MEASURES[(source, target) if reverses_id is None else (target, source)]
        if measure in ("received", "refunded"):
            key = (donor_id, fund_id, day.replace(day=1), currency, measure)
            amounts[key] += sign * minor
            acts[key] += sign
    names = ("donor_id", "fund_id", "month", "currency", "measure")
    columns = [sa.column(name, sa.Date() if name == "month" else None) for name in (*names, "amount_minor", "acts")]
    rows = [
        {**dict(zip(names, key, strict=True)), "amount_minor": minor, "acts": acts[key]}
        for key, minor in amounts.items()
    ]
    if rows:
        connection.execute(sa.insert(sa.table("giver_month", *columns)), rows)
