"""Index what endpoints were told of conversations, without holding up writers."""

from __future__ import annotations

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

NAME, TABLE = "ix_outbound_messages_of_conversations", "outbound_messages"


def upgrade() -> None:
    # Alone in its migration: what runs outside a transaction may fail halfway and run again.
    with op.get_context().autocommit_block():
        op.execute(f"drop index concurrently if exists {NAME}")
        op.create_index(
            NAME,
            TABLE,
            ["workspace_id", "conversation_id"],
            postgresql_where="webhook_endpoint_id is not null and conversation_id is not null",
            postgresql_concurrently=True,
        )


def downgrade() -> None:
    op.drop_index(NAME, table_name=TABLE)
