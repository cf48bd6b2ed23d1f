"""The statements of the analysis and statistics drains."""

CLAIMED = """id, workspace_id, session_id, fence, attempts, messages, status,
  user_id, last_message_at,
  (select erased_at is not null from user_profiles p where p.id = profile_id) as is_of_erased,
  (select locale from user_profiles p where p.id = profile_id) as locale,
  (select coalesce(p.timezone, w.timezone) from workspaces w
   left join user_profiles p on p.id = profile_id
   where w.id = conversations.workspace_id) as timezone,
  (select m.id from own_models m
   where m.workspace_id = conversations.workspace_id and m.is_active) as own_model_id"""
"""What a drain is told of a conversation that it holds for analysis."""

CLAIM_ANALYSES = f"""
update conversations
set attempts = attempts + 1, fence = fence + 1,
    analysis_due_at = clock_timestamp() + %(lease)s * power(2, least(attempts, %(doubles)s))
where id in (
  select id from conversations
  where analysis_due_at <= clock_timestamp()
    and (attempts >= 2) = %(suspects)s and attempts < %(max_attempts)s
  order by analysis_due_at, id limit %(limit)s for update skip locked)
returning {CLAIMED}
"""
"""Like CLAIM_EVENTS: in batches, but what was tried twice alone."""

GIVE_UP_ANALYSES = """
with given_up as (
  update conversations
  set analysis_due_at = null, stems = null,
      intent_analysis = intent_analysis || '{"status": "failed"}'
  where analysis_due_at <= clock_timestamp() and attempts >= %(max_attempts)s
  returning workspace_id, profile_id, started_at
), people as (
  update user_profiles set stats_due_at = clock_timestamp(), revision = revision + 1
  where id in (select profile_id from given_up)
), hours as (
  insert into dirty_buckets (workspace_id, hour)
  select distinct workspace_id, date_trunc('hour', started_at, 'UTC') from given_up
)
select count(*) from given_up
"""
"""Without an analysis the conversations count all the same, and the schedule packs their stems."""

LOCK_PEOPLE = """
select id from user_profiles
where workspace_id = %(workspace_id)s and id in (
  select profile_id from conversations
  where workspace_id = %(workspace_id)s and id = any(%(ids)s))
order by user_id
for no key update
"""
"""Locks the people of conversations before the conversations, and by `user_id`.

The inbox' drain locks in this order too; in another one the two would wait for each other.
"""

STORE_ANALYSES = """
with r as (
  select * from jsonb_to_recordset(%(rows)s::jsonb) as r (
    id bigint, fence bigint, version text, language text, sentiment text, score float,
    intent text, confidence float, topics jsonb, completion text, stems text, course jsonb,
    result jsonb, corrected jsonb, response_times int[], review float)
), held as (
  select id, analysed_version, outcome, sentiment from conversations
  where workspace_id = %(workspace_id)s and id in (select id from r)
  order by id for no key update
), current as (
  update conversations c
  set language = r.language, sentiment = r.sentiment, sentiment_score = r.score,
      primary_intent = case
        when r.corrected is null and c.intent_analysis ->> 'source' = 'caller'
          and length(c.intent_analysis ->> 'intent') between 1 and 32
        then c.intent_analysis ->> 'intent' else r.intent end,
      topics = array(select jsonb_array_elements_text(r.topics)),
      response_times = r.response_times,
      review_priority = case when r.corrected is null then r.review end,
      outcome = r.completion, analysed_version = r.version, stems = decode(r.stems, 'base64'),
      metadata = c.metadata || jsonb_build_object('completion_status', r.completion),
      intent_analysis = case when r.corrected is not null then r.corrected
        when c.intent_analysis ->> 'source' = 'caller'
        then c.intent_analysis || '{"status": "done"}'
        else jsonb_build_object('intent', r.intent, 'sentiment', r.sentiment,
          'confidence', r.confidence, 'course', r.course, 'source', 'talkhub',
          'status', 'done') end,
      analysis_due_at = null, lease_until = null, attempts = 0
  from r join held using (id)
  where c.workspace_id = %(workspace_id)s and c.id = r.id and c.fence = r.fence
  returning c.id, c.profile_id, c.channel_id, c.conversation_id, c.session_id, c.user_id,
    c.platform, c.part, c.status, c.message_count, c.started_at, c.last_message_at, c.topics,
    c.primary_intent, r.language, r.sentiment, r.score, r.confidence, r.completion, r.version,
    r.result, r.course,
    held.analysed_version as version_before, held.outcome as outcome_before,
    held.sentiment as sentiment_before
), people as (
  update user_profiles p set stats_due_at = clock_timestamp(), revision = p.revision + 1
  where p.workspace_id = %(workspace_id)s and p.id in (select profile_id from current)
), hours as (
  insert into dirty_buckets (workspace_id, hour)
  select distinct %(workspace_id)s, date_trunc('hour', started_at, 'UTC') from current
), stored as (
  insert into conversation_analyses
    (workspace_id, conversation_id, analyser_version, source, result, analysed_at)
  select %(workspace_id)s, id, version, 'talkhub', result, %(now)s from current
  on conflict (workspace_id, conversation_id, analyser_version, source) do update
  set result = excluded.result, analysed_at = excluded.analysed_at
)
select id, profile_id, channel_id, conversation_id, session_id, user_id, platform, part, status,
  message_count, started_at, last_message_at, language, sentiment, score,
  primary_intent as intent, confidence, topics, completion, course, version_before,
  outcome_before, sentiment_before
from current order by id
"""
"""One statement: the analysis, the filter columns, and what must be counted again because of it.
It returns what endpoints are told of the conversations, and what they were before.

Where people corrected something, `corrected` is the whole `intent_analysis`, and sentiment, score
and intent are already what counts (services/talking/labels.py).

The conversations are locked by id, as CLOSE_SILENT_SESSIONS does: in two orders the two would wait
for each other. One that grew since it was claimed has a later fence: nothing is stored, and it is
due again. `stats_due_at` is set even where it stands already: a recount that runs right now
holds the row, and the one that follows must see this analysis.
"""

POSTPONE_ANALYSIS = """
update conversations
set analysis_due_at = clock_timestamp() + (power(3, least(attempts, 6)) * interval '1 second')
where workspace_id = %(workspace_id)s and id = %(id)s and fence = %(fence)s
  and analysis_due_at is not null
"""
"""One whose analysis was only to be renewed is not due: its lease brings it back."""

WORKSPACES_WITH_DUE_STATS = """
select distinct workspace_id from dirty_buckets
union
select distinct workspace_id from dirty_days where due_at <= clock_timestamp()
union
select distinct workspace_id from user_profiles where stats_due_at <= clock_timestamp()
"""

TAKE_DIRTY_HOURS = """
delete from dirty_buckets
where workspace_id = %(workspace_id)s and set_config('app.counts_also', 'on', true) = 'on'
  and hour in (
    select distinct hour from dirty_buckets
    where workspace_id = %(workspace_id)s
    order by hour desc limit %(limit)s)
returning hour
"""
"""The setting says that whoever takes them counts `also` too (migration 0049)."""
