"""Deliver webhooks: how endpoints fare, indexes for the outbox, partitions for its log."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

MESSAGES, ENDPOINTS = "outbound_messages", "webhook_endpoints"
PENDING = "state = 'pending'"
FUNCTION = "tend_delivery_attempts(interval)"


def upgrade() -> None:
    for column in (
        sa.Column("disabled_reason", sa.String(length=20), nullable=True),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("failing_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("paused_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rotated_at", sa.DateTime(timezone=True), nullable=True),
    ):
        op.add_column(ENDPOINTS, column)
    op.create_index(op.f("ix_webhook_endpoints_workspace_id"), ENDPOINTS, ["workspace_id"])
    # The table was empty until now: nobody waits for its indexes.
    op.drop_index("ix_outbound_messages_due", table_name=MESSAGES)
    due = ["webhook_endpoint_id", "due_at", "id"]
    op.create_index("ix_outbound_messages_due", MESSAGES, due, postgresql_where=PENDING)
    op.create_index(
        "ix_outbound_messages_under_way",
        MESSAGES,
        ["webhook_endpoint_id"],
        postgresql_where="lease_until is not null",
    )
    op.create_index(
        "ix_outbound_messages_dead",
        MESSAGES,
        ["workspace_id", "id"],
        postgresql_where="state = 'dead'",
    )
    op.create_index(
        "ix_outbound_messages_sent",
        MESSAGES,
        ["sent_at"],
        postgresql_where="sent_at is not null",
    )
    op.create_index(
        op.f("ix_outbound_messages_webhook_endpoint_id_id"),
        MESSAGES,
        ["webhook_endpoint_id", "id"],
    )
    _create_function()


def downgrade() -> None:
    op.execute(f"drop function {FUNCTION}")
    for name in ("webhook_endpoint_id_id", "sent", "dead", "under_way", "due"):
        op.drop_index(f"ix_outbound_messages_{name}", table_name=MESSAGES)
    op.create_index("ix_outbound_messages_due", MESSAGES, ["due_at"], postgresql_where=PENDING)
    op.drop_index("ix_webhook_endpoints_workspace_id", table_name=ENDPOINTS)
    for name in ("rotated_at", "paused_until", "failing_since", "failures", "disabled_reason"):
        op.drop_column(ENDPOINTS, name)


def _create_function() -> None:
    """Let the schedule make and drop partitions, which only the tables' owner may."""
    op.execute("""
create function tend_delivery_attempts(keep interval) returns void
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  month timestamp := date_trunc('month', now() at time zone 'UTC');
  name text;
begin
  for ahead in 0..1 loop
    name := to_char(month + ahead * interval '1 month', '"delivery_attempts_y"YYYY"m"MM');
    if to_regclass(name) is null then
      begin
        execute format(
          'create table %I partition of delivery_attempts for values from (%L) to (%L)',
          name, (month + ahead * interval '1 month') at time zone 'UTC',
          (month + (ahead + 1) * interval '1 month') at time zone 'UTC');
        execute format('alter table %I enable row level security, force row level security', name);
        execute format('revoke all on table %I from public', name);
        if to_regrole('anon') is not null then
          execute format('revoke all on table %I from anon', name);
        end if;
        if to_regrole('authenticated') is not null then
          execute format('revoke all on table %I from authenticated', name);
        end if;
      exception when check_violation then
        null;  -- the month's first attempts lie in the default partition: the rest joins them
      end;
    end if;
  end loop;
  for name in
    select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'delivery_attempts'::regclass
      and c.relname ~ '^delivery_attempts_y[0-9]{4}m[0-9]{2}$'
      and to_timestamp(c.relname, '"delivery_attempts_y"YYYY"m"MM') + interval '1 month'
        < now() - keep
  loop
    execute format('drop table %I', name);
  end loop;
end $$
""")
    op.execute(f"revoke all on function {FUNCTION} from public")
    for role in ("anon", "authenticated"):
        op.execute(
            f"do $$ begin revoke all on function {FUNCTION} from {role}; "
            "exception when undefined_object then null; end $$"
        )
    op.execute(f"grant execute on function {FUNCTION} to talkhub_system")
