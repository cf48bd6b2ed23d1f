"""Create the rules and the history of alerts, and which weeks were reported.

Attempts are found by time, for the rule that counts failing webhooks.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

APP, SYSTEM = "talkhub_app", "talkhub_system"
OWN_ROWS = "workspace_id = (select current_workspace())"
RULES, ALERTS, REPORTS = "alert_rules", "alerts", "weekly_reports"


def upgrade() -> None:
    op.create_table(
        RULES,
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("workspace_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("direction", sa.String(length=8), nullable=False),
        sa.Column("threshold", sa.Double(), nullable=False),
        sa.Column("clears_at", sa.Double(), nullable=False),
        sa.Column("window_minutes", sa.Integer(), nullable=False),
        sa.Column("hold_minutes", sa.Integer(), nullable=False),
        sa.Column("minimum", sa.Integer(), nullable=False),
        sa.Column("is_enabled", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("is_fired", sa.Boolean(), server_default="false", nullable=False),
        _moment("turning_since"),
        sa.Column("value", sa.Double(), nullable=True),
        _moment("checked_at"),
        _now("created_at"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_rules")),
        _of_workspace("fk_alert_rules_workspace_id"),
    )
    op.create_index(op.f("ix_alert_rules_workspace_id"), RULES, ["workspace_id"])
    op.create_table(
        ALERTS,
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("workspace_id", sa.BigInteger(), nullable=False),
        sa.Column("rule_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("threshold", sa.Double(), nullable=False),
        _now("fired_at"),
        sa.Column("fired_value", sa.Double(), nullable=False),
        _moment("cleared_at"),
        sa.Column("cleared_value", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alerts")),
        _of_workspace("fk_alerts_workspace_id"),
    )
    op.create_index(op.f("ix_alerts_workspace_id_id"), ALERTS, ["workspace_id", "id"])
    op.create_index(
        "uq_alerts_open", ALERTS, ["rule_id"], unique=True, postgresql_where="cleared_at is null"
    )
    op.create_table(
        REPORTS,
        sa.Column("workspace_id", sa.BigInteger(), nullable=False),
        sa.Column("week", sa.Date(), nullable=False),
        _now("told_at"),
        sa.PrimaryKeyConstraint("workspace_id", "week", name=op.f("pk_weekly_reports")),
        _of_workspace("fk_weekly_reports_workspace_id"),
    )
    for table in (RULES, ALERTS, REPORTS):
        _wall_in(table, has_sequence=table != REPORTS)
    op.create_index(
        op.f("ix_delivery_attempts_workspace_id_attempted_at"),
        "delivery_attempts",
        ["workspace_id", "attempted_at"],
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_delivery_attempts_workspace_id_attempted_at"), "delivery_attempts")
    for table in (REPORTS, ALERTS, RULES):
        op.drop_table(table)


def _moment(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=True)


def _now(name: str) -> sa.Column[object]:
    return sa.Column(
        name, sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
    )


def _of_workspace(name: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["workspace_id"], ["workspaces.id"], name=op.f(name), ondelete="CASCADE"
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
