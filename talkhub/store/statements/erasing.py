"""The statements that gather all that is kept of a person, and that erase it."""

from talkhub.store.statements.bucket_stats import COURSE

IDS_OF_PERSON = """
select id, user_id from user_profiles
where workspace_id = %(workspace_id)s and erased_at is null
  and coalesce(merged_into_id, id) = (
    select coalesce(merged_into_id, id) from user_profiles
    where workspace_id = %(workspace_id)s and user_id = %(user_id)s)
order by merged_into_id nulls first, id
"""
"""The kept profile first, then those that were merged into it."""

PEOPLE_IN_TURN = """
select id, user_id, created_at from user_profiles
where workspace_id = %(workspace_id)s and erased_at is null and id > %(after)s
order by id limit %(limit)s
"""

IDENTITIES = """
select kind, value from identities
where workspace_id = %(workspace_id)s and profile_id = any(%(profile_ids)s) and kind <> 'phone'
"""

CONVERSATIONS = """
select id from conversations
where workspace_id = %(workspace_id)s and profile_id = any(%(profile_ids)s)
order by id
"""

_ERASE_INDEX = """
delete from message_index
where workspace_id = %(workspace_id)s and {column} = any(%({column}s)s)
returning source, external_message_id, alias, event_id, sent_at
"""

ERASE_MESSAGE_INDEX = _ERASE_INDEX.format(column="profile_id")
ERASE_INDEX_OF_CONVERSATIONS = _ERASE_INDEX.format(column="conversation_id")

ERASE_CHANGES = """
delete from message_changes c
using unnest(%(sources)s::text[], %(targets)s::text[]) as g (source, target)
where c.workspace_id = %(workspace_id)s and c.source = g.source and c.target = g.target
returning c.event_id
"""

ERASE_EVENTS = """
delete from inbound_events
where workspace_id = %(workspace_id)s and state <> 'pending' and id in (
  select unnest(%(event_ids)s::bigint[])
  union all
  select id from inbound_events
  where workspace_id = %(workspace_id)s and profile_id = any(%(profile_ids)s)
  union all
  select id from inbound_events
  where workspace_id = %(workspace_id)s and state = 'dead'
    and encode(raw, 'escape') ~ any(%(needles)s::text[]))
"""
"""What is pending is met by the tombstones when its turn comes: it may be of somebody else. Of what
died nobody knows whose it is; where it names the person it goes too.
"""

_ERASE_OUTBOX = """
with gone as (
  delete from outbound_messages
  where workspace_id = %(workspace_id)s and id in (
    select id from outbound_messages
    where workspace_id = %(workspace_id)s and profile_id = any(%(profile_ids)s){narrowed}
    union all
    select id from outbound_messages
    where workspace_id = %(workspace_id)s and conversation_id = any(%(conversation_ids)s)
      and webhook_endpoint_id is not null)
  returning id
), attempts as (
  delete from delivery_attempts
  where workspace_id = %(workspace_id)s and outbound_message_id in (select id from gone)
)
select count(*) from gone
"""

ERASE_OUTBOX = _ERASE_OUTBOX.format(narrowed="")
ERASE_OUTBOX_BETWEEN = _ERASE_OUTBOX.format(
    narrowed="""
      and (created_at between %(since)s and %(until)s
        or crm_connector_id is not null and conversation_id = any(%(conversation_ids)s))"""
)
"""Of one conversation: an answer knows its person and its time, and not where it was written."""

ERASE_IDEMPOTENCY_KEYS = """
delete from idempotency_keys
where workspace_id = %(workspace_id)s and exists (
  select from jsonb_path_query(answer, '$.**.user_id') as said (user_id)
  where user_id #>> '{}' = any(%(user_ids)s))
"""

ERASE_FINDINGS = """
with analyses as (
  delete from conversation_analyses
  where workspace_id = %(workspace_id)s and conversation_id = any(%(conversation_ids)s) returning 1
), corrected as (
  delete from corrections
  where workspace_id = %(workspace_id)s and conversation_id = any(%(conversation_ids)s) returning 1
), enriched as (
  delete from enrichments
  where workspace_id = %(workspace_id)s and conversation_id = any(%(conversation_ids)s) returning 1
), noted as (
  delete from notes
  where workspace_id = %(workspace_id)s and conversation_id = any(%(conversation_ids)s) returning 1
), unmarked as (
  delete from conversation_markers
  where workspace_id = %(workspace_id)s and conversation_id = any(%(conversation_ids)s)
), replied as (
  delete from replies
  where workspace_id = %(workspace_id)s and conversation_id = any(%(conversation_ids)s)
), known as (
  delete from profile_facts
  where workspace_id = %(workspace_id)s and profile_id = any(%(profile_ids)s) returning 1
)
select (select count(*) from analyses) as analyses,
       (select count(*) from corrected) as corrections,
       (select count(*) from enriched) as enrichments, (select count(*) from noted) as notes,
       (select count(*) from known) as facts
"""

ERASE_PEOPLE = """
with sessions as (
  delete from chat_sessions
  where workspace_id = %(workspace_id)s and profile_id = any(%(profile_ids)s)
  returning session_id
), calls_gone as (
  delete from calls
  where workspace_id = %(workspace_id)s and session_id in (select session_id from sessions)
), identities_gone as (
  delete from identities
  where workspace_id = %(workspace_id)s and profile_id = any(%(profile_ids)s)
), changes_gone as (
  delete from profile_changes
  where workspace_id = %(workspace_id)s and profile_id = any(%(profile_ids)s)
), agreed as (
  delete from consents
  where workspace_id = %(workspace_id)s and profile_id = any(%(profile_ids)s)
), at_crms as (
  delete from crm_records
  where workspace_id = %(workspace_id)s and profile_id = any(%(profile_ids)s)
), compared as (
  delete from reconciled_people
  where workspace_id = %(workspace_id)s and user_id = any(%(user_ids)s)
), aliases as (
  delete from user_profiles
  where workspace_id = %(workspace_id)s and id = any(%(profile_ids)s) and id <> %(kept_id)s
), kept as (
  update user_profiles
  set user_id = 'erased-' || gen_random_uuid(), name = null, phone = null, email = null,
      preferences = '{}', interaction_stats = '{}', tags = '{}', custom = '{}', locale = null,
      timezone = null, memory_opt_out = true, erased_at = %(erased_at)s, stats_due_at = null,
      first_seen_at = date_trunc('day', first_seen_at), last_seen_at = null,
      created_at = date_trunc('day', created_at), updated_at = %(erased_at)s,
      revision = revision + 1
  where workspace_id = %(workspace_id)s and id = %(kept_id)s
)
select session_id from sessions
"""
"""The number of a person stays, with nothing that tells whose it was: bitmaps count it."""

EMPTY_CONVERSATIONS = f"""
with emptied as (
  update conversations held
  set messages = '[]', stems = '', user_id = p.user_id, fence = held.fence + 1, attempts = 0,
      conversation_id = 'erased-' || gen_random_uuid(),
      session_id = 'erased-' || gen_random_uuid(),
      intent_analysis = jsonb_build_object('course', (
        select coalesce(jsonb_object_agg(key, value), '{{}}') from jsonb_each(went.course)
        where key = any(%(counted)s))),
      metadata = case when c.metadata ? 'completion_status'
        then jsonb_build_object('completion_status', c.metadata -> 'completion_status')
        else '{{}}' end,
      fingerprint = '', source = 'erased', ended_at = null,
      analysed_version = case when c.analysed_version is not null then 'erased' end,
      analysis_due_at = null, lease_until = null, review_priority = null,
      started_at = date_bin(%(bin)s, c.started_at, 'epoch'),
      last_message_at = date_bin(%(bin)s, c.started_at, 'epoch')
        + (c.last_message_at - c.started_at),
      created_at = date_bin(%(bin)s, c.created_at, 'epoch'), updated_at = %(erased_at)s
  from conversations c
  cross join lateral ({COURSE}) as went
  join user_profiles p on p.workspace_id = %(workspace_id)s and p.id = c.profile_id
  where held.workspace_id = %(workspace_id)s and held.id = any(%(conversation_ids)s)
    and c.workspace_id = %(workspace_id)s and c.id = held.id
  returning c.started_at
)
insert into dirty_buckets (workspace_id, hour)
select distinct %(workspace_id)s::bigint, date_trunc('hour', started_at, 'UTC') from emptied
"""
"""What figures count of a conversation stays: a kind of mood, of errand, of outcome, some lengths.

Nothing tells whose it was or what was said, and its time is only known to a quarter of an hour:
no bucket of any time zone is finer.
"""

DELETE_CONVERSATIONS = """
with gone as (
  delete from conversations
  where workspace_id = %(workspace_id)s and (id, fence) in (
    select * from unnest(%(conversation_ids)s::bigint[], %(fences)s::bigint[]))
  returning id, profile_id, session_id, started_at
), index as (
  delete from message_index m using gone
  where m.workspace_id = %(workspace_id)s and m.conversation_id = gone.id
), sessions as (
  delete from chat_sessions s using gone
  where s.workspace_id = %(workspace_id)s and s.session_id = gone.session_id
    and not exists (
      select from conversations c
      where c.workspace_id = %(workspace_id)s and c.session_id = gone.session_id
        and c.id not in (select id from gone))
  returning s.session_id
), calls_gone as (
  delete from calls
  where workspace_id = %(workspace_id)s and session_id in (select session_id from sessions)
), hours as (
  insert into dirty_buckets (workspace_id, hour)
  select distinct %(workspace_id)s::bigint, date_trunc('hour', started_at, 'UTC') from gone
)
select distinct profile_id, session_id from gone
"""

_KEPT_OF_A_PERSON = {
    "conversations": "profile_id",
    "chat_sessions": "profile_id",
    "user_profiles": "merged_into_id",
    "profile_changes": "profile_id",
    "profile_facts": "profile_id",
    "identities": "profile_id",
    "custom_events": "profile_id",
    "scores": "profile_id",
    "consents": "profile_id",
    "subject_requests": "profile_id",
}
"""The tables whose rows say that a person is not only what came back, and their columns for it."""

DELETE_PEOPLE_WITHOUT_ANYTHING = """
delete from user_profiles p
where p.workspace_id = %(workspace_id)s and p.id = any(%(profile_ids)s) and p.erased_at is null
""" + "".join(
    f"""  and not exists (
    select from {table} kept where kept.workspace_id = %(workspace_id)s and kept.{column} = p.id)
"""
    for table, column in _KEPT_OF_A_PERSON.items()
)

EMPTY_FEEDBACK = """
with events as (
  update custom_events
  set user_id = p.user_id, session_id = null,
      occurred_at = date_bin(%(bin)s, occurred_at, 'epoch'), created_at = %(erased_at)s
  from user_profiles p
  where custom_events.workspace_id = %(workspace_id)s and p.workspace_id = %(workspace_id)s
    and profile_id = any(%(profile_ids)s) and p.id = %(kept_id)s
  returning 1
), scored as (
  update scores
  set user_id = p.user_id, session_id = null, conversation_id = null, comment = null,
      occurred_at = date_bin(%(bin)s, occurred_at, 'epoch'), created_at = %(erased_at)s
  from user_profiles p
  where scores.workspace_id = %(workspace_id)s and p.workspace_id = %(workspace_id)s
    and profile_id = any(%(profile_ids)s) and p.id = %(kept_id)s
  returning 1
)
select (select count(*) from events) + (select count(*) from scored)
"""
"""That something was done, and how it was scored, is counted too; a comment is somebody's words."""

PUT_TOMBSTONES = """
insert into tombstones (workspace_id, digest, erased_at)
select %(workspace_id)s, digest, %(erased_at)s from unnest(%(digests)s::bytea[]) as g (digest)
on conflict (workspace_id, digest) do update set erased_at = excluded.erased_at
"""

FIND_TOMBSTONES = """
select digest, erased_at from tombstones
where workspace_id = %(workspace_id)s and digest = any(%(digests)s::bytea[])
"""
