"""Create the browsers' sessions, name the four roles, and give users an e-mail address."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

SYSTEM = "talkhub_system"
TABLE = "browser_sessions"


def upgrade() -> None:
    _create_sessions()
    op.add_column("users", sa.Column("email", sa.String(length=255), nullable=True))
    # Earlier versions knew an analyst by this name. As the role that sees all rows: under FORCE ROW
    # LEVEL SECURITY the owner sees none.
    op.execute(f"set local role {SYSTEM}")
    op.execute("update memberships set role = 'analyst' where role = 'member'")
    op.execute("reset role")
    op.create_check_constraint(
        op.f("ck_memberships_role"),
        "memberships",
        "role in ('owner', 'admin', 'analyst', 'viewer')",
        postgresql_not_valid=True,
    )


def downgrade() -> None:
    op.drop_constraint(op.f("ck_memberships_role"), "memberships")
    op.drop_column("users", "email")
    op.drop_table(TABLE)


def _create_sessions() -> None:
    op.create_table(
        TABLE,
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("token_id", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("workspace_id", sa.BigInteger(), nullable=False),
        sa.Column("method", sa.String(length=20), nullable=False),
        sa.Column("user_agent", sa.String(length=255), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        _moment("began_at", is_now=True),
        _moment("last_active_at", is_now=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        _moment("ended_at"),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
            name=op.f("fk_browser_sessions_user_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["workspaces.id"],
            name=op.f("fk_browser_sessions_workspace_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_browser_sessions")),
        sa.UniqueConstraint("token_id", name=op.f("uq_browser_sessions_token_id")),
    )
    for column in ("user_id", "workspace_id", "expires_at"):
        op.create_index(op.f(f"ix_browser_sessions_{column}"), TABLE, [column], unique=False)
    op.execute(f"alter table {TABLE} enable row level security, force row level security")
    for role in ("public", "anon", "authenticated"):
        for thing in (f"table {TABLE}", f"sequence {TABLE}_id_seq"):
            op.execute(
                f"do $$ begin revoke all on {thing} from {role}; "
                "exception when undefined_object then null; end $$"
            )
    op.execute(f"grant select, insert, update, delete on {TABLE} to {SYSTEM}")
    op.execute(f"create policy {SYSTEM} on {TABLE} to {SYSTEM} using (true) with check (true)")
    op.execute(f"grant usage, select on sequence {TABLE}_id_seq to {SYSTEM}")


def _moment(name: str, *, is_now: bool = False) -> sa.Column[sa.DateTime]:
    default = sa.text("now()") if is_now else None
    return sa.Column(name, sa.DateTime(timezone=True), server_default=default, nullable=not is_now)
