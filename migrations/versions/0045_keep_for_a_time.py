"""Keep what a workspace wants to keep for a time, and the data of whom a duty keeps."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None

APP, SYSTEM = "talkhub_app", "talkhub_system"
OWN_ROWS = "workspace_id = (select current_workspace())"
TABLE = "keeping_rules"


def upgrade() -> None:
    op.add_column("user_profiles", sa.Column("held_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        TABLE,
        sa.Column("workspace_id", sa.BigInteger(), nullable=False),
        sa.Column("data_class", sa.String(length=20), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("changed_by", sa.String(length=255), nullable=False),
        sa.Column(
            "changed_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("workspace_id", "data_class", name=op.f("pk_keeping_rules")),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["workspaces.id"],
            name=op.f("fk_keeping_rules_workspace_id"),
            ondelete="CASCADE",
        ),
    )
    op.execute(f"alter table {TABLE} enable row level security, force row level security")
    for role in ("public", "anon", "authenticated"):
        revoked = f"revoke all on table {TABLE} from {role}"
        op.execute(f"do $$ begin {revoked}; exception when undefined_object then null; end $$")
    for role, condition in ((APP, OWN_ROWS), (SYSTEM, "true")):
        op.execute(f"grant select, insert, update, delete on {TABLE} to {role}")
        op.execute(
            f"create policy {role} on {TABLE} to {role} "
            f"using ({condition}) with check ({condition})"
        )


def downgrade() -> None:
    op.drop_table(TABLE)
    op.drop_column("user_profiles", "held_at")
