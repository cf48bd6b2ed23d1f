"""The statements that encrypt anew what is kept encrypted, a batch after the other."""

SECOND_FACTORS_TO_READ = """
select user_id, secret_encrypted from second_factors
where user_id > %(after)s order by user_id limit %(limit)s for update
"""

KEEP_SECOND_FACTOR = """
update second_factors set secret_encrypted = %(secret)s, key_id = %(key_id)s
where user_id = %(user_id)s
"""

CHANNELS_TO_READ = """
select id, workspace_id, kind, external_account_id,
  secrets_encrypted, previous_secrets, credentials_encrypted
from channels where id > %(after)s and state <> 'removed'
order by id limit %(limit)s for update
"""

KEEP_CHANNEL = """
update channels set secrets_encrypted = %(secrets)s, previous_secrets = %(previous)s,
  credentials_encrypted = %(credentials)s, key_id = %(key_id)s
where id = %(id)s
"""

ENDPOINTS_TO_READ = """
select id, workspace_id, secrets_encrypted from webhook_endpoints
where id > %(after)s order by id limit %(limit)s for update
"""

KEEP_ENDPOINT = """
update webhook_endpoints set secrets_encrypted = %(secrets)s where id = %(id)s
"""

CRMS_TO_READ = """
select id, workspace_id, public_token, credentials_encrypted, session_encrypted,
  webhook_secret_encrypted
from crm_connectors
where id > %(after)s order by id limit %(limit)s for update
"""

KEEP_CRM = """
update crm_connectors set credentials_encrypted = %(credentials)s, session_encrypted = %(session)s,
  webhook_secret_encrypted = %(webhook_secret)s
where id = %(id)s
"""

HASHING_KEYS_TO_READ = """
select purpose, key_encrypted from hashing_keys order by purpose for update
"""

KEEP_HASHING_KEY = """
update hashing_keys set key_encrypted = %(key)s where purpose = %(purpose)s
"""
