"""Say who words a workspace's automatic replies: their sources, or a model from them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0062"
down_revision = "0061"
branch_labels = None
depends_on = None

TABLE, COLUMN = "reply_settings", "wording"


def upgrade() -> None:
    op.add_column(
        TABLE, sa.Column(COLUMN, sa.String(length=16), server_default="quote", nullable=False)
    )


def downgrade() -> None:
    op.drop_column(TABLE, COLUMN)
