"""The statements that tell conversations, messages and people row by row, for lists and exports.

Which ones they are, keysets say. Their columns are the fields of `services.rows`, in their order.
"""

from talkhub.store.statements.bucket_stats import COURSE, UNANSWERED_QUESTIONS


def _is_so(key: str) -> str:
    return f"went.course ->> '{key}' is not distinct from 'true' as {key}"


CONVERSATION_ROWS = f"""
select c.conversation_id, c.session_id, c.part, c.user_id, c.platform as channel, c.source,
  c.status, c.metadata ->> 'completion_status' as completion_status,
  c.started_at, c.last_message_at, c.ended_at, c.message_count, c.user_message_count,
  extract(epoch from c.last_message_at - c.started_at)::float8 as duration_seconds,
  c.response_count,
  round(c.response_ms_total::numeric / 1000 / nullif(c.response_count, 0), 3)::float8
    as average_response_seconds,
  c.response_times[1]::float8 / 1000 as first_response_seconds,
  c.language, c.primary_intent as intent, c.sentiment, c.sentiment_score, c.topics,
  coalesce(p.tags, '{{}}') as labels,
  array(select m.name from conversation_markers k join markers m on m.id = k.marker_id
        where k.workspace_id = c.workspace_id and k.conversation_id = c.id
        order by lower(m.name)) as markers,
  c.analysed_version is not null as is_analysed,
  c.intent_analysis ->> 'source' is not distinct from 'corrected' as is_corrected,
  went.course ->> 'outcome' as outcome, went.course ->> 'resolution' as resolution,
  went.course ->> 'urgency' as urgency, went.course ->> 'trajectory' as trajectory,
  {_is_so("answer_promised")}, {_is_so("handoff_requested")}, {_is_so("handoff_done")},
  {_is_so("bot_failed")}, {UNANSWERED_QUESTIONS} as unanswered_questions,
  case when jsonb_typeof(went.course #> '{{satisfaction_estimate,score}}') = 'number'
    then (went.course #>> '{{satisfaction_estimate,score}}')::float8 end as satisfaction_estimate
from conversations c
left join user_profiles p on p.workspace_id = c.workspace_id and p.id = c.profile_id
cross join lateral ({COURSE}) as went
where c.workspace_id = %(workspace_id)s and c.id = any(%(ids)s)
order by c.started_at desc, c.id desc
"""

TRANSCRIPTS = """
select c.conversation_id, c.user_id, c.platform as channel, c.messages,
  a.result -> 'messages' as found,
  (select jsonb_agg(jsonb_build_array(k.message_id, k.field, k.value) order by k.id)
   from corrections k
   where k.workspace_id = c.workspace_id and k.conversation_id = c.id
     and k.message_id is not null and k.undone_at is null) as said
from conversations c
left join conversation_analyses a on a.workspace_id = c.workspace_id
  and a.conversation_id = c.id and a.analyser_version = c.analysed_version
  and a.source = 'talkhub'
where c.workspace_id = %(workspace_id)s and c.id = any(%(ids)s)
order by c.started_at desc, c.id desc
"""

PROFILE_ROWS = """
select user_id, name, phone, email, locale, timezone, tags as labels, memory_opt_out,
  first_seen_at, last_seen_at,
  coalesce((interaction_stats ->> 'total_conversations')::int, 0) as total_conversations,
  coalesce((interaction_stats ->> 'total_messages')::int, 0) as total_messages,
  (interaction_stats ->> 'average_response_time')::float8 as average_response_time,
  array(select jsonb_array_elements_text(interaction_stats -> 'preferred_topics'))
    as preferred_topics,
  array(select jsonb_array_elements_text(interaction_stats -> 'preferred_intents'))
    as preferred_intents,
  created_at, updated_at
from user_profiles
where workspace_id = %(workspace_id)s and id = any(%(ids)s)
order by id desc
"""

AUDIT_ROWS = """
select id, at, actor, action, subject, detail::text as detail, address, position,
  encode(seal, 'hex') as seal
from audit_entries
where workspace_id = %(workspace_id)s and id > %(after)s
  and (%(start)s::timestamptz is null or at >= %(start)s)
  and (%(end)s::timestamptz is null or at < %(end)s)
order by id
limit %(limit)s
"""
