"""Seal the audit trail: a place in a chain for each entry, and how each workspace's chain ends.

Not even `talkhub_system` may change or delete an entry any more; it may only seal it.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None

APP, SYSTEM = "talkhub_app", "talkhub_system"
OWN_ROWS = "workspace_id = (select current_workspace())"
ENTRIES, CHAINS = "audit_entries", "audit_chains"


def upgrade() -> None:
    op.add_column(ENTRIES, sa.Column("position", sa.BigInteger(), nullable=True))
    op.execute(f"revoke update, delete on {ENTRIES} from {SYSTEM}")
    op.execute(f"grant update (position, seal) on {ENTRIES} to {SYSTEM}")
    op.create_table(
        CHAINS,
        sa.Column("workspace_id", sa.BigInteger(), nullable=False),
        sa.Column("entries", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("seal", sa.LargeBinary(), server_default="", nullable=False),
        sa.Column("mark", sa.LargeBinary(), server_default="", nullable=False),
        sa.Column("sealed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("workspace_id", name=op.f("pk_audit_chains")),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["workspaces.id"],
            name=op.f("fk_audit_chains_workspace_id"),
            ondelete="CASCADE",
        ),
    )
    _wall_in()


def downgrade() -> None:
    op.drop_table(CHAINS)
    op.execute(f"grant update, delete on {ENTRIES} to {SYSTEM}")
    # Anew, without what was sealed: a later upgrade begins the chains from the first entry.
    for name in ("position", "seal"):
        op.drop_column(ENTRIES, name)
    op.add_column(ENTRIES, sa.Column("seal", sa.LargeBinary(), nullable=True))


def _wall_in() -> None:
    op.execute(f"alter table {CHAINS} enable row level security, force row level security")
    for role in ("public", "anon", "authenticated"):
        revoked = f"revoke all on table {CHAINS} from {role}"
        op.execute(f"do $$ begin {revoked}; exception when undefined_object then null; end $$")
    op.execute(f"grant select on {CHAINS} to {APP}")
    op.execute(f"grant select, insert, update on {CHAINS} to {SYSTEM}")
    for role, condition in ((APP, OWN_ROWS), (SYSTEM, "true")):
        op.execute(
            f"create policy {role} on {CHAINS} to {role} "
            f"using ({condition}) with check ({condition})"
        )
