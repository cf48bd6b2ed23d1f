"""Sign tokens by key id; keep refresh tokens; let API keys expire and be rotated."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

APP, SYSTEM = "talkhub_app", "talkhub_system"
OWN_ROWS = "workspace_id = (select current_workspace())"


def upgrade() -> None:
    _create_signing_keys()
    _create_refresh_tokens()
    op.add_column("tokens", sa.Column("client_id", sa.Text(), nullable=True))
    op.create_index(op.f("ix_tokens_family"), "tokens", ["family"], unique=False)
    op.add_column(
        "api_keys", sa.Column("hint", sa.String(length=16), server_default="", nullable=False)
    )
    op.add_column(
        "api_keys",
        sa.Column("created_by", sa.String(length=255), server_default="", nullable=False),
    )
    op.add_column("api_keys", sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("api_keys", sa.Column("replaced_by", sa.BigInteger(), nullable=True))
    op.create_index(op.f("ix_api_keys_workspace_id"), "api_keys", ["workspace_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_api_keys_workspace_id"), table_name="api_keys")
    for column in ("replaced_by", "expires_at", "created_by", "hint"):
        op.drop_column("api_keys", column)
    op.drop_index(op.f("ix_tokens_family"), table_name="tokens")
    op.drop_column("tokens", "client_id")
    op.drop_table("refresh_tokens")
    op.drop_table("signing_keys")


def _create_signing_keys() -> None:
    op.create_table(
        "signing_keys",
        sa.Column("kid", sa.String(length=32), nullable=False),
        sa.Column("secret_id", sa.String(length=32), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("kid", name=op.f("pk_signing_keys")),
    )
    op.create_index(
        "uq_signing_keys_current",
        "signing_keys",
        ["secret_id"],
        unique=True,
        postgresql_where="retired_at is null",
    )
    _close("signing_keys")
    _grant(SYSTEM, "signing_keys", "true")


def _create_refresh_tokens() -> None:
    op.create_table(
        "refresh_tokens",
        sa.Column("workspace_id", sa.BigInteger(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("family", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("scopes", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("audience", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=True),
        sa.Column(
            "issued_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["workspaces.id"],
            name=op.f("fk_refresh_tokens_workspace_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_refresh_tokens")),
    )
    for column in ("family", "expires_at"):
        name = op.f(f"ix_refresh_tokens_{column}")
        op.create_index(name, "refresh_tokens", [column], unique=False)
    _close("refresh_tokens")
    _grant(APP, "refresh_tokens", OWN_ROWS)
    _grant(SYSTEM, "refresh_tokens", "true")


def _close(table: str) -> None:
    op.execute(f"alter table {table} enable row level security, force row level security")
    # A login whose default privileges were given back since 0005 would hand them out again.
    for role in ("public", "anon", "authenticated"):
        op.execute(
            f"do $$ begin revoke all on {table} from {role}; "
            "exception when undefined_object then null; end $$"
        )


def _grant(role: str, table: str, condition: str) -> None:
    op.execute(f"grant select, insert, update, delete on {table} to {role}")
    op.execute(
        f"create policy {role} on {table} to {role} using ({condition}) with check ({condition})"
    )
