"""Let corrections be undone, and list a workspace's latest."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

TABLE = "corrections"


def upgrade() -> None:
    op.add_column(TABLE, sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(TABLE, sa.Column("undone_by", sa.String(length=255), nullable=True))
    op.create_index(op.f("ix_corrections_workspace_id_id"), TABLE, ["workspace_id", "id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_corrections_workspace_id_id"), table_name=TABLE)
    op.drop_column(TABLE, "undone_by")
    op.drop_column(TABLE, "undone_at")
