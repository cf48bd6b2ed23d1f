"""Know whose each received event is, so that it can be copied and erased with its person."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("inbound_events", sa.Column("profile_id", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    op.drop_column("inbound_events", "profile_id")
