"""Create conversations."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "chat_sessions",
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("workspace_id", sa.BigInteger(), nullable=False),
        sa.Column("session_id", sa.String(length=255), nullable=False),
        sa.Column("user_id", sa.String(length=255), nullable=False),
        sa.Column("user_data", postgresql.JSONB(), server_default="{}", nullable=False),
        sa.Column("platform", sa.String(length=100), server_default="unknown", nullable=False),
        sa.Column("status", sa.String(length=50), server_default="active", nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("profile_id", sa.BigInteger(), nullable=False),
        sa.Column("channel_id", sa.BigInteger(), nullable=True),
        sa.Column("conversation_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("last_message_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("close_reason", sa.String(length=32), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chat_sessions")),
        sa.UniqueConstraint(
            "workspace_id", "session_id", name=op.f("uq_chat_sessions_workspace_id_session_id")
        ),
    )
    op.create_index(
        "ix_chat_sessions_active",
        "chat_sessions",
        ["workspace_id", "profile_id", "platform"],
        unique=False,
        postgresql_where="status = 'active'",
    )
    op.create_table(
        "conversations",
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("workspace_id", sa.BigInteger(), nullable=False),
        sa.Column("conversation_id", sa.String(length=255), nullable=False),
        sa.Column("session_id", sa.String(length=255), nullable=False),
        sa.Column("user_id", sa.String(length=255), nullable=False),
        sa.Column("messages", postgresql.JSONB(), server_default="[]", nullable=False),
        sa.Column("intent_analysis", postgresql.JSONB(), server_default="{}", nullable=False),
        sa.Column("metadata", postgresql.JSONB(), server_default="{}", nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("profile_id", sa.BigInteger(), nullable=False),
        sa.Column("channel_id", sa.BigInteger(), nullable=True),
        sa.Column("platform", sa.String(length=100), server_default="unknown", nullable=False),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("part", sa.SmallInteger(), server_default="1", nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_message_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("message_count", sa.Integer(), nullable=False),
        sa.Column("user_message_count", sa.Integer(), nullable=False),
        sa.Column("response_count", sa.Integer(), nullable=False),
        sa.Column("response_ms_total", sa.BigInteger(), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=True),
        sa.Column("sentiment", sa.String(length=16), nullable=True),
        sa.Column("sentiment_score", sa.Double(), nullable=True),
        sa.Column("primary_intent", sa.String(length=32), nullable=True),
        sa.Column("topics", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=True),
        sa.Column("analysed_version", sa.String(length=32), nullable=True),
        sa.Column("analysis_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("fence", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("attempts", sa.SmallInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conversations")),
        sa.UniqueConstraint(
            "workspace_id",
            "conversation_id",
            name=op.f("uq_conversations_workspace_id_conversation_id"),
        ),
    )
    op.create_index(
        "ix_conversations_analysis_due",
        "conversations",
        ["analysis_due_at"],
        unique=False,
        postgresql_where="analysis_due_at is not null",
    )
    op.create_index(
        "ix_conversations_recent",
        "conversations",
        ["workspace_id", "last_message_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_conversations_workspace_id_profile_id_last_message_at"),
        "conversations",
        ["workspace_id", "profile_id", "last_message_at"],
        unique=False,
    )
    op.create_index(
        op.f("ix_conversations_workspace_id_session_id"),
        "conversations",
        ["workspace_id", "session_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_conversations_workspace_id_started_at"),
        "conversations",
        ["workspace_id", "started_at"],
        unique=False,
    )
    op.create_table(
        "message_index",
        sa.Column("workspace_id", sa.BigInteger(), nullable=False),
        sa.Column("conversation_id", sa.BigInteger(), nullable=False),
        sa.Column("message_id", sa.String(length=64), nullable=False),
        sa.Column("profile_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("channel_id", sa.BigInteger(), nullable=True),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("external_message_id", sa.String(length=255), nullable=True),
        sa.Column("delivery_state", sa.String(length=16), nullable=True),
        sa.Column("stems", postgresql.ARRAY(sa.Text()), nullable=True),
        sa.Column("language", sa.String(length=8), nullable=True),
        sa.PrimaryKeyConstraint(
            "workspace_id", "conversation_id", "message_id", name=op.f("pk_message_index")
        ),
    )
    op.create_index(
        op.f("ix_message_index_workspace_id_profile_id_sent_at"),
        "message_index",
        ["workspace_id", "profile_id", "sent_at"],
        unique=False,
    )
    op.create_index(
        "uq_message_index_external",
        "message_index",
        ["workspace_id", "source", "external_message_id"],
        unique=True,
        postgresql_where="external_message_id is not null",
    )


def downgrade() -> None:
    op.drop_table("message_index")
    op.drop_table("conversations")
    op.drop_table("chat_sessions")
