"""Index the audit trail by its chain, and what is to be sealed, without holding up writers."""

from __future__ import annotations

from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None

POSITION, UNSEALED, TABLE = (
    "uq_audit_entries_position",
    "ix_audit_entries_unsealed",
    "audit_entries",
)


def upgrade() -> None:
    # Alone in its migration: what runs outside a transaction may fail halfway and run again.
    with op.get_context().autocommit_block():
        for name in (POSITION, UNSEALED):
            op.execute(f"drop index concurrently if exists {name}")
        op.create_index(
            POSITION,
            TABLE,
            ["workspace_id", "position"],
            unique=True,
            postgresql_concurrently=True,
        )
        op.create_index(
            UNSEALED,
            TABLE,
            ["workspace_id", "id"],
            postgresql_where="seal is null",
            postgresql_concurrently=True,
        )


def downgrade() -> None:
    op.drop_index(UNSEALED, table_name=TABLE)
    op.drop_index(POSITION, table_name=TABLE)
