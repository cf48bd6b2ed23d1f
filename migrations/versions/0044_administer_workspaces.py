"""Administer workspaces: agency admins, invitations, quotas, what is used."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None

APP, SYSTEM = "talkhub_app", "talkhub_system"
OWN_ROWS = "workspace_id = (select current_workspace())"
AGENCY_MEMBERS, INVITATIONS, USAGE = "agency_members", "invitations", "usage_counts"
IS_A_ROLE = "role in ('owner', 'admin', 'analyst', 'viewer')"


def upgrade() -> None:
    op.add_column(
        "memberships",
        sa.Column("via_agency", sa.Boolean(), server_default="false", nullable=False),
    )
    op.add_column("workspaces", sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "workspaces",
        sa.Column("chose_timezone", sa.Boolean(), server_default="false", nullable=False),
    )
    for quota in ("requests_per_minute", "messages_per_month", "people_per_month"):
        op.add_column("workspaces", sa.Column(quota, sa.Integer(), nullable=True))
    _create_tables()
    for table in (AGENCY_MEMBERS, INVITATIONS, USAGE):
        _wall_in(table, has_sequence=table == INVITATIONS)
    for table in (INVITATIONS, USAGE):
        _grant(APP, table, OWN_ROWS)
    for role in (APP, SYSTEM):
        op.execute(f"grant usage, select on sequence {INVITATIONS}_id_seq to {role}")


def downgrade() -> None:
    for table in (USAGE, INVITATIONS, AGENCY_MEMBERS):
        op.drop_table(table)
    for quota in ("people_per_month", "messages_per_month", "requests_per_minute"):
        op.drop_column("workspaces", quota)
    op.drop_column("workspaces", "chose_timezone")
    op.drop_column("workspaces", "closed_at")
    op.drop_column("memberships", "via_agency")


def _create_tables() -> None:
    op.create_table(
        AGENCY_MEMBERS,
        sa.Column("agency_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        _now("created_at"),
        sa.PrimaryKeyConstraint("agency_id", "user_id", name=op.f("pk_agency_members")),
        sa.ForeignKeyConstraint(
            ["agency_id"],
            ["agencies.id"],
            name=op.f("fk_agency_members_agency_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_agency_members_user_id"), ondelete="CASCADE"
        ),
    )
    op.create_table(
        INVITATIONS,
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("workspace_id", sa.BigInteger(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("email", sa.String(length=255), nullable=True),
        sa.Column("invited_by", sa.String(length=255), nullable=False),
        _now("created_at"),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitations")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_invitations_token_hash")),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["workspaces.id"],
            name=op.f("fk_invitations_workspace_id"),
            ondelete="CASCADE",
        ),
        sa.CheckConstraint(IS_A_ROLE, name=op.f("ck_invitations_role")),
    )
    op.create_index(op.f("ix_invitations_workspace_id"), INVITATIONS, ["workspace_id"])
    op.create_table(
        USAGE,
        sa.Column("workspace_id", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "day", "kind", name=op.f("pk_usage_counts")),
    )


def _now(name: str) -> sa.Column[object]:
    return sa.Column(
        name, sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
    )


def _wall_in(table: str, *, has_sequence: bool) -> None:
    things = [f"table {table}", *([f"sequence {table}_id_seq"] if has_sequence else [])]
    op.execute(f"alter table {table} enable row level security, force row level security")
    for role in ("public", "anon", "authenticated"):
        revoked = "; ".join(f"revoke all on {thing} from {role}" for thing in things)
        op.execute(f"do $$ begin {revoked}; exception when undefined_object then null; end $$")
    _grant(SYSTEM, table, "true")


def _grant(role: str, table: str, condition: str) -> None:
    op.execute(f"grant select, insert, update, delete on {table} to {role}")
    op.execute(
        f"create policy {role} on {table} to {role} using ({condition}) with check ({condition})"
    )
