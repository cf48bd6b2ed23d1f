"""Let `talkhub_system` read the schema's revision and all sequences: for health and backups.

A dump that is taken in this role is complete although row security is forced, and needs no
login above the policies.
"""

from __future__ import annotations

from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("grant select on alembic_version to talkhub_system")
    op.execute("grant select on all sequences in schema public to talkhub_system")


def downgrade() -> None:
    # Some sequences were readable before; that all of them are harms nobody.
    op.execute("revoke select on alembic_version from talkhub_system")
