"""Let `talkhub_system` read the partitions of `delivery_attempts` by themselves, as a dump does."""

from __future__ import annotations

from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

EXISTING = """
do $$
declare
  name text;
begin
  for name in
    select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'delivery_attempts'::regclass
  loop
    {statements}
  end loop;
end $$
"""
OPEN = """
    execute format(
      'create policy %I on %I to talkhub_system using (true) with check (true)',
      name || '_system', name);
    execute format('grant select on table %I to talkhub_system', name);
"""
CLOSE = """
    execute format('drop policy %I on %I', name || '_system', name);
    execute format('revoke select on table %I from talkhub_system', name);
"""
FUNCTION = """
create or replace function tend_delivery_attempts(keep interval) returns void
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
        execute format(
          'create policy %I on %I to talkhub_system using (true) with check (true)',
          name || '_system', name);
        execute format('grant select on table %I to talkhub_system', name);
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
"""
"""That of revision 0012, whose partitions are now opened to the system role."""
FORMER = """
create or replace function tend_delivery_attempts(keep interval) returns void
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
"""


def upgrade() -> None:
    op.execute(EXISTING.format(statements=OPEN))
    op.execute(FUNCTION)


def downgrade() -> None:
    op.execute(FORMER)
    op.execute(EXISTING.format(statements=CLOSE))
