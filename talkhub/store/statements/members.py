"""The statements behind the people of a workspace, and the invitations to it."""

from talkhub.store.statements.second_factors import IS_CONFIRMED

MEMBERS = """
select u.id, u.username, u.name, m.role, m.via_agency, m.created_at,
       u.disabled_at is not null as is_disabled
from memberships m join users u on u.id = m.user_id
where m.workspace_id = %(workspace_id)s
order by array_position(array['owner', 'admin', 'analyst', 'viewer'], m.role::text),
         lower(u.name), u.id
"""

ROLE = """
select m.role from users u join memberships m on m.user_id = u.id
join workspaces w on w.id = m.workspace_id and w.closed_at is null
where u.username = %(username)s and u.disabled_at is null
  and m.workspace_id = %(workspace_id)s
"""

MEMBER = """
select u.id, u.username, m.role, m.via_agency
from memberships m join users u on u.id = m.user_id
where m.workspace_id = %(workspace_id)s and u.id = %(user_id)s
"""

SET_ROLE = """
update memberships set role = %(role)s, via_agency = false
where workspace_id = %(workspace_id)s and user_id = %(user_id)s
"""

REMOVE_MEMBER = """
delete from memberships where workspace_id = %(workspace_id)s and user_id = %(user_id)s
"""

COUNT_OWNERS = """
select count(*) from memberships m join users u on u.id = m.user_id
where m.workspace_id = %(workspace_id)s and m.role = 'owner' and u.disabled_at is null
"""

FAMILIES_OF_PERSON = """
select family from tokens
where workspace_id = %(workspace_id)s and subject = %(subject)s
  and revoked_at is null and expires_at > clock_timestamp()
union
select family from refresh_tokens
where workspace_id = %(workspace_id)s and subject = %(subject)s
  and revoked_at is null and expires_at > clock_timestamp()
union
select family from oauth_grants
where workspace_id = %(workspace_id)s and subject = %(subject)s
  and revoked_at is null and expires_at > clock_timestamp()
"""

ADD_INVITATION = """
insert into invitations (workspace_id, token_hash, role, email, invited_by, expires_at)
values (%(workspace_id)s, %(token_hash)s, %(role)s, %(email)s, %(invited_by)s,
        clock_timestamp() + %(lifetime)s)
returning id, expires_at
"""

OPEN_INVITATIONS = """
select id, role, email, invited_by, created_at, expires_at from invitations
where workspace_id = %(workspace_id)s and accepted_at is null
  and expires_at > clock_timestamp()
order by id desc
"""

WITHDRAW_INVITATION = """
delete from invitations
where workspace_id = %(workspace_id)s and id = %(id)s and accepted_at is null
returning id
"""

WITHDRAW_INVITATIONS_OF = """
delete from invitations
where workspace_id = any(%(workspace_ids)s) and invited_by = %(username)s and accepted_at is null
"""
"""An invitation says no more than who made it may say."""

WITHDRAW_INVITATIONS_OF_LOGIN = """
delete from invitations i using users u
where u.id = %(user_id)s and i.accepted_at is null
  and (i.invited_by = u.username or lower(i.email) in (lower(u.email), lower(u.username)))
returning i.workspace_id, i.id
"""
"""Those that somebody made, and those that would let them in again under another name."""

FIND_INVITATION = """
select i.id, i.workspace_id, i.role, i.email, i.invited_by, w.name as workspace
from invitations i join workspaces w on w.id = i.workspace_id and w.closed_at is null
where i.token_hash = %(token_hash)s and i.accepted_at is null
  and i.expires_at > clock_timestamp()
"""

INVITATION_OF_EMAIL = """
select i.id, i.workspace_id, i.role, i.email, i.invited_by, w.name as workspace
from invitations i join workspaces w on w.id = i.workspace_id and w.closed_at is null
where lower(i.email) = lower(%(email)s) and i.accepted_at is null
  and i.expires_at > clock_timestamp()
order by i.id desc
limit 1
"""

ACCEPT_INVITATION = """
update invitations set accepted_at = clock_timestamp()
where id = %(id)s and accepted_at is null and expires_at > clock_timestamp()
returning id
"""

ADD_PERSON = """
insert into users (username, password_hash, name)
values (%(username)s, %(password_hash)s, %(name)s)
on conflict (username) do nothing
returning id
"""

LOGIN = f"""
select u.id, u.password_hash, u.locale, {IS_CONFIRMED} as has_second_factor
from users u where u.username = %(username)s and u.disabled_at is null
"""
"""Also somebody's who belongs to no workspace any more."""

PERSON_OF_EMAIL = """
select id, username from users where lower(email) = lower(%(email)s) and disabled_at is null
"""

PERSON = """
select id from users where username = %(username)s and disabled_at is null
"""

ADD_MEMBER = """
insert into memberships (workspace_id, user_id, role)
values (%(workspace_id)s, %(user_id)s, %(role)s)
on conflict (workspace_id, user_id) do nothing
returning user_id
"""

_IS_ALONE = """(u.disabled_at is null
    and not exists (select from memberships m where m.user_id = u.id)
    and not exists (select from agency_members a where a.user_id = u.id))"""
"""A disabled login stays: without it, its e-mail address could come in again."""

MARK_ALONE = f"""
update users u set alone_since = case when {_IS_ALONE} then clock_timestamp() end
where (u.alone_since is null) = {_IS_ALONE}
"""
"""Marks who belongs nowhere any more, and takes the mark from who does again."""

LONG_ALONE = """
select id from users where alone_since < clock_timestamp() - %(age)s
order by id limit %(limit)s for update skip locked
"""

DELETE_ALONE = f"""
delete from users u where u.id = any(%(ids)s) and {_IS_ALONE}
"""
"""Looked at once more under the rows' locks: whoever joins a workspace meanwhile waits for them."""

FORGET_INVITATIONS = """
delete from invitations where expires_at < clock_timestamp() - interval '30 days'
"""
