"""The statements of what people agreed to and withdrew."""

ALL_OF_PERSON = """
  select id from user_profiles
  where workspace_id = %(workspace_id)s and coalesce(merged_into_id, id) = (
    select coalesce(merged_into_id, id) from user_profiles
    where workspace_id = %(workspace_id)s and id = %(profile_id)s)"""
"""A consent stays with the profile that gave it, whomever that is merged into later."""

PROFILE_OF = """
select id from user_profiles
where workspace_id = %(workspace_id)s and user_id = %(user_id)s and erased_at is null
"""

ADD_TEXT = """
insert into consent_texts (workspace_id, purpose, version, body, created_by)
select %(workspace_id)s, %(purpose)s, coalesce(max(version), 0) + 1, %(body)s, %(actor)s
from consent_texts where workspace_id = %(workspace_id)s and purpose = %(purpose)s
returning version
"""

TEXTS = """
select purpose, version, body, created_by, created_at from consent_texts
where workspace_id = %(workspace_id)s
order by purpose, version desc
"""

FIND_TEXT = """
select id from consent_texts
where workspace_id = %(workspace_id)s and purpose = %(purpose)s and version = %(version)s
"""

ADD_CONSENTS = """
insert into consents
  (workspace_id, profile_id, purpose, is_given, text_id, channel, message_id, noted_by, at)
select %(workspace_id)s, profile_id, %(purpose)s, %(is_given)s, %(text_id)s, channel,
  message_id, %(noted_by)s, at
from unnest(%(profile_ids)s::bigint[], %(channels)s::text[], %(message_ids)s::text[],
  %(times)s::timestamptz[]) as g (profile_id, channel, message_id, at)
"""

CONSENTS_OF_PERSON = f"""
select k.purpose, k.is_given, t.version, k.channel, k.message_id, k.noted_by, k.at
from consents k left join consent_texts t
  on t.workspace_id = %(workspace_id)s and t.id = k.text_id
where k.workspace_id = %(workspace_id)s and k.profile_id in ({ALL_OF_PERSON})
order by k.at desc, k.id desc
"""

REFUSED_CONTACT = f"""
select not k.is_given and not exists (
    select from chat_sessions
    where workspace_id = %(workspace_id)s and session_id = %(session_id)s and status = 'active')
from consents k
where k.workspace_id = %(workspace_id)s and k.purpose = 'contact'
  and k.profile_id in ({ALL_OF_PERSON})
order by k.at desc, k.id desc
limit 1
"""
"""Whether a person wants to hear no more, and nothing is going on that they are answered in."""

WORDS = """
select words, are_ours, in_saved from opt_out_words where workspace_id = %(workspace_id)s
"""

SET_WORDS = """
insert into opt_out_words (workspace_id, words, changed_by)
values (%(workspace_id)s, %(words)s, %(actor)s)
on conflict (workspace_id) do update
set words = excluded.words, are_ours = false, changed_by = excluded.changed_by,
    changed_at = clock_timestamp()
"""

END_WORDS = """
update opt_out_words
set words = %(ours)s, are_ours = true, changed_by = %(actor)s, changed_at = clock_timestamp()
where workspace_id = %(workspace_id)s
"""

SET_IN_SAVED = """
insert into opt_out_words (workspace_id, words, are_ours, in_saved, changed_by)
values (%(workspace_id)s, %(ours)s, true, %(in_saved)s, %(actor)s)
on conflict (workspace_id) do update
set in_saved = excluded.in_saved, changed_by = excluded.changed_by,
    changed_at = clock_timestamp()
"""

SAVED_SHORT_MESSAGES = """
select c.profile_id, left(c.platform, 20) as channel, said ->> 'id' as message_id,
       said ->> 'content' as content,
       least((said ->> 'timestamp')::timestamptz, clock_timestamp()) as at
from conversations c cross join lateral jsonb_array_elements(c.messages) as said
where c.workspace_id = %(workspace_id)s and c.id = any(%(ids)s) and c.source <> 'erased'
  and not c.metadata ? 'call' and said ->> 'role' = 'user' and not said ? 'external_id'
  and length(said ->> 'content') between 1 and %(longest)s
  and not exists (
    select from consents k
    where k.workspace_id = %(workspace_id)s and k.profile_id = c.profile_id
      and k.purpose = 'contact' and k.message_id = said ->> 'id')
order by c.id, at
"""
"""What people wrote in conversations that callers saved, as far as it was not noted already.

A message of a channel has its provider's id, and was read when it came. What is said in a call
is no message.
"""
