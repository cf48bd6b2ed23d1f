"""Index the beginnings of user ids, for completions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_user_profiles_beginning",
        "user_profiles",
        ["workspace_id", sa.text('user_id collate "C"')],
    )


def downgrade() -> None:
    op.drop_index("ix_user_profiles_beginning", table_name="user_profiles")
