"""What a release may bring: a column for the inbox, and a constraint that is checked afterwards."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "9002"
down_revision = "9001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    soaked = sa.Column("soaked", sa.Text(), nullable=False, server_default=sa.text("''"))
    op.add_column("inbound_events", soaked)
    op.execute("alter table inbound_events add constraint ck_soaked check (soaked = '') not valid")
    op.execute("alter table inbound_events validate constraint ck_soaked")
