"""The statements behind workspaces: found, made, changed, closed, deleted."""

WORKSPACES_OF_PERSON = """
select w.id, w.slug, w.name, w.timezone, m.role, a.name as agency
from users u
join memberships m on m.user_id = u.id
join workspaces w on w.id = m.workspace_id and w.closed_at is null
left join agencies a on a.id = w.agency_id
where u.username = %(username)s and u.disabled_at is null
order by lower(w.name), w.id
"""

WORKSPACE = """
select w.id, w.slug, w.name, w.timezone, w.agency_id, a.name as agency,
       w.requests_per_minute, w.messages_per_month, w.people_per_month
from workspaces w left join agencies a on a.id = w.agency_id
where w.id = %(workspace_id)s and w.closed_at is null
"""

LOCK_WORKSPACE = """
select id from workspaces where id = %(workspace_id)s and closed_at is null
for no key update
"""
"""Whoever changes who belongs to a workspace waits here: of two owners one stays.

Rows that only name the workspace are let by: who has the agency's lock writes such ones."""

ADD_WORKSPACE = """
insert into workspaces (slug, name, timezone, agency_id, chose_timezone)
values (%(slug)s, %(name)s, %(timezone)s, %(agency_id)s, true)
on conflict (slug) do nothing
returning id
"""

CHANGE_WORKSPACE = """
update workspaces
set name = %(name)s, timezone = %(timezone)s,
    chose_timezone = chose_timezone or timezone <> %(timezone)s
where id = %(workspace_id)s
"""

SET_QUOTAS = """
update workspaces
set requests_per_minute = %(requests_per_minute)s, messages_per_month = %(messages_per_month)s,
    people_per_month = %(people_per_month)s
where id = %(workspace_id)s
"""

CLOSE_WORKSPACE = """
update workspaces
set closed_at = clock_timestamp(), slug = 'closed-' || id, name = '', agency_id = null
where id = %(workspace_id)s
"""

SHUT_DOORS = """
with channels_shut as (
  update channels set state = 'removed', secrets_encrypted = '', previous_secrets = null,
    credentials_encrypted = null
  where workspace_id = %(workspace_id)s
), keys_ended as (
  update api_keys set revoked_at = clock_timestamp()
  where workspace_id = %(workspace_id)s and revoked_at is null
), nobody_invited as (
  delete from invitations where workspace_id = %(workspace_id)s
), nobody_calls as (
  update call_pages set is_open = false where workspace_id = %(workspace_id)s
), crms_silent as (
  update crm_connectors set state = 'disabled' where workspace_id = %(workspace_id)s
), endpoints_silent as (
  update webhook_endpoints set state = 'disabled', disabled_reason = 'by_hand'
  where workspace_id = %(workspace_id)s
), nobody_refreshes as (
  update refresh_tokens set revoked_at = clock_timestamp()
  where workspace_id = %(workspace_id)s and revoked_at is null
), nothing_connected as (
  update oauth_grants set revoked_at = clock_timestamp()
  where workspace_id = %(workspace_id)s and revoked_at is null
), nobody_belongs as (
  delete from memberships where workspace_id = %(workspace_id)s
)
update tokens set revoked_at = clock_timestamp()
where workspace_id = %(workspace_id)s and revoked_at is null
"""
"""From here on nothing comes in and nobody: keys and tokens are refused within five seconds."""

KNOWS_TIMEZONE = """
select 1 from pg_timezone_names where name = %(timezone)s
"""

CLOSED_WORKSPACES = """
select id, closed_at < clock_timestamp() - %(tokens_live)s as is_silent
from workspaces where closed_at is not null order by id
"""

TABLES_WITH_ROWS = """
select c.relname from pg_class c
join pg_attribute a on a.attrelid = c.oid and a.attname = 'workspace_id' and not a.attisdropped
where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
  and has_table_privilege(c.oid, 'delete')
order by exists (
  select from pg_constraint k where k.contype = 'f' and k.confrelid = c.oid), c.relname
"""
"""Asked of the catalogue, so that no table can be forgotten; those that others point to last. The
audit trail, which no role may delete from, goes with the row of its workspace."""

DELETE_WORKSPACE = """
delete from workspaces where id = %(workspace_id)s
"""

FIND_AGENCY = """
select a.id, a.name, exists (
  select from agency_members g join users u on u.id = g.user_id
  where g.agency_id = a.id and u.username = %(username)s and u.disabled_at is null
) as is_admin
from workspaces w join agencies a on a.id = w.agency_id
where w.id = %(workspace_id)s
"""

ADD_AGENCY = """
with made as (
  insert into agencies (name) values (%(name)s) returning id
), joined as (
  update workspaces set agency_id = (select id from made)
  where id = %(workspace_id)s and agency_id is null and closed_at is null
  returning agency_id
)
select agency_id from joined
"""

ADD_AGENCY_ADMIN = """
with added as (
  insert into agency_members (agency_id, user_id)
  values (%(agency_id)s, %(user_id)s) on conflict do nothing
)
insert into memberships (workspace_id, user_id, role, via_agency)
select id, %(user_id)s, 'admin', true from workspaces
where agency_id = %(agency_id)s and closed_at is null
on conflict (workspace_id, user_id) do nothing
"""
"""Written out for each workspace, so that what somebody may is one row to look up."""

REMOVE_AGENCY_ADMIN = """
with gone as (
  delete from agency_members where agency_id = %(agency_id)s and user_id = %(user_id)s
)
delete from memberships m using workspaces w
where m.user_id = %(user_id)s and m.via_agency
  and w.id = m.workspace_id and w.agency_id = %(agency_id)s
returning m.workspace_id
"""

ADMIT_AGENCY_ADMINS = """
insert into memberships (workspace_id, user_id, role, via_agency)
select %(workspace_id)s, user_id, 'admin', true from agency_members
where agency_id = %(agency_id)s
on conflict (workspace_id, user_id) do nothing
"""

LOCK_AGENCY = """
select id from agencies where id = %(agency_id)s for update
"""

AGENCY_ADMINS = """
select u.id, u.username, u.name from agency_members g join users u on u.id = g.user_id
where g.agency_id = %(agency_id)s and u.disabled_at is null
order by lower(u.name), u.id
"""

UNTIE_ALIASES = """
update user_profiles set merged_into_id = null
where workspace_id = %(workspace_id)s and merged_into_id is not null
"""


def delete_rows(table: str) -> str:
    """Return the statement that deletes a batch of a table's rows.

    A place is good as long as the statement takes; in partitions two rows may have the same one,
    which the second condition tells apart.
    """
    return f"""
delete from {table} where ctid = any(array(
  select ctid from {table} where workspace_id = %(workspace_id)s limit %(limit)s))
and workspace_id = %(workspace_id)s
"""
