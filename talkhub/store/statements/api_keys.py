"""The statements behind API keys."""

FIND_API_KEY = """
select id, workspace_id, scopes, expires_at
from api_keys
where key_hash = %(key_hash)s and revoked_at is null
  and (expires_at is null or expires_at > clock_timestamp())
"""

ADD_API_KEY = """
insert into api_keys (workspace_id, name, key_hash, hint, scopes, created_by, expires_at)
values (%(workspace_id)s, %(name)s, %(key_hash)s, %(hint)s, %(scopes)s, %(created_by)s,
        clock_timestamp() + %(lifetime)s)
returning id, name, scopes, expires_at
"""

LOCK_API_KEY = """
select name, scopes, expires_at - created_at as lifetime
from api_keys
where workspace_id = %(workspace_id)s and id = %(id)s
  and revoked_at is null and replaced_by is null
  and (expires_at is null or expires_at > clock_timestamp())
for update
"""

REPLACE_API_KEY = """
update api_keys
set replaced_by = %(successor)s, expires_at = least(expires_at, clock_timestamp() + %(grace)s)
where workspace_id = %(workspace_id)s and id = %(id)s
"""

REVOKE_API_KEY = """
update api_keys set revoked_at = clock_timestamp()
where workspace_id = %(workspace_id)s and id = %(id)s and revoked_at is null
returning id
"""

NOTE_API_KEY_USE = """
update api_keys set last_used_at = clock_timestamp()
where workspace_id = %(workspace_id)s and id = %(id)s
"""
