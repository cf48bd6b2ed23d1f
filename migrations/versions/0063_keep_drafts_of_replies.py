"""Keep what a model is asked to write for a reply, which one wrote it, and why one did not."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0063"
down_revision = "0062"
branch_labels = None
depends_on = None

TABLE = "replies"


def upgrade() -> None:
    op.add_column(TABLE, sa.Column("writing", sa.String(length=16), nullable=True))
    op.add_column(TABLE, sa.Column("draft", postgresql.JSONB(), nullable=True))
    op.add_column(TABLE, sa.Column("model", sa.String(length=255), nullable=True))
    op.add_column(TABLE, sa.Column("trouble", sa.String(length=32), nullable=True))


def downgrade() -> None:
    for column in ("trouble", "model", "draft", "writing"):
        op.drop_column(TABLE, column)
