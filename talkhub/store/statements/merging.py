"""The statements that make two profiles one person, and part them again."""

LOCK_PROFILES = """
select id, user_id, name, phone, email, locale, memory_opt_out, merged_into_id
from user_profiles
where workspace_id = %(workspace_id)s and id = any(%(ids)s)
order by user_id
for update
"""
"""In the order of the drains, which lock people by `user_id` too."""

PROFILE_OF_USER = """
select id, coalesce(merged_into_id, id) as profile_id from user_profiles
where workspace_id = %(workspace_id)s and user_id = %(user_id)s
"""

POINT_ALIASES = """
update user_profiles
set merged_into_id = %(kept_id)s, updated_at = %(now)s
where workspace_id = %(workspace_id)s
  and (id = %(absorbed_id)s or merged_into_id = %(absorbed_id)s)
returning user_id
"""

RELEASE_ALIASES = """
update user_profiles
set merged_into_id = case when id = %(id)s then null else %(id)s end, updated_at = %(now)s
where workspace_id = %(workspace_id)s and merged_into_id = %(kept_id)s
  and user_id = any(%(user_ids)s)
"""

MOVE_CONVERSATIONS = """
with sessions as (
  update chat_sessions set profile_id = %(to_id)s
  where workspace_id = %(workspace_id)s and profile_id = %(from_id)s
    and user_id = any(%(user_ids)s)
), moved as (
  update conversations set profile_id = %(to_id)s
  where workspace_id = %(workspace_id)s and profile_id = %(from_id)s
    and user_id = any(%(user_ids)s)
  returning id, started_at
), index as (
  update message_index m set profile_id = %(to_id)s
  from moved where m.workspace_id = %(workspace_id)s and m.conversation_id = moved.id
), facts as (
  update profile_facts set profile_id = %(to_id)s
  where workspace_id = %(workspace_id)s and profile_id = %(from_id)s
    and user_id = any(%(user_ids)s)
), events as (
  update custom_events set profile_id = %(to_id)s
  where workspace_id = %(workspace_id)s and profile_id = %(from_id)s
    and user_id = any(%(user_ids)s)
), scores as (
  update scores set profile_id = %(to_id)s
  where workspace_id = %(workspace_id)s and profile_id = %(from_id)s
    and user_id = any(%(user_ids)s)
), hours as (
  insert into dirty_buckets (workspace_id, hour)
  select distinct %(workspace_id)s::bigint, date_trunc('hour', started_at, 'UTC') from moved
)
update user_profiles set stats_due_at = clock_timestamp(), revision = revision + 1
where workspace_id = %(workspace_id)s and id in (%(from_id)s, %(to_id)s)
"""
"""What is moved keeps the `user_id` that it is from: by it it finds back."""

WRITE_DETAILS = """
update user_profiles
set name = %(name)s, phone = %(phone)s, email = %(email)s, locale = %(locale)s,
    memory_opt_out = %(memory_opt_out)s, revision = revision + 1, updated_at = %(now)s
where workspace_id = %(workspace_id)s and id = %(id)s
"""

LAST_MERGE = """
select changes from profile_changes
where workspace_id = %(workspace_id)s and profile_id = %(id)s and source = 'merge'
  and changes ? %(member)s
order by id desc limit 1
"""

WAS_PARTED = """
select exists (
  select from profile_changes
  where workspace_id = %(workspace_id)s and profile_id = any(%(ids)s) and source = 'unmerge')
"""
