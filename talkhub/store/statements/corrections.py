"""The statements of corrections: a person's word against the analyser's."""

FIND_CONVERSATION = """
select id from conversations
where workspace_id = %(workspace_id)s and conversation_id = %(conversation_id)s
"""

LOCK_CONVERSATION = """
select c.id, c.session_id, c.profile_id, c.started_at, c.messages, c.intent_analysis,
  c.primary_intent, c.sentiment, a.result
from conversations c
left join conversation_analyses a on a.workspace_id = c.workspace_id
  and a.conversation_id = c.id and a.analyser_version = c.analysed_version
  and a.source = 'talkhub'
where c.workspace_id = %(workspace_id)s and c.id = %(id)s
for no key update of c
"""

ADD_CORRECTION = """
insert into corrections
  (workspace_id, conversation_id, message_id, field, value, previous, author, review, created_at)
values (%(workspace_id)s, %(id)s, %(message_id)s, %(field)s, %(value)s, %(previous)s, %(author)s,
        %(review)s, %(now)s)
"""

UNDO_CORRECTION = """
update corrections set undone_at = %(now)s, undone_by = %(author)s
where workspace_id = %(workspace_id)s and conversation_id = %(id)s and id = %(correction_id)s
  and undone_at is null
returning id
"""

CORRECTIONS = """
select k.id, k.message_id, k.field, k.value, k.previous, k.author, k.created_at, k.undone_at,
       k.undone_by
from corrections k
join conversations c on c.workspace_id = k.workspace_id and c.id = k.conversation_id
where k.workspace_id = %(workspace_id)s and c.conversation_id = %(conversation_id)s
order by k.id desc
"""

CORRECTED_CONVERSATIONS = """
select c.id, c.intent_analysis, jsonb_object_agg(k.field, k.value) as said
from (
  select distinct on (conversation_id, field) conversation_id, field, value
  from corrections
  where workspace_id = %(workspace_id)s and conversation_id = any(%(ids)s)
    and message_id is null and undone_at is null
  order by conversation_id, field, id desc) k
join conversations c on c.workspace_id = %(workspace_id)s and c.id = k.conversation_id
group by c.id
"""
"""Of the given conversations those of which a person said something else, and what counts."""

SET_LABELS = """
with changed as (
  update conversations
  set primary_intent = coalesce(%(intent)s, primary_intent),
      sentiment = coalesce(%(sentiment)s, sentiment),
      sentiment_score = coalesce(%(score)s, sentiment_score),
      intent_analysis = %(analysis)s, review_priority = null, updated_at = %(now)s
  where workspace_id = %(workspace_id)s and id = %(id)s
  returning profile_id, started_at
), people as (
  update user_profiles set stats_due_at = clock_timestamp(), revision = revision + 1
  where workspace_id = %(workspace_id)s and id in (select profile_id from changed)
)
insert into dirty_buckets (workspace_id, hour)
select %(workspace_id)s, date_trunc('hour', started_at, 'UTC') from changed
"""
"""What STORE_ANALYSES sets of labels, and what must be counted again because of it.

Somebody has looked at it, so nobody else need. What nobody said stays: the analysis may be gone
until it is made again.
"""
