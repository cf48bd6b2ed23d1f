"""The statements of the outbox: written with the effect, claimed, settled, looked after."""

ENDPOINTS_LISTENING = """
select id, events from webhook_endpoints
where workspace_id = %(workspace_id)s and state = 'active'
"""

ADD_MESSAGES = """
insert into outbound_messages
  (workspace_id, webhook_endpoint_id, profile_id, conversation_id, kind, payload)
select %(workspace_id)s, r.endpoint_id, r.profile_id, r.conversation_id, r.kind, r.payload
from jsonb_to_recordset(%(rows)s::jsonb) as r (
  endpoint_id bigint, profile_id bigint, conversation_id bigint, kind text, payload jsonb)
returning id
"""

CLAIM_MESSAGES = """
with open as (
  select e.id, case when e.failures = 0 then %(width)s else 1 end - (
    select count(*) from outbound_messages u
    where u.webhook_endpoint_id = e.id and u.lease_until > clock_timestamp()) as room
  from webhook_endpoints e
  where e.state = 'active' and coalesce(e.paused_until <= clock_timestamp(), true)
), chosen as (
  select first.id from open cross join lateral (
    select id, due_at from outbound_messages
    where webhook_endpoint_id = open.id and state = 'pending' and due_at <= statement_timestamp()
      and attempts < %(max_attempts)s
    order by due_at, id limit greatest(open.room, 0)) as first
  order by first.due_at, first.id limit %(limit)s
)
update outbound_messages o
set attempts = o.attempts + 1, lease_until = clock_timestamp() + %(lease)s,
    due_at = clock_timestamp() + %(lease)s, fence = o.fence + 1
from webhook_endpoints e
where o.id = any(array(select id from chosen)) and e.id = o.webhook_endpoint_id
  and o.state not in ('sent', 'dead')
returning o.id, o.workspace_id, o.webhook_endpoint_id as endpoint_id, o.payload, o.attempts,
  o.fence, e.url, e.secrets_encrypted,
  coalesce(e.rotated_at > clock_timestamp() - %(grace)s, false) as is_rotating
"""
"""Takes due messages, of each endpoint as many as it has room for; of a failing one, one.

It is a system statement. The claimer holds a lock, so that two never fill the same room.
Not `clock_timestamp()` for what is due: no index serves a value that changes from row to row, and
a dead endpoint's messages, all of them waiting, would be read at every look. The last condition is
for one that was given up meanwhile, and worded so that no index of what is pending fits it.
"""

SETTLE_SENT = """
with settled as (
  update outbound_messages
  set state = 'sent', sent_at = clock_timestamp(), lease_until = null, last_error = null
  where workspace_id = %(workspace_id)s and id = %(id)s and fence = %(fence)s
    and state = 'pending'
), logged as (
  insert into delivery_attempts
    (workspace_id, outbound_message_id, webhook_endpoint_id, status_code, duration_ms)
  values (%(workspace_id)s, %(id)s, %(endpoint_id)s, %(status)s, %(duration_ms)s)
)
update webhook_endpoints set failures = 0, failing_since = null, paused_until = null
where workspace_id = %(workspace_id)s and id = %(endpoint_id)s and failures > 0
"""

SETTLE_FAILED = """
with settled as (
  update outbound_messages
  set state = case when attempts >= %(max_attempts)s then 'dead' else 'pending' end,
      due_at = clock_timestamp() + %(wait)s, lease_until = null, last_error = %(error)s
  where workspace_id = %(workspace_id)s and id = %(id)s and fence = %(fence)s
    and state = 'pending'
), logged as (
  insert into delivery_attempts
    (workspace_id, outbound_message_id, webhook_endpoint_id, status_code, duration_ms, error)
  values (%(workspace_id)s, %(id)s, %(endpoint_id)s, %(status)s, %(duration_ms)s, %(error)s)
)
update webhook_endpoints
set failures = failures + 1, failing_since = coalesce(failing_since, clock_timestamp()),
    paused_until = greatest(paused_until, clock_timestamp() + case
      when failures + 1 >= %(breaks_after)s then greatest(%(hold)s, %(pause)s)
      else %(hold)s end)
where workspace_id = %(workspace_id)s and id = %(endpoint_id)s and state = 'active'
returning failing_since < clock_timestamp() - %(patience)s as is_hopeless
"""
"""Also the circuit breaker: after some failures in a row the endpoint pauses.

After the pause one message tries whether it is back.
"""

FORGET_TEXTS = """
update outbound_messages set payload = jsonb_set(payload, '{data,message,content}', '""')
where workspace_id = %(workspace_id)s and kind = 'message.received'
  and payload #>> '{data,message,id}' = any(%(message_ids)s)
"""
"""What a person took back is not told any more, nor kept in the log."""

BURY_MESSAGES = """
update outbound_messages
set state = 'dead', lease_until = null,
    last_error = coalesce(last_error, 'The delivering process ended during each attempt.')
where state = 'pending' and due_at <= clock_timestamp()
  and attempts >= case when channel_id is null then %(max_attempts)s else %(max_sends)s end
"""

FORGET_MESSAGES = """
delete from outbound_messages
where id in (
  select id from outbound_messages
  where sent_at < clock_timestamp() - %(age)s and state = 'sent'
  order by sent_at limit %(limit)s for update skip locked)
"""
"""What is dead stays until someone has looked after it."""

REPLAY_MESSAGES = """
update outbound_messages
set state = 'pending', attempts = 0, due_at = clock_timestamp(), lease_until = null,
    sent_at = null, last_error = null, fence = fence + 1
where workspace_id = %(workspace_id)s and webhook_endpoint_id = %(endpoint_id)s
  and state = any(%(states)s) and (%(ids)s::bigint[] is null or id = any(%(ids)s))
  and (%(start)s::timestamptz is null or created_at >= %(start)s)
  and (%(end)s::timestamptz is null or created_at < %(end)s)
"""
