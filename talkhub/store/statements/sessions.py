"""The statements behind `create_chat_session` and the closing of silent sessions."""

from talkhub.store.statements.people import person

CREATE_SESSION_OF_KNOWN_PERSON = """
insert into chat_sessions
  (workspace_id, session_id, user_id, user_data, platform, created_at, updated_at, profile_id)
select %(workspace_id)s, %(session_id)s, user_id, %(user_data)s, %(platform)s,
       %(now)s, %(now)s, id
from user_profiles
where workspace_id = %(workspace_id)s and user_id = %(user_id)s and merged_into_id is null
  and (coalesce(%(name)s, name), coalesce(%(phone)s, phone), coalesce(%(email)s, email))
    is not distinct from (name, phone, email)
returning id
"""
"""Opens a session for someone of whom nothing new is told: what most calls are.

It yields no row for anyone else, and costs half of CREATE_SESSION, which must be ready to
make and to change people.
"""

CREATE_SESSION = f"""
with {person()}, before as (
  select p.id, p.name, p.phone, p.email
  from user_profiles p join known on p.id = known.profile_id
  where %(has_details)s
), told as (
  update user_profiles p
  set name = coalesce(%(name)s, p.name), phone = coalesce(%(phone)s, p.phone),
      email = coalesce(%(email)s, p.email), revision = p.revision + 1, updated_at = %(now)s
  from before
  where p.id = before.id
    and (coalesce(%(name)s, p.name), coalesce(%(phone)s, p.phone), coalesce(%(email)s, p.email))
      is distinct from (p.name, p.phone, p.email)
  returning p.id, p.name, p.phone, p.email
), history as (
  insert into profile_changes (workspace_id, profile_id, source, changes)
  select %(workspace_id)s, told.id, 'session', (
    select jsonb_object_agg(field, jsonb_build_object('before', old, 'after', new))
    from (values ('name', before.name, told.name), ('phone', before.phone, told.phone),
                 ('email', before.email, told.email)) as v (field, old, new)
    where old is distinct from new)
  from told join before using (id)
)
insert into chat_sessions
  (workspace_id, session_id, user_id, user_data, platform, created_at, updated_at, profile_id)
select %(workspace_id)s, %(session_id)s, %(user_id)s, %(user_data)s, %(platform)s,
       %(now)s, %(now)s, profile_id
from person
returning id
"""
"""Opens a session; name, phone and e-mail that are given feed the profile, with their history."""

CLOSE_SILENT_SESSIONS = """
with silent as (
  update chat_sessions
  set status = 'completed', closed_at = %(now)s, updated_at = %(now)s, close_reason = 'idle'
  where id in (
    select s.id from chat_sessions s join workspaces w on w.id = s.workspace_id
    where s.status = 'active' and coalesce(s.last_message_at, s.created_at) < %(now)s
      - coalesce(w.session_idle_minutes, %(idle_minutes)s) * interval '1 minute'
    order by s.id limit %(limit)s for update of s skip locked)
  returning workspace_id, session_id
), held as (
  select c.id from conversations c join silent using (workspace_id, session_id)
  where c.status = 'open'
  order by c.id for no key update of c
), closed as (
  update conversations c
  set status = 'closed', ended_at = c.last_message_at, analysis_due_at = clock_timestamp(),
      fence = c.fence + 1, attempts = 0, updated_at = %(now)s
  from held
  where c.id = held.id
)
select count(*) from silent
"""
"""A system statement: it closes sessions of all workspaces that fell silent, a batch at a time.

The conversations are locked by id, as STORE_ANALYSES does. How they ended is for the analysis to
say, which is due with it.
"""

SESSION_IDLE_MINUTES = """
select coalesce(session_idle_minutes, %(default)s) from workspaces where id = %(workspace_id)s
"""

END_SESSION = """
with ended as (
  update chat_sessions s
  set status = 'completed', closed_at = %(now)s, updated_at = %(now)s, close_reason = 'ended'
  where s.workspace_id = %(workspace_id)s and s.platform = %(platform)s and s.status = 'active'
    and coalesce(s.last_message_at, s.created_at) <= %(at)s
    and s.profile_id = (
      select coalesce(merged_into_id, id) from user_profiles
      where workspace_id = %(workspace_id)s and user_id = %(user_id)s)
  returning session_id
)
update conversations c
set status = 'closed', ended_at = c.last_message_at, analysis_due_at = clock_timestamp(),
    fence = c.fence + 1, attempts = 0, updated_at = %(now)s
from ended
where c.workspace_id = %(workspace_id)s and c.session_id = ended.session_id and c.status = 'open'
"""
"""Ends what a platform closed. Someone who wrote again since then has a session that goes on."""
