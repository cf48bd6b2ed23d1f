"""The statement behind `get_user_context`: most of the answer, built by PostgreSQL."""

from talkhub.json_codec import dumps_text
from talkhub.store.statements.episodes import EPISODES_THEN
from talkhub.store.statements.facts import FACTS_THEN
from talkhub.store.statements.iso_time import iso

EMPTY_STATS: dict[str, object] = {
    "total_conversations": 0,
    "total_messages": 0,
    "average_response_time": None,
    "preferred_topics": [],
    "preferred_intents": [],
    "next_intents": [],
    "last_interaction": None,
}
"""The statistics of a person without conversations."""

USER_CONTEXT = f"""
with person as (
  select * from user_profiles
  where id = (
    select coalesce(merged_into_id, id) from user_profiles
    where workspace_id = %(workspace_id)s and user_id = %(user_id)s)
)
select
  p.id is not null as found,
  coalesce(p.memory_opt_out, false) as is_opted_out,
  coalesce(p.timezone, w.timezone) as timezone,
  case when p.id is null then '{{}}' else json_build_object(
    'user_id', p.user_id, 'name', p.name, 'phone', p.phone, 'email', p.email, 'tags', p.tags,
    'custom', p.custom, 'locale', p.locale, 'timezone', p.timezone,
    'first_seen_at', {iso("p.first_seen_at")}, 'last_seen_at', {iso("p.last_seen_at")},
    'created_at', {iso("p.created_at")}, 'updated_at', {iso("p.updated_at")})::text
  end as profile,
  recent.conversations is not null as has_history,
  coalesce(recent.conversations, '') as conversations,
  coalesce(p.preferences, '{{}}')::text as preferences,
  ('{dumps_text(EMPTY_STATS)}'::jsonb ||
    case when p.memory_opt_out then '{{}}' else coalesce(p.interaction_stats, '{{}}') end
  )::text as interaction_stats,
  recent.latest, trend.conversations as trend_conversations,
  trend.score as trend_score, trend.score_before as trend_score_before,
  known.facts, past.episodes
from workspaces w
left join person p on true
left join lateral (
  select string_agg(json_build_object(
    'conversation_id', c.conversation_id, 'session_id', c.session_id,
    'platform', c.platform, 'status', c.status, 'messages', c.messages,
    'intent_analysis', c.intent_analysis, 'metadata', c.metadata,
    'created_at', {iso("c.created_at")}, 'started_at', {iso("c.started_at")},
    'last_message_at', {iso("c.last_message_at")})::text, e'\\n') as conversations,
    (array_agg(json_build_object('intent', c.primary_intent, 'sentiment', c.sentiment,
      'topics', c.topics, 'channel', c.platform, 'at', {iso("c.last_message_at")})::text)
      filter (where c.sentiment is not null and (%(as_of)s::timestamptz is null
        or c.last_message_at <= %(as_of)s::timestamptz)))[1] as latest
  from (
    select * from conversations
    where workspace_id = %(workspace_id)s and profile_id = p.id and source <> 'erased'
      and (%(as_of)s::timestamptz is null or started_at <= %(as_of)s::timestamptz)
    order by last_message_at desc limit %(limit)s) c
) recent on not p.memory_opt_out
left join lateral (
  select
    count(*) filter (where c.last_message_at > m.month) as conversations,
    avg(c.sentiment_score) filter (where c.last_message_at > m.month) as score,
    avg(c.sentiment_score) filter (where c.last_message_at <= m.month) as score_before
  from (select %(now)s::timestamptz - interval '30 days' as month) m, conversations c
  where c.workspace_id = %(workspace_id)s and c.profile_id = p.id
    and c.last_message_at > m.month - interval '30 days'
    and c.last_message_at <= %(now)s::timestamptz
) trend on not p.memory_opt_out and %(with_last)s::boolean
left join lateral (
{FACTS_THEN}) known on not p.memory_opt_out and %(with_facts)s::boolean
left join lateral (
{EPISODES_THEN}) past on not p.memory_opt_out and %(with_episodes)s::boolean
where w.id = %(workspace_id)s
"""
"""Of a person who opted out of the memory only the profile is told. Conversations come as JSON, a
line each: whoever needs the newest reads that line alone.

No join on the coalesce: under the policy no index serves that, and all people are read. `now` is
the time that is asked about.
"""
