"""The statements that keep what is known of people: learned, told, corrected, forgotten."""

from talkhub.store.statements.iso_time import iso

STORE_LEARNED = """
with given as (
  select r.* from jsonb_to_recordset(%(rows)s::jsonb) as r (
    conversation_id bigint, profile_id bigint, user_id text, message_id text, kind text,
    slot text, value text, quote text, confidence float, said_at timestamptz,
    expires_at timestamptz)
), gone as (
  delete from profile_facts f
  where f.workspace_id = %(workspace_id)s and f.conversation_id = any(%(conversation_ids)s)
    and f.source = 'rule'
    and not exists (
      select from given g
      where g.conversation_id = f.conversation_id and g.message_id = f.message_id
        and g.slot = f.slot)
)
insert into profile_facts
  (workspace_id, profile_id, user_id, kind, slot, value, quote, confidence, source,
   conversation_id, message_id, valid_from, expires_at)
select %(workspace_id)s, g.profile_id, g.user_id, g.kind, g.slot, g.value, g.quote,
  g.confidence, 'rule', g.conversation_id, g.message_id, g.said_at, g.expires_at
from given g
join user_profiles p on p.id = g.profile_id and not p.memory_opt_out
on conflict (workspace_id, conversation_id, message_id, slot) where source = 'rule' do update
set kind = excluded.kind, value = excluded.value, quote = excluded.quote,
    confidence = excluded.confidence, valid_from = excluded.valid_from,
    expires_at = excluded.expires_at
where profile_facts.dismissed_at is null
  and (profile_facts.kind, profile_facts.value, profile_facts.quote, profile_facts.confidence,
       profile_facts.valid_from, profile_facts.expires_at)
    is distinct from (excluded.kind, excluded.value, excluded.quote, excluded.confidence,
       excluded.valid_from, excluded.expires_at)
"""
"""Makes what is learned of conversations what their messages say now, and no more; it may run as
often as it likes. What an operator dismissed stays so as long as its message says it.
"""

SETTLE_FACTS = """
with said as (
  select id, profile_id, slot, valid_from, expires_at,
    expires_at is null
      and lag(kind || ' ' || lower(value)) over sayings is not distinct from
        kind || ' ' || lower(value) as is_repeated
  from profile_facts
  where workspace_id = %(workspace_id)s and profile_id = any(%(profile_ids)s)
    and dismissed_at is null
  window sayings as (partition by profile_id, slot order by valid_from, id)
), settled as (
  select id, valid_from as valid_to from said where is_repeated
  union all
  select id, least(expires_at, lead(valid_from) over (
    partition by profile_id, slot order by valid_from, id))
  from said where not is_repeated
)
update profile_facts f set valid_to = s.valid_to
from settled s
where f.workspace_id = %(workspace_id)s and f.id = s.id
  and f.valid_to is distinct from s.valid_to
"""
"""Recomputed from the sayings, in the order in which they were said: until when each one held."""

FORGET_FACTS = """
delete from profile_facts
where workspace_id = %(workspace_id)s and conversation_id = any(%(conversation_ids)s)
  and message_id = any(%(message_ids)s)
"""
"""Whatever a message that was taken back said, whoever noted it.

What held before it holds again once the conversation is analysed again, which it is due for. Here
no other rows may be touched: the caller holds the conversation and not the person.
"""

_FACT = f"""
  f.id, f.kind, f.value,
  (select b.value from profile_facts b
   where b.workspace_id = f.workspace_id and b.profile_id = f.profile_id and b.slot = f.slot
     and b.valid_to = f.valid_from and b.valid_from < b.valid_to and b.dismissed_at is null
   order by b.id desc limit 1) as before,
  f.quote, f.confidence, f.source,
  (select c.conversation_id from conversations c
   where c.workspace_id = f.workspace_id and c.id = f.conversation_id) as conversation_id,
  f.message_id, {iso("f.valid_from")} as valid_from, {iso("f.valid_to")} as valid_to
"""

FACTS_THEN = f"""
  select json_agg(row_to_json(told))::text as facts
  from (
    select {_FACT}
    from profile_facts f
    where f.workspace_id = %(workspace_id)s and f.profile_id = p.id and f.dismissed_at is null
      and (%(as_of)s::timestamptz is null or f.valid_from <= %(as_of)s::timestamptz)
      and (f.valid_to is null or f.valid_to > %(now)s::timestamptz)
    order by f.valid_from desc, f.id desc
    limit %(most_facts)s) told
"""
"""For a lateral join with a person `p`: what held of them at a time, the newest first, as JSON."""

FACTS_OF_PERSON = f"""
select {_FACT}
from profile_facts f
where f.workspace_id = %(workspace_id)s and f.profile_id = %(profile_id)s
  and f.dismissed_at is null and (f.valid_to is null or f.valid_to > f.valid_from)
order by f.valid_from desc, f.id desc
limit %(limit)s
"""
"""What holds and what held; a saying that repeats the one before it is not told again."""

FIND_PERSON = """
select id, user_id, memory_opt_out from user_profiles
where id = (
  select coalesce(merged_into_id, id) from user_profiles
  where workspace_id = %(workspace_id)s and user_id = %(user_id)s)
"""

LOCK_PERSON = f"{FIND_PERSON} for no key update"
"""Whoever writes a person's facts holds this lock, as the drain does."""

FIND_FACT = """
select id, kind, slot, value, valid_from, valid_to from profile_facts
where workspace_id = %(workspace_id)s and profile_id = %(profile_id)s and id = %(id)s
  and dismissed_at is null
"""

ADD_FACT = """
insert into profile_facts
  (workspace_id, profile_id, user_id, kind, slot, value, quote, confidence, source, valid_from,
   expires_at)
values (%(workspace_id)s, %(profile_id)s, %(user_id)s, %(kind)s, %(slot)s, %(value)s, %(quote)s,
        %(confidence)s, %(source)s, %(valid_from)s, %(expires_at)s)
returning id
"""

DISMISS_FACT = """
with meant as (
  select f.id, f.source from profile_facts f
  where f.workspace_id = %(workspace_id)s and f.profile_id = %(profile_id)s
    and f.slot = %(slot)s and f.kind = %(kind)s and lower(f.value) = lower(%(value)s)
), deleted as (
  delete from profile_facts f using meant
  where f.workspace_id = %(workspace_id)s and f.id = meant.id and meant.source <> 'rule'
)
update profile_facts f
set value = '', quote = '', valid_to = f.valid_from, dismissed_at = %(now)s
from meant
where f.workspace_id = %(workspace_id)s and f.id = meant.id and meant.source = 'rule'
"""
"""All sayings of it: else the next one would stand in for the one that is deleted."""
