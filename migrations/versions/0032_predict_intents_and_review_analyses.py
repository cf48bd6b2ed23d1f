"""Keep what people come for after what, and which analyses somebody had better look at."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

APP, SYSTEM = "talkhub_app", "talkhub_system"
OWN_ROWS = "workspace_id = (select current_workspace())"
HABITS = "intent_habits"


def upgrade() -> None:
    op.create_table(
        HABITS,
        sa.Column("workspace_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("follows", postgresql.JSONB(), nullable=False),
        sa.Column("accuracy", postgresql.JSONB(), nullable=False),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", name=op.f("pk_intent_habits")),
    )
    _scope(HABITS)
    op.add_column("corrections", sa.Column("review", sa.String(length=16), nullable=True))
    op.add_column("conversations", sa.Column("review_priority", sa.Float(), nullable=True))


def downgrade() -> None:
    op.drop_column("conversations", "review_priority")
    op.drop_column("corrections", "review")
    op.drop_table(HABITS)


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
