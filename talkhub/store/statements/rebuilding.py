"""The statements that fill the read model from nothing, and the slow count it is compared with."""

from talkhub.store.statements.bucket_stats import COURSE, UNANSWERED_QUESTIONS

MARK_ALL_HOURS = """
with hours as (
  select date_trunc('hour', started_at, 'UTC') as hour from conversations
  where workspace_id = %(workspace_id)s
  union
  select begins_at from bucket_stats
  where workspace_id = %(workspace_id)s and level = 'hour' and dimension = 'all'
), marked as (
  select distinct hour from dirty_buckets where workspace_id = %(workspace_id)s
), added as (
  insert into dirty_buckets (workspace_id, hour)
  select %(workspace_id)s, hour from hours where hour not in (select hour from marked)
  order by hour
  returning 1
)
select (select count(*) from marked) + (select count(*) from added)
"""

MARK_LACKING = """
insert into dirty_buckets (workspace_id, hour)
select distinct b.workspace_id, b.begins_at from (
  select workspace_id, begins_at from bucket_stats
  where also is null and dimension = 'all' order by begins_at desc limit %(limit)s) as b
where not exists (
  select from dirty_buckets d where d.workspace_id = b.workspace_id and d.hour = b.begins_at)
order by 1, 2
"""
"""The latest hours, days and months that were counted before `also` was kept: an hour that is
counted again has its day and month merged again."""

WITHOUT_RESPONSE_TIMES = """
select id, messages from conversations
where workspace_id = %(workspace_id)s and analysed_version is not null and response_times is null
order by id limit %(limit)s for no key update skip locked
"""

SET_RESPONSE_TIMES = """
with r as (
  select * from jsonb_to_recordset(%(rows)s::jsonb) as r (id bigint, response_times int[])
)
update conversations c set response_times = r.response_times
from r where c.workspace_id = %(workspace_id)s and c.id = r.id
"""

HOURS_DUE = """
select count(distinct hour) from dirty_buckets
where workspace_id = %(workspace_id)s and hour > %(start)s - interval '1 hour' and hour < %(end)s
"""

FIRST_AND_LAST = """
select min(started_at), max(started_at) + interval '32 days' from conversations
where workspace_id = %(workspace_id)s
"""

_DIMENSIONS = """(
  values ('all', ''), ('channel', c.platform), ('intent', c.primary_intent),
    ('sentiment', c.sentiment), ('language', c.language)
  union
  select 'topic', unnest(c.topics))"""

_SLICED = f"""
from conversations c
cross join lateral {_DIMENSIONS} as s (dimension, value)"""

_OF_PERIOD = """
where c.workspace_id = %(workspace_id)s and c.started_at >= %(start)s and c.started_at < %(end)s
  and s.value is not null"""

SLOW_COUNT = f"""
select s.dimension, s.value,
  count(distinct c.profile_id) as people,
  count(*) as conversations,
  sum(c.message_count) as messages,
  count(*) filter (where c.status = 'closed') as ended,
  count(*) filter (
    where c.status = 'closed' and c.metadata ->> 'completion_status' = 'completed') as completed,
  sum((extract(epoch from c.last_message_at - c.started_at) * 1000)::bigint) as duration_ms,
  sum(c.response_count) as responses,
  sum(c.response_ms_total) as response_ms,
  count(c.analysed_version) as analysed,
  count(went.course ->> 'outcome') as assessed,
  count(*) filter (where went.course ->> 'handoff_requested' = 'true') as handoff_requested,
  count(*) filter (where went.course ->> 'handoff_done' = 'true') as handoff_done,
  count(*) filter (where went.course ->> 'outcome' = 'contained') as contained,
  count(*) filter (where went.course ->> 'outcome' = 'contained'
    and went.course ->> 'resolution' = 'confirmed') as confirmed,
  count(*) filter (where went.course ->> 'outcome' = 'contained'
    and went.course ->> 'resolution' = 'silent') as silent,
  count(*) filter (where went.course ->> 'bot_failed' = 'true') as bot_failed,
  sum({UNANSWERED_QUESTIONS}) as unanswered_questions,
  count(*) filter (where c.sentiment = 'positive') as positive,
  count(*) filter (where c.sentiment = 'neutral') as neutral,
  count(*) filter (where c.sentiment = 'negative') as negative,
  coalesce(sum(cardinality(c.response_times)), 0) as response_times,
  count(*) filter (where cardinality(c.response_times) > 0) as first_response_times,
  count(*) filter (where c.status = 'closed') as duration_times,
  count(*) filter (
    where c.status = 'closed' and went.course ->> 'outcome' = 'contained') as resolution_times
{_SLICED}
cross join lateral ({COURSE}) as went
{_OF_PERIOD}
group by 1, 2
"""
"""What the read model should say, counted straightforwardly: it is what that is compared with."""

SLOW_HOURS = f"""
select s.dimension, s.value,
  'hour_' || (extract(dow from c.started_at at time zone %(zone)s) * 24
    + extract(hour from c.started_at at time zone %(zone)s))::int as figure, count(*) as number
{_SLICED}
{_OF_PERIOD} and s.dimension <> 'topic'
group by 1, 2, 3
"""

SLOW_ALSO = f"""
select s.dimension, s.value, other.dimension || ':' || other.value as figure, count(*) as number
{_SLICED}
cross join lateral {_DIMENSIONS} as other (dimension, value)
{_OF_PERIOD}
  and s.dimension not in ('all', 'topic') and other.dimension not in ('all', 'sentiment')
  and other.value is not null and (s.dimension, s.value) <> (other.dimension, other.value)
group by 1, 2, 3
"""
