"""The statements of custom events and scores."""

ADD_EVENTS = """
insert into custom_events
  (workspace_id, profile_id, user_id, name, session_id, value, occurred_at)
select %(workspace_id)s, profile_id, user_id, name, session_id, value, occurred_at
from jsonb_to_recordset(%(rows)s::jsonb) as r (
  profile_id bigint, user_id text, name text, session_id text, value float8,
  occurred_at timestamptz)
returning id
"""

ADD_SCORES = """
insert into scores
  (workspace_id, profile_id, user_id, kind, score, comment, session_id, conversation_id,
   occurred_at)
select %(workspace_id)s, profile_id, user_id, kind, score, comment, session_id, conversation_id,
  occurred_at
from jsonb_to_recordset(%(rows)s::jsonb) as r (
  profile_id bigint, user_id text, kind text, score smallint, comment text, session_id text,
  conversation_id text, occurred_at timestamptz)
returning id
"""

EVENTS_BY_NAME = """
with recursive names as (
  (select name, 1 as place from custom_events
   where workspace_id = %(workspace_id)s order by name limit 1)
  union all
  select (select e.name from custom_events e
          where e.workspace_id = %(workspace_id)s and e.name > names.name
          order by e.name limit 1), place + 1
  from names where names.name is not null and place < %(most_names)s
)
select n.name, e.count, e.people, e.value from names n
cross join lateral (
  select count(*) as count, count(distinct profile_id) as people, sum(value) as value
  from custom_events
  where workspace_id = %(workspace_id)s and name = n.name
    and occurred_at >= %(start)s and occurred_at < %(end)s) as e
where e.count > 0
order by e.count desc, n.name limit %(limit)s
"""
"""Each name is one look into the index, and so are its events of the period: what was told before
or after costs nothing. Where names hold what is different each time, as `order_paid_4711` does, not
all of them are looked at."""

EVENTS_OF_PEOPLE = """
with e as materialized (
  select id, profile_id, name, occurred_at from custom_events
  where workspace_id = %(workspace_id)s and name = any(%(names)s)
    and occurred_at >= %(start)s and occurred_at < %(latest)s
)
select profile_id, name, extract(epoch from occurred_at)::float8 from e
where profile_id in (select profile_id from e where name = %(first)s and occurred_at < %(end)s)
order by profile_id, occurred_at, id limit %(limit)s
"""
"""What the people who did the first of some things did of them all, each in its order."""

_OF_PERSON = """(%(user_id)s::text is null or profile_id = (
    select coalesce(p.merged_into_id, p.id) from user_profiles p
    where p.workspace_id = %(workspace_id)s and p.user_id = %(user_id)s))"""

SCORES_BY_DAY = f"""
select kind, score, (occurred_at at time zone %(zone)s)::date, count(*)
from scores
where workspace_id = %(workspace_id)s and occurred_at >= %(start)s and occurred_at < %(end)s
  and {_OF_PERSON}
group by 1, 2, 3
"""

LATEST_SCORES = f"""
select kind, score, comment, user_id, session_id, conversation_id, occurred_at
from scores
where workspace_id = %(workspace_id)s and occurred_at >= %(start)s and occurred_at < %(end)s
  and {_OF_PERSON}
order by occurred_at desc, id desc limit %(limit)s
"""

GIVEN_UP = """
select (
  select count(*) from inbound_events
  where workspace_id = %(workspace_id)s and state = 'dead'
    and (%(start)s::timestamptz is null or received_at >= %(start)s)
    and (%(end)s::timestamptz is null or received_at < %(end)s)
) + (
  select count(*) from outbound_messages
  where workspace_id = %(workspace_id)s and state = 'dead' and channel_id is not null
    and (%(start)s::timestamptz is null or created_at >= %(start)s)
    and (%(end)s::timestamptz is null or created_at < %(end)s))
"""
"""Only what died is looked at, by an index of its own: it stays until somebody has looked after
it, so the count holds for any period."""
