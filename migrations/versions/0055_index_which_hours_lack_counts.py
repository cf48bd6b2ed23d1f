"""Index the hours that lack what 0049 counts, without holding up readers and writers."""

from __future__ import annotations

from alembic import op

revision = "0055"
down_revision = "0054"
branch_labels = None
depends_on = None

TABLE, INDEX = "bucket_stats", "ix_bucket_stats_lacking"


def upgrade() -> None:
    # Alone in its migration: what runs outside a transaction may fail halfway and run again.
    with op.get_context().autocommit_block():
        op.execute(f"drop index concurrently if exists {INDEX}")
        op.create_index(
            INDEX,
            TABLE,
            ["begins_at"],
            postgresql_where="also is null and dimension = 'all'",
            postgresql_concurrently=True,
        )


def downgrade() -> None:
    op.drop_index(INDEX, table_name=TABLE)
