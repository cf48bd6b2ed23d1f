"""What CRMs and their rules are called on pages, and in the trail."""

from __future__ import annotations

from collections.abc import Mapping

from talkhub.blueprints.dashboard.i18n import gettext as _
from talkhub.names.crm import CRMAction


def crm_action_name(action: str) -> str:
    """Return what is done at a CRM."""
    names: dict[str, str] = {
        CRMAction.UPSERT_CONTACT: _("Contato no CRM"),
        CRMAction.ADD_NOTE: _("Nota no CRM"),
        CRMAction.CREATE_DEAL: _("Negócio no CRM"),
    }
    return names.get(action, action)


def actions_with_crms() -> Mapping[str, str]:
    """Return what the trail calls what somebody did with CRMs."""
    return {
        "crm_connector.added": _("CRM conectado"),
        "crm_connector.changed": _("CRM alterado"),
        "crm_connector.deleted": _("CRM desconectado"),
        "crm_connector.tested": _("CRM testado"),
        "crm_rule.added": _("Regra de CRM criada"),
        "crm_rule.deleted": _("Regra de CRM apagada"),
    }
