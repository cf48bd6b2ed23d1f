"""Tokens for API clients. Authentication: the admin secret, or the token at stake."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from flask import Blueprint, Response, request
from pydantic import BaseModel, ConfigDict, Field

from talkhub.blueprints.answers import private_answer
from talkhub.blueprints.runtime import Runtime
from talkhub.blueprints.tokens import bearer_token, issue_access_token
from talkhub.blueprints.vouching import supabase_login, there
from talkhub.blueprints.web import take_forms_only
from talkhub.errors import Unauthenticated
from talkhub.extensions import limiter
from talkhub.names import TokenKind
from talkhub.security import AUDIENCE, TOKEN_LIFETIME
from talkhub.services.access.auth import (
    IssuedToken,
    Person,
    SignedIn,
    exchange_admin_secret,
    revoke_token,
)
from talkhub.services.access.refreshing import (
    REFRESH_LIFETIME,
    issue_refresh_token,
    revoke_refresh_token,
    use_refresh_token,
)
from talkhub.services.access.second_factors import prove_second_factor
from talkhub.services.administration.vouched import caller_of_email
from talkhub.services.administration.workspaces import workspace_by_slug
from talkhub.strict_json import read_json

ATTEMPTS = "20 per minute"
SUPABASE_LIFETIME = timedelta(hours=1)
"""As long as Supabase's own: who was let go there or here has nothing left after that."""


class TokenRequest(BaseModel):
    """What `/api/v1/auth/token` takes."""

    model_config = ConfigDict(extra="forbid")

    username: str = Field(min_length=1, max_length=255)
    admin_secret: str = Field(min_length=1, max_length=1024)
    workspace: str | None = Field(default=None, max_length=63)


class SupabaseRequest(BaseModel):
    """What `/api/v1/auth/supabase` takes; `code` from who has a second factor here."""

    model_config = ConfigDict(extra="forbid")

    access_token: str = Field(min_length=1, max_length=8192)
    code: str = Field(default="", max_length=64)


class RefreshRequest(BaseModel):
    """What `/api/v1/auth/refresh` takes; `/api/v1/auth/revoke` may."""

    model_config = ConfigDict(extra="forbid")

    refresh_token: str = Field(min_length=1, max_length=255)


def create_blueprint(runtime: Runtime) -> Blueprint:
    """Return the token routes."""
    blueprint = Blueprint("auth", __name__, url_prefix="/api/v1/auth")
    blueprint.before_request(take_forms_only)

    @blueprint.post("/token")
    @limiter.limit(ATTEMPTS)
    def token() -> Response:
        """Exchange the admin secret for a token that lasts 24 hours."""
        given = TokenRequest.model_validate(read_json(request.get_data()))
        who = exchange_admin_secret(
            runtime.database,
            username=given.username,
            given=given.admin_secret,
            expected=runtime.settings.admin_secrets,
            address=request.remote_addr or "",
        )
        if given.workspace is not None:
            workspace_id = workspace_by_slug(runtime.database, given.workspace)
            who = replace(who, workspace_id=workspace_id)
        issued = _issue(runtime, who)
        refresh_token = issue_refresh_token(
            runtime.database, who, family=issued.family, audience=AUDIENCE
        )
        return _tokens(issued, who, refresh_token)

    @blueprint.post("/refresh")
    @limiter.limit(ATTEMPTS)
    def refresh() -> Response:
        """Exchange a refresh token, once, for another token and another refresh token."""
        given = RefreshRequest.model_validate(read_json(request.get_data()))
        try:
            refreshed = use_refresh_token(
                runtime.database, given.refresh_token, address=request.remote_addr or ""
            )
        except Unauthenticated:
            runtime.revoked.forget()  # the family's, if it was used before
            raise
        issued = _issue(runtime, refreshed.who, family=refreshed.family)
        return _tokens(issued, refreshed.who, refreshed.refresh_token)

    @blueprint.post("/revoke")
    @limiter.limit(ATTEMPTS)
    def revoke() -> Response:
        """Revoke the token that the request carries, or a refresh token, and their family."""
        revoked = _revoke(runtime)
        runtime.revoked.forget()
        return private_answer({"revoked": revoked})

    _add_supabase(blueprint, runtime)
    return blueprint


def _add_supabase(blueprint: Blueprint, runtime: Runtime) -> None:
    project = supabase_login(runtime)

    @blueprint.post("/supabase")
    @limiter.limit(ATTEMPTS)
    def supabase() -> Response:
        """Exchange a Supabase access token for a token of ours that lasts an hour."""
        login = there(project)
        given = SupabaseRequest.model_validate(read_json(request.get_data()))
        vouched = login.vouch(given.access_token)
        caller = caller_of_email(runtime.database, vouched.email)
        if caller.needs_second_factor and not vouched.has_second_factor:
            _prove_second_factor(runtime, caller.person, given.code)
        issued = _issue(runtime, caller.who, lifetime=SUPABASE_LIFETIME)
        return private_answer(_told(issued, caller.who))


def _prove_second_factor(runtime: Runtime, person: Person, code: str) -> None:
    if not person.has_second_factor or not code:
        raise Unauthenticated(
            "A second factor is wanted: one proved at Supabase, or `code` with the one set up here."
        )
    prove_second_factor(
        runtime.database,
        person,
        code,
        keyring=runtime.settings.keyring,
        address=request.remote_addr or "",
    )


def _issue(
    runtime: Runtime,
    who: SignedIn,
    *,
    family: str | None = None,
    lifetime: timedelta = TOKEN_LIFETIME,
) -> IssuedToken:
    return issue_access_token(
        runtime.database,
        who,
        kind=TokenKind.API,
        audience=AUDIENCE,
        lifetime=lifetime,
        family=family,
    )


def _tokens(issued: IssuedToken, who: SignedIn, refresh_token: str) -> Response:
    return private_answer(
        {
            **_told(issued, who),
            "expires_in": "24h",
            "refresh_token": refresh_token,
            "refresh_expires_in_seconds": int(REFRESH_LIFETIME.total_seconds()),
        }
    )


def _told(issued: IssuedToken, who: SignedIn) -> dict[str, Any]:
    lifetime = issued.expires_at - issued.issued_at
    return {
        "token": issued.text,
        "access_token": issued.text,
        "token_type": "Bearer",
        "expires_in_seconds": int(lifetime.total_seconds()),
        "expires_at": issued.expires_at,
        "scope": " ".join(sorted(who.scopes)),
    }


def _revoke(runtime: Runtime) -> bool:
    text = bearer_token()
    body = request.get_data()
    if text is None and body:
        given = RefreshRequest.model_validate(read_json(body))
        return revoke_refresh_token(runtime.database, given.refresh_token)
    if text is None:
        raise Unauthenticated(
            "Send the token to revoke as `Authorization: Bearer <token>`,"
            " or a refresh token as `refresh_token`."
        )
    principal = runtime.read_token(text)
    return revoke_token(
        runtime.database,
        workspace_id=principal.workspace_id,
        subject=principal.subject,
        token_id=principal.token_id,
    )
