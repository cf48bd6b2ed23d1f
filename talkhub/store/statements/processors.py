"""The statements that tell to which third parties a workspace's data go."""

ACCOUNTS = """
select kind, name, external_account_id, credentials_encrypted from channels
where workspace_id = %(workspace_id)s and state = 'active' order by kind, name
"""

CRMS = """
select kind, name, address from crm_connectors
where workspace_id = %(workspace_id)s and state = 'active' order by id
"""

ENDPOINTS = """
select url, events from webhook_endpoints
where workspace_id = %(workspace_id)s and state = 'active' order by id
"""
