"""The statements that send round again what was given up."""

REPLAY_EVENTS = """
update inbound_events
set state = 'pending', attempts = 0, due_at = clock_timestamp(), lease_until = null,
    fence = fence + 1
where workspace_id = %(workspace_id)s and state = 'dead'
  and (%(ids)s::bigint[] is null or id = any(%(ids)s))
"""
"""The last error stays until the event is settled, for whoever looks meanwhile."""

REPLAY_DELIVERIES = """
update outbound_messages
set state = 'pending', attempts = 0, due_at = clock_timestamp(), lease_until = null,
    last_error = null, failure = null, fence = fence + 1
where workspace_id = %(workspace_id)s and state = 'dead'
  and (%(ids)s::bigint[] is null or id = any(%(ids)s))
  and (webhook_endpoint_id in (
      select id from webhook_endpoints
      where workspace_id = %(workspace_id)s and state = 'active')
    or crm_connector_id in (
      select id from crm_connectors
      where workspace_id = %(workspace_id)s and state = 'active'))
"""
"""Of disabled endpoints and CRMs nothing: it would wait, unseen, for someone to enable them."""

DEAD_MESSAGES_TO_PEOPLE = """
select id, channel_id, payload from outbound_messages
where workspace_id = %(workspace_id)s and state = 'dead' and kind = 'message'
  and channel_id is not null and id = any(%(ids)s)
order by id
"""

REPLAY_TO_PEOPLE = """
update outbound_messages
set state = 'pending', attempts = 0, due_at = clock_timestamp(), lease_until = null,
    last_error = null, failure = null, fence = fence + 1
where workspace_id = %(workspace_id)s and state = 'dead' and id = any(%(ids)s)
  and channel_id in (
    select id from channels where workspace_id = %(workspace_id)s and state = 'active')
"""
"""Messages and actions alike; nothing through accounts that were removed."""
