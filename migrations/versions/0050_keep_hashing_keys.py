"""Keep the keys of what is hashed for good, encrypted, apart from ENCRYPTION_KEY."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0050"
down_revision = "0049"
branch_labels = None
depends_on = None

SYSTEM = "talkhub_system"
KEYS = "hashing_keys"


def upgrade() -> None:
    op.create_table(
        KEYS,
        sa.Column("purpose", sa.String(length=32), nullable=False),
        sa.Column("key_encrypted", sa.LargeBinary(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("purpose", name=op.f("pk_hashing_keys")),
    )
    op.execute(f"alter table {KEYS} enable row level security, force row level security")
    for role in ("public", "anon", "authenticated"):
        op.execute(
            f"do $$ begin revoke all on {KEYS} from {role}; "
            "exception when undefined_object then null; end $$"
        )
    op.execute(f"grant select, insert, update on {KEYS} to {SYSTEM}")
    op.execute(f"create policy {SYSTEM} on {KEYS} to {SYSTEM} using (true) with check (true)")


def downgrade() -> None:
    op.drop_table(KEYS)
