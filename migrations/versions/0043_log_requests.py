"""Log requests in partitions by month, which are made and dropped as those of attempts are."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None

APP, SYSTEM = "talkhub_app", "talkhub_system"
OWN_ROWS = "workspace_id = (select current_workspace())"
LOG, DEFAULT = "request_log", "request_log_default"
FUNCTION = "tend_partitions(text, interval)"
STRANGERS = ("anon", "authenticated")


def upgrade() -> None:
    op.create_table(
        LOG,
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("workspace_id", sa.BigInteger(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("channel", sa.String(length=8), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("principal_kind", sa.String(length=16), nullable=False),
        sa.Column("principal", sa.String(length=255), nullable=False),
        sa.Column("status", sa.SmallInteger(), nullable=False),
        sa.Column("duration_ms", sa.Float(), nullable=False),
        sa.Column("request_id", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", "requested_at", name=op.f("pk_request_log")),
        postgresql_partition_by="RANGE (requested_at)",
    )
    op.create_index(
        op.f("ix_request_log_workspace_id_requested_at_id"),
        LOG,
        ["workspace_id", "requested_at", "id"],
    )
    op.execute(f"create table {DEFAULT} partition of {LOG} default")
    for table in (LOG, DEFAULT):
        op.execute(f"alter table {table} enable row level security, force row level security")
    for thing in (f"table {LOG}", f"table {DEFAULT}", f"sequence {LOG}_id_seq"):
        _withdraw(f"revoke all on {thing} from")
    for role, condition in ((APP, OWN_ROWS), (SYSTEM, "true")):
        op.execute(f"grant select, insert, update, delete on {LOG} to {role}")
        op.execute(f"grant usage, select on sequence {LOG}_id_seq to {role}")
        op.execute(
            f"create policy {role} on {LOG} to {role} using ({condition}) with check ({condition})"
        )
    # A dump reads each partition by itself.
    op.execute(
        f"create policy {DEFAULT}_system on {DEFAULT} to {SYSTEM} using (true) with check (true)"
    )
    op.execute(f"grant select on table {DEFAULT} to {SYSTEM}")
    _create_function()


def downgrade() -> None:
    op.execute(f"drop function {FUNCTION}")
    op.drop_table(LOG)


def _withdraw(statement: str) -> None:
    for role in ("public", *STRANGERS):
        op.execute(
            f"do $$ begin {statement} {role}; exception when undefined_object then null; end $$"
        )


def _create_function() -> None:
    """Let the schedule tend either log's partitions, which only the tables' owner may.

    What 0031 made of attempts alone stays for processes of the release before.
    """
    op.execute("""
create function tend_partitions(parent text, keep interval) returns void
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  month timestamp := date_trunc('month', now() at time zone 'UTC');
  form text := format('"%s_y"YYYY"m"MM', parent);
  name text;
  stranger text;
begin
  if parent not in ('delivery_attempts', 'request_log') then
    raise exception 'no partitions of % are tended', parent;
  end if;
  for ahead in 0..1 loop
    name := to_char(month + ahead * interval '1 month', form);
    if to_regclass(name) is null then
      begin
        execute format(
          'create table %I partition of %I for values from (%L) to (%L)', name, parent,
          (month + ahead * interval '1 month') at time zone 'UTC',
          (month + (ahead + 1) * interval '1 month') at time zone 'UTC');
        execute format('alter table %I enable row level security, force row level security', name);
        execute format('revoke all on table %I from public', name);
        execute format(
          'create policy %I on %I to talkhub_system using (true) with check (true)',
          name || '_system', name);
        execute format('grant select on table %I to talkhub_system', name);
        foreach stranger in array array['anon', 'authenticated'] loop
          if to_regrole(stranger) is not null then
            execute format('revoke all on table %I from %I', name, stranger);
          end if;
        end loop;
      exception when check_violation then
        null;  -- the month's first rows lie in the default partition: the rest joins them
      end;
    end if;
  end loop;
  for name in
    select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = parent::regclass
      and c.relname ~ format('^%s_y[0-9]{4}m[0-9]{2}$', parent)
      and to_timestamp(c.relname, form) + interval '1 month' < now() - keep
  loop
    execute format('drop table %I', name);
  end loop;
end $$
""")
    _withdraw(f"revoke all on function {FUNCTION} from")
    op.execute(f"grant execute on function {FUNCTION} to {SYSTEM}")
