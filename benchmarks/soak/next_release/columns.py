"""What a release may bring: a column for the busiest table, and a table of its own."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from talkhub.store.needed_schema import needed_revision

revision = "9001"
down_revision = needed_revision()
branch_labels = None
depends_on = None


def upgrade() -> None:
    # One busy table in a transaction: who locks a second one meets requests that hold it already.
    soaked = sa.Column("soaked", sa.Text(), nullable=False, server_default=sa.text("''"))
    op.add_column("conversations", soaked)
    op.create_table(
        "soaked",
        sa.Column("workspace_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), primary_key=True),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"]),
    )
