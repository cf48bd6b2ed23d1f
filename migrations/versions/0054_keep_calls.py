"""Keep calls between people and agents, what their browsers tell each other, and who may embed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0054"
down_revision = "0053"
branch_labels = None
depends_on = None

APP, SYSTEM = "talkhub_app", "talkhub_system"
OWN_ROWS = "workspace_id = (select current_workspace())"
CALLS, SIGNALS, PAGES = "calls", "call_signals", "call_pages"


def upgrade() -> None:
    op.create_table(
        CALLS,
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("workspace_id", sa.BigInteger(), nullable=False),
        sa.Column("call_id", sa.String(length=64), nullable=False),
        sa.Column("session_id", sa.String(length=255), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=True),
        sa.Column("ended_by", sa.String(length=16), nullable=True),
        sa.Column("agent", sa.String(length=255), nullable=True),
        sa.Column("agrees_to_recording", sa.Boolean(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("connected_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rings_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("caller_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("agent_seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calls")),
        _of_workspace(CALLS),
        sa.UniqueConstraint("workspace_id", "call_id", name=op.f("uq_calls_workspace_id_call_id")),
        sa.CheckConstraint(
            "state in ('ringing', 'active', 'ended') and (state = 'ended') = (outcome is not null)"
            " and (state = 'ended') = (ended_at is not null)",
            name=op.f("ck_calls_state"),
        ),
    )
    op.create_index(op.f("ix_calls_workspace_id_session_id"), CALLS, ["workspace_id", "session_id"])
    op.create_index(
        "ix_calls_going_on",
        CALLS,
        ["workspace_id", "id"],
        postgresql_where=sa.text("state <> 'ended'"),
    )
    op.create_table(
        SIGNALS,
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("workspace_id", sa.BigInteger(), nullable=False),
        sa.Column("call_number", sa.BigInteger(), nullable=False),
        sa.Column("side", sa.String(length=8), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_signals")),
        _of_workspace(SIGNALS),
        sa.ForeignKeyConstraint(
            ["call_number"],
            ["calls.id"],
            name=op.f("fk_call_signals_call_number"),
            ondelete="CASCADE",
        ),
    )
    op.create_index(
        op.f("ix_call_signals_workspace_id_call_number_id"),
        SIGNALS,
        ["workspace_id", "call_number", "id"],
    )
    op.create_table(
        PAGES,
        sa.Column("workspace_id", sa.BigInteger(), nullable=False),
        sa.Column("page_key", sa.String(length=64), nullable=False),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.Column("origins", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("changed_by", sa.String(length=255), nullable=False),
        sa.Column(
            "changed_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("workspace_id", name=op.f("pk_call_pages")),
        _of_workspace(PAGES),
    )
    for table in (CALLS, SIGNALS, PAGES):
        _wall_in(table, has_sequence=table != PAGES)


def downgrade() -> None:
    for table in (PAGES, SIGNALS, CALLS):
        op.drop_table(table)


def _of_workspace(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["workspace_id"],
        ["workspaces.id"],
        name=op.f(f"fk_{table}_workspace_id"),
        ondelete="CASCADE",
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
