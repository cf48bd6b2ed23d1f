"""The statements that read all that is kept of a person, for the copy that the law gives them.

Each row is one JSON object, as it is written into the copy.
"""

PROFILES = """
select to_jsonb(p) - '{workspace_id,stats_due_at}'::text[] as row
from user_profiles p where workspace_id = %(workspace_id)s and id = any(%(profile_ids)s)
order by id
"""

IDENTITIES = """
select to_jsonb(i) - '{workspace_id,profile_id,id}'::text[]
from identities i where workspace_id = %(workspace_id)s and profile_id = any(%(profile_ids)s)
order by id
"""

CHANGES = """
select to_jsonb(c) - '{workspace_id,id}'::text[]
from profile_changes c where workspace_id = %(workspace_id)s and profile_id = any(%(profile_ids)s)
order by id
"""

FACTS = """
select to_jsonb(f) - '{workspace_id}'::text[] || jsonb_build_object('conversation_id', (
  select c.conversation_id from conversations c
  where c.workspace_id = %(workspace_id)s and c.id = f.conversation_id))
from profile_facts f where workspace_id = %(workspace_id)s and profile_id = any(%(profile_ids)s)
order by valid_from, id
"""

SESSIONS = """
select to_jsonb(s) - '{workspace_id,id,profile_id}'::text[] || coalesce((
  select jsonb_build_object('calls', jsonb_agg(
    to_jsonb(k) - '{workspace_id,id,rings_until,caller_seen_at,agent_seen_at}'::text[]
    order by k.id))
  from calls k where k.workspace_id = %(workspace_id)s and k.session_id = s.session_id
  having count(*) > 0), '{}')
from chat_sessions s where workspace_id = %(workspace_id)s and profile_id = any(%(profile_ids)s)
order by created_at, id
"""

CONVERSATIONS = """
select c.id, to_jsonb(c) - '{workspace_id,profile_id,stems,fingerprint,fence,attempts,
    analysis_due_at,lease_until}'::text[]
  || jsonb_build_object(
    'analyses', (
      select coalesce(jsonb_agg(to_jsonb(a) - '{id,workspace_id,conversation_id}'::text[]
        order by a.id), '[]')
      from conversation_analyses a
      where a.workspace_id = %(workspace_id)s and a.conversation_id = c.id),
    'corrections', (
      select coalesce(jsonb_agg(to_jsonb(k) - '{id,workspace_id,conversation_id}'::text[]
        order by k.id), '[]')
      from corrections k where k.workspace_id = %(workspace_id)s and k.conversation_id = c.id),
    'notes', (
      select coalesce(jsonb_agg(to_jsonb(n) - '{id,workspace_id,conversation_id}'::text[]
        order by n.id), '[]')
      from notes n where n.workspace_id = %(workspace_id)s and n.conversation_id = c.id),
    'markers', (
      select coalesce(jsonb_agg(m.name order by m.name), '[]')
      from conversation_markers k join markers m on m.id = k.marker_id
      where k.workspace_id = %(workspace_id)s and k.conversation_id = c.id),
    'language_model', (
      select jsonb_agg(jsonb_build_object('model', e.model, 'at', e.settled_at,
        'result', e.result))
      from enrichments e
      where e.workspace_id = %(workspace_id)s and e.conversation_id = c.id
        and e.result is not null),
    'automatic_replies', (
      select coalesce(jsonb_agg(jsonb_build_object('at', r.settled_at, 'state', r.state,
        'reason', r.reason, 'source', r.source, 'model', r.model,
        'message_id', r.message_id) order by r.id), '[]')
      from replies r
      where r.workspace_id = %(workspace_id)s and r.conversation_id = c.id))
from conversations c
where c.workspace_id = %(workspace_id)s and c.profile_id = any(%(profile_ids)s)
  and c.id > %(after)s
order by c.id limit %(limit)s
"""

TOLD = """
select to_jsonb(e) - '{workspace_id,id,profile_id}'::text[] from custom_events e
where e.workspace_id = %(workspace_id)s and e.profile_id = any(%(profile_ids)s)
union all
select to_jsonb(s) - '{workspace_id,id,profile_id}'::text[] from scores s
where s.workspace_id = %(workspace_id)s and s.profile_id = any(%(profile_ids)s)
"""

EVENTS = """
select jsonb_build_object('received_at', e.received_at, 'platform', e.platform, 'kind', e.kind,
  'id', e.external_id, 'body', coalesce(e.payload, to_jsonb(encode(e.raw, 'escape'))))
from inbound_events e
where e.workspace_id = %(workspace_id)s and e.id in (
  select id from inbound_events
  where workspace_id = %(workspace_id)s and profile_id = any(%(profile_ids)s)
  union all
  select m.event_id from message_index m
  where m.workspace_id = %(workspace_id)s and m.profile_id = any(%(profile_ids)s)
  union all
  select k.event_id from message_index m join message_changes k
    on k.workspace_id = %(workspace_id)s and k.source = m.source
    and k.target in (m.external_message_id, m.alias)
  where m.workspace_id = %(workspace_id)s and m.profile_id = any(%(profile_ids)s))
order by e.id
"""

SENT = """
select jsonb_build_object('at', o.created_at, 'sent_at', o.sent_at, 'state', o.state,
  'kind', o.kind, 'to', coalesce(
    regexp_replace(w.url, '^(https?://)([^/?#@]*@)?([^/?#]+).*$', '\\1\\3'),
    h.kind || ': ' || h.name, r.kind || ': ' || r.name), 'body', o.payload)
from outbound_messages o
left join webhook_endpoints w on w.id = o.webhook_endpoint_id
left join channels h on h.id = o.channel_id
left join crm_connectors r on r.id = o.crm_connector_id
where o.workspace_id = %(workspace_id)s and o.id in (
  select id from outbound_messages
  where workspace_id = %(workspace_id)s and profile_id = any(%(profile_ids)s)
  union all
  select x.id from conversations c
  join outbound_messages x on x.workspace_id = %(workspace_id)s and x.conversation_id = c.id
    and x.webhook_endpoint_id is not null
  where c.workspace_id = %(workspace_id)s and c.profile_id = any(%(profile_ids)s))
order by o.id
"""
"""Of an endpoint the host alone: the rest of many an address is its password."""

CONSENTS = """
select jsonb_build_object('purpose', k.purpose, 'is_given', k.is_given, 'at', k.at,
  'channel', k.channel, 'message_id', k.message_id, 'version', t.version, 'text', t.body)
from consents k left join consent_texts t
  on t.workspace_id = %(workspace_id)s and t.id = k.text_id
where k.workspace_id = %(workspace_id)s and k.profile_id = any(%(profile_ids)s)
order by k.at, k.id
"""

REQUESTS = """
select to_jsonb(r) - '{workspace_id,profile_id,conversation_id}'::text[] || jsonb_build_object(
  'conversation_id', (
    select c.conversation_id from conversations c
    where c.workspace_id = %(workspace_id)s and c.id = r.conversation_id))
from subject_requests r
where r.workspace_id = %(workspace_id)s and r.profile_id = any(%(profile_ids)s)
order by r.id
"""

AT_CRMS = """
select jsonb_build_object('crm', r.kind || ': ' || r.name, 'kind', k.kind, 'id', k.external_id,
  'seen', k.seen, 'at', k.synced_at)
from crm_records k join crm_connectors r on r.id = k.connector_id
where k.workspace_id = %(workspace_id)s and k.profile_id = any(%(profile_ids)s)
  and k.external_id is not null
order by k.id
"""

CONSENT_TO_A_MODEL = """
select to_jsonb(e) - '{workspace_id,changed_by}'::text[]
from enrichment_consents e where workspace_id = %(workspace_id)s
"""
