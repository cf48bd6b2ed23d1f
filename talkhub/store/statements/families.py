"""The statements that find what was issued in a workspace, to end all of it."""

FAMILIES_IN_FORCE = """
select family from tokens
where workspace_id = %(workspace_id)s and revoked_at is null and expires_at > clock_timestamp()
union
select family from refresh_tokens
where workspace_id = %(workspace_id)s and revoked_at is null and expires_at > clock_timestamp()
union
select family from oauth_grants
where workspace_id = %(workspace_id)s and revoked_at is null and expires_at > clock_timestamp()
"""

ALL_WORKSPACES = """
select id from workspaces order by id
"""

WORKSPACE_BY_SLUG = """
select id from workspaces where slug = %(slug)s and closed_at is null
"""
