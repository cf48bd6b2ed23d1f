"""The statements of automatic replies: settings, sources, what is due, what became of it."""

REPLY_SETTINGS = """
select mode, wording, threshold, quiet_from, quiet_until, daily_cap, handoff_text, changed_by,
  changed_at
from reply_settings where workspace_id = %(workspace_id)s
"""

SET_REPLY_SETTINGS = """
insert into reply_settings (workspace_id, mode, wording, threshold, quiet_from, quiet_until,
  daily_cap, handoff_text, changed_by)
values (%(workspace_id)s, %(mode)s, %(wording)s, %(threshold)s, %(quiet_from)s, %(quiet_until)s,
  %(daily_cap)s, %(handoff_text)s, %(actor)s)
on conflict (workspace_id) do update
set mode = excluded.mode, wording = excluded.wording, threshold = excluded.threshold,
    quiet_from = excluded.quiet_from, quiet_until = excluded.quiet_until,
    daily_cap = excluded.daily_cap, handoff_text = excluded.handoff_text,
    changed_by = excluded.changed_by, changed_at = clock_timestamp()
"""

REPLY_SOURCES = """
select s.id, s.name, s.format, s.created_by, s.created_at,
  (select count(*) from reply_passages p
   where p.workspace_id = %(workspace_id)s and p.source_id = s.id) as passages
from reply_sources s where s.workspace_id = %(workspace_id)s order by s.name
"""

DELETE_SOURCE = """
delete from reply_sources
where workspace_id = %(workspace_id)s and (id = %(id)s or name = %(name)s) returning name
"""

ADD_SOURCE = """
insert into reply_sources (workspace_id, name, format, created_by)
values (%(workspace_id)s, %(name)s, %(format)s, %(actor)s) returning id
"""

ADD_PASSAGES = """
insert into reply_passages (workspace_id, source_id, question, answer)
select %(workspace_id)s, %(source_id)s, question, answer
from unnest(%(questions)s::text[], %(answers)s::text[]) with ordinality as g (question, answer, n)
order by n
"""

COUNT_PASSAGES = """
select count(*) from reply_passages where workspace_id = %(workspace_id)s
"""

PASSAGES_VERSION = """
select coalesce(max(id), 0), count(*) from reply_sources where workspace_id = %(workspace_id)s
"""
"""Changes whenever a source comes or goes: one is never changed, only replaced by a new one."""

PASSAGES = """
select p.question, p.answer, s.name as source
from reply_passages p join reply_sources s on s.workspace_id = p.workspace_id and s.id = p.source_id
where p.workspace_id = %(workspace_id)s order by p.id
"""

QUEUE_REPLIES = """
insert into replies (workspace_id, conversation_id, message_id, due_at)
select c.workspace_id, c.id, c.messages -> -1 ->> 'id', clock_timestamp() + %(patience)s
from conversations c
where c.workspace_id = %(workspace_id)s and c.id = any(%(ids)s) and c.status = 'open'
  and c.messages -> -1 ->> 'role' = 'user' and c.messages -> -1 ? 'id'
  and c.last_message_at > %(since)s
on conflict (workspace_id, message_id) do nothing
"""
"""A message has one row for ever, so none is answered twice."""

CLAIM_REPLIES = """
update replies
set fence = fence + 1, due_at = clock_timestamp() + %(lease)s,
    writing = case when writing = 'done' then 'done' when writing is not null then 'missed' end
where id in (
  select id from replies where due_at <= clock_timestamp()
  order by due_at, id limit %(limit)s for update skip locked)
returning id, workspace_id, fence
"""
"""What is due although a model was to write it was not written in time."""

BEGIN_REPLY = """
update replies set attempts = attempts + 1
where workspace_id = %(workspace_id)s and id = %(id)s and fence = %(fence)s and state = 'pending'
returning attempts
"""
"""Written before it is tried, so that one that ends its worker is counted, and it alone."""

_HAS_REFUSED = """
  coalesce((
    select not k.is_given from consents k
    where k.workspace_id = %(workspace_id)s and k.purpose = 'contact' and k.profile_id in (
      select id from user_profiles
      where workspace_id = %(workspace_id)s
        and coalesce(merged_into_id, id) = coalesce(p.merged_into_id, p.id))
    order by k.at desc, k.id desc limit 1), false) as has_refused"""

_IS_WITH_PERSON = """
  exists (
    select from outbound_messages o
    where o.workspace_id = %(workspace_id)s and o.profile_id = c.profile_id
      and (o.state = 'pending' or (o.state = 'sent' and o.created_at > c.last_message_at))
      and o.kind = 'message' and o.payload ->> 'role' = 'agent')
  or exists (
    select from outbound_messages o
    where o.workspace_id = %(workspace_id)s and o.conversation_id = c.id and o.kind = 'action'
      and o.payload -> 'action' ->> 'kind' in ('pause_bot', 'assign_agent')
      and o.created_at > %(held_since)s)
  or coalesce((
    select m.value ->> 'role' = 'agent'
      and (m.value ->> 'timestamp')::timestamptz > %(held_since)s
    from conversations b cross join jsonb_array_elements(b.messages) with ordinality m (value, n)
    where b.workspace_id = %(workspace_id)s and b.session_id = c.session_id
      and (m.value ->> 'role' = 'agent'
        or (m.value ->> 'role' = 'bot' and m.value -> 'attributes' -> 'automatic' is null))
    order by b.id desc, m.n desc limit 1), false)
  or exists (
    select from replies h join conversations b
      on b.workspace_id = h.workspace_id and b.id = h.conversation_id
    where h.workspace_id = %(workspace_id)s and b.session_id = c.session_id and h.id <> r.id
      and h.state = 'handed_off' and h.settled_at > %(held_since)s) as is_with_person"""
"""An agent is about to write, wrote last on our side, or was called and has not let go since: by
the bot's speaking again, or by a long silence. What we answer ourselves is no bot's speaking.

What an agent sent stands in the transcript only once the provider or the drain has told of it.
"""

_LOCAL_TIME = "(clock_timestamp() at time zone w.timezone)::time as local_time"

SITUATION = f"""
select r.message_id, r.writing, r.draft, p.memory_opt_out as is_kept_from_models,
  c.id as conversation_id, c.conversation_id as name, c.session_id, c.user_id,
  c.profile_id, c.channel_id, c.messages, c.status, c.last_message_at,
  p.erased_at is not null as is_erased, {_HAS_REFUSED}, {_IS_WITH_PERSON},
  array(
    select h.answer from replies h join conversations b
      on b.workspace_id = h.workspace_id and b.id = h.conversation_id
    where h.workspace_id = %(workspace_id)s and b.session_id = c.session_id
      and h.state = 'answered') as said,
  array(
    select h.source || ': ' || h.question from replies h join conversations b
      on b.workspace_id = h.workspace_id and b.id = h.conversation_id
    where h.workspace_id = %(workspace_id)s and b.session_id = c.session_id
      and h.state = 'answered' and h.model is not null) as written_from,
  array(
    select h.message_id from replies h
    where h.workspace_id = %(workspace_id)s and h.conversation_id = c.id
      and h.state = 'answered') as answered_ids,
  {_LOCAL_TIME}
from replies r
join conversations c on c.workspace_id = r.workspace_id and c.id = r.conversation_id
join user_profiles p on p.workspace_id = c.workspace_id and p.id = c.profile_id
join workspaces w on w.id = c.workspace_id
where r.workspace_id = %(workspace_id)s and r.id = %(id)s and r.fence = %(fence)s
  and r.state = 'pending'
for update of r
"""
"""All that decides, read under the lock of the reply: whoever lost its fence finds nothing."""

ANSWERED_TODAY = """
select count(*)
from replies r join workspaces w on w.id = r.workspace_id
where r.workspace_id = %(workspace_id)s and r.state = 'answered'
  and r.settled_at >= date_trunc('day', clock_timestamp(), w.timezone)
  and r.created_at >= date_trunc('day', clock_timestamp(), w.timezone) - interval '1 hour'
"""
"""By when they were answered; no message that is older than that hour is. The caller holds the
lock of the workspace's cap: of two answers at once both would find room for one."""

BEFORE_SENDING = f"""
select r.state, c.user_id, c.channel_id, p.erased_at is not null as is_erased,
  {_HAS_REFUSED}, {_IS_WITH_PERSON}, {_LOCAL_TIME}
from replies r
join conversations c on c.workspace_id = r.workspace_id and c.id = r.conversation_id
join user_profiles p on p.workspace_id = c.workspace_id and p.id = c.profile_id
join workspaces w on w.id = c.workspace_id
where r.workspace_id = %(workspace_id)s and r.id = %(id)s
"""
"""What may have changed since a message was queued for a reply."""

TAKE_ANSWER_BACK = """
update replies
set state = 'suggested', reason = %(reason)s
where workspace_id = %(workspace_id)s and outbound_message_id = %(outbound_message_id)s
  and id = %(id)s and state = 'answered'
"""
"""Of what did not go out after all: it is laid before agents, and counts for no cap."""

PLACE_OF_REPLY = """
select c.channel_id, c.profile_id
from replies r join conversations c on c.workspace_id = r.workspace_id and c.id = r.conversation_id
where r.workspace_id = %(workspace_id)s and r.id = %(id)s
"""

SETTLE_REPLY = """
update replies
set state = %(state)s, reason = %(reason)s, due_at = null, answer = %(answer)s,
    source = %(source)s, question = %(question)s, score = %(score)s, threshold = %(threshold)s,
    outbound_message_id = %(outbound_message_id)s, settled_at = clock_timestamp(),
    draft = null, model = %(model)s, trouble = %(trouble)s
where workspace_id = %(workspace_id)s and id = %(id)s and fence = %(fence)s
"""

HAND_TO_MODEL = """
update replies
set writing = 'wanted', draft = %(draft)s, attempts = 0, due_at = clock_timestamp() + %(patience)s
where workspace_id = %(workspace_id)s and id = %(id)s and fence = %(fence)s
"""
"""Due again whether it is written or not; the drain that waited for nobody made no failed try."""

CLAIM_DRAFTS = """
update replies
set writing = 'asked', fence = fence + 1, due_at = clock_timestamp() + %(lease)s
where id in (
  select id from replies where due_at > statement_timestamp() and writing = 'wanted'
  order by due_at, id limit %(limit)s for update skip locked)
returning id, workspace_id, fence
"""

DRAFT_TO_WRITE = """
select r.draft, p.name,
  s.mode = 'answer' and s.wording <> 'quote' and not p.memory_opt_out and p.erased_at is null
    as is_wanted
from replies r
join conversations c on c.workspace_id = r.workspace_id and c.id = r.conversation_id
join user_profiles p on p.workspace_id = c.workspace_id and p.id = c.profile_id
join reply_settings s on s.workspace_id = r.workspace_id
where r.workspace_id = %(workspace_id)s and r.id = %(id)s and r.fence = %(fence)s
  and r.writing = 'asked'
"""

STORE_DRAFT = """
update replies
set writing = 'done', draft = %(draft)s, due_at = clock_timestamp()
where workspace_id = %(workspace_id)s and id = %(id)s and fence = %(fence)s and writing = 'asked'
"""

_SHOWN = """
select r.id, c.conversation_id, r.message_id, r.state, r.reason, r.answer, r.source, r.question,
  r.score, r.threshold, r.outbound_message_id, r.is_good, r.judged_by, r.judged_at, r.created_at,
  r.settled_at, r.model, r.trouble
from replies r join conversations c on c.workspace_id = r.workspace_id and c.id = r.conversation_id
where r.workspace_id = %(workspace_id)s"""

REPLIES = f"""{_SHOWN}
  and (%(conversation_id)s::text is null or c.conversation_id = %(conversation_id)s)
  and (%(state)s::text is null or r.state = %(state)s) and r.id < %(before)s
order by r.id desc limit %(limit)s
"""

REPLY = f"""{_SHOWN} and r.id = %(id)s
"""

JUDGE_REPLY = """
update replies
set is_good = %(is_good)s, judged_by = %(actor)s, judged_at = clock_timestamp()
where workspace_id = %(workspace_id)s and id = %(id)s and answer is not null
returning id
"""

JUDGED = """
select score, is_good from replies
where workspace_id = %(workspace_id)s and is_good is not null and score is not null
order by judged_at desc limit %(most)s
"""
