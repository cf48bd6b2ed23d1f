"""Count in each slice of a bucket what its conversations also are.

The schedule has hours counted again that lack it, the latest first. Until then it is NULL.

A worker of the release before this one counts hours without it, and may find nothing else to
change in a slice. So whoever takes a mark without saying that they count this too leaves NULL.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0049"
down_revision = "0048"
branch_labels = None
depends_on = None

TABLE = "bucket_stats"

FORGET = """
create function forget_also() returns trigger
language plpgsql set search_path = public, pg_temp as $$
declare
  mark record;
begin
  if current_setting('app.counts_also', true) is distinct from 'on' then
    -- One by one: joined, PostgreSQL reads all hours for each.
    for mark in select distinct workspace_id, hour from taken loop
      update bucket_stats b set also = null, also_counts = null
      where b.workspace_id = mark.workspace_id and b.level = 'hour' and b.also is not null
        and b.dimension = any('{all,channel,intent,sentiment,language}')
        and b.begins_at > mark.hour - interval '1 hour'
        and b.begins_at < mark.hour + interval '1 hour';
    end loop;
  end if;
  return null;
end $$
"""
TRIGGER = """
create trigger forget_also after delete on dirty_buckets
referencing old table as taken for each statement execute function forget_also()
"""


def upgrade() -> None:
    op.add_column(TABLE, sa.Column("also", postgresql.ARRAY(sa.Text()), nullable=True))
    op.add_column(TABLE, sa.Column("also_counts", postgresql.ARRAY(sa.Integer()), nullable=True))
    op.execute(FORGET)
    op.execute("revoke all on function forget_also() from public")
    op.execute(TRIGGER)


def downgrade() -> None:
    op.execute("drop trigger forget_also on dirty_buckets")
    op.execute("drop function forget_also()")
    op.drop_column(TABLE, "also_counts")
    op.drop_column(TABLE, "also")
