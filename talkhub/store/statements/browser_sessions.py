"""The statements behind the browsers in which people are signed in."""

from talkhub.store.statements.roles import ROLES
from talkhub.store.statements.second_factors import IS_CONFIRMED

_LIVES = """
      and s.ended_at is null and s.expires_at > clock_timestamp()
      and s.last_active_at > clock_timestamp() - %(idle)s::interval
"""

BEGIN_SESSION = """
insert into browser_sessions
  (token_id, user_id, workspace_id, method, user_agent, address, expires_at)
values (%(token_id)s, %(user_id)s, %(workspace_id)s, %(method)s, %(user_agent)s, %(address)s,
        clock_timestamp() + %(lifetime)s)
"""

FIND_VISITOR = f"""
with active as (
  update browser_sessions s
  set last_active_at = clock_timestamp(), address = %(address)s
  where s.token_id = %(token_id)s and %(is_active)s::boolean
      {_LIVES}
      and s.last_active_at < clock_timestamp() - %(precision)s::interval
  returning s.id
)
select s.id, s.user_id, u.username, u.name, s.workspace_id, m.role,
  w.requires_second_factor and not {IS_CONFIRMED} as lacks_second_factor,
  case when exists (select from active) then 0
    else extract(epoch from clock_timestamp() - s.last_active_at) end as silent_seconds
from browser_sessions s
join users u on u.id = s.user_id and u.disabled_at is null
join {ROLES} m on m.user_id = s.user_id and m.workspace_id = s.workspace_id
join workspaces w on w.id = s.workspace_id
where s.token_id = %(token_id)s
      {_LIVES}
"""
"""Notes in the same breath that the person did something, unless that was noted just now."""

SESSIONS_OF_USER = f"""
select s.id, s.method, s.user_agent, s.address, s.began_at, s.last_active_at, w.name as workspace
from browser_sessions s join workspaces w on w.id = s.workspace_id
where s.user_id = %(user_id)s
      {_LIVES}
order by s.last_active_at desc, s.id desc
limit 100
"""

MOVE_SESSION = f"""
update browser_sessions s set workspace_id = m.workspace_id
from {ROLES} m
where s.id = %(id)s and s.ended_at is null
  and m.user_id = s.user_id and m.workspace_id = %(workspace_id)s
returning s.id
"""

END_SESSION = """
update browser_sessions set ended_at = clock_timestamp()
where id = %(id)s and user_id = %(user_id)s
  and ended_at is null and expires_at > clock_timestamp()
returning id
"""

END_SESSIONS_OF_USER = """
update browser_sessions set ended_at = clock_timestamp()
where user_id = %(user_id)s and id is distinct from %(but)s
  and ended_at is null and expires_at > clock_timestamp()
returning id
"""

END_SESSIONS_OF_WORKSPACE = """
update browser_sessions set ended_at = clock_timestamp()
where workspace_id = %(workspace_id)s and ended_at is null and expires_at > clock_timestamp()
returning id
"""

DELETE_OLD_SESSIONS = """
delete from browser_sessions where expires_at < clock_timestamp() - interval '30 days'
"""
