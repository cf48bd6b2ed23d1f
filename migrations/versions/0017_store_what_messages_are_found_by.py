"""Store with each conversation what its messages are found by, and find those without.

`message_index` had columns for it that were never written.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("conversations", sa.Column("stems", sa.LargeBinary(), nullable=True))
    # Hashes do not compress; trying to would cost as much as making them.
    op.execute("alter table conversations alter column stems set storage external")
    op.drop_column("message_index", "language")
    op.drop_column("message_index", "stems")


def downgrade() -> None:
    op.add_column("message_index", sa.Column("stems", sa.ARRAY(sa.Text()), nullable=True))
    op.add_column("message_index", sa.Column("language", sa.String(length=8), nullable=True))
    op.drop_column("conversations", "stems")
