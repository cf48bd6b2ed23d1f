"""Follow what happens to messages: changes told of them, and the event that brought each.

Beside it what channels and workspaces need for several accounts: the credentials that an
account sends and registers with, and each workspace's own silence between sessions.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

APP, SYSTEM = "talkhub_app", "talkhub_system"
OWN_ROWS = "workspace_id = (select current_workspace())"
TABLE = "message_changes"


def upgrade() -> None:
    _create_message_changes()
    op.add_column("message_index", sa.Column("alias", sa.String(length=255), nullable=True))
    op.add_column("message_index", sa.Column("event_id", sa.BigInteger(), nullable=True))
    op.add_column("channels", sa.Column("credentials_encrypted", sa.LargeBinary(), nullable=True))
    op.add_column("workspaces", sa.Column("session_idle_minutes", sa.Integer(), nullable=True))


def downgrade() -> None:
    op.drop_column("workspaces", "session_idle_minutes")
    op.drop_column("channels", "credentials_encrypted")
    op.drop_column("message_index", "event_id")
    op.drop_column("message_index", "alias")
    op.drop_table(TABLE)


def _create_message_changes() -> None:
    op.create_table(
        TABLE,
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("workspace_id", sa.BigInteger(), nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("target", sa.String(length=255), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("actor", sa.String(length=255), nullable=False),
        sa.Column("value", postgresql.JSONB(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message_changes")),
        sa.UniqueConstraint(
            "workspace_id", "event_id", name=op.f("uq_message_changes_workspace_id_event_id")
        ),
    )
    op.create_index(
        op.f("ix_message_changes_workspace_id_source_target"),
        TABLE,
        ["workspace_id", "source", "target"],
    )
    op.execute(f"alter table {TABLE} enable row level security, force row level security")
    # A login whose default privileges were given back since 0005 would hand them out again.
    for role in ("public", "anon", "authenticated"):
        op.execute(
            f"do $$ begin revoke all on {TABLE} from {role}; "
            f"revoke all on sequence {TABLE}_id_seq from {role}; "
            "exception when undefined_object then null; end $$"
        )
    for role, condition in ((APP, OWN_ROWS), (SYSTEM, "true")):
        op.execute(f"grant select, insert, update, delete on {TABLE} to {role}")
        op.execute(f"grant usage on sequence {TABLE}_id_seq to {role}")
        op.execute(
            f"create policy {role} on {TABLE} to {role} "
            f"using ({condition}) with check ({condition})"
        )
