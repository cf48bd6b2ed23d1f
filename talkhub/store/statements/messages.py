"""The statements of messages to people: where one goes, queued, sent in turn, followed."""

PERSON_TO_WRITE_TO = """
select coalesce(p.merged_into_id, p.id) as profile_id
from user_profiles p
where p.workspace_id = %(workspace_id)s and p.user_id = %(user_id)s
"""

LAST_HEARD_ON = """
select m.channel_id, m.sent_at as heard_at, coalesce(e.received_at, m.sent_at) as arrived_at,
       c.user_id, c.session_id, a.kind,
       a.credentials_encrypted is not null as can_send, e.payload,
       m.answer_address
from message_index m
join conversations c on c.workspace_id = m.workspace_id and c.id = m.conversation_id
join channels a on a.workspace_id = m.workspace_id and a.id = m.channel_id
left join inbound_events e on e.workspace_id = m.workspace_id and e.id = m.event_id
where m.workspace_id = %(workspace_id)s and m.profile_id = %(profile_id)s and m.role = 'user'
  and a.state = 'active' and (%(channel_id)s::bigint is null or a.id = %(channel_id)s)
order by m.sent_at desc, m.event_id desc nulls last
limit %(limit)s
"""
"""Where a person last wrote to us, and how; nothing if that was never through an account."""

SURELY_THE_SAME = """
with asked as (
  select id, user_id, coalesce(merged_into_id, id) as profile_id
  from user_profiles
  where workspace_id = %(workspace_id)s and user_id = %(user_id)s
), proved as (
  select p.id, p.user_id
  from user_profiles p join asked on asked.profile_id in (p.id, p.merged_into_id)
  where p.workspace_id = %(workspace_id)s and (p.merged_into_id is null or exists (
    select from profile_changes h
    where h.workspace_id = %(workspace_id)s and h.profile_id = p.id and h.source = 'merge'
      and h.changes ? 'merged_into'))
), sure as (
  select id, user_id from asked
  union
  select id, user_id from proved
  where not %(is_pinned)s and exists (select from proved join asked using (id))
)
select 'user_id' as kind, user_id as value from sure
union all
select i.kind, i.value from identities i join sure on sure.id = i.profile_id
where i.workspace_id = %(workspace_id)s and i.channel_id is null and i.kind <> 'phone'
"""
"""An id, those that a provider or somebody by hand merged with it, and all their identities.

A new id that began as merged into the person of a phone has no change that says so.
"""

BLOCKED_SINCE = """
select exists (
  select from outbound_messages
  where workspace_id = %(workspace_id)s and channel_id = %(channel_id)s
    and profile_id = %(profile_id)s and failure = 'blocked' and created_at > %(arrived_at)s)
"""
"""Whether a message was refused as blocked since a person was last heard of, by our clock."""

ADD_MESSAGE = """
insert into outbound_messages (workspace_id, channel_id, profile_id, kind, payload)
values (%(workspace_id)s, %(channel_id)s, %(profile_id)s, %(kind)s, %(payload)s)
returning id
"""

CLAIM_IN_TURN = """
with waiting as (
  select distinct channel_id from outbound_messages
  where state = 'pending' and channel_id is not null
), open as (
  select a.id, case when a.paused_until is null then %(width)s else 1 end - (
    select count(*) from outbound_messages u
    where u.channel_id = a.id and u.lease_until > clock_timestamp()) as room
  from channels a join waiting w on w.channel_id = a.id
  where a.state = 'active' and coalesce(a.paused_until <= clock_timestamp(), true)
), chosen as (
  select first.id from open cross join lateral (
    select o.id, o.due_at from outbound_messages o
    where o.channel_id = open.id and o.state = 'pending' and o.due_at <= statement_timestamp()
      and o.attempts < %(max_attempts)s
      and not exists (
        select from outbound_messages earlier
        where earlier.channel_id = o.channel_id and earlier.profile_id = o.profile_id
          and earlier.state = 'pending' and earlier.id < o.id)
    order by o.due_at, o.id limit greatest(open.room, 0)) as first
  order by first.due_at, first.id limit %(limit)s
)
update outbound_messages o
set attempts = o.attempts + 1, lease_until = clock_timestamp() + %(lease)s,
    due_at = clock_timestamp() + %(lease)s, fence = o.fence + 1
from channels a
where o.id = any(array(select id from chosen)) and a.id = o.channel_id
  and o.state not in ('sent', 'dead')
returning o.id, o.workspace_id, o.channel_id, o.kind, o.payload, o.attempts, o.fence,
  a.kind as account_kind, a.external_account_id, a.credentials_encrypted
"""
"""Takes due messages, of each account as many as it has room for, of each person the first.

Of an account that rested, one: with the provider's first answer there is room for all again.
A message that waits for its next attempt keeps the person's others waiting: what is said
in order arrives in order. For the rest see CLAIM_MESSAGES, under the same lock.
"""

_SETTLE_TAKEN = """
with logged as (
  insert into delivery_attempts (workspace_id, outbound_message_id, duration_ms)
  values (%(workspace_id)s, %(id)s, %(duration_ms)s)
), answered as (
  update {accounts} set paused_until = null
  where workspace_id = %(workspace_id)s and id = %(account_id)s
    and paused_until <= clock_timestamp()
)
update outbound_messages
set state = 'sent', sent_at = clock_timestamp(), lease_until = null, last_error = null,
    failure = null, external_message_id = %(external_id)s{kept}
where workspace_id = %(workspace_id)s and id = %(id)s and fence = %(fence)s
  and state = 'pending'
"""

_SETTLE_REFUSED = """
with settled as (
  update outbound_messages
  set state = case when %(is_final)s or attempts >= %(max_attempts)s then 'dead' else 'pending' end,
      attempts = attempts - case when %(counts)s then 0 else 1 end,
      due_at = clock_timestamp() + %(wait)s, lease_until = null, last_error = %(error)s,
      failure = %(failure)s
  where workspace_id = %(workspace_id)s and id = %(id)s and fence = %(fence)s
    and state = 'pending'
), logged as (
  insert into delivery_attempts (workspace_id, outbound_message_id, duration_ms, error)
  values (%(workspace_id)s, %(id)s, %(duration_ms)s, %(error)s)
)
update {accounts}
set paused_until = case when %(rest)s > interval '0'
  then greatest(paused_until, clock_timestamp() + %(rest)s) end
where workspace_id = %(workspace_id)s and id = %(account_id)s
  and (%(rest)s > interval '0' or paused_until <= clock_timestamp())
"""
"""What an account was told to wait holds for all that it sends; any other answer ends its test."""

SETTLE_TAKEN = _SETTLE_TAKEN.format(accounts="channels", kept=", payload = %(payload)s")
SETTLE_REFUSED = _SETTLE_REFUSED.format(accounts="channels")
SETTLE_TAKEN_BY_CRM = _SETTLE_TAKEN.format(accounts="crm_connectors", kept="")
SETTLE_REFUSED_BY_CRM = _SETTLE_REFUSED.format(accounts="crm_connectors")

WITHDRAW_MESSAGE = """
update outbound_messages
set state = 'dead', attempts = attempts - 1, lease_until = null, failure = %(failure)s,
    last_error = %(error)s
where workspace_id = %(workspace_id)s and id = %(id)s and fence = %(fence)s and state = 'pending'
returning id
"""
"""Of what was claimed and is not to be sent after all: nobody was asked, so it was no attempt."""

_MESSAGES = """
select o.id, o.channel_id, a.kind as channel, o.state, o.failure, o.last_error, o.attempts,
       o.payload, o.created_at, o.sent_at, m.delivery_state, m.message_id, c.conversation_id,
       c.session_id, told.reason
from outbound_messages o
join channels a on a.workspace_id = o.workspace_id and a.id = o.channel_id
left join message_index m on m.workspace_id = o.workspace_id
  and m.source = a.kind || '/' || a.id
  and o.external_message_id in (m.external_message_id, m.alias)
left join conversations c on c.workspace_id = m.workspace_id and c.id = m.conversation_id
left join lateral (
  select n.value ->> 'reason' as reason from message_changes n
  where m.delivery_state = 'failed' and n.workspace_id = o.workspace_id and n.source = m.source
    and n.target = m.external_message_id and n.value ->> 'status' = 'failed'
  limit 1) told on true
where o.workspace_id = %(workspace_id)s and o.kind = 'message'
"""

MESSAGE = f"{_MESSAGES} and o.id = %(id)s"

LATEST_MESSAGES = f"""{_MESSAGES} and o.profile_id = %(profile_id)s
order by o.id desc
limit %(limit)s
"""

VALUES_OF_PERSON = """
select p.name, p.phone, p.email, p.locale, w.timezone,
       last.primary_intent, last.sentiment, last.topics, last.started_at, counted.conversations
from user_profiles p
join workspaces w on w.id = p.workspace_id
left join lateral (
  select c.primary_intent, c.sentiment, c.topics, c.started_at from conversations c
  where c.workspace_id = p.workspace_id and c.profile_id = p.id
    and c.session_id <> %(session_id)s and not p.memory_opt_out
  order by c.last_message_at desc limit 1) last on true
left join lateral (
  select count(distinct c.session_id) as conversations from conversations c
  where c.workspace_id = p.workspace_id and c.profile_id = p.id
    and c.session_id <> %(session_id)s and not p.memory_opt_out) counted on true
where p.workspace_id = %(workspace_id)s and p.id = %(profile_id)s
"""
"""What a template may say of a person: of their past nothing if they want it forgotten."""
