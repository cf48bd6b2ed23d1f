"""Create a workspace's own labels, and the models that are learned from them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

APP, SYSTEM = "talkhub_app", "talkhub_system"
OWN_ROWS = "workspace_id = (select current_workspace())"
LABELS, MODELS = "own_labels", "own_models"


def upgrade() -> None:
    op.create_table(
        LABELS,
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("workspace_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("phrases", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("author", sa.String(length=255), nullable=False),
        _moment("updated_at"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_own_labels")),
        sa.UniqueConstraint("workspace_id", "name", name=op.f("uq_own_labels_workspace_id_name")),
        _of_workspace("fk_own_labels_workspace_id"),
    )
    op.create_table(
        MODELS,
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("workspace_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), server_default="pending", nullable=False),
        sa.Column("is_active", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("author", sa.String(length=255), nullable=False),
        _moment("created_at"),
        sa.Column("trained_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("arrays", sa.LargeBinary(), nullable=True),
        sa.Column("report", postgresql.JSONB(), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.SmallInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_own_models")),
        sa.UniqueConstraint(
            "workspace_id", "version", name=op.f("uq_own_models_workspace_id_version")
        ),
        _of_workspace("fk_own_models_workspace_id"),
    )
    op.create_index(
        "uq_own_models_active",
        MODELS,
        ["workspace_id"],
        unique=True,
        postgresql_where="is_active",
    )
    op.create_index("ix_own_models_due", MODELS, ["due_at"], postgresql_where="state = 'pending'")
    for table in (LABELS, MODELS):
        _wall_in(table)


def downgrade() -> None:
    op.drop_table(MODELS)
    op.drop_table(LABELS)


def _moment(name: str) -> sa.Column[object]:
    return sa.Column(
        name, sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
    )


def _of_workspace(name: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["workspace_id"], ["workspaces.id"], name=op.f(name), ondelete="CASCADE"
    )


def _wall_in(table: str) -> None:
    op.execute(f"alter table {table} enable row level security, force row level security")
    for role in ("public", "anon", "authenticated"):
        op.execute(
            f"do $$ begin revoke all on {table} from {role}; "
            f"revoke all on sequence {table}_id_seq from {role}; "
            "exception when undefined_object then null; end $$"
        )
    for role, condition in ((APP, OWN_ROWS), (SYSTEM, "true")):
        op.execute(f"grant select, insert, update, delete on {table} to {role}")
        op.execute(f"grant usage on sequence {table}_id_seq to {role}")
        op.execute(
            f"create policy {role} on {table} to {role} "
            f"using ({condition}) with check ({condition})"
        )
