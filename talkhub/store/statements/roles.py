"""What role each user has in each workspace, for the statements that ask it."""

ROLES = """(
  select user_id, workspace_id, role from memberships
)"""
"""The one place that says so: statements join it as `m`."""
