"""Connect CRMs: how they are reached, by which rules they are told, and what they keep."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0052"
down_revision = "0051"
branch_labels = None
depends_on = None

APP, SYSTEM = "talkhub_app", "talkhub_system"
OWN_ROWS = "workspace_id = (select current_workspace())"
CONNECTORS, RULES, RECORDS = "crm_connectors", "crm_rules", "crm_records"


def upgrade() -> None:
    _create_connectors()
    _create_rules()
    _create_records()
    for table in (CONNECTORS, RULES, RECORDS):
        op.create_index(op.f(f"ix_{table}_{_OF_WORKSPACE[table]}"), table, _columns(table))
        _wall_in(table)
    op.add_column("outbound_messages", sa.Column("crm_connector_id", sa.BigInteger()))


def downgrade() -> None:
    op.drop_column("outbound_messages", "crm_connector_id")
    for table in (RECORDS, RULES, CONNECTORS):
        op.drop_table(table)


_OF_WORKSPACE = {
    CONNECTORS: "workspace_id",
    RULES: "workspace_id",
    RECORDS: "workspace_id_profile_id",
}


def _columns(table: str) -> list[str]:
    return ["workspace_id", "profile_id"] if table == RECORDS else ["workspace_id"]


def _create_connectors() -> None:
    json = postgresql.JSONB()
    op.create_table(
        CONNECTORS,
        *_begin(CONNECTORS),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("address", sa.Text(), server_default="", nullable=False),
        sa.Column("credentials_encrypted", sa.LargeBinary(), nullable=False),
        sa.Column("fields", json, server_default="{}", nullable=False),
        sa.Column("prepared", json, nullable=True),
        sa.Column("public_token", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=20), server_default="active", nullable=False),
        sa.Column("paused_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("paced_until", sa.DateTime(timezone=True), nullable=True),
        _now("created_at"),
        sa.UniqueConstraint("public_token", name=op.f("uq_crm_connectors_public_token")),
    )


def _create_rules() -> None:
    texts = postgresql.ARRAY(sa.Text())
    op.create_table(
        RULES,
        *_begin(RULES),
        sa.Column("connector_id", sa.BigInteger(), nullable=False),
        sa.Column("event", sa.String(length=64), nullable=False),
        sa.Column("sentiments", texts, server_default="{}", nullable=False),
        sa.Column("intents", texts, server_default="{}", nullable=False),
        sa.Column("action", sa.String(length=20), nullable=False),
        sa.Column("text", sa.Text(), server_default="", nullable=False),
        sa.Column("pipeline", sa.String(length=64), server_default="", nullable=False),
        sa.Column("stage", sa.String(length=64), server_default="", nullable=False),
        _now("created_at"),
        _goes_with(RULES, "connector_id", CONNECTORS),
    )


def _create_records() -> None:
    op.create_table(
        RECORDS,
        *_begin(RECORDS),
        sa.Column("connector_id", sa.BigInteger(), nullable=False),
        sa.Column("profile_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("slot", sa.String(length=64), nullable=False),
        sa.Column("external_id", sa.String(length=255), nullable=True),
        sa.Column("seen", postgresql.JSONB(), server_default="{}", nullable=False),
        _now("created_at"),
        sa.Column("synced_at", sa.DateTime(timezone=True), nullable=True),
        _goes_with(RECORDS, "connector_id", CONNECTORS),
        _goes_with(RECORDS, "profile_id", "user_profiles"),
        sa.UniqueConstraint(
            "connector_id",
            "profile_id",
            "slot",
            name=op.f("uq_crm_records_connector_id_profile_id_slot"),
        ),
    )
    op.create_index(
        op.f("ix_crm_records_connector_id_external_id"), RECORDS, ["connector_id", "external_id"]
    )
    op.create_index(op.f("ix_crm_records_profile_id"), RECORDS, ["profile_id"])


def _begin(table: str) -> list[sa.schema.SchemaItem]:
    return [
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("workspace_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        _goes_with(table, "workspace_id", "workspaces"),
    ]


def _now(name: str) -> sa.Column[object]:
    return sa.Column(
        name, sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
    )


def _goes_with(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}"), ondelete="CASCADE"
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
        op.execute(f"grant usage, select on sequence {table}_id_seq to {role}")
        op.execute(
            f"create policy {role} on {table} to {role} "
            f"using ({condition}) with check ({condition})"
        )
