"""What the pages that administer a workspace have in common."""

from __future__ import annotations

from flask import request

from talkhub.blueprints.dashboard.i18n import gettext as _
from talkhub.blueprints.dashboard.pages import Frame
from talkhub.blueprints.dashboard.visitors import visitor
from talkhub.errors import (
    ByAgency,
    Conflict,
    Forbidden,
    Invalid,
    LastAdmin,
    LastOwner,
    TooManyInvitations,
)
from talkhub.services.administration.administering import Acting
from talkhub.services.administration.invitations import MOST_OPEN
from talkhub.services.fitting import without_nul

ZONES = (
    "America/Sao_Paulo",
    "America/Araguaina",
    "America/Bahia",
    "America/Belem",
    "America/Boa_Vista",
    "America/Campo_Grande",
    "America/Cuiaba",
    "America/Fortaleza",
    "America/Maceio",
    "America/Manaus",
    "America/Noronha",
    "America/Porto_Velho",
    "America/Recife",
    "America/Rio_Branco",
    "America/Argentina/Buenos_Aires",
    "America/Asuncion",
    "America/Bogota",
    "America/La_Paz",
    "America/Lima",
    "America/Mexico_City",
    "America/Montevideo",
    "America/New_York",
    "America/Santiago",
    "Europe/Lisbon",
    "Europe/Madrid",
    "UTC",
)
"""The time zones that are suggested; any other may be typed."""


def acting() -> Acting:
    """Return who is signed in, as they administer the workspace that they look at."""
    who = visitor()
    return Acting(who.workspace_id, who.username, address=request.remote_addr)


def sent() -> dict[str, str]:
    """Return what a form of these pages sent, as PostgreSQL can keep it."""
    return {name: without_nul(value) for name, value in request.form.items()}


def refuse_others(frame: Frame) -> None:
    """Refuse who does not administer the workspace."""
    if not frame.manages_workspace:
        raise Forbidden("Only owners and admins administer the workspace.")


def fault(refused: Invalid | Conflict) -> str:
    """Return why what was typed or wished for cannot be, in the reader's language."""
    names: dict[str, str] = {
        "name_invalid": _("O nome tem de 1 a 80 letras."),
        "slug_invalid": _("O nome curto tem letras minúsculas sem acento, números e hifens."),
        "timezone_invalid": _("O fuso horário se escreve como America/Sao_Paulo."),
        "quota_invalid": _("Uma cota é um número inteiro maior que zero."),
        "name_differs": _("O nome digitado não é o deste espaço."),
        "email_invalid": _("Isto não é um endereço de e-mail."),
        "username_invalid": _("O usuário tem de 2 a 64 letras sem acento, números ou .-_@."),
        "password_invalid": _("A senha tem pelo menos 12 caracteres."),
        ByAgency.code: _("Esta pessoa está aqui como administradora da agência."),
        LastOwner.code: _("O espaço precisa de um dono: nomeie outro antes."),
        LastAdmin.code: _("A agência precisa de um administrador: nomeie outro antes."),
        TooManyInvitations.code: _("Há %(n)s convites em aberto: cancele um antes.")
        % {"n": MOST_OPEN},
    }
    return names.get(refused.first_code, refused.detail)
