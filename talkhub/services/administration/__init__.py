"""Workspaces and who runs them: members, invitations, agencies, brands, quotas, the end."""
