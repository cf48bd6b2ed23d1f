"""Keep what a team notes of conversations, how it marks them, and the lists it goes back to."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None

APP, SYSTEM = "talkhub_app", "talkhub_system"
OWN_ROWS = "workspace_id = (select current_workspace())"
NOTES, MARKERS, MARKED, VIEWS = "notes", "markers", "conversation_markers", "saved_views"


def upgrade() -> None:
    op.create_table(
        NOTES,
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("workspace_id", sa.BigInteger(), nullable=False),
        sa.Column("conversation_id", sa.BigInteger(), nullable=False),
        sa.Column("author", sa.String(length=255), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        _now("created_at"),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notes")),
        _belongs("notes", "workspace_id", "workspaces"),
        _belongs("notes", "conversation_id", "conversations"),
    )
    op.create_index(op.f("ix_notes_conversation_id"), NOTES, ["conversation_id"])
    op.create_table(
        MARKERS,
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("workspace_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("colour", sa.String(length=16), nullable=False),
        _now("created_at"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_markers")),
        sa.UniqueConstraint("workspace_id", "name", name=op.f("uq_markers_workspace_id_name")),
        _belongs("markers", "workspace_id", "workspaces"),
    )
    op.create_table(
        MARKED,
        sa.Column("workspace_id", sa.BigInteger(), nullable=False),
        sa.Column("conversation_id", sa.BigInteger(), nullable=False),
        sa.Column("marker_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "conversation_id", "marker_id", name=op.f("pk_conversation_markers")
        ),
        _belongs(MARKED, "workspace_id", "workspaces"),
        _belongs(MARKED, "conversation_id", "conversations"),
        _belongs(MARKED, "marker_id", "markers"),
    )
    op.create_index(op.f("ix_conversation_markers_marker_id"), MARKED, ["marker_id"])
    op.create_table(
        VIEWS,
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("workspace_id", sa.BigInteger(), nullable=False),
        sa.Column("owner", sa.String(length=255), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("filters", postgresql.JSONB(), nullable=False),
        sa.Column("is_shared", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("is_default", sa.Boolean(), server_default="false", nullable=False),
        _now("created_at"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_views")),
        _belongs("saved_views", "workspace_id", "workspaces"),
    )
    op.create_index(op.f("ix_saved_views_workspace_id"), VIEWS, ["workspace_id"])
    for table in (NOTES, MARKERS, MARKED, VIEWS):
        _wall_in(table, has_sequence=table != MARKED)


def downgrade() -> None:
    for table in (VIEWS, MARKED, MARKERS, NOTES):
        op.drop_table(table)


def _now(name: str) -> sa.Column[object]:
    return sa.Column(
        name, sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
    )


def _belongs(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}"), ondelete="CASCADE"
    )


def _wall_in(table: str, *, has_sequence: bool) -> None:
    things = [f"table {table}", *([f"sequence {table}_id_seq"] if has_sequence else [])]
    op.execute(f"alter table {table} enable row level security, force row level security")
    for role in ("public", "anon", "authenticated"):
        revoked = "; ".join(f"revoke all on {thing} from {role}" for thing in things)
        op.execute(f"do $$ begin {revoked}; exception when undefined_object then null; end $$")
    for role, condition in ((APP, OWN_ROWS), (SYSTEM, "true")):
        op.execute(f"grant select, insert, update, delete on {table} to {role}")
        if has_sequence:
            op.execute(f"grant usage, select on sequence {table}_id_seq to {role}")
        op.execute(
            f"create policy {role} on {table} to {role} "
            f"using ({condition}) with check ({condition})"
        )
