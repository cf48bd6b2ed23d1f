"""Create what a language model reads in conversations, who wants it, and what it costs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

APP, SYSTEM = "talkhub_app", "talkhub_system"
OWN_ROWS = "workspace_id = (select current_workspace())"
SCOPED = ("enrichment_consents", "enrichments", "enrichment_usage")
ENDPOINTS = "enrichment_endpoints"


def upgrade() -> None:
    op.create_table(
        "enrichment_consents",
        sa.Column("workspace_id", sa.BigInteger(), nullable=False),
        sa.Column("is_given", sa.Boolean(), nullable=False),
        sa.Column("covers", sa.String(length=16), nullable=False),
        sa.Column("changed_by", sa.String(length=255), nullable=False),
        _now("changed_at"),
        sa.PrimaryKeyConstraint("workspace_id", name=op.f("pk_enrichment_consents")),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["workspaces.id"],
            name=op.f("fk_enrichment_consents_workspace_id"),
            ondelete="CASCADE",
        ),
    )
    _create_enrichments()
    op.create_table(
        "enrichment_usage",
        sa.Column("workspace_id", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("calls", sa.Integer(), nullable=False),
        sa.Column("tokens", sa.BigInteger(), nullable=False),
        sa.Column("micros", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "day", name=op.f("pk_enrichment_usage")),
    )
    op.create_index(op.f("ix_enrichment_usage_day"), "enrichment_usage", ["day"])
    op.create_table(
        ENDPOINTS,
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("form", sa.String(length=16), server_default="schema", nullable=False),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("closed_until", sa.DateTime(timezone=True), nullable=True),
        _now("updated_at"),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_enrichment_endpoints")),
    )
    for table in (*SCOPED, ENDPOINTS):
        _close(table)
        _grant(SYSTEM, table, "true")
    for table in SCOPED:
        _grant(APP, table, OWN_ROWS)
    for role in (APP, SYSTEM):
        op.execute(f"grant usage on sequence enrichments_id_seq to {role}")


def downgrade() -> None:
    for table in (ENDPOINTS, *reversed(SCOPED)):
        op.drop_table(table)


def _create_enrichments() -> None:
    op.create_table(
        "enrichments",
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("workspace_id", sa.BigInteger(), nullable=False),
        sa.Column("conversation_id", sa.BigInteger(), nullable=False),
        sa.Column("transcript", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(length=16), server_default="pending", nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("fence", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("model", sa.String(length=255), nullable=True),
        sa.Column("result", postgresql.JSONB(), nullable=True),
        sa.Column("tokens_sent", sa.Integer(), server_default="0", nullable=False),
        sa.Column("tokens_received", sa.Integer(), server_default="0", nullable=False),
        sa.Column("is_repeated", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("trouble", sa.String(length=32), nullable=True),
        _now("created_at"),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enrichments")),
        sa.UniqueConstraint(
            "conversation_id",
            "workspace_id",
            name=op.f("uq_enrichments_conversation_id_workspace_id"),
        ),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversations.id"],
            name=op.f("fk_enrichments_conversation_id"),
            ondelete="CASCADE",
        ),
    )
    op.create_index(
        "ix_enrichments_due", "enrichments", ["due_at"], postgresql_where="due_at is not null"
    )
    op.create_index(
        "ix_enrichments_content",
        "enrichments",
        ["workspace_id", "content"],
        postgresql_where="state = 'done'",
    )


def _now(name: str) -> sa.Column[object]:
    return sa.Column(
        name, sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
    )


def _close(table: str) -> None:
    op.execute(f"alter table {table} enable row level security, force row level security")
    sequences = f"revoke all on sequence {table}_id_seq from {{role}}; "
    more = sequences if table == "enrichments" else ""
    for role in ("public", "anon", "authenticated"):
        op.execute(
            f"do $$ begin revoke all on {table} from {role}; {more.format(role=role)}"
            "exception when undefined_object then null; end $$"
        )


def _grant(role: str, table: str, condition: str) -> None:
    op.execute(f"grant select, insert, update, delete on {table} to {role}")
    op.execute(
        f"create policy {role} on {table} to {role} using ({condition}) with check ({condition})"
    )
