"""The statements that tell what an incident may have touched."""

KEPT_THEN = """
with people as (
  select count(*) as people, count(name) as names, count(phone) as phones, count(email) as emails
  from user_profiles
  where workspace_id = %(workspace_id)s and erased_at is null and merged_into_id is null
    and created_at < %(until)s
), talks as (
  select count(*) as conversations, coalesce(sum(message_count), 0)::bigint as messages
  from conversations
  where workspace_id = %(workspace_id)s and source <> 'erased' and created_at < %(until)s
), known as (
  select count(*) as facts from profile_facts
  where workspace_id = %(workspace_id)s and created_at < %(until)s
)
select * from people cross join talks cross join known
"""
"""Of what is kept now that which was there: what was erased since is counted no more."""

TRAIL_OF_TIME = """
select action, actor, address, count(*) as times, min(at) as first_at, max(at) as last_at
from audit_entries
where workspace_id = %(workspace_id)s and at >= %(since)s and at < %(until)s
group by action, actor, address
order by action, actor, address nulls first
"""

USES_OF_TIME = """
select principal_kind, principal, name, count(*) as times, min(requested_at) as first_at,
  max(requested_at) as last_at
from request_log
where workspace_id = %(workspace_id)s and requested_at >= %(since)s and requested_at < %(until)s
group by principal_kind, principal, name
order by principal_kind, principal, name
"""

PEOPLE_IN_TRAIL = """
with noted as (
  select action, subject from audit_entries
  where workspace_id = %(workspace_id)s and at >= %(since)s and at < %(until)s
    and action in ('transcript.read', 'person.copied')
    and (%(actor)s::text is null or actor = %(actor)s)
), named as (
  select c.profile_id, action from noted
  join conversations c on c.workspace_id = %(workspace_id)s and c.conversation_id = noted.subject
  where action = 'transcript.read'
  union all
  select substring(subject from '[0-9]+$')::bigint, action from noted
  where subject ~ (
    case action when 'transcript.read' then '^person ' else '^' end || '[0-9]{1,18}$')
)
select distinct on (1) coalesce(p.merged_into_id, p.id) as profile_id,
  case action when 'person.copied' then 'copied' else 'read' end as how
from named join user_profiles p on p.workspace_id = %(workspace_id)s and p.id = named.profile_id
order by 1, 2
"""
"""Who was read is named by a conversation or by a number, who was copied by the number alone."""

PEOPLE_THEN = """
select id, user_id, name, phone, email from user_profiles
where workspace_id = %(workspace_id)s and erased_at is null and merged_into_id is null
  and created_at < %(until)s and id > %(after)s
order by id limit %(limit)s
"""
