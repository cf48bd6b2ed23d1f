"""The statements that read how a person's past conversations went."""

from talkhub.store.statements.iso_time import iso

_EPISODES = f"""
  select json_agg(json_build_object(
    'conversation_id', e.conversation_id, 'started_at', {iso("e.started_at")},
    'last_message_at', {iso("e.last_message_at")}, 'intent', e.primary_intent,
    'topics', e.topics, 'course', e.course))::text as episodes
  from (
    select c.conversation_id, c.started_at, c.last_message_at, c.primary_intent, c.topics,
      c.status, c.intent_analysis -> 'course' as course
    from conversations c
    where c.workspace_id = %(workspace_id)s and c.profile_id = {{profile_id}}
      and c.source <> 'erased'
      and (%(as_of)s::timestamptz is null or c.last_message_at <= %(as_of)s::timestamptz)
    order by c.last_message_at desc
    limit %(most_episodes)s) e
  where e.status = 'closed' and e.course is not null
"""

EPISODES_THEN = _EPISODES.format(profile_id="p.id")
"""For a lateral join with a person `p`: how the latest conversations went that were over, the
newest first, as JSON. The limit stands within: whoever has a thousand others costs no more."""

EPISODES_OF_PERSON = _EPISODES.format(profile_id="%(profile_id)s")
