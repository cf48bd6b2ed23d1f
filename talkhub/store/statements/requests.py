"""The log of requests: written, told, forgotten."""

LOG_REQUESTS = """
with logged as (
  insert into request_log
    (workspace_id, requested_at, channel, name, principal_kind, principal, status, duration_ms,
     request_id)
  select * from unnest(
    %(workspace_id)s::bigint[], %(requested_at)s::timestamptz[], %(channel)s::text[],
    %(name)s::text[], %(principal_kind)s::text[], %(principal)s::text[], %(status)s::smallint[],
    %(duration_ms)s::float8[], %(request_id)s::text[])
  returning id
)
select count(*) from logged
"""

REQUESTS_BY_NAME = """
with latest as (
  select channel, name, status, duration_ms from request_log
  where workspace_id = %(workspace_id)s and requested_at >= %(since)s
    and (%(name)s::text is null or name = %(name)s)
    and (%(principal)s::text is null or principal = %(principal)s)
    and status between %(least)s and %(most)s
  order by requested_at desc, id desc
  limit %(limit)s
)
select channel, name, count(*) as requests,
  count(*) filter (where status between 400 and 499) as refused,
  count(*) filter (where status >= 500) as failed,
  percentile_disc(0.5) within group (order by duration_ms) as p50_ms,
  percentile_disc(0.95) within group (order by duration_ms) as p95_ms,
  grouping(name) = 1 as is_all
from latest
group by grouping sets ((channel, name), ())
order by is_all desc, requests desc, name, channel
"""
"""Of the latest requests of a period, at most so many; first of all of them together."""
