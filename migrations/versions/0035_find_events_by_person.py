"""Find received events by their person, without holding up who writes."""

from __future__ import annotations

from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

NAME, TABLE = "ix_inbound_events_of_person", "inbound_events"


def upgrade() -> None:
    # Alone in its migration: what runs outside a transaction may fail halfway and run again.
    with op.get_context().autocommit_block():
        op.execute(f"drop index concurrently if exists {NAME}")
        op.create_index(
            NAME,
            TABLE,
            ["workspace_id", "profile_id"],
            postgresql_where="profile_id is not null",
            postgresql_concurrently=True,
        )


def downgrade() -> None:
    op.drop_index(NAME, table_name=TABLE)
