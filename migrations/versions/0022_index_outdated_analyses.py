"""Index conversations by the version of their analysis, without holding up who writes."""

from __future__ import annotations

from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

NAME, TABLE = "ix_conversations_analysed_version", "conversations"


def upgrade() -> None:
    # Alone in its migration: what runs outside a transaction may fail halfway and run again.
    with op.get_context().autocommit_block():
        op.execute(f"drop index concurrently if exists {NAME}")
        op.create_index(
            NAME,
            TABLE,
            ["analysed_version", "last_message_at"],
            postgresql_where="analysis_due_at is null",
            postgresql_concurrently=True,
        )


def downgrade() -> None:
    op.drop_index(NAME, table_name=TABLE)
