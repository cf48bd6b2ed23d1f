"""The statements behind idempotency keys."""

FIND_KEY = """
select fingerprint, answer from idempotency_keys
where workspace_id = %(workspace_id)s and principal = %(principal)s and tool = %(tool)s
  and key = %(key)s and expires_at > clock_timestamp()
"""

STORE_KEY = """
insert into idempotency_keys
  (workspace_id, principal, tool, key, fingerprint, answer, expires_at)
values (%(workspace_id)s, %(principal)s, %(tool)s, %(key)s, %(fingerprint)s, %(answer)s,
        %(expires_at)s)
on conflict (workspace_id, principal, tool, key) do update
set fingerprint = excluded.fingerprint, answer = excluded.answer,
    expires_at = excluded.expires_at, created_at = now()
"""
"""The conflict is with a key that has expired but is not yet deleted."""

DELETE_EXPIRED_KEYS = """
delete from idempotency_keys where expires_at < clock_timestamp()
"""
