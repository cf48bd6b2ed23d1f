"""The statements behind a workspace's webhook endpoints."""

COUNT_ENDPOINTS = """
select count(*) from webhook_endpoints where workspace_id = %(workspace_id)s
"""

ADD_ENDPOINT = """
insert into webhook_endpoints (workspace_id, url, events, secrets_encrypted)
values (%(workspace_id)s, %(url)s, %(events)s, '')
returning id
"""
"""Its secret follows in the same transaction: it is bound to the id."""

KEEP_SECRET = """
update webhook_endpoints set secrets_encrypted = %(secrets)s
where workspace_id = %(workspace_id)s and id = %(id)s
"""

LOCK_ENDPOINT = """
select id, url, events, state, secrets_encrypted from webhook_endpoints
where workspace_id = %(workspace_id)s and id = %(id)s
for update
"""

CHANGE_ENDPOINT = """
update webhook_endpoints set url = %(url)s, events = %(events)s
where workspace_id = %(workspace_id)s and id = %(id)s
"""

ROTATE_SECRET = """
update webhook_endpoints set secrets_encrypted = %(secrets)s, rotated_at = clock_timestamp()
where workspace_id = %(workspace_id)s and id = %(id)s
"""

ENABLE_ENDPOINT = """
update webhook_endpoints
set state = 'active', disabled_reason = null, failures = 0, failing_since = null,
    paused_until = null
where workspace_id = %(workspace_id)s and id = %(id)s
"""

DISABLE_ENDPOINT = """
with disabled as (
  update webhook_endpoints set state = 'disabled', disabled_reason = %(reason)s
  where workspace_id = %(workspace_id)s and id = %(id)s and state = 'active'
  returning id
), given_up as (
  update outbound_messages
  set state = 'dead', lease_until = null, last_error = %(error)s
  where workspace_id = %(workspace_id)s and state = 'pending'
    and webhook_endpoint_id in (select id from disabled)
)
select id from disabled
"""
"""What waits is given up with it, visibly: once the endpoint is back it can be replayed."""

DELETE_ENDPOINT = """
with forgotten as (
  delete from outbound_messages
  where workspace_id = %(workspace_id)s and webhook_endpoint_id = %(id)s
)
delete from webhook_endpoints where workspace_id = %(workspace_id)s and id = %(id)s
returning id
"""
