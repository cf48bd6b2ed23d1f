"""What happens in a workspace right now."""

MESSAGES_BY_MINUTE = """
with recent as (
  select messages from conversations
  where workspace_id = %(workspace_id)s and last_message_at >= %(since)s
  order by last_message_at desc, id desc limit %(most)s
), said as (
  select m.message ->> 'role' as role, (m.message ->> 'timestamp')::timestamptz as at
  from recent cross join lateral jsonb_array_elements(recent.messages) as m (message)
)
select date_trunc('minute', at, 'UTC'),
  count(*) filter (where role = 'user'), count(*) filter (where role <> 'user')
from said where at >= %(since)s and at < %(until)s
group by 1
"""
"""Received and sent messages of each minute, of so many conversations at most, the latest first."""

LATEST_MESSAGES = """
with recent as (
  select id, conversation_id, platform, profile_id, user_id, messages from conversations
  where workspace_id = %(workspace_id)s and last_message_at >= %(since)s
  order by last_message_at desc, id desc limit %(most)s
), said as (
  select r.id, m.message ->> 'role' as role, (m.message ->> 'timestamp')::timestamptz as at, m.place
  from recent r cross join lateral jsonb_array_elements(r.messages) with ordinality
    as m (message, place)
)
select s.role, s.at, r.conversation_id, r.platform, r.user_id, p.name, p.phone
from (select * from said where at >= %(since)s order by at desc, id desc, place desc
      limit %(most)s) as s
join recent r on r.id = s.id
left join user_profiles p on p.workspace_id = %(workspace_id)s and p.id = r.profile_id
order by s.at desc, s.id desc, s.place desc
"""

LATEST_DELIVERIES = """
select kind, state, webhook_endpoint_id, at
from (select id, kind, state, webhook_endpoint_id, coalesce(sent_at, created_at) as at
      from outbound_messages
      where workspace_id = %(workspace_id)s order by id desc limit 20 * %(most)s) as latest
where state <> 'pending' and at >= %(since)s
order by at desc, id desc limit %(most)s
"""
"""Of the latest messages alone: in a quiet half hour the search would go through them all."""

PULSE = """
select
  (select count(*) from (
     select from chat_sessions
     where workspace_id = %(workspace_id)s and status = 'active'
       and coalesce(last_message_at, created_at) >= %(since)s
     limit %(most)s) as active) as sessions,
  (select count(*) from (
     select from conversations
     where workspace_id = %(workspace_id)s and last_message_at >= %(since)s
     limit %(most)s + 1) as held) as conversations,
  (select count(*) from (
     select from inbound_events
     where workspace_id = %(workspace_id)s and state = 'dead' limit %(most)s) as events)
  + (select count(*) from (
     select from outbound_messages
     where workspace_id = %(workspace_id)s and state = 'dead' limit %(most)s) as messages)
    as failures,
  (select count(*) from (
     select from conversations
     where workspace_id = %(workspace_id)s and analysis_due_at <= clock_timestamp()
     limit %(most)s) as due) as analyses
"""
"""Counts that go no further than `most`: beyond it nobody reads the number."""
