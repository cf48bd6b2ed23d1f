"""Keep how a workspace shows itself: its name, logo and colour."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None

APP, SYSTEM = "talkhub_app", "talkhub_system"
OWN_ROWS = "workspace_id = (select current_workspace())"
TABLE = "brands"


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("workspace_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(length=40), nullable=True),
        sa.Column("accent", sa.String(length=7), nullable=True),
        sa.Column("logo", sa.LargeBinary(), nullable=True),
        sa.Column("logo_digest", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("workspace_id", name=op.f("pk_brands")),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["workspaces.id"],
            name=op.f("fk_brands_workspace_id"),
            ondelete="CASCADE",
        ),
    )
    op.execute(f"alter table {TABLE} enable row level security, force row level security")
    for role in ("public", "anon", "authenticated"):
        op.execute(
            f"do $$ begin revoke all on {TABLE} from {role}; "
            "exception when undefined_object then null; end $$"
        )
    for role, condition in ((APP, OWN_ROWS), (SYSTEM, "true")):
        op.execute(f"grant select, insert, update, delete on {TABLE} to {role}")
        op.execute(
            f"create policy {role} on {TABLE} to {role} "
            f"using ({condition}) with check ({condition})"
        )


def downgrade() -> None:
    op.drop_table(TABLE)
