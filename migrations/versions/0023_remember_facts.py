"""Give facts a kind, a slot, a quote and a source, so that people's own words fill the table."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

TABLE = "profile_facts"
NOW_REQUIRED = ("user_id", "slot", "quote", "source")


def upgrade() -> None:
    # Nothing has written this table yet: what stands in it was put there by hand, and stays.
    op.alter_column(TABLE, "key", new_column_name="kind", type_=sa.String(length=32))
    op.add_column(TABLE, sa.Column("user_id", sa.String(length=255), nullable=True))
    op.add_column(TABLE, sa.Column("slot", sa.String(length=64), nullable=True))
    op.add_column(TABLE, sa.Column("quote", sa.Text(), nullable=True))
    op.add_column(TABLE, sa.Column("source", sa.String(length=16), nullable=True))
    op.add_column(TABLE, sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(TABLE, sa.Column("dismissed_at", sa.DateTime(timezone=True), nullable=True))
    op.execute(
        f"update {TABLE} f set slot = f.kind, quote = '', source = 'operator', "
        "valid_from = coalesce(f.valid_from, f.created_at), user_id = p.user_id "
        "from user_profiles p where p.id = f.profile_id"
    )
    for column in (*NOW_REQUIRED, "valid_from"):
        op.alter_column(TABLE, column, nullable=False)
    op.drop_index(op.f("ix_profile_facts_profile_id_key"), table_name=TABLE)
    op.create_index(
        "ix_profile_facts_slot", TABLE, ["workspace_id", "profile_id", "slot", "valid_from"]
    )
    op.create_index(
        "uq_profile_facts_rule",
        TABLE,
        ["workspace_id", "conversation_id", "message_id", "slot"],
        unique=True,
        postgresql_where="source = 'rule'",
    )


def downgrade() -> None:
    op.drop_index("uq_profile_facts_rule", table_name=TABLE)
    op.drop_index("ix_profile_facts_slot", table_name=TABLE)
    op.create_index(op.f("ix_profile_facts_profile_id_key"), TABLE, ["profile_id", "kind"])
    op.alter_column(TABLE, "valid_from", nullable=True)
    for column in (*NOW_REQUIRED, "expires_at", "dismissed_at"):
        op.drop_column(TABLE, column)
    op.alter_column(TABLE, "kind", new_column_name="key", type_=sa.String(length=64))
