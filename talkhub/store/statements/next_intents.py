"""The statements behind predictions of what people come for next."""

HABITS = """
select follows, accuracy, counted_at > clock_timestamp() - %(age)s as are_fresh
from intent_habits where workspace_id = %(workspace_id)s
"""

PEOPLES_INTENTS = """
select array_agg(primary_intent order by last_message_at, id)
from (
  select id, profile_id, primary_intent, last_message_at from conversations
  where workspace_id = %(workspace_id)s
  order by last_message_at desc, id desc limit %(limit)s) latest
where primary_intent <> 'unknown'
group by profile_id
order by profile_id
"""
"""What the people of the workspace's latest conversations came for, the oldest first."""

SET_HABITS = """
insert into intent_habits (workspace_id, follows, accuracy, counted_at)
values (%(workspace_id)s, %(follows)s, %(accuracy)s, clock_timestamp())
on conflict (workspace_id) do update
set follows = excluded.follows, accuracy = excluded.accuracy, counted_at = excluded.counted_at
"""

INTENTS_OF = """
select p.id, h.intents
from user_profiles p
cross join lateral (
  select json_agg(json_build_array(c.primary_intent, c.status = 'open',
    c.intent_analysis -> 'confidence') order by c.last_message_at, c.id) as intents
  from (
    select id, primary_intent, status, intent_analysis, last_message_at from conversations
    where workspace_id = %(workspace_id)s and profile_id = p.id
    order by last_message_at desc limit %(limit)s) c
  where c.primary_intent <> 'unknown') h
where p.workspace_id = %(workspace_id)s and p.id = any(%(profile_ids)s)
  and not p.memory_opt_out and h.intents is not null
"""
"""What people came for lately, the oldest first; whether that goes on; how sure it is.

Of whoever opted out of the memory nothing is predicted.
"""
