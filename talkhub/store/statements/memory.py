"""The statements that keep what messages are found by, and find them again."""

_PERSON = """person as (
  select * from user_profiles
  where id = (
    select coalesce(merged_into_id, id) from user_profiles
    where workspace_id = %(workspace_id)s and user_id = %(user_id)s)
)"""

_NEWEST = """c.workspace_id = %(workspace_id)s
    and c.profile_id = (select id from person where not memory_opt_out)
    and (%(until)s::timestamptz is null or c.started_at <= %(until)s::timestamptz)
  order by c.last_message_at desc
  limit %(conversations)s"""

_WAITING = "array_agg(id || '-' || fence) filter (where analysis_due_at is not null)"

_QUIET = "extract(epoch from clock_timestamp() - p.last_seen_at)::float8"

SHELF_OF_PERSON = f"""
with {_PERSON}, told as (
  select c.id, c.stems, c.last_message_at, c.message_count, c.fence, c.analysis_due_at,
    c.stems is null or c.analysis_due_at is not null
      or coalesce(c.last_message_at > %(until)s::timestamptz, false) as is_unread
  from conversations c
  where {_NEWEST}
), reachable as (
  select *, not is_unread and sum(message_count)
      over (order by last_message_at desc rows unbounded preceding) <= %(messages)s as is_packed
  from told
)
select packed.ids, packed.moments, packed.stems, packed.unread,
  p.name, p.id, p.revision, packed.waiting, {_QUIET}
from (
  select string_agg(int8send(id), ''::bytea) filter (where is_packed) as ids,
    string_agg(float8send(date_part('epoch', last_message_at)), ''::bytea)
      filter (where is_packed) as moments,
    encode(string_agg(stems, ''::bytea) filter (where is_packed), 'base64') as stems,
    (array_agg(id) filter (where is_unread))[:%(unread)s] as unread,
    {_WAITING} as waiting
  from reachable
) packed
left join person p on true
"""
"""What one person's messages are found by, and the state of their history: packed, or which
conversations are to be read where that is still to come. So is one that went on after `until`: only
a part of it is searched.

Not a join with the person: it would tempt the planner to read the whole workspace in the order
of time. The newest first, and bounded: of a history that is longer than anybody writes the oldest
part is not searched. Every row is looked at once, and what comes of all of them goes as bytes:
looking twice, numbers as text and bytes in hexadecimal digits took as long again as all the rest.
"""

UNREAD_CONVERSATIONS = """
select c.id, date_part('epoch', c.last_message_at), c.language, c.messages
from unnest(%(ids)s::bigint[]) with ordinality as g (id, place)
join conversations c on c.workspace_id = %(workspace_id)s and c.id = g.id
order by g.place
"""

STATE_OF_HISTORY = f"""
with {_PERSON}, told as (
  select c.id, c.fence, c.analysis_due_at
  from conversations c
  where {_NEWEST}
)
select p.name, p.id, p.revision, (select {_WAITING} from told), {_QUIET}
from (select) one left join person p on true
"""
"""What a ranking may be remembered under, in a tenth of the time that reading the shelf takes.

The profile's revision rises with every analysis that is stored; beside it stand the conversations
that still wait for theirs, with their fences. No two states of a history are the same in both.
"""

MESSAGES_AT = """
select g.place, c.conversation_id, c.platform, c.messages -> g.position as message
from unnest(%(ids)s::bigint[], %(positions)s::int[]) with ordinality as g (id, position, place)
join conversations c on c.workspace_id = %(workspace_id)s and c.id = g.id
order by g.place
"""

STORE_STEMS = """
with packed as (
  update conversations c
  set stems = decode(r.stems, 'base64')
  from jsonb_to_recordset(%(rows)s::jsonb) as r (id bigint, stems text)
  where c.workspace_id = %(workspace_id)s and c.id = r.id and c.stems is null
    and c.analysis_due_at is null
  returning c.profile_id
)
update user_profiles set revision = revision + 1
where workspace_id = %(workspace_id)s and id in (select profile_id from packed)
"""

WORKSPACES_WITHOUT_STEMS = """
with recursive w as (
  (select workspace_id from conversations
   where stems is null and analysis_due_at is null order by workspace_id limit 1)
  union all
  select (select c.workspace_id from conversations c
          where c.stems is null and c.analysis_due_at is null and c.workspace_id > w.workspace_id
          order by c.workspace_id limit 1)
  from w where w.workspace_id is not null
)
select workspace_id from w where workspace_id is not null
"""
"""One step of the index for each workspace, however many conversations wait there."""

CONVERSATIONS_WITHOUT_STEMS = """
select id, messages, language from conversations
where workspace_id = %(workspace_id)s and stems is null and analysis_due_at is null
order by id limit %(limit)s
for no key update skip locked
"""
