"""Create OAuth's tables: applications that may ask, and what people allowed them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

APP, SYSTEM = "talkhub_app", "talkhub_system"
OWN_ROWS = "workspace_id = (select current_workspace())"


def upgrade() -> None:
    _create_clients()
    _create_grants()


def downgrade() -> None:
    op.drop_table("oauth_grants")
    op.drop_table("oauth_clients")


def _create_clients() -> None:
    op.create_table(
        "oauth_clients",
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("redirect_uris", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("auth_method", sa.String(length=32), nullable=False),
        sa.Column("secret_hash", sa.LargeBinary(), nullable=True),
        _moment("created_at", is_now=True),
        _moment("read_at"),
        _moment("last_used_at"),
        sa.PrimaryKeyConstraint("client_id", name=op.f("pk_oauth_clients")),
    )
    _close("oauth_clients", "table oauth_clients")
    _grant(SYSTEM, "oauth_clients", "true")


def _create_grants() -> None:
    op.create_table(
        "oauth_grants",
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("workspace_id", sa.BigInteger(), nullable=False),
        sa.Column("family", sa.String(length=64), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        sa.Column("code_challenge", sa.String(length=128), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("client_name", sa.Text(), nullable=False),
        sa.Column("redirect_uri", sa.Text(), nullable=False),
        sa.Column("audience", sa.Text(), nullable=False),
        sa.Column("scopes", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        _moment("granted_at", is_now=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        _moment("redeemed_at"),
        _moment("last_used_at"),
        _moment("revoked_at"),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["workspaces.id"],
            name=op.f("fk_oauth_grants_workspace_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_oauth_grants")),
        sa.UniqueConstraint("family", name=op.f("uq_oauth_grants_family")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_oauth_grants_code_hash")),
    )
    for column in ("workspace_id", "client_id", "expires_at"):
        op.create_index(op.f(f"ix_oauth_grants_{column}"), "oauth_grants", [column], unique=False)
    _close("oauth_grants", "table oauth_grants", "sequence oauth_grants_id_seq")
    _grant(APP, "oauth_grants", OWN_ROWS)
    _grant(SYSTEM, "oauth_grants", "true")
    op.execute(f"grant usage, select on sequence oauth_grants_id_seq to {APP}, {SYSTEM}")


def _moment(name: str, *, is_now: bool = False) -> sa.Column[sa.DateTime]:
    default = sa.text("now()") if is_now else None
    return sa.Column(name, sa.DateTime(timezone=True), server_default=default, nullable=not is_now)


def _close(table: str, *things: str) -> None:
    op.execute(f"alter table {table} enable row level security, force row level security")
    # A login whose default privileges were given back since 0005 would hand them out again.
    for role in ("public", "anon", "authenticated"):
        for thing in things:
            op.execute(
                f"do $$ begin revoke all on {thing} from {role}; "
                "exception when undefined_object then null; end $$"
            )


def _grant(role: str, table: str, condition: str) -> None:
    op.execute(f"grant select, insert, update, delete on {table} to {role}")
    op.execute(
        f"create policy {role} on {table} to {role} using ({condition}) with check ({condition})"
    )
