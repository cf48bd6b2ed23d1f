"""The statements that delete one conversation, beside those that erase a person."""

CONVERSATION_TO_DELETE = """
select id, user_id, profile_id, session_id, started_at, last_message_at
from conversations
where workspace_id = %(workspace_id)s and conversation_id = %(conversation_id)s
  and source <> 'erased'
"""

LOCK_CONVERSATION_TO_DELETE = f"{CONVERSATION_TO_DELETE}for update\n"
"""As it stands once nobody else writes of its person."""

FORGET_SAYINGS = """
delete from profile_facts
where workspace_id = %(workspace_id)s and profile_id = %(profile_id)s and conversation_id = %(id)s
"""

FORGET_CONVERSATIONS = """
with gone as (
  select conversation_id, session_id, profile_id from conversations
  where workspace_id = %(workspace_id)s and id = any(%(conversation_ids)s)
), ended as (
  select session_id, profile_id from gone
  where not exists (
    select from conversations c
    where c.workspace_id = %(workspace_id)s and c.session_id = gone.session_id
      and c.id <> all(%(conversation_ids)s))
), comments as (
  update scores set comment = null, session_id = null, conversation_id = null
  where workspace_id = %(workspace_id)s and profile_id in (select profile_id from gone)
    and ((profile_id, conversation_id) in (select profile_id, conversation_id from gone)
      or conversation_id is null
        and (profile_id, session_id) in (select profile_id, session_id from ended))
), told as (
  update custom_events set session_id = null
  where workspace_id = %(workspace_id)s and profile_id in (select profile_id from gone)
    and (profile_id, session_id) in (select profile_id, session_id from gone)
), sessions as (
  delete from chat_sessions
  where workspace_id = %(workspace_id)s and session_id in (select session_id from ended)
), calls_gone as (
  delete from calls
  where workspace_id = %(workspace_id)s and session_id in (select session_id from ended)
), people as (
  select id from user_profiles
  where workspace_id = %(workspace_id)s and id in (select profile_id from gone)
  order by id for update
)
update user_profiles set revision = revision + 1
where workspace_id = %(workspace_id)s and id in (select id from people)
"""
"""What else conversations left behind, but what is known of people. Their revision rises, by which
what was remembered of their conversations is known to be outdated.
"""

NAME_AFTERWARDS = """
select conversation_id from conversations where workspace_id = %(workspace_id)s and id = %(id)s
"""
