"""The statements of write-back: a workspace's rules, and what they did last."""

RULES = """
select r.id, r.channel_id, a.name as channel, r.event, r.sentiments, r.intents, r.action, r.target,
       r.value, r.created_at
from write_back_rules r
left join channels a on a.workspace_id = r.workspace_id and a.id = r.channel_id
where r.workspace_id = %(workspace_id)s
order by r.id
"""

ADD_RULE = """
insert into write_back_rules
  (workspace_id, channel_id, event, sentiments, intents, action, target, value)
values (%(workspace_id)s, %(channel_id)s, %(event)s, %(sentiments)s, %(intents)s, %(action)s,
        %(target)s, %(value)s)
returning id
"""

DELETE_RULE = """
delete from write_back_rules where workspace_id = %(workspace_id)s and id = %(id)s returning id
"""

ACCOUNTS_THAT_WRITE = """
select id from channels
where workspace_id = %(workspace_id)s and kind = 'uchat' and state = 'active'
  and credentials_encrypted is not null
"""

LAST_ACTIONS = """
select distinct on (channel_id, payload ->> 'user_id', payload ->> 'slot')
  channel_id, payload ->> 'user_id' as user_id, payload ->> 'slot' as slot,
  payload -> 'action' as action
from outbound_messages
where workspace_id = %(workspace_id)s and channel_id = any(%(channel_ids)s)
  and profile_id = any(array(
    select id from user_profiles
    where workspace_id = %(workspace_id)s
      and (id = any(%(profile_ids)s) or merged_into_id = any(%(profile_ids)s))))
  and payload ->> 'user_id' = any(%(user_ids)s) and kind = 'action'
  and (state <> 'dead' or failure = 'permanent')
order by channel_id, payload ->> 'user_id', payload ->> 'slot', id desc
"""
"""What was last done, or is about to be, with each field and tag of a person at the provider.

By the provider's id, which stays when people are merged. What the provider refused for good
counts too: asked again, it would refuse again.
"""

ADD_ACTIONS = """
insert into outbound_messages
  (workspace_id, channel_id, profile_id, conversation_id, kind, payload)
select %(workspace_id)s, r.channel_id, r.profile_id, r.conversation_id, 'action', r.payload
from jsonb_to_recordset(%(rows)s::jsonb) as r (
  number int, channel_id bigint, profile_id bigint, conversation_id bigint, payload jsonb)
order by r.number
"""
