"""Reconcile channels: how an account's chats were compared with the provider's, and whose."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

APP, SYSTEM = "talkhub_app", "talkhub_system"
OWN_ROWS = "workspace_id = (select current_workspace())"
ACCOUNTS, PEOPLE = "reconciliations", "reconciled_people"


def upgrade() -> None:
    op.create_table(
        ACCOUNTS,
        *_account_of(ACCOUNTS),
        _time("due_at", server_default=sa.text("now()"), nullable=False),
        _time("checked_at", nullable=True),
        sa.Column("gaps_filled", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("trouble", sa.String(length=20), nullable=True),
        sa.PrimaryKeyConstraint("channel_id", name=op.f("pk_reconciliations")),
    )
    op.create_table(
        PEOPLE,
        *_account_of(PEOPLE),
        sa.Column("user_id", sa.String(length=255), nullable=False),
        _time("tried_at", server_default=sa.text("now()"), nullable=False),
        _time("covered_until", nullable=True),
        sa.PrimaryKeyConstraint("channel_id", "user_id", name=op.f("pk_reconciled_people")),
    )
    for table in (ACCOUNTS, PEOPLE):
        _scope(table)


def downgrade() -> None:
    op.drop_table(PEOPLE)
    op.drop_table(ACCOUNTS)


def _time(name: str, **options: object) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), **options)


def _account_of(table: str) -> list[sa.schema.SchemaItem]:
    return [
        sa.Column("workspace_id", sa.BigInteger(), nullable=False),
        sa.Column("channel_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["channel_id"],
            ["channels.id"],
            name=op.f(f"fk_{table}_channel_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["workspaces.id"],
            name=op.f(f"fk_{table}_workspace_id"),
            ondelete="CASCADE",
        ),
    ]


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
