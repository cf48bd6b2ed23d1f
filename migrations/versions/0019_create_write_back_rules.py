"""Create write-back rules: what an analysis changes at the provider."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

APP, SYSTEM = "talkhub_app", "talkhub_system"
OWN_ROWS = "workspace_id = (select current_workspace())"
TABLE = "write_back_rules"


def upgrade() -> None:
    texts = postgresql.ARRAY(sa.Text())
    op.create_table(
        TABLE,
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("workspace_id", sa.BigInteger(), nullable=False),
        sa.Column("channel_id", sa.BigInteger(), nullable=True),
        sa.Column("event", sa.String(length=64), nullable=False),
        sa.Column("sentiments", texts, server_default="{}", nullable=False),
        sa.Column("intents", texts, server_default="{}", nullable=False),
        sa.Column("action", sa.String(length=20), nullable=False),
        sa.Column("target", sa.String(length=255), nullable=False),
        sa.Column("value", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_write_back_rules")),
        sa.ForeignKeyConstraint(
            ["channel_id"],
            ["channels.id"],
            name=op.f("fk_write_back_rules_channel_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["workspaces.id"],
            name=op.f("fk_write_back_rules_workspace_id"),
            ondelete="CASCADE",
        ),
    )
    op.create_index(op.f("ix_write_back_rules_workspace_id"), TABLE, ["workspace_id"])
    op.execute(f"alter table {TABLE} enable row level security, force row level security")
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


def downgrade() -> None:
    op.drop_table(TABLE)
