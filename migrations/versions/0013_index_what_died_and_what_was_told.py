"""Index what died, and messages by what was told of them, without holding up writers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

DEAD, TOLD = "ix_inbound_events_dead", "ix_outbound_messages_told"


def upgrade() -> None:
    # Alone in its migration: what runs outside a transaction may fail halfway and run again.
    with op.get_context().autocommit_block():
        for name in (DEAD, TOLD):
            op.execute(f"drop index concurrently if exists {name}")
        op.create_index(
            DEAD,
            "inbound_events",
            ["workspace_id", "id"],
            postgresql_where="state = 'dead'",
            postgresql_concurrently=True,
        )
        op.create_index(
            TOLD,
            "outbound_messages",
            ["workspace_id", sa.text("(payload #>> '{data,message,id}'::text[])")],
            postgresql_where="kind = 'message.received'",
            postgresql_concurrently=True,
        )


def downgrade() -> None:
    op.drop_index(TOLD, table_name="outbound_messages")
    op.drop_index(DEAD, table_name="inbound_events")
