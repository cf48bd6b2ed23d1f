"""Index the conversations that nothing is found in yet, without holding up who writes."""

from __future__ import annotations

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Alone in its migration: what runs outside a transaction may fail halfway and run again.
    with op.get_context().autocommit_block():
        op.execute("drop index concurrently if exists ix_conversations_without_stems")
        op.create_index(
            "ix_conversations_without_stems",
            "conversations",
            ["workspace_id", "id"],
            postgresql_where="stems is null and analysis_due_at is null",
            postgresql_concurrently=True,
        )


def downgrade() -> None:
    op.drop_index("ix_conversations_without_stems", table_name="conversations")
