"""The roles that people have in a workspace, and what each one may."""

from __future__ import annotations

from enum import StrEnum

from talkhub.names import Scope
from talkhub.security import API_SCOPES, DASHBOARD_SCOPES, MANAGING_SCOPES, TOOL_SCOPES


class Role(StrEnum):
    """What somebody is in a workspace, the most powerful first."""

    OWNER = "owner"
    ADMIN = "admin"
    ANALYST = "analyst"
    VIEWER = "viewer"


READING_SCOPES = frozenset({Scope.MCP_READ, Scope.ANALYTICS_READ})
"""What programs may do for anybody who may look at the pages: they show no less."""

OPERATORS_SCOPES = frozenset({Scope.WORKSPACE_MANAGE, Scope.WORKSPACE_OWN})
"""Who has them over REST acts as the operator: only the admin secret gives them."""

_VIEWING = DASHBOARD_SCOPES
_ANALYSING = _VIEWING | {Scope.MESSAGES_SEND, Scope.ANALYSIS_WRITE, Scope.DATA_EXPORT}
_MANAGING = _ANALYSING | MANAGING_SCOPES | {Scope.PROFILE_WRITE, Scope.WORKSPACE_MANAGE}
_OWNING = _MANAGING | {Scope.WORKSPACE_OWN}

_SCOPES = {
    Role.OWNER: _OWNING,
    Role.ADMIN: _MANAGING,
    Role.ANALYST: _ANALYSING,
    Role.VIEWER: _VIEWING,
}


def scopes_of(role: Role) -> frozenset[Scope]:
    """Return what a role allows on the pages: all that the roles below it may, and more.

    Viewers read; analysts correct, export and write to people; admins manage; owners also
    delete the workspace and say who owns it.
    """
    return _SCOPES[role]


def api_scopes_of(role: Role) -> frozenset[Scope]:
    """Return what somebody's programs may do with a token of theirs: no more than they may.

    Administering workspaces is left to the pages, where their role decides each step.
    """
    return (scopes_of(role) & (API_SCOPES - OPERATORS_SCOPES)) | tool_scopes_of(role)


def tool_scopes_of(role: Role) -> frozenset[Scope]:
    """Return which tools somebody's programs, and applications that they allow, may call."""
    return TOOL_SCOPES if Scope.WORKSPACE_MANAGE in scopes_of(role) else READING_SCOPES
