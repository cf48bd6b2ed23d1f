"""The statements of what a team adds to conversations: notes, markers, saved views."""

TEAMWORK_OF_CONVERSATION = """
select
  (select coalesce(json_agg(json_build_object('id', n.id, 'author', n.author, 'body', n.body,
     'created_at', n.created_at, 'changed_at', n.changed_at) order by n.id), '[]')
   from notes n
   where n.workspace_id = %(workspace_id)s and n.conversation_id = c.id) as notes,
  (select coalesce(json_agg(json_build_object('id', m.id, 'name', m.name, 'colour', m.colour,
     'is_on', exists (
       select from conversation_markers k
       where k.workspace_id = %(workspace_id)s and k.conversation_id = c.id
         and k.marker_id = m.id)) order by lower(m.name), m.id), '[]')
   from markers m where m.workspace_id = %(workspace_id)s) as markers
from conversations c
where c.workspace_id = %(workspace_id)s and c.conversation_id = %(conversation_id)s
"""
"""The notes on one conversation and all markers there are, in one statement for its page."""

ADD_NOTE = """
insert into notes (workspace_id, conversation_id, author, body, created_at)
select %(workspace_id)s, c.id, %(author)s, %(body)s, %(now)s
from conversations c
where c.workspace_id = %(workspace_id)s and c.conversation_id = %(conversation_id)s
  and c.source <> 'erased'
  and (select count(*) from notes n
       where n.workspace_id = %(workspace_id)s and n.conversation_id = c.id) < %(most)s
returning id
"""

_OWN_NOTE = """
workspace_id = %(workspace_id)s and id = %(id)s and author = %(author)s
  and conversation_id = (
    select id from conversations
    where workspace_id = %(workspace_id)s and conversation_id = %(conversation_id)s)
returning id
"""

CHANGE_NOTE = f"update notes set body = %(body)s, changed_at = %(now)s where {_OWN_NOTE}"

DELETE_NOTE = f"delete from notes where {_OWN_NOTE}"

MARKERS = """
select m.id, m.name, m.colour, (
  select count(*) from conversation_markers k
  where k.workspace_id = %(workspace_id)s and k.marker_id = m.id) as conversations
from markers m where m.workspace_id = %(workspace_id)s
order by lower(m.name), m.id
"""

MARKER_NAMES = """
select name from markers where workspace_id = %(workspace_id)s order by lower(name), id
"""

ADD_MARKER = """
insert into markers (workspace_id, name, colour) values (%(workspace_id)s, %(name)s, %(colour)s)
on conflict (workspace_id, name) do nothing
returning id
"""

LOCK_MARKER = """
select name, colour from markers where workspace_id = %(workspace_id)s and id = %(id)s for update
"""

FIND_MARKER_NAMED = """
select id from markers
where workspace_id = %(workspace_id)s and lower(name) = lower(%(name)s)
"""

CHANGE_MARKER = """
with changed as (
  update markers set name = %(name)s, colour = %(colour)s
  where workspace_id = %(workspace_id)s and id = %(id)s
)
update saved_views set filters = jsonb_set(filters, '{marker}', to_jsonb(%(name)s::text))
where workspace_id = %(workspace_id)s and filters ->> 'marker' = %(before)s
"""
"""The views that ask for a marker ask for it under its new name."""

DELETE_MARKER = """
delete from markers where workspace_id = %(workspace_id)s and id = %(id)s returning id
"""

SET_MARKERS = """
with marked as (
  select id from conversations
  where workspace_id = %(workspace_id)s and conversation_id = %(conversation_id)s
    and source <> 'erased'
), wanted as (
  select id from markers
  where workspace_id = %(workspace_id)s and id = any(%(marker_ids)s::bigint[])
), gone as (
  delete from conversation_markers k using marked
  where k.workspace_id = %(workspace_id)s and k.conversation_id = marked.id
    and k.marker_id not in (select id from wanted)
), added as (
  insert into conversation_markers (workspace_id, conversation_id, marker_id)
  select %(workspace_id)s, marked.id, wanted.id from marked, wanted
  on conflict do nothing
)
select id from marked
"""

SAVED_VIEWS = """
select id, name, filters, is_shared, is_default, owner = %(owner)s as is_own
from saved_views
where workspace_id = %(workspace_id)s and (is_shared or owner = %(owner)s)
order by is_shared desc, lower(name), id
"""

ADD_SAVED_VIEW = """
insert into saved_views (workspace_id, owner, name, filters, is_shared)
values (%(workspace_id)s, %(owner)s, %(name)s, %(filters)s, %(is_shared)s)
returning id
"""

CHANGE_SAVED_VIEW = """
with changed as (
  update saved_views
  set name = %(name)s, is_default = %(is_default)s
  where workspace_id = %(workspace_id)s and id = %(id)s
    and (owner = %(owner)s or is_shared and %(may_share)s)
  returning id, owner, is_shared
), others as (
  update saved_views v set is_default = false
  from changed
  where v.workspace_id = %(workspace_id)s and %(is_default)s and v.id <> changed.id
    and v.is_default and v.is_shared = changed.is_shared
    and (changed.is_shared or v.owner = changed.owner)
)
select id from changed
"""
"""Of the workspace's views one is the default at most, and one of each person's own."""

DELETE_SAVED_VIEW = """
delete from saved_views
where workspace_id = %(workspace_id)s and id = %(id)s
  and (owner = %(owner)s or is_shared and %(may_share)s)
returning id
"""
