"""The statements of the analytics' read model: count from rows, write, read."""

_FROM_THE_ANALYSIS = """
      select jsonb_build_object(
        'outcome', a.result #> '{course,outcome,label}',
        'resolution', a.result #> '{course,resolution,label}',
        'handoff_requested', jsonb_array_length(a.result #> '{course,handoff_requested}') > 0,
        'handoff_done', jsonb_array_length(a.result #> '{course,handoff_done}') > 0,
        'bot_failed', jsonb_array_length(a.result #> '{course,fallbacks}')
          + jsonb_array_length(a.result #> '{course,loops}') > 0,
        'unanswered_questions', jsonb_array_length(a.result #> '{course,unanswered}'))
      from conversation_analyses a
      where a.workspace_id = c.workspace_id and a.conversation_id = c.id
        and a.analyser_version = c.analysed_version and a.source = 'talkhub'"""

COURSE = f"""
  select case
    when c.analysed_version is null or c.intent_analysis -> 'course' ? 'handoff_done'
    then c.intent_analysis -> 'course'
    else coalesce(({_FROM_THE_ANALYSIS}
    ), '{{}}') || coalesce(c.intent_analysis -> 'course', '{{}}') end as course
  offset 0"""
"""How conversation `c` went. It stands in `intent_analysis`, corrected by people or not; where that
is the caller's own, who may have said anything, the analysis itself says it. With the offset it is
looked up once."""

UNANSWERED_QUESTIONS = """case
      when jsonb_typeof(went.course -> 'unanswered_questions') = 'number'
      then least(greatest(floor((went.course ->> 'unanswered_questions')::numeric), 0), 1000)::int
      else 0 end"""

_NO_COURSE = "select null::jsonb as course"

_ASKED_COURSE = f"""
    select (select known.course from ({COURSE}) as known where %(course)s::bool) as course
    offset 0"""


def _counted(place: str, course: str) -> str:
    """Return the query of a workspace's conversations, with the columns of `counting.Counted`."""
    return f"""
  select {place} as place, c.profile_id, c.platform, c.primary_intent, c.sentiment, c.language,
    c.topics, c.message_count, c.status = 'closed',
    c.metadata ->> 'completion_status' is not distinct from 'completed',
    (extract(epoch from c.last_message_at - c.started_at) * 1000)::bigint,
    c.response_count, c.response_ms_total, case when %(times)s::bool then c.response_times end,
    c.analysed_version is not null, went.course ->> 'outcome', went.course ->> 'resolution',
    went.course ->> 'handoff_requested' is not distinct from 'true',
    went.course ->> 'handoff_done' is not distinct from 'true',
    went.course ->> 'bot_failed' is not distinct from 'true',
    {UNANSWERED_QUESTIONS},
    case when %(hours)s::bool then (extract(dow from c.started_at at time zone %(zone)s::text) * 24
      + extract(hour from c.started_at at time zone %(zone)s::text))::int else 0 end
  from conversations c
  cross join lateral ({course}) as went
  where c.workspace_id = %(workspace_id)s"""


_SPANS = """unnest(%(begins)s::timestamptz[], %(ends)s::timestamptz[]) with ordinality
  as s (begins_at, ends_at, place)"""

_IN_SPAN = "c.started_at >= s.begins_at and c.started_at < s.ends_at"

CONVERSATIONS_TO_COUNT = f"""
select c.* from {_SPANS}
cross join lateral ({_counted("s.place - 1", COURSE)}
    and {_IN_SPAN}
  offset 0) as c
"""
"""The conversations that began in the given stretches.

The offset keeps the planner from joining: each stretch is a look into the index by time. As a join
it thinks of ranges as large, and reads all conversations for each.
"""

FILTERED_CONVERSATIONS = f"""
select c.* from {_SPANS}
cross join lateral ({_counted("s.place - 1", _ASKED_COURSE)}
    and {_IN_SPAN}
    and (%(channels)s::text[] is null or c.platform = any(%(channels)s))
    and (%(intents)s::text[] is null or c.primary_intent = any(%(intents)s))
    and (%(sentiments)s::text[] is null or c.sentiment = any(%(sentiments)s))
    and (%(languages)s::text[] is null or c.language = any(%(languages)s))
    and (%(topics)s::text[] is null or c.topics && %(topics)s)
    and (%(labels)s::text[] is null or exists (
      select from user_profiles p
      where p.workspace_id = %(workspace_id)s and p.id = c.profile_id and p.tags && %(labels)s))
    and (%(markers)s::text[] is null or exists (
      select from conversation_markers k join markers m on m.id = k.marker_id
      where k.workspace_id = %(workspace_id)s and k.conversation_id = c.id
        and m.name = any(%(markers)s)))
    and (%(user_id)s::text is null or c.profile_id = (
      select coalesce(p.merged_into_id, p.id) from user_profiles p
      where p.workspace_id = %(workspace_id)s and p.user_id = %(user_id)s))
  offset 0) as c
limit %(limit)s
"""


def _of_person(course: str) -> str:
    place = f"(select s.place - 1 from {_SPANS} where {_IN_SPAN})"
    return f"""
select c.* from ({_counted(place, course)}
    and c.started_at >= %(first)s and c.started_at < %(last)s
    and c.profile_id = (
      select coalesce(p.merged_into_id, p.id) from user_profiles p
      where p.workspace_id = %(workspace_id)s and p.user_id = %(user_id)s)
  offset 0) as c
where c.place is not null
limit %(limit)s
"""


CONVERSATIONS_OF_PERSON = _of_person(COURSE)
CONVERSATIONS_OF_PERSON_IN_BRIEF = _of_person(_NO_COURSE)
"""Without how they went. PostgreSQL plans these once for all people, as no value of a parameter
promises a cheaper plan: with stretches outside, or one text for both, it would plan each time."""

CONVERSATIONS_OF_HOURS = """
select h.hour, c.conversations
from unnest(%(hours)s::timestamptz[]) as h (hour)
cross join lateral (
  select count(*) as conversations from conversations
  where workspace_id = %(workspace_id)s
    and started_at >= h.hour and started_at < h.hour + interval '1 hour') as c
order by 1
"""

MARK_DAYS = """
insert into dirty_days (workspace_id, day, due_at)
select %(workspace_id)s, d.day,
  greatest(clock_timestamp() + %(delay)s, d.ends_at + %(delay)s)
from unnest(%(days)s::date[], %(ends)s::timestamptz[]) as d (day, ends_at)
order by d.day
on conflict (workspace_id, day) do nothing
"""
"""A day that is going on is merged when it is over: until then it is read from its hours."""

TAKE_DAYS = """
delete from dirty_days
where (workspace_id, day) in (
  select workspace_id, day from dirty_days
  where workspace_id = %(workspace_id)s and day < %(today)s
    and (%(all)s or due_at <= clock_timestamp())
  order by day limit %(limit)s for update skip locked)
returning day
"""

FORGET_MERGED = """
delete from bucket_stats b
using unnest(%(begins)s::timestamptz[], %(ends)s::timestamptz[]) as d (begins_at, ends_at)
where b.workspace_id = %(workspace_id)s and b.level = any('{day,month}')
  and b.dimension = any(%(dimensions)s)
  and b.begins_at > d.begins_at - interval '33 days' and b.begins_at < d.ends_at
  and b.ends_at > d.begins_at
"""
"""Days of which an hour was counted again, and their months, are read from what they are made of;
by any zone, as that may have been another one when they were merged."""

WRITE_SLICES = """
with r as (
  select dimension, begins_at, value, ends_at, counts::bigint[], codes::smallint[],
    times::int[], decode(people, 'base64') as people, hours::int[],
    nullif(also, '')::text[] as also,
    case when also <> '' then also_counts::int[] end as also_counts
  from unnest(%(names)s::text[], %(places)s::int[], %(values)s::text[], %(counts)s::text[],
    %(codes)s::text[], %(times)s::text[], %(people)s::text[], %(hours)s::text[], %(also)s::text[],
    %(also_counts)s::text[])
    as r (dimension, place, value, counts, codes, times, people, hours, also, also_counts)
  join unnest(%(begins)s::timestamptz[], %(ends)s::timestamptz[]) with ordinality
    as w (begins_at, ends_at, place) using (place)
), gone as (
  delete from bucket_stats b
  using unnest(%(begins)s::timestamptz[]) as w (begins_at)
  where b.workspace_id = %(workspace_id)s and b.level = %(level)s
    and b.dimension = any(%(dimensions)s) and b.begins_at = w.begins_at
    and not exists (
      select from r where r.dimension = b.dimension and r.begins_at = b.begins_at
        and r.value = b.value)
)
insert into bucket_stats as b
  (workspace_id, level, dimension, begins_at, value, ends_at, counts, codes, times, people, hours,
   also, also_counts, updated_at)
select %(workspace_id)s, %(level)s, dimension, begins_at, value, ends_at, counts, codes, times,
  people, hours, also, also_counts, %(now)s
from r order by dimension, begins_at, value
on conflict (workspace_id, level, dimension, begins_at, value) do update
set ends_at = excluded.ends_at, counts = excluded.counts, codes = excluded.codes,
    times = excluded.times, people = excluded.people, hours = excluded.hours,
    also = excluded.also, also_counts = excluded.also_counts, updated_at = excluded.updated_at
where (b.ends_at, b.counts, b.codes, b.times, b.people, b.hours, b.also, b.also_counts)
  is distinct from (excluded.ends_at, excluded.counts, excluded.codes, excluded.times,
    excluded.people, excluded.hours, excluded.also, excluded.also_counts)
"""
"""What the given buckets are made of now, and nothing else. What is as it was is left alone.

Arrays come as texts: read from JSON, each of their numbers would become a numeric first.
"""

_READ = """
select b.dimension, b.value, b.begins_at, b.ends_at, b.counts,
  case when b.is_meant and %(times)s::bool then b.codes end,
  case when b.is_meant and %(times)s::bool then b.times end,
  case when b.is_meant and %(people)s::bool then b.people end,
  case when b.is_meant and %(hours)s::bool then b.hours end,
  case when b.is_meant and %(also)s::bool then b.also end,
  case when b.is_meant and %(also)s::bool then b.also_counts end
from unnest((select %(begins)s::timestamptz[]), (select %(ends)s::timestamptz[]))
  as w (begins_at, ends_at)
cross join lateral (
  select dimension, value, begins_at, ends_at, counts, codes, times, people, hours, also,
    also_counts, (select %(values)s::text[]) is null or dimension <> 'all' as is_meant
  from bucket_stats
  where workspace_id = (select %(workspace_id)s::bigint) and level = (select %(level)s::text)
    and dimension = any((select %(full)s::text[])::text[])
    and begins_at >= w.begins_at and begins_at < w.ends_at
    and ((select %(values)s::text[]) is null or dimension = 'all'
      or value = any((select %(values)s::text[])::text[]))
  offset 0) as b
{these}
union all
select b.dimension, b.value, case when %(by_bucket)s::bool then b.begins_at end, null,
  array[sum(b.conversations)::bigint], null, null, null, null, null, null
from unnest((select %(begins)s::timestamptz[]), (select %(ends)s::timestamptz[]))
  as w (begins_at, ends_at)
cross join lateral (
  select dimension, value, begins_at, ends_at, counts[1] as conversations from bucket_stats
  where workspace_id = (select %(workspace_id)s::bigint) and level = (select %(level)s::text)
    and dimension = any((select %(told)s::text[])::text[])
    and begins_at >= w.begins_at and begins_at < w.ends_at
  offset 0) as b
{these}
group by 1, 2, 3
"""
"""Values stand in queries of their own, so that none of them promises a cheaper plan than all: it
is planned once, not each time."""

READ_HOURS = _READ.format(these="")
"""The slices of hours: of the dimensions in `full` as they are, of those in `told` the counts of
conversations alone, added up unless `by_bucket`. With `values` only the slices of these are as they
are; those of all conversations then only say that the hour is there."""

READ_MERGED = _READ.format(
    these="""join unnest((select %(these)s::timestamptz[]), (select %(until)s::timestamptz[]))
  as one (begins_at, ends_at) on one.begins_at = b.begins_at and one.ends_at = b.ends_at"""
)
"""The slices of those of the given days or months that are there, of just these. They are looked
for together, within stretches without a gap: one by one takes three times as long."""

KNOWN_HOURS = """
with marked as (
  select date_trunc('hour', started_at, 'UTC') as hour from (
    select started_at from conversations
    where workspace_id = (select %(workspace_id)s::bigint) and analysis_due_at is not null
    limit %(most_rows)s) as due
  union
  select date_trunc('hour', hour, 'UTC') from (
    select hour from dirty_buckets where workspace_id = (select %(workspace_id)s::bigint)
    limit %(most_rows)s) as dirty
)
select (select timezone from workspaces where id = (select %(workspace_id)s::bigint)),
       (select min(begins_at) from bucket_stats
        where workspace_id = (select %(workspace_id)s::bigint)
          and level = 'hour' and dimension = 'all'),
       (select max(begins_at) from bucket_stats
        where workspace_id = (select %(workspace_id)s::bigint)
          and level = 'hour' and dimension = 'all'),
       array(select hour from marked where not exists (
         select from bucket_stats b
         where b.workspace_id = (select %(workspace_id)s::bigint)
           and b.level = 'hour' and b.dimension = 'all'
           and b.begins_at = marked.hour and b.counts[1] > %(most_rows)s))
"""
"""The workspace's time zone, the first and the last hour that the read model knows, and those that
it does not know all of yet. Of these the ones that are quickly counted: with more than so many
rows, they wait for the drain."""
