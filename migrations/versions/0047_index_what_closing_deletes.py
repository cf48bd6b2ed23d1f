"""Index by workspace what the emptying of closed ones read whole, without holding up writers."""

from __future__ import annotations

from alembic import op

revision = "0047"
down_revision = "0046"
branch_labels = None
depends_on = None

COLUMNS = {
    "notes": ["workspace_id", "id"],
    "conversation_markers": ["workspace_id"],
    "enrichments": ["workspace_id"],
    "profile_changes": ["workspace_id"],
    "tokens": ["workspace_id"],
    "refresh_tokens": ["workspace_id"],
}
INDEXES = {f"ix_{table}_{'_'.join(columns)}": table for table, columns in COLUMNS.items()}


def upgrade() -> None:
    # Alone in its migration: what runs outside a transaction may fail halfway and run again.
    with op.get_context().autocommit_block():
        for name, table in INDEXES.items():
            op.execute(f"drop index concurrently if exists {name}")
            op.create_index(name, table, COLUMNS[table], postgresql_concurrently=True)


def downgrade() -> None:
    for name, table in INDEXES.items():
        op.drop_index(name, table_name=table)
