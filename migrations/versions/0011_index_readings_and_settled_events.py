"""Write a reading down once an hour, and find settled events by their age."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "uq_audit_entries_reading",
        "audit_entries",
        [
            "workspace_id",
            "actor",
            "subject",
            sa.text("date_trunc('hour'::text, (at AT TIME ZONE 'UTC'::text))"),
        ],
        unique=True,
        postgresql_where="action = 'transcript.read'",
    )
    op.create_index(
        "ix_inbound_events_settled",
        "inbound_events",
        ["done_at"],
        postgresql_where="done_at is not null",
    )


def downgrade() -> None:
    op.drop_index("ix_inbound_events_settled", table_name="inbound_events")
    op.drop_index("uq_audit_entries_reading", table_name="audit_entries")
