"""What changed of a profile, said in a sentence: fields by name, contacts masked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from talkhub.blueprints.dashboard.filters import masked_email, masked_id, masked_phone
from talkhub.blueprints.dashboard.i18n import gettext as _

_MASKS = {"phone": masked_phone, "email": masked_email, "merged": masked_id}
_UNSAID = frozenset({"aliases", "merged_into", "preferences", "custom"})
"""Of these it is said that they changed, or nothing, but not what they are."""


def profile_fields(changes: Mapping[str, Any]) -> str:
    """Return what changed: `Nome: Ana → Ana Maria; Telefone: +55 19 9••••-4821`."""
    names = _field_names()
    return "; ".join(
        f"{names[field]}: {_both(field, change)}" if field not in _UNSAID else names[field]
        for field, change in changes.items()
        if field in names
    )


def change_source(source: str) -> str:
    """Return by whom a profile was changed."""
    names = {
        "api": _("API ou MCP"),
        "merge": _("União"),
        "unmerge": _("Separação"),
        "consent": _("Consentimento"),
    }
    return "CRM" if source.startswith("crm:") else names.get(source, source)


def _field_names() -> dict[str, str]:
    return {
        "name": _("Nome"),
        "phone": _("Telefone"),
        "email": _("E-mail"),
        "locale": _("Idioma"),
        "timezone": _("Fuso horário"),
        "memory_opt_out": _("Recusou a memória"),
        "tags": _("Etiquetas"),
        "preferences": _("Preferências"),
        "custom": _("Outros dados"),
        "merged": _("Unida com"),
        "merged_into": _("Unida a outra pessoa, ou separada dela"),
    }


def _both(field: str, change: Mapping[str, Any]) -> str:
    before, after = (_said(field, change.get(side)) for side in ("before", "after"))
    return f"{before} → {after}" if before else after or _("removido")


def _said(field: str, value: Any) -> str:
    if value is None or value == []:
        return ""
    if isinstance(value, bool):
        return _("sim") if value else _("não")
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return _MASKS.get(field, str)(str(value))
