"""The statements of what people ask for under the law."""

from talkhub.store.statements.consents import ALL_OF_PERSON

_TOLD = """
select r.id, r.kind, r.state, r.profile_id, p.user_id, r.identifier, r.asked_by, r.channel,
  r.details, c.conversation_id, r.correction_id, r.asked_at, r.due_at, r.recorded_by,
  r.handled_by, r.closed_at, r.answer, r.receipt
from subject_requests r
left join user_profiles p
  on p.workspace_id = %(workspace_id)s and p.id = r.profile_id and p.erased_at is null
left join conversations c on c.workspace_id = %(workspace_id)s and c.id = r.conversation_id
where r.workspace_id = %(workspace_id)s
"""

OPEN_REQUESTS = f"""{_TOLD}
  and r.closed_at is null
  and (%(after)s::bigint is null or (r.due_at, r.id) > (
    select due_at, id from subject_requests
    where workspace_id = %(workspace_id)s and id = %(after)s))
order by r.due_at, r.id limit %(limit)s
"""

CLOSED_REQUESTS = f"""{_TOLD}
  and r.closed_at is not null
  and (%(after)s::bigint is null or (r.closed_at, r.id) < (
    select closed_at, id from subject_requests
    where workspace_id = %(workspace_id)s and id = %(after)s))
order by r.closed_at desc, r.id desc limit %(limit)s
"""

REQUESTS_OF_PERSON = f"""{_TOLD}
  and r.profile_id in ({ALL_OF_PERSON})
order by r.id desc limit %(limit)s
"""

ONE_REQUEST = f"""{_TOLD}
  and r.id = %(id)s
"""

LOCK_REQUEST = """
select closed_at, kind, profile_id, identifier, receipt from subject_requests
where workspace_id = %(workspace_id)s and id = %(id)s
for update
"""

COUNT_DUE = """
select count(*) as due, count(*) filter (where due_at < %(now)s) as overdue
from subject_requests
where workspace_id = %(workspace_id)s and closed_at is null and due_at < %(before)s
"""

CONVERSATION_OF = f"""
select id, profile_id from conversations
where workspace_id = %(workspace_id)s and conversation_id = %(conversation_id)s
  and source <> 'erased'
  and (%(profile_id)s::bigint is null or profile_id in ({ALL_OF_PERSON}))
"""

ADD_REQUEST = """
insert into subject_requests (workspace_id, kind, profile_id, identifier, asked_by, channel,
  details, conversation_id, asked_at, due_at, recorded_by)
values (%(workspace_id)s, %(kind)s, %(profile_id)s, %(identifier)s, %(asked_by)s, %(channel)s,
  %(details)s, %(conversation_id)s, %(asked_at)s, %(due_at)s, %(actor)s)
returning id
"""

TAKE_REQUEST = """
update subject_requests set state = 'in_work', handled_by = %(actor)s
where workspace_id = %(workspace_id)s and id = %(id)s
"""

MATCH_REQUEST = """
update subject_requests set profile_id = %(profile_id)s, identifier = null
where workspace_id = %(workspace_id)s and id = %(id)s
"""

CORRECTION_OF_REQUEST = """
select k.id from corrections k
join subject_requests r on r.workspace_id = %(workspace_id)s and r.id = %(id)s
  and r.conversation_id = k.conversation_id
where k.workspace_id = %(workspace_id)s and k.id = %(correction_id)s and k.undone_at is null
"""

CLOSE_REQUEST = """
update subject_requests
set state = %(state)s, answer = %(answer)s, correction_id = %(correction_id)s,
  handled_by = %(actor)s, closed_at = %(now)s
where workspace_id = %(workspace_id)s and id = %(id)s
"""

CLOSE_WITH_RECEIPT = """
update subject_requests
set state = 'done', receipt = %(receipt)s, handled_by = %(actor)s, closed_at = %(now)s
where workspace_id = %(workspace_id)s and profile_id = any(%(profile_ids)s)
  and kind = any(%(kinds)s) and closed_at is null
returning id, kind
"""

ANONYMISE_REQUESTS = """
update subject_requests
set profile_id = null, identifier = null, asked_by = null, details = null, answer = null,
  conversation_id = null, correction_id = null,
  receipt = case when closed_at is null then %(receipt)s else receipt end
where workspace_id = %(workspace_id)s
  and (profile_id = any(%(profile_ids)s) or identifier = any(%(names)s))
"""
"""What is left proves that somebody asked, until when, and that it was done, and not who it was."""

DAYS = """
select kind, days from subject_request_days where workspace_id = %(workspace_id)s
"""

SET_DAYS = """
insert into subject_request_days (workspace_id, kind, days, changed_by)
values (%(workspace_id)s, %(kind)s, %(days)s, %(actor)s)
on conflict (workspace_id, kind) do update
set days = excluded.days, changed_by = excluded.changed_by, changed_at = clock_timestamp()
"""
