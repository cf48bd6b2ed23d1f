"""The statements of a workspace's own intents and topics, and of the models learned from them."""

LABELS = """
select name, kind, phrases, author, updated_at from own_labels
where workspace_id = %(workspace_id)s
order by kind, name
"""

SET_LABEL = """
insert into own_labels (workspace_id, name, kind, phrases, author, updated_at)
values (%(workspace_id)s, %(name)s, %(kind)s, %(phrases)s, %(author)s, %(now)s)
on conflict (workspace_id, name) do update
set kind = excluded.kind, phrases = excluded.phrases, author = excluded.author,
    updated_at = excluded.updated_at
returning xmax = 0 as is_new
"""

DELETE_LABEL = """
delete from own_labels where workspace_id = %(workspace_id)s and name = %(name)s returning name
"""

CORRECTED_MESSAGES = """
select k.said, it ->> 'content' as content
from (
  select conversation_id, message_id, jsonb_object_agg(field, value) as said, max(id) as id
  from (
    select distinct on (conversation_id, message_id, field)
      id, conversation_id, message_id, field, value
    from corrections
    where workspace_id = %(workspace_id)s and message_id is not null and undone_at is null
    order by conversation_id, message_id, field, id desc) latest
  group by conversation_id, message_id
  order by max(id) desc limit %(limit)s) k
join conversations c on c.workspace_id = %(workspace_id)s and c.id = k.conversation_id
cross join lateral jsonb_array_elements(c.messages) as it
where it ->> 'id' = k.message_id and it ->> 'content' <> ''
order by k.id desc
"""
"""The latest messages that people corrected, as they read now: nothing that was taken back."""

CORRECTED_CONVERSATIONS = """
select k.field, k.value, said.texts
from (
  select * from (
    select distinct on (conversation_id, field) id, conversation_id, field, value, previous
    from corrections
    where workspace_id = %(workspace_id)s and message_id is null
      and field in ('intent', 'sentiment') and undone_at is null
    order by conversation_id, field, id desc) latest
  where value is distinct from previous
  order by id desc limit %(limit)s) k
join conversations c on c.workspace_id = %(workspace_id)s and c.id = k.conversation_id
cross join lateral (
  select array_agg(content order by place) as texts
  from (
    select it ->> 'content' as content, case k.field when 'intent' then n else -n end as place
    from jsonb_array_elements(c.messages) with ordinality as each (it, n)
    where it ->> 'role' = 'user' and it ->> 'content' <> ''
    order by place limit %(turns)s) turns) said
where said.texts is not null
order by k.id desc
"""
"""The latest conversations that people called otherwise, with what the person said.

Of an intent that is what was said first, from the beginning; of a mood from the end.
"""

ASK_FOR_MODEL = """
insert into own_models (workspace_id, version, author, due_at)
select %(workspace_id)s, coalesce(max(version), 0) + 1, %(author)s, clock_timestamp()
from own_models where workspace_id = %(workspace_id)s
returning version
"""

ASK_AFTER_CORRECTIONS = """
with known as (
  select coalesce(max(version), 0) as version, max(created_at) as asked_at,
    coalesce(bool_or(state = 'pending'), false) as is_pending,
    max(version) filter (where is_active) is not distinct from
      max(version) filter (where state = 'ready') as is_latest_in_use
  from own_models where workspace_id = %(workspace_id)s
)
insert into own_models (workspace_id, version, author, due_at)
select %(workspace_id)s, known.version + 1, %(author)s, clock_timestamp() + %(wait)s
from known
where not is_pending and is_latest_in_use and coalesce(known.asked_at, '-infinity') < (
  select created_at from corrections
  where workspace_id = %(workspace_id)s and field in ('intent', 'intents', 'sentiment')
  order by id desc limit 1 offset %(enough)s - 1)
on conflict (workspace_id, version) do nothing
"""
"""Where somebody went back to an earlier version, or to none, that stays until they ask."""

PENDING_MODELS = """
select version from own_models where workspace_id = %(workspace_id)s and state = 'pending'
"""

CLAIM_MODEL = """
update own_models
set attempts = attempts + 1,
    due_at = clock_timestamp() + %(lease)s
where id = (
  select id from own_models where state = 'pending' and due_at <= clock_timestamp()
  order by due_at, id limit 1 for update skip locked)
returning id, workspace_id, version, attempts
"""

LOCK_PENDING_MODEL = """
select id from own_models
where workspace_id = %(workspace_id)s and id = %(id)s and state = 'pending'
for update
"""

DEACTIVATE_MODELS = """
update own_models set is_active = false
where workspace_id = %(workspace_id)s and is_active
returning version
"""

STORE_MODEL = """
update own_models
set state = 'ready', is_active = true, arrays = %(arrays)s, report = %(report)s,
    trained_at = %(now)s, due_at = null
where workspace_id = %(workspace_id)s and id = %(id)s
"""

FAIL_MODEL = """
update own_models
set state = 'failed', due_at = null, report = %(report)s, trained_at = %(now)s
where workspace_id = %(workspace_id)s and id = %(id)s and state = 'pending'
"""

MODELS = """
select version, state, is_active, author, created_at, trained_at, report
from own_models
where workspace_id = %(workspace_id)s
order by version desc limit %(limit)s
"""

ACTIVATE_MODEL = """
update own_models set is_active = true
where workspace_id = %(workspace_id)s and version = %(version)s and state = 'ready'
returning version
"""

ARRAYS = """
select version, arrays from own_models where workspace_id = %(workspace_id)s and id = %(id)s
"""
