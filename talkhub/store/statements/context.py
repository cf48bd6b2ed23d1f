"""The statement behind `get_user_context`: the whole answer, built by PostgreSQL."""

from talkhub.json_codec import dumps_text
from talkhub.store.statements.iso_time import iso

EMPTY_STATS: dict[str, object] = {
    "total_conversations": 0,
    "total_messages": 0,
    "average_response_time": None,
    "preferred_topics": [],
    "preferred_intents": [],
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
select json_build_object(
  'user_id', %(user_id)s::text,
  'found', p.id is not null,
  'profile', case when p.id is null then json_build_object() else json_build_object(
    'user_id', p.user_id, 'name', p.name, 'phone', p.phone, 'email', p.email, 'tags', p.tags,
    'custom', p.custom, 'locale', p.locale, 'timezone', p.timezone,
    'first_seen_at', {iso("p.first_seen_at")}, 'last_seen_at', {iso("p.last_seen_at")},
    'created_at', {iso("p.created_at")}, 'updated_at', {iso("p.updated_at")}) end,
  'has_history', case when %(limit)s > 0 then recent.conversations is not null
    else not coalesce(p.memory_opt_out, false) and exists (
      select from conversations c
      where c.workspace_id = %(workspace_id)s and c.profile_id = p.id) end,
  'recent_conversations', coalesce(recent.conversations, '[]'),
  'preferences', coalesce(p.preferences, '{{}}'),
  'interaction_stats', '{dumps_text(EMPTY_STATS)}'::jsonb ||
    case when p.memory_opt_out then '{{}}' else coalesce(p.interaction_stats, '{{}}') end
)::text
from (select 1) as always
left join person p on true
left join lateral (
  select json_agg(json_build_object(
    'conversation_id', c.conversation_id, 'session_id', c.session_id,
    'platform', c.platform, 'status', c.status, 'messages', c.messages,
    'intent_analysis', c.intent_analysis, 'metadata', c.metadata,
    'created_at', {iso("c.created_at")}, 'started_at', {iso("c.started_at")},
    'last_message_at', {iso("c.last_message_at")})) as conversations
  from (
    select * from conversations
    where workspace_id = %(workspace_id)s and profile_id = p.id
    order by last_message_at desc limit %(limit)s) c
) recent on not p.memory_opt_out
"""
"""Of a person who opted out of the memory only the profile is told.

No join on the coalesce: under the policy no index serves that, and all people are read.
"""
