"""The statements of calls; whether a side is lost or a ring over, PostgreSQL's clock says."""

PAGE = """
select page_key, is_open, origins from call_pages where workspace_id = %(workspace_id)s
"""

SET_PAGE = """
insert into call_pages (workspace_id, page_key, is_open, origins, changed_by)
values (%(workspace_id)s, %(page_key)s, %(is_open)s, %(origins)s, %(actor)s)
on conflict (workspace_id) do update
set is_open = excluded.is_open, origins = excluded.origins, changed_by = excluded.changed_by,
    changed_at = clock_timestamp()
returning page_key
"""

COUNT_RINGING = """
select count(*) from calls
where workspace_id = %(workspace_id)s and state = 'ringing' and rings_until > clock_timestamp()
"""

BEGIN_CALL = """
insert into calls
  (workspace_id, call_id, session_id, state, agrees_to_recording, started_at, rings_until,
   caller_seen_at)
values (%(workspace_id)s, %(call_id)s, %(session_id)s, 'ringing', %(agrees_to_recording)s,
  %(now)s, clock_timestamp() + %(rings_for)s, clock_timestamp())
"""

_CALL = """
select c.id, c.call_id, c.session_id, s.user_id, c.state, c.outcome, c.ended_by, c.agent,
  c.agrees_to_recording, c.started_at, c.answered_at, c.connected_at, c.ended_at,
  c.caller_seen_at, c.agent_seen_at,
  c.rings_until < clock_timestamp() as has_rung_out,
  c.caller_seen_at < clock_timestamp() - %(lost_after)s as is_caller_lost,
  coalesce(c.agent_seen_at < clock_timestamp() - %(lost_after)s, false) as is_agent_lost
from calls c join chat_sessions s
  on s.workspace_id = %(workspace_id)s and s.session_id = c.session_id
where c.workspace_id = %(workspace_id)s and c.call_id = %(call_id)s
"""

CALL = _CALL
LOCK_CALL = f"{_CALL}for update of c\n"

ANSWER_CALL = """
update calls
set state = 'active', agent = %(agent)s, answered_at = %(now)s, agent_seen_at = clock_timestamp(),
    caller_seen_at = clock_timestamp()
where workspace_id = %(workspace_id)s and id = %(id)s
"""

SEE_SIDE = """
update calls
set caller_seen_at = case when %(side)s = 'caller' then clock_timestamp() else caller_seen_at end,
    agent_seen_at = case when %(side)s = 'agent' then clock_timestamp() else agent_seen_at end,
    connected_at = coalesce(connected_at, %(connected_at)s)
where workspace_id = %(workspace_id)s and id = %(id)s
"""

END_CALL = """
with told as (
  delete from call_signals where workspace_id = %(workspace_id)s and call_number = %(id)s
)
update calls
set state = 'ended', outcome = %(outcome)s, ended_by = %(ended_by)s, ended_at = %(ended_at)s,
    agent = coalesce(agent, %(agent)s)
where workspace_id = %(workspace_id)s and id = %(id)s
"""
"""Addresses of the two browsers are in the signals, and nobody needs them any more."""

ADD_SIGNAL = """
insert into call_signals (workspace_id, call_number, side, kind, body)
select %(workspace_id)s, %(id)s, %(side)s, %(kind)s, %(body)s
where (select count(*) from call_signals
       where workspace_id = %(workspace_id)s and call_number = %(id)s
         and side = %(side)s) < %(at_most)s
"""

SIGNALS_SINCE = """
select id, kind, body from call_signals
where workspace_id = %(workspace_id)s and call_number = %(id)s and side <> %(side)s
  and id > %(after)s
order by id
"""

LOST_CALLS = """
select workspace_id, call_id from calls
where state <> 'ended' and (
  state = 'ringing' and rings_until < clock_timestamp()
  or caller_seen_at < clock_timestamp() - %(lost_after)s
  or agent_seen_at < clock_timestamp() - %(lost_after)s)
order by id limit %(limit)s
"""
"""A system statement: what both sides left without a word."""

CALLS_GOING_ON = """
select c.call_id, c.state, c.agent, c.started_at, c.agrees_to_recording, s.profile_id,
  coalesce(p.name, s.user_id) as caller
from calls c
join chat_sessions s on s.workspace_id = %(workspace_id)s and s.session_id = c.session_id
join user_profiles p on p.workspace_id = %(workspace_id)s and p.id = s.profile_id
where c.workspace_id = %(workspace_id)s and c.state <> 'ended'
  and (c.state = 'active' or c.rings_until > clock_timestamp())
order by c.id limit %(limit)s
"""

LATEST_CALLS = """
select c.id, c.call_id, c.session_id, s.user_id, s.profile_id, p.name, c.state, c.outcome,
  c.ended_by, c.agent, c.agrees_to_recording, c.started_at, c.answered_at, c.connected_at,
  c.ended_at, (
    select t.conversation_id from conversations t
    where t.workspace_id = %(workspace_id)s and t.session_id = c.session_id
    order by t.id limit 1) as conversation_id
from calls c
join chat_sessions s on s.workspace_id = %(workspace_id)s and s.session_id = c.session_id
join user_profiles p on p.workspace_id = %(workspace_id)s and p.id = s.profile_id
where c.workspace_id = %(workspace_id)s and c.id < %(before)s
order by c.id desc limit %(limit)s
"""
