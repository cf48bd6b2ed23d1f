"""The statements behind tokens, signing in and the audit trail."""

REVOKED_TOKENS = """
select jti from tokens where revoked_at is not null and expires_at > clock_timestamp()
union all
select 'api-key:' || id from api_keys where revoked_at > clock_timestamp() - interval '15 minutes'
"""

RECORD_TOKEN = """
insert into tokens
  (workspace_id, jti, family, kind, subject, client_id, issued_at, expires_at)
values (%(workspace_id)s, %(jti)s, %(family)s, %(kind)s, %(subject)s, %(client_id)s,
        %(issued_at)s, %(expires_at)s)
"""

REVOKE_FAMILY = """
with ended as (
  update refresh_tokens set revoked_at = clock_timestamp()
  where workspace_id = %(workspace_id)s and family = %(family)s and revoked_at is null
)
update tokens set revoked_at = clock_timestamp()
where workspace_id = %(workspace_id)s and family = %(family)s and revoked_at is null
  and expires_at > clock_timestamp()
returning jti
"""

FAMILY_OF_TOKEN = """
select family from tokens where workspace_id = %(workspace_id)s and jti = %(jti)s
"""

ADD_REFRESH_TOKEN = """
insert into refresh_tokens
  (workspace_id, token_hash, family, subject, name, scopes, audience, client_id, expires_at)
values (%(workspace_id)s, %(token_hash)s, %(family)s, %(subject)s, %(name)s, %(scopes)s,
        %(audience)s, %(client_id)s, clock_timestamp() + %(lifetime)s)
"""

FIND_REFRESH_TOKEN = """
select workspace_id, family, subject, name, scopes, audience, client_id,
  used_at is not null as is_used,
  revoked_at is null and expires_at > clock_timestamp() as is_valid
from refresh_tokens where token_hash = %(token_hash)s
"""

USE_REFRESH_TOKEN = """
update refresh_tokens set used_at = clock_timestamp()
where workspace_id = %(workspace_id)s and token_hash = %(token_hash)s
  and used_at is null and revoked_at is null and expires_at > clock_timestamp()
returning family
"""

COUNT_FAILURES = """
select count(*) filter (where address = %(address)s) as from_address, count(*) as from_anywhere
from login_attempts
where kind = %(kind)s and attempted_at > clock_timestamp() - %(window)s
"""

RECORD_FAILURE = """
insert into login_attempts (kind, subject, address)
values (%(kind)s, %(subject)s, %(address)s)
"""

FIND_USER = """
select u.name, u.locale, u.password_hash, m.workspace_id, m.role
from users u
join memberships m on m.user_id = u.id
where u.username = %(username)s and u.disabled_at is null
order by m.workspace_id
limit 1
"""

ADD_USER = """
with made as (
  insert into users (username, password_hash, name)
  values (%(username)s, %(password_hash)s, %(name)s)
  on conflict (username) do nothing
  returning id
)
insert into memberships (workspace_id, user_id, role)
select %(workspace_id)s, id, 'owner' from made
returning user_id
"""

SET_WORKSPACE_TIMEZONE = """
update workspaces set timezone = %(timezone)s
where slug = 'default' and timezone <> %(timezone)s
"""

AUDIT = """
insert into audit_entries (workspace_id, actor, action, subject, detail, address)
values (%(workspace_id)s, %(actor)s, %(action)s, %(subject)s, %(detail)s, %(address)s)
"""

AUDIT_READING = """
insert into audit_entries (workspace_id, actor, action, subject, address)
values (%(workspace_id)s, %(actor)s, 'transcript.read', %(conversation_id)s, %(address)s)
on conflict do nothing
"""
"""Once an hour for each reader and conversation: uq_audit_entries_reading says so."""

FIND_CHANNEL = """
select id, workspace_id, kind, secrets_encrypted, previous_secrets
from channels where public_token = %(public_token)s and state = 'active'
"""

DELETE_OLD_ATTEMPTS = """
delete from login_attempts where attempted_at < clock_timestamp() - interval '30 days'
"""

DELETE_EXPIRED_TOKENS = """
delete from tokens where expires_at < clock_timestamp() - interval '30 days'
"""

DELETE_EXPIRED_REFRESH_TOKENS = """
delete from refresh_tokens where expires_at < clock_timestamp() - interval '30 days'
"""

ADD_CHANNEL = """
insert into channels
  (workspace_id, kind, name, public_token, external_account_id, secrets_encrypted, key_id)
values (%(workspace_id)s, %(kind)s, %(name)s, %(public_token)s, %(external_account_id)s,
        %(secrets)s, %(key_id)s)
on conflict (workspace_id, kind, external_account_id) do update
set name = excluded.name, public_token = excluded.public_token,
    previous_secrets = channels.secrets_encrypted,
    secrets_encrypted = excluded.secrets_encrypted, key_id = excluded.key_id, state = 'active'
"""
