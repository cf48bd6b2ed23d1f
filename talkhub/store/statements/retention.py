"""The statements that delete what a workspace no longer wants to keep, some rows at a time.

Each takes what nobody holds a lock on and leaves the rest to the next night.
"""

RULES = """
select data_class, days from keeping_rules where workspace_id = %(workspace_id)s
"""

SET_RULE = """
insert into keeping_rules (workspace_id, data_class, days, changed_by)
values (%(workspace_id)s, %(data_class)s, %(days)s, %(actor)s)
on conflict (workspace_id, data_class) do update
set days = excluded.days, changed_by = excluded.changed_by, changed_at = clock_timestamp()
"""

END_RULE = """
delete from keeping_rules where workspace_id = %(workspace_id)s and data_class = %(data_class)s
"""

WORKSPACES_WITH_RULES = """
select id, timezone from workspaces w
where exists (select from keeping_rules r where r.workspace_id = w.id) and closed_at is null
order by id
"""

HELD_AMONG = """
select 1 from user_profiles
where workspace_id = %(workspace_id)s and id = any(%(profile_ids)s) and held_at is not null
"""

SET_HOLD = """
update user_profiles
set held_at = case when %(is_held)s then coalesce(held_at, clock_timestamp()) end
where workspace_id = %(workspace_id)s and id = any(%(profile_ids)s)
  and (held_at is not null) <> %(is_held)s
"""

_NOT_HELD = """not exists (
    select from user_profiles h
    where h.workspace_id = %(workspace_id)s and h.held_at is not null
      and coalesce(h.merged_into_id, h.id) = {profile})"""

_OF_NOBODY_HELD = """not exists (
    select from user_profiles p join user_profiles h
      on h.workspace_id = p.workspace_id
      and coalesce(h.merged_into_id, h.id) = coalesce(p.merged_into_id, p.id)
    where p.workspace_id = %(workspace_id)s and p.id = {profile} and h.held_at is not null)"""
"""What is no conversation stays with the id that it came under, which may have been merged."""

_OLD_MESSAGES = f"""
  from conversations
  where workspace_id = %(workspace_id)s and last_message_at < %(before)s
    and status = 'closed' and source <> 'erased' and analysis_due_at is null
    and {_NOT_HELD.format(profile="conversations.profile_id")}"""

_SILENT_PEOPLE = f"""
  from user_profiles p
  where p.workspace_id = %(workspace_id)s and p.merged_into_id is null and p.erased_at is null
    and coalesce(p.last_seen_at, p.created_at) < %(before)s and p.created_at < %(before)s
    and not exists (
      select from conversations c
      where c.workspace_id = %(workspace_id)s and c.profile_id = p.id
        and c.last_message_at >= %(before)s)
    and {_NOT_HELD.format(profile="p.id")}"""

_SETTLED_EVENTS = f"""
  from inbound_events
  where workspace_id = %(workspace_id)s and done_at < %(before)s and state in ('done', 'ignored')
    and {_OF_NOBODY_HELD.format(profile="inbound_events.profile_id")}"""

_DELIVERED = f"""
  from outbound_messages
  where workspace_id = %(workspace_id)s and sent_at < %(before)s and state = 'sent'
    and {_OF_NOBODY_HELD.format(profile="outbound_messages.profile_id")}"""


def _counted(rows: str) -> str:
    return f"select count(*) from (select 1 {rows} limit %(at_most)s) as due"


COUNTS = {
    "messages": _counted(_OLD_MESSAGES),
    "people": _counted(_SILENT_PEOPLE),
    "inbound": _counted(_SETTLED_EVENTS),
    "outbound": _counted(_DELIVERED),
}
"""How many rows each class would lose now; it stops at so many, without any it counts all."""

TAKE_OLD_CONVERSATIONS = f"""
select id, last_message_at {_OLD_MESSAGES}
  and (last_message_at, id) > (%(after_at)s, %(after_id)s)
order by last_message_at, id
limit %(limit)s
for update skip locked
"""

SILENT_PEOPLE = f"""
select p.id, p.user_id {_SILENT_PEOPLE} and p.id > %(after)s
order by p.id
limit %(limit)s
"""

DELETE_SETTLED_EVENTS = f"""
delete from inbound_events
where workspace_id = %(workspace_id)s and id in (
  select id {_SETTLED_EVENTS}
  order by done_at limit %(limit)s for update skip locked)
"""

DELETE_DELIVERED = f"""
with gone as (
  delete from outbound_messages
  where workspace_id = %(workspace_id)s and id in (
    select id {_DELIVERED}
    order by sent_at limit %(limit)s for update skip locked)
  returning id
), attempts as (
  delete from delivery_attempts
  where workspace_id = %(workspace_id)s and outbound_message_id in (select id from gone)
)
select count(*) from gone
"""
