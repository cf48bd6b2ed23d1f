"""The statements of reconciliation: whose turn it is, what is there, what was missing."""

CLAIM_ACCOUNT = """
insert into reconciliations as r (workspace_id, channel_id, due_at)
select c.workspace_id, c.id, clock_timestamp() + %(lease)s
from channels c
left join reconciliations known on known.channel_id = c.id
where c.kind = 'uchat' and c.state = 'active' and c.credentials_encrypted is not null
  and coalesce(known.due_at, '-infinity') <= clock_timestamp()
order by known.due_at nulls first
limit 1
on conflict (channel_id) do update set due_at = excluded.due_at
where r.due_at <= clock_timestamp()
returning workspace_id, channel_id,
  (select external_account_id from channels where id = channel_id),
  (select credentials_encrypted from channels where id = channel_id) as credentials
"""
"""One account at a time, and to one scheduler: nothing if another one was faster."""

PEOPLE_TO_ASK_FOR = """
select c.user_id, p.covered_until
from conversations c
left join reconciled_people p on p.workspace_id = c.workspace_id
  and p.channel_id = c.channel_id and p.user_id = c.user_id
where c.workspace_id = %(workspace_id)s and c.channel_id = %(channel_id)s
  and c.last_message_at > %(since)s
  and (p.tried_at is null or p.tried_at < clock_timestamp() - %(rest)s)
group by c.user_id, p.covered_until, p.tried_at
order by p.tried_at nulls first, max(c.last_message_at) desc
limit %(limit)s
"""
"""Who was heard of lately, the longest not asked for first."""

NOTE_PERSON = """
insert into reconciled_people as p (workspace_id, channel_id, user_id, tried_at, covered_until)
values (%(workspace_id)s, %(channel_id)s, %(user_id)s, clock_timestamp(), %(covered_until)s)
on conflict (channel_id, user_id) do update
set tried_at = excluded.tried_at,
    covered_until = coalesce(excluded.covered_until, p.covered_until)
"""

SETTLE_ACCOUNT = """
update reconciliations
set due_at = clock_timestamp() + %(wait)s, trouble = %(trouble)s,
    checked_at = case when %(has_checked)s then clock_timestamp() else checked_at end
where workspace_id = %(workspace_id)s and channel_id = %(channel_id)s
"""

COUNT_GAPS = """
update reconciliations set gaps_filled = gaps_filled + %(count)s
where workspace_id = %(workspace_id)s and channel_id = %(channel_id)s
"""

FORGET_PEOPLE = """
delete from reconciled_people where tried_at < clock_timestamp() - interval '7 days'
"""

SAID_AROUND = """
select c.id as conversation_id, c.profile_id,
       coalesce(m.channel_id, c.channel_id) as channel_id, said ->> 'id' as message_id,
       said ->> 'role' as role, said ->> 'kind' as kind, said ->> 'content' as content,
       coalesce(said #>> '{attributes,url}', '') as url,
       (said ->> 'timestamp')::timestamptz as sent_at,
       coalesce(m.external_message_id, '') as external_id, coalesce(m.alias, '') as alias
from conversations c
cross join lateral jsonb_array_elements(c.messages) as said
left join message_index m on m.workspace_id = c.workspace_id and m.profile_id = c.profile_id
  and m.sent_at = (said ->> 'timestamp')::timestamptz and m.message_id = said ->> 'id'
where c.workspace_id = %(workspace_id)s and c.profile_id = any(%(profile_ids)s)
  and c.last_message_at >= %(since)s and c.started_at <= %(until)s
  and (coalesce(m.channel_id, c.channel_id) = any(%(channel_ids)s)
       or coalesce(m.channel_id, c.channel_id) is null
         and (c.source = 'api' or c.platform = 'uchat'))
  and (said ->> 'timestamp')::timestamptz between %(since)s and %(until)s
  and (m.alias is null or m.alias like 'sent:%%' or m.external_message_id like 'sent:%%')
"""
"""What people and those who answered them said, as far as it may come once more.

What is pushed or pulled has a second name then; what we sent may be pushed and pulled.
"""

NAME_TWINS = """
insert into message_index as m
  (workspace_id, conversation_id, message_id, profile_id, position, role, sent_at, channel_id,
   source, external_message_id, event_id)
select %(workspace_id)s, coalesce(known.conversation_id, r.conversation_id), r.message_id,
       r.profile_id, 0, r.role, r.sent_at, r.channel_id, r.source, r.name, r.event_id
from jsonb_to_recordset(%(rows)s::jsonb) as r (
  conversation_id bigint, message_id text, profile_id bigint, role text, sent_at timestamptz,
  channel_id bigint, source text, name text, event_id bigint)
left join message_index known on known.workspace_id = %(workspace_id)s
  and known.profile_id = r.profile_id and known.sent_at = r.sent_at
  and known.message_id = r.message_id
on conflict (workspace_id, conversation_id, message_id) do update
set alias = excluded.external_message_id
"""
"""Gives a message that came by two ways its second name.

One that a caller saved has no row yet: it gets one, under the name it is told by now.
"""
