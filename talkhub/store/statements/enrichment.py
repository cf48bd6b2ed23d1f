"""The statements about what a language model reads in conversations."""

CONSENT = """
select is_given, covers, changed_by, changed_at from enrichment_consents
where workspace_id = %(workspace_id)s
"""

SET_CONSENT = """
insert into enrichment_consents (workspace_id, is_given, covers, changed_by, changed_at)
values (%(workspace_id)s, %(is_given)s, %(covers)s, %(actor)s, %(now)s)
on conflict (workspace_id) do update
set is_given = excluded.is_given, covers = excluded.covers, changed_by = excluded.changed_by,
    changed_at = excluded.changed_at
"""

FORGET_WAITING = """
delete from enrichments where workspace_id = %(workspace_id)s and state = 'pending'
"""

FORGET_CHANGED = """
delete from enrichments e using conversations c
where e.workspace_id = %(workspace_id)s and e.conversation_id = any(%(ids)s)
  and c.workspace_id = %(workspace_id)s and c.id = e.conversation_id
  and c.fingerprint <> e.transcript
"""
"""What was read in a transcript that is another one now, and may quote what was taken back."""

QUEUE_CONVERSATIONS = """
insert into enrichments (workspace_id, conversation_id, transcript, due_at)
select c.workspace_id, c.id, c.fingerprint, clock_timestamp()
from conversations c
join enrichment_consents k on k.workspace_id = c.workspace_id and k.is_given
where c.workspace_id = %(workspace_id)s and c.id = any(%(ids)s)
  and c.status = 'closed' and c.user_message_count > 0
  and (k.covers = 'all' or c.sentiment = 'negative' or c.primary_intent = 'unknown'
    or case when jsonb_typeof(c.intent_analysis -> 'confidence') = 'number'
      then (c.intent_analysis ->> 'confidence')::float < %(doubtful)s else false end)
on conflict (workspace_id, conversation_id) do nothing
"""

CLAIM_ENRICHMENTS = """
update enrichments
set attempts = attempts + 1, fence = fence + 1, due_at = clock_timestamp() + %(lease)s
where id in (
  select id from enrichments
  where due_at <= clock_timestamp()
  order by due_at, id limit %(limit)s for update skip locked)
returning id, workspace_id, fence, attempts
"""
"""An attempt counts from here on: a process that dies while the model thinks has paid for it."""

WHAT_TO_READ = """
select c.messages, p.name,
  k.is_given and not p.memory_opt_out and c.fingerprint = e.transcript as is_wanted
from enrichments e
join conversations c on c.workspace_id = e.workspace_id and c.id = e.conversation_id
join user_profiles p on p.workspace_id = e.workspace_id and p.id = c.profile_id
join enrichment_consents k on k.workspace_id = e.workspace_id
where e.workspace_id = %(workspace_id)s and e.id = %(id)s and e.fence = %(fence)s
"""

KNOWN_ANSWER = """
select result from enrichments
where workspace_id = %(workspace_id)s and content = %(content)s and state = 'done'
limit 1
"""

STORE_ENRICHMENT = """
update enrichments e
set state = 'done', due_at = null, content = %(content)s, model = %(model)s,
    result = %(result)s, tokens_sent = %(sent)s, tokens_received = %(received)s,
    is_repeated = %(is_repeated)s, trouble = null, settled_at = %(now)s
from conversations c
where e.workspace_id = %(workspace_id)s and e.id = %(id)s and e.fence = %(fence)s
  and c.id = e.conversation_id and c.workspace_id = e.workspace_id
  and c.fingerprint = e.transcript
returning e.id
"""
"""Of a conversation that changed while the model read it nothing is stored: its analysis, which
is due, queues it again."""

DROP_ENRICHMENT = """
delete from enrichments
where workspace_id = %(workspace_id)s and id = %(id)s and fence = %(fence)s
"""

FAIL_ENRICHMENT = """
update enrichments
set state = case when attempts < %(max_attempts)s and %(is_tried_again)s
      then 'pending' else 'failed' end,
    due_at = case when attempts < %(max_attempts)s and %(is_tried_again)s
      then clock_timestamp() + %(wait)s end,
    trouble = %(trouble)s, settled_at = %(now)s
where workspace_id = %(workspace_id)s and id = %(id)s and fence = %(fence)s
"""

POSTPONE_ENRICHMENT = """
update enrichments
set attempts = attempts - 1,
    state = case when created_at > clock_timestamp() - %(patience)s
      then 'pending' else 'failed' end,
    due_at = case when created_at > clock_timestamp() - %(patience)s
      then date_trunc('day', clock_timestamp(), 'UTC') + interval '1 day' end,
    trouble = %(trouble)s
where workspace_id = %(workspace_id)s and id = %(id)s and fence = %(fence)s
"""
"""To the next day's budget, without an attempt; what waited through several is left out."""

RESERVE = """
insert into enrichment_usage as u (workspace_id, day, calls, tokens, micros)
select %(workspace_id)s, today.day, 1, %(tokens)s, %(micros)s
from (select (clock_timestamp() at time zone 'UTC')::date as day) today
where (
  select coalesce(sum(tokens), 0) + %(tokens)s <= %(most_tokens)s
    and coalesce(sum(micros), 0) + %(micros)s <= %(most_micros)s
  from enrichment_usage s where s.day = today.day)
on conflict (workspace_id, day) do update
set calls = u.calls + 1, tokens = u.tokens + excluded.tokens, micros = u.micros + excluded.micros
returning day
"""
"""Counts a call before it is made; no row if the day's budget would not bear it. The caller holds
the budget's lock: of two calls at once both would find room for one."""

CORRECT_USAGE = """
update enrichment_usage
set tokens = tokens + %(tokens)s, micros = micros + %(micros)s
where workspace_id = %(workspace_id)s and day = %(day)s
"""

USAGE_TODAY = """
select calls, tokens, micros from enrichment_usage
where workspace_id = %(workspace_id)s and day = (clock_timestamp() at time zone 'UTC')::date
"""

FORGET_USAGE = """
delete from enrichment_usage where day < clock_timestamp() - interval '400 days'
"""

ENRICHMENTS_BY_STATE = """
select state, count(*) as count, max(trouble) filter (where state = 'failed') as trouble
from enrichments
where workspace_id = %(workspace_id)s and created_at > clock_timestamp() - interval '7 days'
group by state
"""

ROOM_TO_CALL = """
with probe as (
  update enrichment_endpoints
  set closed_until = clock_timestamp() + %(probe)s
  where name = %(name)s and closed_until <= clock_timestamp()
  returning name
)
select coalesce(known.form, 'schema') as form,
  case when exists (select from probe) then 1
    when known.closed_until is not null then 0 else %(room)s end as room
from (select) one
left join enrichment_endpoints known on known.name = %(name)s
"""
"""How many calls may be made: none while the interface is given a rest, then a single one. Whoever
takes that one closes it to all others meanwhile."""

NOTE_ANSWER = """
insert into enrichment_endpoints (name, form) values (%(name)s, %(form)s)
on conflict (name) do update
set form = excluded.form, failures = 0, closed_until = null, updated_at = clock_timestamp()
where enrichment_endpoints.form <> excluded.form or enrichment_endpoints.failures > 0
  or enrichment_endpoints.closed_until is not null
"""

NOTE_FAILURE = """
insert into enrichment_endpoints as e (name, failures, closed_until)
values (%(name)s, 1, clock_timestamp() + %(at_least)s::interval)
on conflict (name) do update
set failures = e.failures + 1, updated_at = clock_timestamp(),
    closed_until = greatest(
      case when e.failures + 1 >= %(most)s
        then clock_timestamp() + %(rest)s * power(2, least(e.failures + 1 - %(most)s, 4)) end,
      e.closed_until, excluded.closed_until)
returning closed_until > clock_timestamp() as is_closed
"""
"""A failure more; after `most` in a row nobody calls for a while, twice as long each time.
`at_least` is what the interface asked for itself, or None."""

ENRICHMENT_OF_CONVERSATION = """
select e.state, e.trouble, e.model, e.result, e.tokens_sent + e.tokens_received as tokens,
  e.is_repeated, e.settled_at
from enrichments e
join conversations c on c.workspace_id = e.workspace_id and c.id = e.conversation_id
where c.workspace_id = %(workspace_id)s and c.conversation_id = %(conversation_id)s
  and c.fingerprint = e.transcript
"""
