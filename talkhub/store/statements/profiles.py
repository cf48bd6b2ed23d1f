"""The statements behind a profile, `update_user_profile` and a profile's statistics."""

FIND_PROFILE = """
select id, user_id, name, phone, email, preferences, tags, custom, locale, timezone,
       memory_opt_out, revision, interaction_stats, created_at, updated_at
from user_profiles
where id = (
  select coalesce(merged_into_id, id) from user_profiles
  where workspace_id = %(workspace_id)s and user_id = %(user_id)s)
"""
"""No join on the coalesce: under the policy no index serves that, and all people are read."""

LOCK_PROFILE = f"{FIND_PROFILE} for update"

WRITE_PROFILE = """
update user_profiles
set name = %(name)s, phone = %(phone)s, email = %(email)s, preferences = %(preferences)s,
    tags = %(tags)s, custom = %(custom)s, locale = %(locale)s, timezone = %(timezone)s,
    memory_opt_out = %(memory_opt_out)s, revision = revision + 1, updated_at = %(now)s
where workspace_id = %(workspace_id)s and id = %(id)s
"""

RECORD_CHANGE = """
insert into profile_changes (workspace_id, profile_id, source, changes)
values (%(workspace_id)s, %(profile_id)s, %(source)s, %(changes)s)
"""

CLAIM_PROFILES_WITH_DUE_STATS = """
select id from user_profiles
where workspace_id = %(workspace_id)s and stats_due_at <= clock_timestamp()
order by id
limit %(limit)s
for update skip locked
"""

RECOMPUTE_STATS = """
with due as (
  select id from user_profiles
  where workspace_id = %(workspace_id)s and id = any(%(profile_ids)s)
  order by id for update
), totals as (
  select c.profile_id, count(*) as conversations, sum(c.message_count) as messages,
         sum(c.response_ms_total) as response_ms, sum(c.response_count) as responses,
         max(c.last_message_at) as last_at, min(c.started_at) as first_at
  from conversations c join due on due.id = c.profile_id
  where c.workspace_id = %(workspace_id)s
  group by c.profile_id
), topics as (
  select profile_id, jsonb_agg(topic order by n desc, topic) as topics from (
    select c.profile_id, topic, count(*) as n,
           row_number() over (partition by c.profile_id order by count(*) desc, topic) as place
    from conversations c join due on due.id = c.profile_id
    cross join lateral unnest(c.topics) as topic
    where c.workspace_id = %(workspace_id)s
    group by c.profile_id, topic) ranked
  where place <= 5 group by profile_id
), intents as (
  select profile_id, jsonb_agg(intent order by n desc, intent) as intents from (
    select c.profile_id, c.primary_intent as intent, count(*) as n,
           row_number() over (
             partition by c.profile_id order by count(*) desc, c.primary_intent) as place
    from conversations c join due on due.id = c.profile_id
    where c.workspace_id = %(workspace_id)s and c.primary_intent is not null
      and c.primary_intent <> 'unknown'
    group by c.profile_id, c.primary_intent) ranked
  where place <= 5 group by profile_id
)
update user_profiles p
set interaction_stats = jsonb_build_object(
      'total_conversations', coalesce(t.conversations, 0),
      'total_messages', coalesce(t.messages, 0),
      'average_response_time',
        case when t.responses > 0 then round(t.response_ms / t.responses / 1000.0, 3) end,
      'preferred_topics', coalesce(topics.topics, '[]'),
      'preferred_intents', coalesce(intents.intents, '[]'),
      'next_intents', coalesce(%(next_intents)s::jsonb -> p.id::text, '[]'),
      'last_interaction', to_char(t.last_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')),
    first_seen_at = least(p.first_seen_at, t.first_at),
    last_seen_at = greatest(p.last_seen_at, t.last_at),
    stats_due_at = null
from due
left join totals t on t.profile_id = due.id
left join topics on topics.profile_id = due.id
left join intents on intents.profile_id = due.id
where p.workspace_id = %(workspace_id)s and p.id = due.id
"""
"""Recomputed from the conversations' rows, never counted up: safe to run twice."""
