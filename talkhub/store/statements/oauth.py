"""The statements behind OAuth: applications, what people allowed them, and the codes for it."""

from talkhub.store.statements.roles import ROLES

FIND_CLIENT = """
select client_id, name, redirect_uris, auth_method, secret_hash,
  read_at is not null as is_document
from oauth_clients where client_id = %(client_id)s
"""

REGISTER_CLIENT = """
insert into oauth_clients (client_id, name, redirect_uris, auth_method, secret_hash)
values (%(client_id)s, %(name)s, %(redirect_uris)s, %(auth_method)s, %(secret_hash)s)
"""

KEEP_DOCUMENT = """
insert into oauth_clients (client_id, name, redirect_uris, auth_method, read_at)
values (%(client_id)s, %(name)s, %(redirect_uris)s, %(auth_method)s, clock_timestamp())
on conflict (client_id) do update
set name = excluded.name, redirect_uris = excluded.redirect_uris,
    auth_method = excluded.auth_method, read_at = excluded.read_at
"""

DOCUMENT_IS_FRESH = """
select read_at > clock_timestamp() - %(kept_for)s from oauth_clients
where client_id = %(client_id)s
"""

CLIENT_USED = """
update oauth_clients set last_used_at = clock_timestamp() where client_id = %(client_id)s
"""

ADD_GRANT = """
insert into oauth_grants
  (workspace_id, family, code_hash, code_challenge, client_id, client_name, redirect_uri,
   audience, scopes, subject, name, expires_at)
values (%(workspace_id)s, %(family)s, %(code_hash)s, %(code_challenge)s, %(client_id)s,
        %(client_name)s, %(redirect_uri)s, %(audience)s, %(scopes)s, %(subject)s, %(name)s,
        clock_timestamp() + %(lifetime)s)
"""

FIND_CODE = """
select workspace_id, family, code_challenge, client_id, redirect_uri, audience, scopes, subject,
  name, redeemed_at is not null as is_used,
  redeemed_at is null and revoked_at is null and expires_at > clock_timestamp() as is_valid
from oauth_grants where code_hash = %(code_hash)s
"""

REDEEM_CODE = """
update oauth_grants
set redeemed_at = clock_timestamp(), last_used_at = clock_timestamp(),
    expires_at = clock_timestamp() + %(lifetime)s
where workspace_id = %(workspace_id)s and family = %(family)s
  and redeemed_at is null and revoked_at is null and expires_at > clock_timestamp()
returning family
"""

PROLONG_GRANT = """
update oauth_grants
set last_used_at = clock_timestamp(), expires_at = clock_timestamp() + %(lifetime)s
where workspace_id = %(workspace_id)s and family = %(family)s and revoked_at is null
returning client_id
"""

REVOKE_GRANT = """
update oauth_grants set revoked_at = clock_timestamp()
where workspace_id = %(workspace_id)s and family = %(family)s and revoked_at is null
returning client_id
"""

FAMILY_OF_GRANT = """
select family, subject from oauth_grants
where workspace_id = %(workspace_id)s and id = %(grant_id)s
"""

FAMILY_OF_CLIENTS_TOKEN = """
select family from tokens
where workspace_id = %(workspace_id)s and jti = %(jti)s and client_id = %(client_id)s
"""

ROLE_OF_PERSON = f"""
select m.role from users u join {ROLES} m on m.user_id = u.id
where u.username = %(subject)s and u.disabled_at is null
  and m.workspace_id = %(workspace_id)s
"""

DELETE_OLD_GRANTS = """
delete from oauth_grants where expires_at < clock_timestamp() - interval '30 days'
"""

DELETE_IDLE_CLIENTS = """
delete from oauth_clients c
where coalesce(last_used_at + interval '90 days', created_at + interval '1 day')
        < clock_timestamp()
  and not exists (
    select from oauth_grants g
    where g.client_id = c.client_id and g.revoked_at is null
      and g.expires_at > clock_timestamp()
  )
"""
