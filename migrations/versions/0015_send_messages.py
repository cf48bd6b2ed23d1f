"""Send messages: why a provider did not take one, and how long an account rests."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("outbound_messages", sa.Column("failure", sa.String(length=20), nullable=True))
    op.add_column("channels", sa.Column("paused_until", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("channels", "paused_until")
    op.drop_column("outbound_messages", "failure")
