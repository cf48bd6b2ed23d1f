"""Know users by their e-mail address, without holding up who signs in."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

NAME, TABLE = "uq_users_email", "users"


def upgrade() -> None:
    # Outside a transaction, as what 0036 left undone wants it: both may run again.
    with op.get_context().autocommit_block():
        op.execute("alter table memberships validate constraint ck_memberships_role")
        op.execute(f"drop index concurrently if exists {NAME}")
        op.create_index(
            NAME, TABLE, [sa.text("lower(email)")], unique=True, postgresql_concurrently=True
        )


def downgrade() -> None:
    op.drop_index(NAME, table_name=TABLE)
