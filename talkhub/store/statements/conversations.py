"""The statements behind `save_conversation` and the appending of a channel's messages."""

from talkhub.store.statements.people import person

_SESSION_IS_KNOWN = """exists (
    select from chat_sessions
    where workspace_id = %(workspace_id)s and session_id = %(session_id)s)"""

_INSERT_INTO_SESSION = """
insert into conversations
  (workspace_id, conversation_id, session_id, user_id, messages, intent_analysis, metadata,
   created_at, updated_at, profile_id, channel_id, platform, source, fingerprint, status,
   started_at, last_message_at, ended_at, message_count, user_message_count, response_count,
   response_ms_total, analysis_due_at)
select %(workspace_id)s, %(conversation_id)s, %(session_id)s, %(user_id)s, %(messages)s,
       %(intent_analysis)s, %(metadata)s, %(now)s, %(now)s, profile_id, channel_id, platform,
       'api', %(fingerprint)s, 'closed', %(started_at)s, %(last_message_at)s,
       %(last_message_at)s, %(message_count)s, %(user_message_count)s, %(response_count)s,
       %(response_ms_total)s, clock_timestamp()
from session
returning id, platform
"""

SAVE_TO_OPEN_SESSION = f"""
with session as (
  update chat_sessions
  set status = 'completed', conversation_count = 1, updated_at = %(now)s,
      last_message_at = %(last_message_at)s, closed_at = %(now)s, close_reason = 'saved'
  where workspace_id = %(workspace_id)s and session_id = %(session_id)s
    and user_id = %(user_id)s and conversation_count = 0
  returning profile_id, channel_id, platform
)
{_INSERT_INTO_SESSION}"""
"""Saves the first conversation of a session that was opened before: what most calls are.

It yields no row, and stores nothing, otherwise. SAVE_CONVERSATION must be ready to open the
session and to make the person.
"""

SAVE_CONVERSATION = f"""
with {person(unless=_SESSION_IS_KNOWN)}, session as (
  insert into chat_sessions as s
    (workspace_id, session_id, user_id, status, created_at, updated_at, profile_id,
     conversation_count, last_message_at, closed_at, close_reason)
  select %(workspace_id)s, %(session_id)s, %(user_id)s, 'completed', %(now)s, %(now)s, profile_id,
         1, %(last_message_at)s, %(now)s, 'saved'
  from person
  on conflict (workspace_id, session_id) do update
  set status = 'completed', conversation_count = 1, updated_at = excluded.updated_at,
      last_message_at = excluded.last_message_at, closed_at = excluded.closed_at,
      close_reason = 'saved'
  where s.conversation_count = 0 and s.user_id = excluded.user_id
  returning profile_id, channel_id, platform
)
{_INSERT_INTO_SESSION}"""
"""Saves the first conversation of a session, opening the session if it is unknown.

Yields no row, and stores no conversation, when the session already has one: the row lock
on the session decides, so that two savers never both come first. A known session's person
exists, so it makes nobody: who is not that person must be refused without a trace.
"""

FIND_SESSION = """
select user_id, profile_id, channel_id, platform, conversation_count
from chat_sessions
where workspace_id = %(workspace_id)s and session_id = %(session_id)s
for update
"""

CONVERSATIONS_OF_SESSION = """
select id, conversation_id, source, part, fingerprint, messages, metadata, intent_analysis,
       created_at, status
from conversations
where workspace_id = %(workspace_id)s and session_id = %(session_id)s
order by id
"""

INSERT_CONVERSATIONS = """
insert into conversations
  (workspace_id, conversation_id, session_id, user_id, messages, intent_analysis, metadata,
   created_at, updated_at, profile_id, channel_id, platform, source, part, fingerprint, status,
   started_at, last_message_at, ended_at, message_count, user_message_count, response_count,
   response_ms_total, analysis_due_at)
select %(workspace_id)s, r.conversation_id, r.session_id, r.user_id, r.messages,
       r.intent_analysis, r.metadata, %(now)s, %(now)s, r.profile_id, r.channel_id, r.platform,
       r.source, r.part, decode(r.fingerprint, 'hex'), r.status, r.started_at,
       r.last_message_at, case when r.status = 'closed' then r.last_message_at end,
       r.message_count, r.user_message_count, r.response_count, r.response_ms_total,
       clock_timestamp()
from jsonb_to_recordset(%(rows)s::jsonb) as r (
  conversation_id text, session_id text, user_id text, messages jsonb, intent_analysis jsonb,
  metadata jsonb, profile_id bigint, channel_id bigint, platform text, source text,
  part smallint, fingerprint text, status text, started_at timestamptz,
  last_message_at timestamptz, message_count int, user_message_count int, response_count int,
  response_ms_total bigint)
returning id, conversation_id
"""

REWRITE_CONVERSATIONS = """
with r as (
  select * from jsonb_to_recordset(%(rows)s::jsonb) as r (
    id bigint, messages jsonb, metadata jsonb, intent_analysis jsonb, fingerprint text,
    status text, started_at timestamptz, last_message_at timestamptz, message_count int,
    user_message_count int, response_count int, response_ms_total bigint)
), left_behind as (
  insert into dirty_buckets (workspace_id, hour)
  select distinct %(workspace_id)s, date_trunc('hour', c.started_at, 'UTC')
  from conversations c join r on r.id = c.id
  where c.workspace_id = %(workspace_id)s
    and date_trunc('hour', c.started_at, 'UTC') <> date_trunc('hour', r.started_at, 'UTC')
)
update conversations c
set messages = r.messages, metadata = c.metadata || r.metadata,
    intent_analysis = coalesce(r.intent_analysis, c.intent_analysis || '{"status": "pending"}'),
    fingerprint = decode(r.fingerprint, 'hex'), status = r.status, started_at = r.started_at,
    last_message_at = r.last_message_at,
    ended_at = case when r.status = 'closed' then r.last_message_at end,
    message_count = r.message_count, user_message_count = r.user_message_count,
    response_count = r.response_count, response_ms_total = r.response_ms_total,
    analysis_due_at = clock_timestamp(), fence = c.fence + 1, attempts = 0, updated_at = %(now)s
from r
where c.workspace_id = %(workspace_id)s and c.id = r.id
"""
"""The fence rises, so that an analysis that is running on the shorter transcript is not stored.

A message from before the first one moves the conversation to an earlier hour: the hour that it
leaves must be counted again too.
"""

UPDATE_SESSIONS = """
insert into chat_sessions as s
  (workspace_id, session_id, user_id, platform, status, created_at, updated_at, profile_id,
   channel_id, conversation_count, last_message_at, closed_at, close_reason)
select %(workspace_id)s, r.session_id, r.user_id, r.platform, r.status, %(now)s, %(now)s,
       r.profile_id, r.channel_id, r.conversation_count, r.last_message_at,
       case when r.status = 'completed' then %(now)s::timestamptz end, r.close_reason
from jsonb_to_recordset(%(rows)s::jsonb) as r (
  session_id text, user_id text, platform text, status text, profile_id bigint,
  channel_id bigint, conversation_count int, last_message_at timestamptz, close_reason text)
order by r.session_id
on conflict (workspace_id, session_id) do update
set status = excluded.status, updated_at = excluded.updated_at,
    conversation_count = excluded.conversation_count,
    last_message_at = greatest(s.last_message_at, excluded.last_message_at),
    closed_at = excluded.closed_at, close_reason = excluded.close_reason,
    channel_id = coalesce(s.channel_id, excluded.channel_id)
"""

OPEN_SESSIONS_OF_PEOPLE = """
select s.profile_id, s.platform, s.session_id, s.user_id, s.channel_id, s.conversation_count,
       coalesce(s.last_message_at, s.created_at) as last_message_at
from chat_sessions s
where s.workspace_id = %(workspace_id)s and s.status = 'active'
  and s.profile_id = any(%(profile_ids)s)
order by s.id
for update
"""

IDLE_SESSIONS_OF_PEOPLE = """
select s.profile_id, s.platform, s.session_id, s.user_id, s.channel_id, s.conversation_count,
       s.last_message_at, s.close_reason
from chat_sessions s
where s.workspace_id = %(workspace_id)s and s.close_reason in ('idle', 'ended')
  and s.session_id in (
    select c.session_id from conversations c
    where c.workspace_id = %(workspace_id)s and c.profile_id = any(%(profile_ids)s)
      and c.last_message_at >= %(since)s and c.started_at <= %(until)s)
order by s.id
for update
"""

LAST_CONVERSATIONS = """
select distinct on (session_id) session_id, id, conversation_id, part, messages, status,
       min(started_at) over (partition by session_id) as first_message_at
from conversations
where workspace_id = %(workspace_id)s and session_id = any(%(session_ids)s)
order by session_id, id desc
"""

KNOWN_EXTERNAL_IDS = """
select m.source, m.external_message_id
from unnest(%(sources)s::text[], %(external_ids)s::text[]) as g (source, external_id)
join message_index m on m.workspace_id = %(workspace_id)s and m.source = g.source
  and m.external_message_id = g.external_id
"""

INDEX_MESSAGES = """
insert into message_index
  (workspace_id, conversation_id, message_id, profile_id, position, role, sent_at, channel_id,
   source, external_message_id, alias, event_id, answer_address)
select %(workspace_id)s, r.conversation_id, r.message_id, r.profile_id, r.position, r.role,
       r.sent_at, r.channel_id, r.source, r.external_message_id, r.alias, r.event_id,
       r.answer_address
from jsonb_to_recordset(%(rows)s::jsonb) as r (
  conversation_id bigint, message_id text, profile_id bigint, position int, role text,
  sent_at timestamptz, channel_id bigint, source text, external_message_id text,
  alias text, event_id bigint, answer_address jsonb)
on conflict do nothing
"""

MOVE_IN_INDEX = """
update message_index m
set conversation_id = r.conversation_id, position = r.position
from jsonb_to_recordset(%(rows)s::jsonb) as r (
  conversation_id bigint, moved_from bigint, message_id text, position int)
where m.workspace_id = %(workspace_id)s and m.conversation_id = r.moved_from
  and m.message_id = r.message_id
"""
"""What a late message pushes out of a full part stands in the next one."""
