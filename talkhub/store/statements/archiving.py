"""The statements that tell what was set in a workspace, and its rows, for its archive."""

OWN_WORKSPACE = """
select to_jsonb(w) - 'agency_id' - 'closed_at' from workspaces w where id = %(workspace_id)s
"""

CHANNELS = """
select jsonb_build_object('kind', kind, 'name', name, 'state', state,
  'external_account_id', external_account_id, 'created_at', created_at)
from channels where workspace_id = %(workspace_id)s order by id
"""

ENDPOINTS = """
select jsonb_build_object('url', url, 'events', events, 'state', state, 'created_at', created_at)
from webhook_endpoints where workspace_id = %(workspace_id)s order by id
"""

CRM_CONNECTORS = """
select jsonb_build_object('id', id, 'kind', kind, 'name', name, 'address', address,
  'fields', fields, 'state', state, 'hears', hears, 'created_at', created_at)
from crm_connectors where workspace_id = %(workspace_id)s order by id
"""

API_KEYS = """
select jsonb_build_object('name', name, 'hint', hint, 'scopes', scopes, 'created_by', created_by,
  'created_at', created_at, 'expires_at', expires_at, 'revoked_at', revoked_at)
from api_keys where workspace_id = %(workspace_id)s order by id
"""


MEMBERS = """
select jsonb_build_object('name', u.name, 'username', u.username, 'role', m.role,
  'via_agency', m.via_agency, 'created_at', m.created_at)
from memberships m join users u on u.id = m.user_id
where m.workspace_id = %(workspace_id)s order by m.created_at, u.id
"""
"""Read as the system: people belong to no workspace."""

BRAND = """
select to_jsonb(b) - 'workspace_id' - 'logo' - 'logo_digest' from brands b
where workspace_id = %(workspace_id)s
"""

MARKED = """
select conversation_id, jsonb_build_object(
  'conversation_id', conversation_id,
  'conversation', (select c.conversation_id from conversations c
    where c.workspace_id = %(workspace_id)s and c.id = t.conversation_id),
  'marker_ids', jsonb_agg(marker_id order by marker_id))
from conversation_markers t
where workspace_id = %(workspace_id)s and conversation_id > %(after)s
group by conversation_id
order by conversation_id limit %(limit)s
"""

_CONVERSATION = """|| jsonb_build_object('conversation', (
  select c.conversation_id from conversations c
  where c.workspace_id = %(workspace_id)s and c.id = t.conversation_id))"""
_PERSON = """|| jsonb_build_object('user_id', (
  select p.user_id from user_profiles p
  where p.workspace_id = %(workspace_id)s and p.id = t.profile_id))"""
_NAMED = {
    "consents": _PERSON,
    "corrections": _CONVERSATION,
    "crm_records": _PERSON,
    "notes": _CONVERSATION,
    "subject_requests": f"{_PERSON} {_CONVERSATION}",
    "replies": _CONVERSATION,
}
"""What rows are of, by the name that the exports give it, beside our number."""


def all_of(table: str) -> str:
    """Return the statement that tells all of a table's rows, which are few."""
    return f"""
select to_jsonb(t) - 'workspace_id' from {table} t where workspace_id = %(workspace_id)s
"""


def rows_of(table: str) -> str:
    """Return the statement that tells some of a table's rows, in the order of their numbers."""
    return f"""
select id, to_jsonb(t) - 'workspace_id' {_NAMED.get(table, "")} from {table} t
where workspace_id = %(workspace_id)s and id > %(after)s
order by id limit %(limit)s
"""
