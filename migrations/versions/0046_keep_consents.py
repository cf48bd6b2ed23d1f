"""Keep what people agreed to and withdrew, the texts that they were shown, and opt-out words."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = None

APP, SYSTEM = "talkhub_app", "talkhub_system"
OWN_ROWS = "workspace_id = (select current_workspace())"
TEXTS, CONSENTS, WORDS = "consent_texts", "consents", "opt_out_words"


def upgrade() -> None:
    op.create_table(
        TEXTS,
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("workspace_id", sa.BigInteger(), nullable=False),
        sa.Column("purpose", sa.String(length=20), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_by", sa.String(length=255), nullable=False),
        _now("created_at"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent_texts")),
        _of_workspace(TEXTS),
        sa.UniqueConstraint(
            "workspace_id",
            "purpose",
            "version",
            name=op.f("uq_consent_texts_workspace_id_purpose_version"),
        ),
    )
    op.create_table(
        CONSENTS,
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("workspace_id", sa.BigInteger(), nullable=False),
        sa.Column("profile_id", sa.BigInteger(), nullable=False),
        sa.Column("purpose", sa.String(length=20), nullable=False),
        sa.Column("is_given", sa.Boolean(), nullable=False),
        sa.Column("text_id", sa.BigInteger(), nullable=True),
        sa.Column("channel", sa.String(length=20), nullable=True),
        sa.Column("message_id", sa.String(length=255), nullable=True),
        sa.Column("noted_by", sa.String(length=255), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consents")),
        _of_workspace(CONSENTS),
        sa.ForeignKeyConstraint(
            ["profile_id"],
            ["user_profiles.id"],
            name=op.f("fk_consents_profile_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["text_id"], ["consent_texts.id"], name=op.f("fk_consents_text_id")
        ),
    )
    op.create_index(
        op.f("ix_consents_workspace_id_profile_id_purpose_id"),
        CONSENTS,
        ["workspace_id", "profile_id", "purpose", "id"],
    )
    op.create_table(
        WORDS,
        sa.Column("workspace_id", sa.BigInteger(), nullable=False),
        sa.Column("words", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("changed_by", sa.String(length=255), nullable=False),
        _now("changed_at"),
        sa.PrimaryKeyConstraint("workspace_id", name=op.f("pk_opt_out_words")),
        _of_workspace(WORDS),
    )
    for table in (TEXTS, CONSENTS, WORDS):
        _wall_in(table, has_sequence=table != WORDS)


def downgrade() -> None:
    for table in (WORDS, CONSENTS, TEXTS):
        op.drop_table(table)


def _now(name: str) -> sa.Column[object]:
    return sa.Column(
        name, sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
    )


def _of_workspace(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["workspace_id"],
        ["workspaces.id"],
        name=op.f(f"fk_{table}_workspace_id"),
        ondelete="CASCADE",
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
