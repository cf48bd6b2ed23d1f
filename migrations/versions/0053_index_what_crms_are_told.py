"""Index what the outbox holds for CRMs, without holding up writers."""

from __future__ import annotations

from alembic import op

revision = "0053"
down_revision = "0052"
branch_labels = None
depends_on = None

TABLE = "outbound_messages"
WAITING = "state = 'pending' and crm_connector_id is not null"
INDEXES = (
    ("ix_outbound_messages_for_crms", ["crm_connector_id", "due_at", "id"], WAITING),
    ("ix_outbound_messages_for_crms_in_turn", ["crm_connector_id", "profile_id", "id"], WAITING),
    (
        "ix_outbound_messages_at_crms",
        ["crm_connector_id"],
        "lease_until is not null and crm_connector_id is not null",
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
