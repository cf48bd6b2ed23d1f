"""The statements of sessions at CRMs: kept, begun by one at a time, refused."""

SESSION = """
select session_encrypted,
  coalesce(session_until > clock_timestamp() + %(margin)s, false) as is_fresh
from crm_connectors
where workspace_id = %(workspace_id)s and id = %(id)s and credentials_encrypted = %(credentials)s
"""

BEGIN_SIGN_IN = """
update crm_connectors set signing_in_until = clock_timestamp() + %(lease)s
where workspace_id = %(workspace_id)s and id = %(id)s and credentials_encrypted = %(credentials)s
  and coalesce(signing_in_until <= clock_timestamp(), true)
  and not coalesce(session_until > clock_timestamp() + %(margin)s, false)
returning session_encrypted, signing_in_until as turn
"""
"""Gives the turn to one: a refresh token counts once. Its end names the turn."""

KEEP_SESSION = """
update crm_connectors
set session_encrypted = %(session)s, session_until = clock_timestamp() + %(seconds)s,
    signing_in_until = null
where workspace_id = %(workspace_id)s and id = %(id)s and signing_in_until = %(turn)s
"""
"""Not if another account is meant by now: the turn is over then, or somebody else's."""

GIVE_SIGN_IN_UP = """
update crm_connectors set signing_in_until = null
where workspace_id = %(workspace_id)s and id = %(id)s and signing_in_until = %(turn)s
"""

END_SESSION = """
update crm_connectors set session_until = null
where workspace_id = %(workspace_id)s and id = %(id)s and session_encrypted = %(session)s
"""
"""The CRM does not know it any more: the next errand signs in."""

QUEUE_RENEWALS = """
insert into outbound_messages (workspace_id, crm_connector_id, kind, payload)
select k.workspace_id, k.id, %(kind)s, '{}'::jsonb
from crm_connectors k
where k.kind = any(%(kinds)s) and k.state = 'active' and k.refused_at is null
  and coalesce(k.session_until, k.created_at) < clock_timestamp() - %(idle)s
  and not exists (
    select from outbound_messages o
    where o.crm_connector_id = k.id and o.kind = %(kind)s and o.state = 'pending')
order by k.id
"""

REMEMBER_REFUSED = """
update crm_connectors set refused_at = clock_timestamp()
where workspace_id = %(workspace_id)s and id = %(id)s and credentials_encrypted = %(credentials)s
  and refused_at is null
returning id
"""

REMEMBER_LET_IN = """
update crm_connectors set refused_at = null
where workspace_id = %(workspace_id)s and id = %(id)s and credentials_encrypted = %(credentials)s
"""
