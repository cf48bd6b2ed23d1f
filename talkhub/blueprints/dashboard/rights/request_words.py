"""What requests of people are called in the request's language."""

from __future__ import annotations

from talkhub.blueprints.dashboard.i18n import gettext as _
from talkhub.services.privacy.subject_requests import RequestKind, RequestState


def request_kinds() -> dict[str, str]:
    """Return what people may ask for, by kind."""
    return {
        RequestKind.ACCESS: _("Acesso aos dados"),
        RequestKind.CORRECTION: _("Correção de dados"),
        RequestKind.ERASURE: _("Apagamento"),
        RequestKind.PORTABILITY: _("Portabilidade"),
        RequestKind.REVOCATION: _("Revogação do consentimento"),
        RequestKind.REVIEW: _("Revisão de decisão automatizada"),
    }


def request_kind_name(kind: str) -> str:
    """Return what somebody asked for."""
    return request_kinds().get(kind, kind)


def request_state_name(state: str) -> str:
    """Return how far a request is."""
    names: dict[str, str] = {
        RequestState.OPEN: _("Em aberto"),
        RequestState.IN_WORK: _("Em andamento"),
        RequestState.DONE: _("Atendido"),
        RequestState.REFUSED: _("Recusado"),
    }
    return names.get(state, state)
