"""Index the analyses that somebody had better look at, without holding up who writes."""

from __future__ import annotations

from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

NAME, TABLE = "ix_conversations_to_review", "conversations"


def upgrade() -> None:
    # Alone in its migration: what runs outside a transaction may fail halfway and run again.
    with op.get_context().autocommit_block():
        op.execute(f"drop index concurrently if exists {NAME}")
        op.create_index(
            NAME,
            TABLE,
            ["workspace_id", "review_priority", "id"],
            postgresql_where="review_priority is not null",
            postgresql_concurrently=True,
        )


def downgrade() -> None:
    op.drop_index(NAME, table_name=TABLE)
