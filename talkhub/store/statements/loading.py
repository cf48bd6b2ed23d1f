"""The statements that fill a workspace with invented conversations, a few thousand at once."""

MAKE_WORKSPACE = """
insert into workspaces (slug, name) values (%(slug)s, %(slug)s)
on conflict (slug) do update set slug = excluded.slug
returning id
"""

ADD_PEOPLE = """
insert into user_profiles (workspace_id, user_id, name, tags)
select %(workspace_id)s, 'load_' || n,
  (%(first_names)s::text[])[1 + n %% cardinality(%(first_names)s::text[])] || ' '
    || (%(last_names)s::text[])[1 + n * 7 %% cardinality(%(last_names)s::text[])],
  case when n %% 20 = 0 then array['vip'] else '{}' end
from generate_series(%(first)s, %(last)s) as n
on conflict (workspace_id, user_id) do nothing
"""

PEOPLE_IDS = """
select p.id from generate_series(0, %(people)s - 1) as n
join user_profiles p on p.workspace_id = %(workspace_id)s and p.user_id = 'load_' || n
order by n
"""

CONVERSATIONS_THERE = """
select count(*) filter (where starts_with(conversation_id, 'load_' || %(seed)s || '_')), count(*)
from conversations where workspace_id = %(workspace_id)s
"""

CREATE_LOADED = """
create temporary table loaded (
  number bigint, script int, person int, profile_id bigint, platform text,
  began_at timestamptz, ended_at timestamptz, seconds int[], response_times int[],
  messages jsonb
) on commit drop
"""

COPY_LOADED = "copy loaded from stdin"

STORE_LOADED = """
with s as materialized (
  select * from jsonb_to_recordset(%(scripts)s::jsonb) as s (
    script int, ids text[], roles text[], intent_analysis jsonb, version text, language text,
    sentiment text, score float, intent text, topics text[], completion text, stems text,
    result jsonb)
), l as materialized (
  select loaded.*, 'load_' || %(seed)s || '_' || number as name, 'load_' || person as user_id
  from loaded
), sessions as (
  insert into chat_sessions
    (workspace_id, session_id, user_id, platform, status, created_at, updated_at, profile_id,
     conversation_count, last_message_at, closed_at, close_reason)
  select %(workspace_id)s, name, user_id, platform, 'completed', began_at, ended_at, profile_id, 1,
    ended_at, ended_at, 'saved'
  from l where %(details)s order by number
), added as (
  insert into conversations
    (workspace_id, conversation_id, session_id, user_id, messages, profile_id, platform, source,
     fingerprint, status, created_at, updated_at, started_at, last_message_at, ended_at,
     message_count, user_message_count, response_count, response_ms_total, response_times,
     language, sentiment, sentiment_score, primary_intent, topics, outcome, analysed_version,
     stems, intent_analysis, metadata)
  select %(workspace_id)s, name, name, user_id, messages, profile_id, platform, 'api',
    '', 'closed', ended_at, ended_at, began_at, ended_at, ended_at,
    cardinality(ids), cardinality(array_positions(roles, 'user')), cardinality(response_times),
    (select coalesce(sum(ms), 0) from unnest(response_times) as ms), response_times,
    language, sentiment, score, intent, topics, completion, version,
    decode(stems, 'base64'), intent_analysis,
    jsonb_build_object('message_count', cardinality(ids), 'duration',
      extract(epoch from ended_at - began_at)::int, 'completion_status', completion)
  from l join s using (script) order by number
  returning id, conversation_id
), hours as (
  insert into dirty_buckets (workspace_id, hour)
  select distinct %(workspace_id)s, date_trunc('hour', began_at, 'UTC') from l
), analyses as (
  insert into conversation_analyses
    (workspace_id, conversation_id, analyser_version, source, result, analysed_at)
  select %(workspace_id)s, added.id, s.version, 'talkhub', s.result, l.ended_at
  from added join l on l.name = added.conversation_id join s using (script)
  where %(details)s order by added.id
)
insert into message_index
  (workspace_id, conversation_id, message_id, profile_id, position, role, sent_at, source)
select %(workspace_id)s, added.id, m.id, l.profile_id, m.place - 1, m.role,
  l.began_at + m.second * interval '1 second', ''
from added join l on l.name = added.conversation_id join s using (script)
cross join lateral unnest(s.ids, s.roles, l.seconds)
  with ordinality as m (id, role, second, place)
where %(details)s
order by added.id, m.place
"""
"""Conversations with all that belongs to them, and the marks of their hours."""

PEOPLE_ARE_DUE = """
update user_profiles set stats_due_at = clock_timestamp()
where workspace_id = %(workspace_id)s and interaction_stats = '{}'
"""
