"""Count conversations in buckets of hours, days and months, in place of the hourly statistics.

All hours are marked to be counted: the drains fill the new table.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

APP, SYSTEM = "talkhub_app", "talkhub_system"
OWN_ROWS = "workspace_id = (select current_workspace())"
BUCKETS, DAYS, HOURLY = "bucket_stats", "dirty_days", "hourly_stats"


def upgrade() -> None:
    op.drop_table(HOURLY)
    op.create_table(
        BUCKETS,
        sa.Column("workspace_id", sa.BigInteger(), nullable=False),
        sa.Column("level", sa.String(length=8), nullable=False),
        sa.Column("dimension", sa.String(length=16), nullable=False),
        sa.Column("begins_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("counts", postgresql.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column("codes", postgresql.ARRAY(sa.SmallInteger()), nullable=False),
        sa.Column("times", postgresql.ARRAY(sa.Integer()), nullable=False),
        sa.Column("people", sa.LargeBinary(), nullable=False),
        sa.Column("hours", postgresql.ARRAY(sa.Integer()), nullable=False),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint(
            *("workspace_id", "level", "dimension", "begins_at", "value"),
            name=op.f("pk_bucket_stats"),
        ),
    )
    op.create_table(
        DAYS,
        sa.Column("workspace_id", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "day", name=op.f("pk_dirty_days")),
    )
    op.create_index(op.f("ix_dirty_days_due_at"), DAYS, ["due_at"])
    _scope(BUCKETS)
    _scope(DAYS)
    # As the role that sees all workspaces: the owner sees none.
    op.execute(f"set local role {SYSTEM}")
    op.execute(
        "insert into dirty_buckets (workspace_id, hour) "
        "select distinct workspace_id, date_trunc('hour', started_at, 'UTC') from conversations "
        "order by 1, 2"
    )
    op.execute("reset role")
    # Last: from here to the end nobody else reads or writes conversations.
    op.add_column(
        "conversations", sa.Column("response_times", postgresql.ARRAY(sa.Integer()), nullable=True)
    )


def downgrade() -> None:
    op.drop_column("conversations", "response_times")
    op.drop_table(DAYS)
    op.drop_table(BUCKETS)
    op.create_table(
        HOURLY,
        sa.Column("workspace_id", sa.BigInteger(), nullable=False),
        sa.Column("hour", sa.DateTime(timezone=True), nullable=False),
        sa.Column("conversations", sa.Integer(), nullable=False),
        sa.Column("messages", sa.Integer(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("completed", sa.Integer(), nullable=False),
        sa.Column("intents", postgresql.JSONB(), nullable=False),
        sa.Column("sentiments", postgresql.JSONB(), nullable=False),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("workspace_id", "hour", name=op.f("pk_hourly_stats")),
    )
    _scope(HOURLY)


def _scope(table: str) -> None:
    op.execute(f"alter table {table} enable row level security, force row level security")
    for role in ("public", "anon", "authenticated"):
        op.execute(
            f"do $$ begin revoke all on {table} from {role}; "
            "exception when undefined_object then null; end $$"
        )
    for role, condition in ((APP, OWN_ROWS), (SYSTEM, "true")):
        op.execute(f"grant select, insert, update, delete on {table} to {role}")
        op.execute(
            f"create policy {role} on {table} to {role} "
            f"using ({condition}) with check ({condition})"
        )
