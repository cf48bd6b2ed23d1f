"""The statements of CRMs: connected, ruled, told through the outbox, remembered."""

CONNECTORS = """
select k.id, k.kind, k.name, k.address, k.fields, k.state, k.created_at, k.public_token,
  case when k.paused_until > clock_timestamp() then k.paused_until end as paused_until,
  k.prepared is not null as is_prepared, k.refused_at, k.hears, k.heard_at,
  k.webhook_secret_encrypted is not null as has_webhook_secret,
  (select count(*) from outbound_messages o
   where o.crm_connector_id = k.id and o.state = 'pending') as waiting,
  (select count(*) from outbound_messages o
   where o.workspace_id = %(workspace_id)s and o.crm_connector_id = k.id and o.state = 'dead')
    as given_up,
  kept.contacts, kept.last_success_at,
  case when k.paused_until > clock_timestamp() then (
    select a.error from outbound_messages o
    join delivery_attempts a
      on a.workspace_id = o.workspace_id and a.outbound_message_id = o.id
    where o.crm_connector_id = k.id and o.state = 'pending' and o.last_error is not null
    order by a.attempted_at desc, a.id desc limit 1) end as trouble
from crm_connectors k
cross join lateral (
  select count(*) filter (where r.kind = 'contact' and r.external_id is not null) as contacts,
    max(r.synced_at) as last_success_at
  from crm_records r where r.connector_id = k.id) kept
where k.workspace_id = %(workspace_id)s and (%(id)s::bigint is null or k.id = %(id)s)
order by k.id
"""
"""`trouble` is what a CRM that rests said last, to the errand tried last."""

ADD_CONNECTOR = """
insert into crm_connectors
  (workspace_id, kind, name, address, credentials_encrypted, fields, public_token, hears,
   webhook_secret_encrypted)
values (%(workspace_id)s, %(kind)s, %(name)s, %(address)s, %(credentials)s, %(fields)s,
        %(public_token)s, %(hears)s, %(webhook_secret)s)
returning id
"""

LOCK_CONNECTOR = """
select id, kind, name, address, credentials_encrypted, fields, prepared, state, public_token,
  hears, webhook_secret_encrypted
from crm_connectors
where workspace_id = %(workspace_id)s and id = %(id)s
for update
"""

CHANGE_CONNECTOR = """
with forgotten as (
  update crm_records set external_id = null
  where workspace_id = %(workspace_id)s and connector_id = %(id)s and %(forgets_ids)s
)
update crm_connectors
set name = %(name)s, address = %(address)s, credentials_encrypted = %(credentials)s,
    fields = %(fields)s, state = %(state)s, prepared = null, paused_until = null,
    refused_at = null, hears = %(hears)s,
    webhook_secret_encrypted = %(webhook_secret)s,
    session_encrypted = case when %(may_be_another)s then null else session_encrypted end,
    session_until = case when %(may_be_another)s then null else session_until end,
    signing_in_until = case when %(may_be_another)s then null else signing_in_until end
where workspace_id = %(workspace_id)s and id = %(id)s
"""
"""Another account may be meant now: it is prepared anew, and nobody told us to wait for it.
Whoever signs in at the same one meanwhile goes on: what they get counts once.

What another keeps has other ids: contacts are looked for again, what was told stays told. Not
where ids are of their own everywhere: there the old ones find nothing in another account.
"""

REMEMBER_PREPARED = """
update crm_connectors set prepared = %(prepared)s
where workspace_id = %(workspace_id)s and id = %(id)s
"""

DELETE_CONNECTOR = """
with forgotten as (
  delete from outbound_messages
  where workspace_id = %(workspace_id)s and crm_connector_id = %(id)s
)
delete from crm_connectors where workspace_id = %(workspace_id)s and id = %(id)s
returning id
"""

RULES = """
select r.id, r.connector_id, k.name as connector, k.kind, r.event, r.sentiments, r.intents,
  r.action, r.text, r.pipeline, r.stage, r.created_at
from crm_rules r
join crm_connectors k on k.workspace_id = r.workspace_id and k.id = r.connector_id
where r.workspace_id = %(workspace_id)s
order by r.id
"""

ACTIVE_RULES = """
select r.id, r.connector_id, r.event, r.sentiments, r.intents, r.action, r.text, r.pipeline,
  r.stage
from crm_rules r
join crm_connectors k on k.workspace_id = r.workspace_id and k.id = r.connector_id
where r.workspace_id = %(workspace_id)s and k.state = 'active'
order by r.id
"""

ADD_RULE = """
insert into crm_rules
  (workspace_id, connector_id, event, sentiments, intents, action, text, pipeline, stage)
values (%(workspace_id)s, %(connector_id)s, %(event)s, %(sentiments)s, %(intents)s, %(action)s,
        %(text)s, %(pipeline)s, %(stage)s)
returning id
"""

DELETE_RULE = """
delete from crm_rules where workspace_id = %(workspace_id)s and id = %(id)s returning id
"""

QUEUE = """
with wanted as (
  select * from jsonb_to_recordset(%(rows)s::jsonb) as r (
    number int, connector_id bigint, profile_id bigint, conversation_id bigint, kind text,
    record text, slot text, payload jsonb)
), fresh as (
  insert into crm_records (workspace_id, connector_id, profile_id, kind, slot)
  select distinct on (connector_id, profile_id, slot)
    %(workspace_id)s, connector_id, profile_id, record, slot
  from wanted where slot is not null
  on conflict (connector_id, profile_id, slot) do nothing
  returning connector_id, profile_id, slot
), queued as (
  select distinct on (w.connector_id, w.profile_id, coalesce(w.slot, w.kind)) w.*
  from wanted w
  left join fresh f using (connector_id, profile_id, slot)
  where f.slot is not null or (w.slot is null and not exists (
    select from outbound_messages o
    where o.crm_connector_id = w.connector_id and o.profile_id = w.profile_id
      and o.kind = w.kind and o.state = 'pending' and o.lease_until is null))
  order by w.connector_id, w.profile_id, coalesce(w.slot, w.kind), w.number
)
insert into outbound_messages
  (workspace_id, crm_connector_id, profile_id, conversation_id, kind, payload)
select %(workspace_id)s, connector_id, profile_id, conversation_id, kind, payload
from queued order by number
"""
"""What has a slot is queued if the slot was free; what has none, unless the same waits already.

What waits has not begun: it will tell the person as they are by then.
"""

QUEUE_CHANGED = """
insert into outbound_messages (workspace_id, crm_connector_id, profile_id, kind, payload)
select distinct on (r.connector_id)
  %(workspace_id)s, r.connector_id, %(profile_id)s, r.action, %(payload)s::jsonb
from crm_rules r
join crm_connectors k on k.workspace_id = r.workspace_id and k.id = r.connector_id
where r.workspace_id = %(workspace_id)s and r.event = 'profile.updated' and k.state = 'active'
  and %(source)s <> 'crm:' || k.id
  and exists (
    select from crm_records c
    where c.connector_id = k.id and c.profile_id = %(profile_id)s and c.slot = 'contact')
  and not exists (
    select from outbound_messages o
    where o.crm_connector_id = k.id and o.profile_id = %(profile_id)s and o.kind = r.action
      and o.state = 'pending' and o.lease_until is null)
"""
"""Only CRMs that know the person are told, and never the one that it comes from."""

CLAIM_ERRANDS = """
with waiting as (
  select distinct crm_connector_id as id from outbound_messages
  where state = 'pending' and crm_connector_id is not null
), open as (
  select k.id, pace.apart, least(
    case when k.paused_until is null then %(width)s else 1 end - (
      select count(*) from outbound_messages u
      where u.crm_connector_id = k.id and u.lease_until > clock_timestamp()),
    floor(extract(epoch from %(burst)s - greatest(
      k.paced_until - clock_timestamp(), interval '0')) / extract(epoch from pace.apart))
    ) as room
  from crm_connectors k join waiting using (id)
  join unnest(%(kinds)s::text[], %(apart)s::interval[]) as pace (kind, apart)
    on pace.kind = k.kind
  where k.state = 'active' and coalesce(k.paused_until <= clock_timestamp(), true)
), chosen as (
  select open.id as connector_id, open.apart, first.id from open cross join lateral (
    select o.id, o.due_at from outbound_messages o
    where o.crm_connector_id = open.id and o.state = 'pending'
      and o.due_at <= statement_timestamp() and o.attempts < %(max_attempts)s
      and not exists (
        select from outbound_messages earlier
        where earlier.crm_connector_id = o.crm_connector_id
          and earlier.profile_id = o.profile_id and earlier.state = 'pending'
          and earlier.id < o.id)
    order by o.due_at, o.id limit greatest(open.room, 0)) as first
  order by first.due_at, first.id limit %(limit)s
), paced as (
  update crm_connectors k
  set paced_until = greatest(k.paced_until, clock_timestamp()) + t.busy
  from (select connector_id, count(*) * min(apart) as busy from chosen group by 1) t
  where k.id = t.connector_id
)
update outbound_messages o
set attempts = o.attempts + 1, lease_until = clock_timestamp() + %(lease)s,
    due_at = clock_timestamp() + %(lease)s, fence = o.fence + 1
from crm_connectors k
where o.id = any(array(select id from chosen)) and k.id = o.crm_connector_id
  and o.state not in ('sent', 'dead')
returning o.id, o.workspace_id, o.crm_connector_id as connector_id, o.profile_id, o.kind,
  o.payload, o.attempts, o.fence, o.created_at,
  k.kind as crm, k.address, k.public_token, k.credentials_encrypted, k.fields, k.prepared,
  k.refused_at is not null as was_refused
"""
"""Takes due errands, of each CRM as many as it has room and time for, of each person the first.

So no two errands make one person's contact at once. For the rest see CLAIM_IN_TURN.
"""

TOLD_OF_PERSON = """
select p.id as profile_id, p.user_id, p.name, p.email, p.phone, p.locale, p.timezone, p.tags,
  p.custom, contact.external_id as contact_id, coalesce(contact.adopted, false) as is_adopted,
  deal.external_id as deal_id,
  (select r.external_id from crm_records r
   where r.connector_id = %(connector_id)s and r.profile_id = %(profile_id)s
     and r.slot = %(slot)s) as made_id
from user_profiles asked
join user_profiles p on p.workspace_id = asked.workspace_id
  and p.id = coalesce(asked.merged_into_id, asked.id)
left join lateral (
  select r.external_id, r.adopted from crm_records r
  where r.workspace_id = %(workspace_id)s and r.connector_id = %(connector_id)s
    and r.kind = 'contact' and r.external_id is not null
    and r.profile_id in (select id from user_profiles
      where workspace_id = %(workspace_id)s and (id = p.id or merged_into_id = p.id))
  order by r.profile_id = p.id desc, r.id limit 1) contact on true
left join lateral (
  select r.external_id from crm_records r
  where r.workspace_id = %(workspace_id)s and r.connector_id = %(connector_id)s
    and r.kind = 'deal' and r.external_id is not null and r.profile_id = p.id
  order by r.id desc limit 1) deal on true
where asked.workspace_id = %(workspace_id)s and asked.id = %(profile_id)s
  and p.erased_at is null
"""
"""Of people who were merged, the contact of the one who is kept comes first.

`made_id` is what an earlier try made of the slot, if its end was heard.
"""

REMEMBER_CONTACT = """
insert into crm_records
  (workspace_id, connector_id, profile_id, kind, slot, external_id, adopted, seen, synced_at)
select %(workspace_id)s, k.id, p.id, 'contact', 'contact', %(external_id)s, %(adopted)s,
  %(seen)s::jsonb, clock_timestamp()
from user_profiles p
join crm_connectors k on k.workspace_id = p.workspace_id and k.id = %(connector_id)s
  and k.credentials_encrypted = %(credentials)s
where p.workspace_id = %(workspace_id)s and p.id = %(profile_id)s and p.erased_at is null
on conflict (connector_id, profile_id, slot) do update
set external_id = excluded.external_id, adopted = excluded.adopted,
    seen = excluded.seen || jsonb_strip_nulls(
      jsonb_build_object('own_way', crm_records.seen -> 'own_way')),
    synced_at = excluded.synced_at
"""
"""Not of somebody who was erased meanwhile, nor at a CRM that was taken away or changed."""

REMEMBER_MADE = """
update crm_records set external_id = %(external_id)s, synced_at = clock_timestamp()
where workspace_id = %(workspace_id)s and connector_id = %(connector_id)s
  and profile_id = %(profile_id)s and slot = %(slot)s
"""
