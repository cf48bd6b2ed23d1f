"""What roles are called in the request's language."""

from __future__ import annotations

from talkhub.blueprints.dashboard.i18n import gettext as _
from talkhub.roles import Role


def role_name(role: str) -> str:
    """Return what a role is called."""
    names: dict[str, str] = {
        Role.OWNER: _("Dono"),
        Role.ADMIN: _("Administrador"),
        Role.ANALYST: _("Analista"),
        Role.VIEWER: _("Leitor"),
    }
    return names.get(role, role)
