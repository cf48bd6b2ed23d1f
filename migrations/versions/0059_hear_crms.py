"""Keep whose changes at a CRM are heard, and what proves its webhooks."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0059"
down_revision = "0058"
branch_labels = None
depends_on = None

TABLE = "crm_connectors"


def upgrade() -> None:
    op.add_column(
        TABLE,
        sa.Column("hears", sa.String(length=10), server_default="nothing", nullable=False),
    )
    op.add_column(TABLE, sa.Column("webhook_secret_encrypted", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    op.drop_column(TABLE, "webhook_secret_encrypted")
    op.drop_column(TABLE, "hears")
