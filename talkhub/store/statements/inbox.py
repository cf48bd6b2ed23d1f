"""The statements of the inbox: store, claim, settle, look after."""

INSERT_EVENTS = """
insert into inbound_events
  (workspace_id, channel_id, platform, source, external_id, kind, raw, payload, state, done_at)
select workspace_id, channel_id, platform, source, external_id, kind, raw, payload::jsonb, state,
       case when state = 'ignored' then clock_timestamp() end
from unnest(
  %(workspace_ids)s::bigint[], %(channel_ids)s::bigint[], %(platforms)s::text[],
  %(sources)s::text[], %(external_ids)s::text[], %(kinds)s::text[], %(raws)s::bytea[],
  %(payloads)s::text[], %(states)s::text[]
) as e (workspace_id, channel_id, platform, source, external_id, kind, raw, payload, state)
on conflict (workspace_id, source, external_id) do nothing
returning workspace_id, source, external_id
"""

CLAIM_EVENTS = """
update inbound_events
set attempts = attempts + 1, fence = fence + 1,
    lease_until = clock_timestamp() + %(lease)s * power(2, least(attempts, %(doubles)s)),
    due_at = clock_timestamp() + %(lease)s * power(2, least(attempts, %(doubles)s))
where id in (
  select id from inbound_events
  where state = 'pending' and due_at <= clock_timestamp()
    and (attempts >= 2) = %(suspects)s and attempts < %(max_attempts)s
  order by due_at, id limit %(limit)s for update skip locked)
returning id, workspace_id, channel_id, platform, source, external_id, kind, payload, attempts,
          fence, received_at
"""
"""Takes due events for a while, longer at each attempt, which counts even if the process dies.

Events that were tried twice are suspects: they are claimed one at a time, so that one that
kills its worker takes no other with it.
"""

BURY_EVENTS = """
update inbound_events
set state = 'dead', lease_until = null,
    last_error = coalesce(last_error, 'The worker ended during each attempt.')
where state = 'pending' and due_at <= clock_timestamp() and attempts >= %(max_attempts)s
returning workspace_id, id, payload
"""

SETTLE_EVENTS = """
update inbound_events e
set state = r.state, lease_until = null, done_at = clock_timestamp(), last_error = null,
    raw = case when w.masks_numbers then null else e.raw end,
    payload = case when w.masks_numbers then null else e.payload end,
    profile_id = case when r.user_id is not null then (
      select p.id from user_profiles p
      where p.workspace_id = %(workspace_id)s and p.user_id = r.user_id)
    else (
      select m.profile_id from message_index m
      where m.workspace_id = %(workspace_id)s and m.source = e.source
        and m.external_message_id = r.target) end
from unnest(%(ids)s::bigint[], %(fences)s::bigint[], %(states)s::text[], %(user_ids)s::text[],
  %(targets)s::text[]) as r (id, fence, state, user_id, target), workspaces w
where e.workspace_id = %(workspace_id)s and e.id = r.id and e.fence = r.fence
  and e.state = 'pending' and w.id = %(workspace_id)s
"""
"""Where numbers are masked no body stays that may hold one: what it said stands in its place."""

FORGET_EVENTS = """
delete from inbound_events
where id in (
  select id from inbound_events
  where done_at < clock_timestamp() - %(age)s and state in ('done', 'ignored')
  order by done_at limit %(limit)s for update skip locked)
"""
"""What is dead has no `done_at`: it stays until someone has looked after it.

A message that a provider sends again after that is still known by its id in `message_index`.
"""

FAIL_EVENT = """
update inbound_events
set state = case when attempts >= %(max_attempts)s then 'dead' else 'pending' end,
    due_at = clock_timestamp() + (power(3, least(attempts, 6)) * interval '1 second'),
    lease_until = null, last_error = %(error)s
where workspace_id = %(workspace_id)s and id = %(id)s and fence = %(fence)s
  and state = 'pending'
returning state, payload
"""

MASK_EVENT = """
update inbound_events set raw = null, payload = %(payload)s
where workspace_id = %(workspace_id)s and id = %(id)s and state = 'dead'
"""
"""What nobody could apply waits for somebody to look after it, and can be tried again masked."""

DUE_WORK = """
select
  exists (select from inbound_events
          where state = 'pending' and due_at < clock_timestamp() - %(grace)s) as inbox,
  exists (select from conversations
          where analysis_due_at < clock_timestamp() - %(grace)s) as analysis,
  exists (select from dirty_buckets) or exists (
          select from dirty_days where due_at < clock_timestamp() - %(grace)s) or exists (
          select from user_profiles
          where stats_due_at < clock_timestamp() - %(grace)s) as stats,
  exists (select from own_models
          where state = 'pending' and due_at < clock_timestamp() - %(grace)s) as teaching,
  exists (select from replies where due_at < clock_timestamp()) as replies
"""

INBOX_STATE = """
select count(*), coalesce(extract(epoch from clock_timestamp() - min(received_at)), 0)::float
from inbound_events where state = 'pending'
"""
