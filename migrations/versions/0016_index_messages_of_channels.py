"""Index what goes out through channel accounts, without holding up writers."""

from __future__ import annotations

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

TABLE = "outbound_messages"
OF_CHANNELS = "channel_id is not null"
INDEXES = (
    (
        "ix_outbound_messages_for_channels",
        ["channel_id", "due_at", "id"],
        f"state = 'pending' and {OF_CHANNELS}",
    ),
    ("ix_outbound_messages_in_turn", ["channel_id", "profile_id", "id"], OF_CHANNELS),
    (
        "ix_outbound_messages_on_channels",
        ["channel_id"],
        f"lease_until is not null and {OF_CHANNELS}",
    ),
)


def upgrade() -> None:
    # Alone in its migration: what runs outside a transaction may fail halfway and run again.
    with op.get_context().autocommit_block():
        for name, columns, where in INDEXES:
            op.execute(f"drop index concurrently if exists {name}")
            op.create_index(
                name, TABLE, columns, postgresql_where=where, postgresql_concurrently=True
            )


def downgrade() -> None:
    for name, _columns, _where in INDEXES:
        op.drop_index(name, table_name=TABLE)
