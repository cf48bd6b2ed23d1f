"""The page on which people sign in, with all the ways that there are."""

from __future__ import annotations

from flask import Response, make_response, render_template, request

from talkhub.blueprints.dashboard.i18n import gettext as _
from talkhub.blueprints.dashboard.preferences import remember
from talkhub.blueprints.runtime import Runtime
from talkhub.errors import Conflict, RateLimited, TalkHubError, Unauthenticated
from talkhub.services.administration.brands import Face, face_of_login

ENTRANCE_COOKIE = "entrance"
"""The slug of the workspace whose brand the login shows: what `?at=` said the last time."""


def login_face(runtime: Runtime) -> Face | None:
    """Return the brand that the pages before a sign-in show; None for the service's own."""
    slug = request.args.get("at") or request.cookies.get(ENTRANCE_COOKIE, "")
    return face_of_login(runtime.database, slug) if slug else None


def login_page(
    runtime: Runtime,
    *,
    username: str = "",
    wanted: str = "",
    refused: TalkHubError | None = None,
    wrong: str = "",
) -> Response:
    """Render the page; `wrong` is said where what was given was not right."""
    html = render_template(
        "dashboard/sign_in/login.html",
        username=username,
        next=wanted,
        message=_reason(refused, wrong),
        has_company=runtime.settings.oidc_issuer is not None,
        has_supabase=runtime.settings.supabase_sign_in,
        face=login_face(runtime),
    )
    response = make_response(html, refused.status if refused else 200)
    if "at" in request.args:
        remember(response, ENTRANCE_COOKIE, request.args["at"][:63])
    return response


def _reason(refused: TalkHubError | None, wrong: str) -> str:
    match refused:
        case None:
            return ""
        case RateLimited():
            return _("Muitas tentativas. Espere alguns minutos e tente de novo.")
        case Unauthenticated() | Conflict():
            return wrong
    return _("Quem confirma quem você é não responde agora. Tente de novo em instantes.")
