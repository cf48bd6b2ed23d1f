"""Let a workspace read opt-out words in saved conversations too, with or without own words."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0061"
down_revision = "0060"
branch_labels = None
depends_on = None

TABLE = "opt_out_words"


def upgrade() -> None:
    for column in ("in_saved", "are_ours"):
        op.add_column(
            TABLE,
            sa.Column(column, sa.Boolean(), server_default=sa.text("false"), nullable=False),
        )


def downgrade() -> None:
    op.execute(f"delete from {TABLE} where are_ours")
    op.drop_column(TABLE, "are_ours")
    op.drop_column(TABLE, "in_saved")
