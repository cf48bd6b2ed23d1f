"""Keep sessions at CRMs whose token is good for a while, and since when one refuses us."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0057"
down_revision = "0056"
branch_labels = None
depends_on = None

TABLE = "crm_connectors"
TIMES = ("refused_at", "session_until", "signing_in_until")


def upgrade() -> None:
    for name in TIMES:
        op.add_column(TABLE, sa.Column(name, sa.DateTime(timezone=True), nullable=True))
    op.add_column(TABLE, sa.Column("session_encrypted", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    op.drop_column(TABLE, "session_encrypted")
    for name in TIMES:
        op.drop_column(TABLE, name)
