"""What a release may bring: an index that is made beside the traffic."""

from __future__ import annotations

from alembic import op

revision = "9003"
down_revision = "9002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.get_context().autocommit_block():
        op.create_index(
            "ix_conversations_soaked",
            "conversations",
            ["workspace_id", "soaked"],
            postgresql_concurrently=True,
        )
