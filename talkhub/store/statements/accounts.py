"""The statements behind tokens, signing in and the audit trail."""

from talkhub.store.statements.roles import ROLES
from talkhub.store.statements.second_factors import IS_CONFIRMED

REVOKED_TOKENS = """
select jti from tokens where revoked_at is not null and expires_at > clock_timestamp()
union all
select 'api-key:' || id from api_keys where revoked_at > clock_timestamp() - interval '15 minutes'
"""

RECORD_TOKEN = """
insert into tokens
  (workspace_id, jti, family, kind, subject, client_id, issued_at, expires_at)
select %(workspace_id)s, %(jti)s, %(family)s, %(kind)s, %(subject)s, %(client_id)s,
  %(issued_at)s, %(expires_at)s
where not exists (
  select from refresh_tokens
  where workspace_id = %(workspace_id)s and family = %(family)s and revoked_at is not null
) and not exists (
  select from oauth_grants
  where workspace_id = %(workspace_id)s and family = %(family)s and revoked_at is not null
)
returning jti
"""
"""Nothing for a family that was revoked while the token was made."""

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
select token_hash, workspace_id, family, subject, name, scopes, audience, client_id,
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
select count(*) filter (where address = %(address)s) as from_address,
  count(*) filter (where subject = %(subject)s) as of_subject, count(*) as from_anywhere
from login_attempts
where kind = %(kind)s and attempted_at > clock_timestamp() - %(window)s
"""

RECORD_FAILURE = """
insert into login_attempts (kind, subject, address)
values (%(kind)s, %(subject)s, %(address)s)
"""

FIND_USER = f"""
select u.id, u.locale, u.password_hash, m.workspace_id,
  {IS_CONFIRMED} as has_second_factor
from users u
join {ROLES} m on m.user_id = u.id
where u.username = %(username)s and u.disabled_at is null
order by m.workspace_id
limit 1
"""

PASSWORD_OF_USER = """
select password_hash from users where id = %(user_id)s
"""

FIND_USER_BY_EMAIL = f"""
select u.id, u.username, u.name, u.locale, m.workspace_id, m.role,
  {IS_CONFIRMED} as has_second_factor, w.requires_second_factor
from users u
join {ROLES} m on m.user_id = u.id
join workspaces w on w.id = m.workspace_id
where lower(u.email) = lower(%(email)s) and u.disabled_at is null
order by m.workspace_id
limit 1
"""

EMAIL_OF_USER = """
select email from users where id = %(user_id)s
"""

SET_EMAIL = """
update users set email = %(email)s
where id = %(user_id)s and not exists (
  select from users where lower(email) = lower(%(email)s) and id <> %(user_id)s
)
returning id
"""

SET_DISABLED = """
update users set disabled_at = case when %(is_disabled)s then clock_timestamp() end
where username = %(username)s and (disabled_at is null) = %(is_disabled)s
returning id
"""

WORKSPACES_OF_LOGIN = f"""
select m.workspace_id from {ROLES} m where m.user_id = %(user_id)s order by m.workspace_id
"""

KEEP_PASSWORD = """
update users set password_hash = %(password_hash)s where id = %(user_id)s
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

SET_SESSION_IDLE = """
update workspaces set session_idle_minutes = %(minutes)s where id = %(workspace_id)s
"""

SET_WORKSPACE_TIMEZONE = """
update workspaces set timezone = %(timezone)s
where slug = 'default' and timezone <> %(timezone)s and not chose_timezone
"""

FIND_CHANNEL = """
select id, workspace_id, kind, external_account_id, secrets_encrypted, previous_secrets
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
insert into channels as c
  (workspace_id, kind, name, public_token, external_account_id, secrets_encrypted,
   credentials_encrypted, key_id)
values (%(workspace_id)s, %(kind)s, %(name)s, %(public_token)s, %(external_account_id)s,
        %(secrets)s, %(credentials)s, %(key_id)s)
on conflict (workspace_id, kind, external_account_id) do update
set name = excluded.name, previous_secrets = nullif(c.secrets_encrypted, ''),
    secrets_encrypted = excluded.secrets_encrypted,
    credentials_encrypted = coalesce(excluded.credentials_encrypted, c.credentials_encrypted),
    key_id = excluded.key_id, state = 'active'
returning id, public_token
"""
"""An account that is added again keeps its address; its former secrets count beside the new.

One that was removed has none left."""

CHANNELS_OF_WORKSPACE = """
with recent as (
  select channel_id, max(received_at) as last_event_at
  from (select channel_id, received_at from inbound_events
        where workspace_id = %(workspace_id)s order by id desc limit %(recent)s) latest
  group by channel_id
)
select c.id, c.kind, c.name, c.public_token, c.external_account_id, c.state, c.created_at,
       c.previous_secrets is not null as is_rotating,
       c.credentials_encrypted is not null as has_credentials, r.last_event_at,
       n.checked_at as reconciled_at, coalesce(n.gaps_filled, 0) as gaps_filled, n.trouble
from channels c left join recent r on r.channel_id = c.id
left join reconciliations n on n.workspace_id = c.workspace_id and n.channel_id = c.id
where c.workspace_id = %(workspace_id)s and c.state <> 'removed'
order by c.kind, c.name, c.id
"""

CHANNEL_OF_WORKSPACE = """
select id, kind, name, public_token, external_account_id, secrets_encrypted, credentials_encrypted
from channels
where workspace_id = %(workspace_id)s and id = %(id)s and state <> 'removed'
for update
"""

ROTATE_CHANNEL = """
update channels
set previous_secrets = secrets_encrypted, secrets_encrypted = %(secrets)s, key_id = %(key_id)s
where workspace_id = %(workspace_id)s and id = %(id)s
"""

END_ROTATION = """
update channels set previous_secrets = null
where workspace_id = %(workspace_id)s and id = %(id)s
"""

REMOVE_CHANNEL = """
with given_up as (
  update outbound_messages
  set state = 'dead', lease_until = null, last_error = 'The account was removed.'
  where workspace_id = %(workspace_id)s and channel_id = %(id)s and state = 'pending'
)
update channels
set state = 'removed', secrets_encrypted = '', previous_secrets = null,
    credentials_encrypted = null
where workspace_id = %(workspace_id)s and id = %(id)s and state <> 'removed'
returning id
"""
"""The row stays: events and conversations name it. What opened anything goes."""
