"""The statements that count how much workspaces are used, and read what they may."""

ADD_USAGE = """
insert into usage_counts (workspace_id, day, kind, number)
select workspace_id, (clock_timestamp() at time zone 'UTC')::date, kind, number
from unnest(%(workspace_ids)s::bigint[], %(kinds)s::text[], %(numbers)s::bigint[])
  as g (workspace_id, kind, number)
on conflict (workspace_id, day, kind)
do update set number = usage_counts.number + excluded.number
"""

REQUEST_QUOTAS = """
select id, requests_per_minute from workspaces
where requests_per_minute is not null and closed_at is null
"""

USAGE = """
select kind, sum(number) filter (where day = %(today)s)::bigint as today,
       sum(number)::bigint as month
from usage_counts
where workspace_id = %(workspace_id)s and day >= %(month)s
group by kind
"""

FORGET_USAGE = """
delete from usage_counts where day < current_date - 400
"""
