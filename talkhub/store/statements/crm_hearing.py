"""The statements of what CRMs tell us: who listens, what is read then, and what it changes."""

FIND_LISTENER = """
select id, workspace_id, kind, public_token, credentials_encrypted, webhook_secret_encrypted
from crm_connectors
where public_token = %(public_token)s and state = 'active' and hears <> 'nothing'
"""

QUEUE_READS = """
insert into outbound_messages (workspace_id, crm_connector_id, profile_id, kind, payload)
select r.workspace_id, r.connector_id, r.profile_id, %(kind)s,
  jsonb_build_object('contact_id', r.external_id)
from crm_records r
where r.workspace_id = %(workspace_id)s and r.connector_id = %(id)s and r.kind = 'contact'
  and r.external_id = any(%(contact_ids)s)
  and not exists (
    select from outbound_messages o
    where o.crm_connector_id = r.connector_id and o.profile_id = r.profile_id
      and o.kind = %(kind)s and o.state = 'pending' and o.lease_until is null)
order by r.id
returning id
"""
"""What waits has not begun: it will read what the contact says by then."""

REMEMBER_HEARD = """
update crm_connectors set heard_at = clock_timestamp()
where workspace_id = %(workspace_id)s and id = (
  select id from crm_connectors
  where workspace_id = %(workspace_id)s and id = %(id)s
    and (heard_at is null or heard_at < clock_timestamp() - interval '1 minute')
  for no key update skip locked)
"""
"""Once a minute at most, and never waiting: a CRM wants its answer at once."""

LINK = """
select r.id, r.seen, r.adopted, k.hears, k.fields, p.user_id
from crm_records r
join crm_connectors k on k.workspace_id = r.workspace_id and k.id = r.connector_id
join user_profiles asked on asked.workspace_id = r.workspace_id and asked.id = r.profile_id
join user_profiles p on p.workspace_id = asked.workspace_id
  and p.id = coalesce(asked.merged_into_id, asked.id)
where r.workspace_id = %(workspace_id)s and r.connector_id = %(connector_id)s
  and r.profile_id = %(profile_id)s and r.kind = 'contact' and r.external_id = %(contact_id)s
  and k.credentials_encrypted = %(credentials)s and p.erased_at is null
"""
"""None of an account that was changed meanwhile: there the id may be another's.

Not locked: a person's errands are done one after the other, and who erases locks the person first.
"""

LOSE_LINKS = """
update crm_records set external_id = null, adopted = false, seen = '{}'
where workspace_id = %(workspace_id)s and connector_id = %(connector_id)s
  and kind = 'contact' and external_id = %(contact_id)s
"""

REMEMBER_SEEN = """
update crm_records set seen = %(seen)s::jsonb, synced_at = clock_timestamp()
where workspace_id = %(workspace_id)s and id = %(id)s
"""
