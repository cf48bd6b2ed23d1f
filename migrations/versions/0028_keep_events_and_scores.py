"""Keep the custom events that callers tell, and the scores that people gave."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

APP, SYSTEM = "talkhub_app", "talkhub_system"
OWN_ROWS = "workspace_id = (select current_workspace())"
EVENTS, SCORES = "custom_events", "scores"


def upgrade() -> None:
    op.create_table(
        EVENTS,
        *_of_person(),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("session_id", sa.String(length=255), nullable=True),
        sa.Column("value", sa.Double(), nullable=True),
        *_times(),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_custom_events")),
    )
    op.create_index(
        op.f("ix_custom_events_workspace_id_name_occurred_at"),
        EVENTS,
        ["workspace_id", "name", "occurred_at"],
    )
    op.create_table(
        SCORES,
        *_of_person(),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("score", sa.SmallInteger(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.Column("session_id", sa.String(length=255), nullable=True),
        sa.Column("conversation_id", sa.String(length=255), nullable=True),
        *_times(),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scores")),
        sa.CheckConstraint(
            "kind = 'csat' and score between 1 and 5 or kind = 'nps' and score between 0 and 10",
            name=op.f("ck_scores_scale"),
        ),
    )
    op.create_index(
        op.f("ix_scores_workspace_id_occurred_at"), SCORES, ["workspace_id", "occurred_at"]
    )
    for table in (EVENTS, SCORES):
        op.create_index(
            op.f(f"ix_{table}_workspace_id_profile_id"), table, ["workspace_id", "profile_id"]
        )
        _wall_in(table)


def downgrade() -> None:
    op.drop_table(SCORES)
    op.drop_table(EVENTS)


def _of_person() -> list[sa.Column[object]]:
    return [
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("workspace_id", sa.BigInteger(), nullable=False),
        sa.Column("profile_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.String(length=255), nullable=False),
    ]


def _times() -> list[sa.Column[object]]:
    return [
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
    ]


def _wall_in(table: str) -> None:
    op.execute(f"alter table {table} enable row level security, force row level security")
    for role in ("public", "anon", "authenticated"):
        op.execute(
            f"do $$ begin revoke all on {table} from {role}; "
            f"revoke all on sequence {table}_id_seq from {role}; "
            "exception when undefined_object then null; end $$"
        )
    for role, condition in ((APP, OWN_ROWS), (SYSTEM, "true")):
        op.execute(f"grant select, insert, update, delete on {table} to {role}")
        op.execute(f"grant usage on sequence {table}_id_seq to {role}")
        op.execute(
            f"create policy {role} on {table} to {role} "
            f"using ({condition}) with check ({condition})"
        )
