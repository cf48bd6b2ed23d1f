"""Index the aliases of messages, without holding up those who write messages meanwhile."""

from __future__ import annotations

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Alone in its migration: what runs outside a transaction may fail halfway and run again.
    with op.get_context().autocommit_block():
        op.execute("drop index concurrently if exists ix_message_index_alias")
        op.create_index(
            "ix_message_index_alias",
            "message_index",
            ["workspace_id", "source", "alias"],
            postgresql_where="alias is not null",
            postgresql_concurrently=True,
        )


def downgrade() -> None:
    op.drop_index("ix_message_index_alias", table_name="message_index")
