"""The statements of what happens to messages after they were sent."""

NOTE_CHANGES = """
insert into message_changes (workspace_id, event_id, source, target, kind, actor, value, at)
select %(workspace_id)s, r.event_id, r.source, r.target, r.kind, r.actor, r.value, r.at
from jsonb_to_recordset(%(rows)s::jsonb) as r (
  event_id bigint, source text, target text, kind text, actor text, value jsonb, at timestamptz)
on conflict (workspace_id, event_id) do nothing
"""

CHANGES_OF_MESSAGES = """
select c.source, c.target, c.kind, c.actor, c.value, c.at, c.event_id
from unnest(%(sources)s::text[], %(targets)s::text[]) as g (source, target)
join message_changes c on c.workspace_id = %(workspace_id)s and c.source = g.source
  and c.target = g.target
"""

MESSAGES_OF_TARGETS = """
with g as (
  select * from unnest(%(sources)s::text[], %(targets)s::text[]) as g (source, target)
), found as (
  select g.source, g.target, m.conversation_id, m.message_id, m.event_id
  from g join message_index m on m.workspace_id = %(workspace_id)s and m.source = g.source
    and m.external_message_id = g.target
  union
  select g.source, g.target, m.conversation_id, m.message_id, m.event_id
  from g join message_index m on m.workspace_id = %(workspace_id)s and m.source = g.source
    and m.alias = g.target
)
select found.source, found.target, found.message_id, found.event_id, c.session_id
from found
join conversations c on c.workspace_id = %(workspace_id)s and c.id = found.conversation_id
"""
"""A message may have moved on into a later part, so the session is told and not the row."""

LOCK_SESSIONS = """
select id from chat_sessions
where workspace_id = %(workspace_id)s and session_id = any(%(session_ids)s)
order by id
for update
"""

CONVERSATIONS_WITH_MESSAGES = """
select id, session_id, messages, status
from conversations
where workspace_id = %(workspace_id)s and session_id = any(%(session_ids)s)
  and messages @> any(%(wanted)s::jsonb[])
order by id
for update
"""

RAISE_DELIVERY = """
update message_index m
set delivery_state = g.state
from (
  select source, target,
         (%(ranks)s::text[])[max(array_position(%(ranks)s::text[], state))] as state
  from unnest(%(sources)s::text[], %(targets)s::text[], %(states)s::text[])
    as told (source, target, state)
  group by source, target) g
where m.workspace_id = %(workspace_id)s and m.source = g.source
  and m.external_message_id = g.target
  and coalesce(array_position(%(ranks)s::text[], m.delivery_state::text), 0)
    < array_position(%(ranks)s::text[], g.state)
"""
"""Statuses arrive doubled and in any order: a message's state only ever rises."""

FORGET_EVENTS = """
update inbound_events set raw = null, payload = null
where workspace_id = %(workspace_id)s and id = any(%(event_ids)s)
"""
"""What a person took back is not kept in the inbox either."""

FORGET_QUOTES = """
with told as (
  update outbound_messages
  set payload = jsonb_set(payload, '{data,analysis,course}', payload #> '{data,analysis,course}'
    || '{"summary": [], "key_phrases": []}')
  where workspace_id = %(workspace_id)s and conversation_id = any(%(ids)s)
    and webhook_endpoint_id is not null
    and payload #> '{data,analysis,course,summary}' is not null
), analysed as (
  delete from conversation_analyses
  where workspace_id = %(workspace_id)s and conversation_id = any(%(ids)s)
), read as (
  delete from enrichments
  where workspace_id = %(workspace_id)s and conversation_id = any(%(ids)s)
)
update conversations
set intent_analysis = intent_analysis #- '{course,summary}' #- '{course,key_phrases}'
where workspace_id = %(workspace_id)s and id = any(%(ids)s)
  and intent_analysis #> '{course,summary}' is not null
"""
"""Analyses quote messages: those of every version go, and what a language model read of them; the
next one is made without the text."""

FORGET_EDITS = """
update message_changes set value = '{}'
where workspace_id = %(workspace_id)s and event_id = any(%(event_ids)s) and kind = 'edit'
"""

DELETE_OLD_CHANGES = """
delete from message_changes
where created_at < clock_timestamp()
  - case when kind = 'status' then interval '2 days' else interval '30 days' end
"""
"""Longer than a provider goes on delivering. Most statuses are of messages that others send."""
