"""Keep where an answer to a message goes, for when the event that told it is deleted."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("message_index", sa.Column("answer_address", JSONB))


def downgrade() -> None:
    op.drop_column("message_index", "answer_address")
