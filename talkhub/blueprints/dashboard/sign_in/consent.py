"""The page on which a person lets an application in, or does not: OAuth's authorization."""

from __future__ import annotations

import re
from dataclasses import dataclass

from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import InvalidScopeError
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant
from flask import Blueprint, make_response, render_template, request
from pydantic import BaseModel, ConfigDict
from werkzeug.wrappers import Response

from talkhub.blueprints.dashboard.i18n import gettext as _
from talkhub.blueprints.dashboard.i18n import language
from talkhub.blueprints.dashboard.pages import Frame, read_frame, reading
from talkhub.blueprints.dashboard.visitors import visitor
from talkhub.blueprints.oauth.known_client import scopes_of
from talkhub.blueprints.oauth.server import OAuthServer
from talkhub.blueprints.runtime import Runtime
from talkhub.blueprints.web import let_form_lead_to
from talkhub.extensions import limiter
from talkhub.names import Scope
from talkhub.services.access.auth import SignedIn
from talkhub.services.access.oauth_clients import (
    Client,
    ClientUnusable,
    is_document_url,
    read_client_document,
)
from talkhub.services.access.oauth_grants import scopes_to_allow
from talkhub.services.access.redirect_uris import host_of, is_loopback, source_of

ATTEMPTS = "60 per minute"
"""Each may have us call an application's document; nobody consents this often."""

_DESCRIBABLE = re.compile(r"[\x20\x21\x23-\x5b\x5d-\x7e]*")
"""What an error's description may hold (RFC 6749); Authlib fails on anything else."""


@dataclass(frozen=True, slots=True)
class ConsentPage:
    """Everything the page shows. `is_local` tells that the code goes to this machine."""

    frame: Frame
    client: Client
    host: str
    is_local: bool
    scopes: tuple[Scope, ...]


class Decision(BaseModel):
    """What the form sends; the application's request stands in its address."""

    model_config = ConfigDict(extra="forbid")

    decision: str


class _Refused(Exception):
    """The request cannot be answered to the application, only to the person."""


def register(blueprint: Blueprint, runtime: Runtime) -> None:
    """Add the authorization endpoint to the dashboard, behind its login."""
    server = OAuthServer(runtime)

    @blueprint.get("/authorize")
    @limiter.limit(ATTEMPTS)
    def authorize() -> Response:
        asked = _asked(runtime, server)
        if isinstance(asked, Response):
            return asked
        with reading(runtime.database) as uow:
            page = _page(read_frame(uow), *asked)
        return make_response(render_template("oauth/consent.html", page=page))

    @blueprint.post("/authorize")
    @limiter.limit(ATTEMPTS)
    def decide() -> Response:
        is_allowed = Decision.model_validate(request.form.to_dict()).decision == "allow"
        asked = _asked(runtime, server)
        if isinstance(asked, Response):
            return asked
        grant, offered = asked
        who = _signed_in(offered) if is_allowed else None
        response: Response = server.create_authorization_response(
            request=grant.request, grant_user=who, grant=grant
        )
        if response.location:
            response.status_code = 303
        return response


def _asked(
    runtime: Runtime, server: OAuthServer
) -> tuple[AuthorizationCodeGrant, frozenset[Scope]] | Response:
    """Return the application's request and what the person may allow it, or the refusal."""
    try:
        grant = _validated(runtime, server)
        offered = _offered(runtime, grant)
    except _Refused as refused:
        return _explain(refused)
    except OAuth2Error as error:
        return server.send_back(error) if error.redirect_uri else _explain(error)
    let_form_lead_to(source_of(grant.redirect_uri))
    return grant, offered


def _validated(runtime: Runtime, server: OAuthServer) -> AuthorizationCodeGrant:
    """Return the request, valid so far; the client's document is read if it has one."""
    asked = request.args
    for name in ("response_type", "redirect_uri"):
        if not _DESCRIBABLE.fullmatch(asked.get(name, "")):
            raise _Refused(name)
    client_id = asked.get("client_id", "")
    if is_document_url(client_id):
        try:
            read_client_document(runtime.database, runtime.outbound, client_id)
        except ClientUnusable as error:
            raise _Refused(str(error)) from error
    return server.get_consent_grant()


def _offered(runtime: Runtime, grant: AuthorizationCodeGrant) -> frozenset[Scope]:
    """Return what is asked for and this person may allow; nobody hands on what is not theirs."""
    asked = scopes_of(grant.request.scope)
    offered = asked & scopes_to_allow(runtime.database, _signed_in(asked))
    if not offered:
        state = grant.request.payload.state
        raise InvalidScopeError(state=state, redirect_uri=grant.redirect_uri)
    return offered


def _page(frame: Frame, grant: AuthorizationCodeGrant, offered: frozenset[Scope]) -> ConsentPage:
    return ConsentPage(
        frame=frame,
        client=grant.request.client.client,
        host=host_of(grant.redirect_uri),
        is_local=is_loopback(grant.redirect_uri),
        scopes=tuple(sorted(offered)),
    )


def _signed_in(scopes: frozenset[Scope]) -> SignedIn:
    """Return who looks, with what they allow instead of what they themselves may."""
    person = visitor()
    return SignedIn(
        subject=person.username,
        name=person.name or person.username,
        workspace_id=person.workspace_id,
        locale=language(),
        scopes=scopes,
    )


def _explain(error: Exception) -> Response:
    """Tell the person what is wrong, since nobody knows where to send them back to."""
    if isinstance(error, OAuth2Error) and error.error == "invalid_client":
        text = _("O aplicativo não é conhecido aqui. Conecte-o de novo a partir dele mesmo.")
    elif isinstance(error, OAuth2Error):
        text = _("O endereço de retorno não é um dos que o aplicativo registrou.")
    else:
        text = _("O aplicativo não se apresentou de forma que se possa confiar.")
    detail = str(getattr(error, "description", "") or error)
    return make_response(render_template("oauth/refused.html", text=text, detail=detail), 400)
