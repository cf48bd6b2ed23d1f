"""Keep what automatic replies are found in, how a workspace wants them, and what became of each."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0051"
down_revision = "0050"
branch_labels = None
depends_on = None

APP, SYSTEM = "talkhub_app", "talkhub_system"
OWN_ROWS = "workspace_id = (select current_workspace())"
SETTINGS, SOURCES, PASSAGES = "reply_settings", "reply_sources", "reply_passages"
REPLIES = "replies"


def upgrade() -> None:
    op.create_table(
        SETTINGS,
        sa.Column("workspace_id", sa.BigInteger(), nullable=False),
        sa.Column("mode", sa.String(length=16), nullable=False),
        sa.Column("threshold", sa.Float(), nullable=True),
        sa.Column("quiet_from", sa.Time(), nullable=True),
        sa.Column("quiet_until", sa.Time(), nullable=True),
        sa.Column("daily_cap", sa.Integer(), nullable=False),
        sa.Column("handoff_text", sa.Text(), nullable=False),
        sa.Column("changed_by", sa.String(length=255), nullable=False),
        _now("changed_at"),
        sa.PrimaryKeyConstraint("workspace_id", name=op.f("pk_reply_settings")),
        _of(SETTINGS, "workspace_id", "workspaces"),
    )
    op.create_table(
        SOURCES,
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("workspace_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("format", sa.String(length=16), nullable=False),
        sa.Column("created_by", sa.String(length=255), nullable=False),
        _now("created_at"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reply_sources")),
        _of(SOURCES, "workspace_id", "workspaces"),
        sa.UniqueConstraint(
            "workspace_id", "name", name=op.f("uq_reply_sources_workspace_id_name")
        ),
    )
    op.create_table(
        PASSAGES,
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("workspace_id", sa.BigInteger(), nullable=False),
        sa.Column("source_id", sa.BigInteger(), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reply_passages")),
        _of(PASSAGES, "workspace_id", "workspaces"),
        _of(PASSAGES, "source_id", "reply_sources"),
    )
    op.create_index(op.f("ix_reply_passages_workspace_id"), PASSAGES, ["workspace_id"])
    op.create_index(op.f("ix_reply_passages_source_id"), PASSAGES, ["source_id"])
    _create_replies()
    for table in (SETTINGS, SOURCES, PASSAGES, REPLIES):
        _wall_in(table, has_sequence=table != SETTINGS)


def downgrade() -> None:
    for table in (REPLIES, PASSAGES, SOURCES, SETTINGS):
        op.drop_table(table)


def _create_replies() -> None:
    op.create_table(
        REPLIES,
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("workspace_id", sa.BigInteger(), nullable=False),
        sa.Column("conversation_id", sa.BigInteger(), nullable=False),
        sa.Column("message_id", sa.String(length=255), nullable=False),
        sa.Column("state", sa.String(length=16), server_default="pending", nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("fence", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("source", sa.String(length=120), nullable=True),
        sa.Column("question", sa.Text(), nullable=True),
        sa.Column("score", sa.Float(), nullable=True),
        sa.Column("threshold", sa.Float(), nullable=True),
        sa.Column("outbound_message_id", sa.BigInteger(), nullable=True),
        sa.Column("is_good", sa.Boolean(), nullable=True),
        sa.Column("judged_by", sa.String(length=255), nullable=True),
        sa.Column("judged_at", sa.DateTime(timezone=True), nullable=True),
        _now("created_at"),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_replies")),
        _of(REPLIES, "conversation_id", "conversations"),
        sa.UniqueConstraint(
            "workspace_id", "message_id", name=op.f("uq_replies_workspace_id_message_id")
        ),
    )
    op.create_index(op.f("ix_replies_conversation_id"), REPLIES, ["conversation_id"])
    op.create_index(
        op.f("ix_replies_workspace_id_created_at"), REPLIES, ["workspace_id", "created_at"]
    )
    op.create_index(
        op.f("ix_replies_due"), REPLIES, ["due_at"], postgresql_where=sa.text("due_at is not null")
    )


def _now(name: str) -> sa.Column[object]:
    return sa.Column(
        name, sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
    )


def _of(table: str, column: str, parent: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], [f"{parent}.id"], name=op.f(f"fk_{table}_{column}"), ondelete="CASCADE"
    )


def _wall_in(table: str, *, has_sequence: bool) -> None:
    things = [f"table {table}", *([f"sequence {table}_id_seq"] if has_sequence else [])]
    op.execute(f"alter table {table} enable row level security, force row level security")
    for role in ("public", "anon", "authenticated"):
        revoked = "; ".join(f"revoke all on {thing} from {role}" for thing in things)
        op.execute(f"do $$ begin {revoked}; exception when undefined_object then null; end $$")
    for role, condition in ((APP, OWN_ROWS), (SYSTEM, "true")):
        op.execute(f"grant select, insert, update, delete on {table} to {role}")
        if has_sequence:
            op.execute(f"grant usage, select on sequence {table}_id_seq to {role}")
        op.execute(
            f"create policy {role} on {table} to {role} "
            f"using ({condition}) with check ({condition})"
        )
