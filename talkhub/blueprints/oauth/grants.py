"""The two ways to tokens, as Authlib runs them: a code that a person gave, a refresh token."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, get_args

from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import InvalidGrantError, InvalidRequestError, OAuth2Request, grants
from authlib.oauth2.rfc7636 import CodeChallenge
from flask import request as http_request

from talkhub.blueprints.oauth.known_client import KnownClient
from talkhub.blueprints.public_address import mcp_resource, public_base
from talkhub.blueprints.runtime import Runtime
from talkhub.errors import Unauthenticated
from talkhub.services.access import oauth_grants, refreshing
from talkhub.services.access.auth import SignedIn
from talkhub.services.access.oauth_clients import AuthMethod

AUTH_METHODS = list(get_args(AuthMethod))


class InvalidTargetError(OAuth2Error):
    """The token is wanted for a resource that is not ours (RFC 8707)."""

    error = "invalid_target"
    description = "This server issues tokens for its own MCP endpoint only."


@dataclass(frozen=True, slots=True)
class Allowed:
    """For whom tokens are issued, at what they are aimed, and the family they belong to.

    `refresh_token` is None until one was issued.
    """

    who: SignedIn
    family: str
    audience: str
    refresh_token: str | None = None


class S256Only(CodeChallenge):
    """PKCE as OAuth 2.1 wants it: always, and never with the plain method."""

    def validate_code_challenge(self, grant: grants.BaseGrant, redirect_uri: str) -> None:
        """Refuse an authorization request without a challenge that is a hash."""
        given = grant.request.payload.data
        if not given.get("code_challenge") or given.get("code_challenge_method") != "S256":
            raise InvalidRequestError("Send 'code_challenge' with 'code_challenge_method=S256'.")
        super().validate_code_challenge(grant, redirect_uri)


class ForOurResource:
    """Resource indicators (RFC 8707): whoever names a resource must name ours."""

    def __init__(self, runtime: Runtime) -> None:
        self._settings = runtime.settings

    def __call__(self, grant: grants.BaseGrant) -> None:
        """Check at both endpoints, before anything is used up."""
        grant.register_hook("after_validate_authorization_request_payload", self._check)
        grant.register_hook("before_create_token_response", self._check)

    def _check(self, grant: grants.BaseGrant, *_: object) -> None:
        base = public_base(self._settings)
        # A client may know us by our host alone: it is one service, whatever path it calls.
        ours = {base, f"{base}/", mcp_resource(self._settings)}
        if not ours.issuperset(grant.request.payload.datalist.get("resource", [])):
            raise InvalidTargetError


def code_grant(runtime: Runtime) -> type[grants.AuthorizationCodeGrant]:
    """Return the grant by which a person's consent becomes tokens."""
    database = runtime.database

    class CodeGrant(grants.AuthorizationCodeGrant):
        TOKEN_ENDPOINT_AUTH_METHODS = AUTH_METHODS

        @staticmethod
        def validate_authorization_redirect_uri(asked: OAuth2Request, client: KnownClient) -> str:
            wanted = asked.payload.redirect_uri or client.get_default_redirect_uri()
            if not wanted or not client.check_redirect_uri(wanted):
                # Authlib would repeat the address in an error that may not hold all characters.
                raise InvalidRequestError("The 'redirect_uri' is not one of the client's.")
            return str(wanted)

        def save_authorization_code(self, code: str, asked: OAuth2Request) -> None:
            who: SignedIn = asked.user
            consent = oauth_grants.Consent(
                client=asked.client.client,
                redirect_uri=asked.payload.redirect_uri or asked.client.get_default_redirect_uri(),
                code_challenge=asked.payload.data["code_challenge"],
                audience=mcp_resource(runtime.settings),
                address=_address(),
            )
            oauth_grants.allow(database, who, consent, code)

        def query_authorization_code(self, code: str, client: KnownClient) -> _ShownCode | None:
            found = oauth_grants.find_code(
                database, code, client_id=client.client_id, address=_address()
            )
            if found is None:
                runtime.revoked.forget()  # it may have been redeemed, and be revoked now
                return None
            return _ShownCode(found)

        def authenticate_user(self, shown: _ShownCode) -> Allowed:
            """Use the code up: the first step after all checks, so only one request passes."""
            if not oauth_grants.redeem(database, shown.code):
                raise InvalidGrantError
            return Allowed(shown.code.who, shown.code.family, shown.code.audience)

        def delete_authorization_code(self, shown: _ShownCode) -> None:
            """Keep it: a used code that comes back must be recognised."""

    return CodeGrant


def refresh_grant(runtime: Runtime) -> type[grants.RefreshTokenGrant]:
    """Return the grant by which an application gets further tokens, each refresh token once."""
    database = runtime.database

    class RefreshGrant(grants.RefreshTokenGrant):
        TOKEN_ENDPOINT_AUTH_METHODS = AUTH_METHODS
        INCLUDE_NEW_REFRESH_TOKEN = True

        def authenticate_refresh_token(self, text: str) -> _ShownRefreshToken | None:
            client_id = self.request.client.client_id
            found = refreshing.find_refresh_token(database, text, client_id=client_id)
            return None if found is None else _ShownRefreshToken(text, found)

        def authenticate_user(self, shown: _ShownRefreshToken) -> Allowed:
            """Exchange the token: the first step after all checks."""
            client_id = self.request.client.client_id
            try:
                used = refreshing.use_refresh_token(
                    database, shown.text, address=_address(), client_id=client_id
                )
            except Unauthenticated:
                used = None
            if used is None or not oauth_grants.prolong(database, used.who, used.family):
                _end(runtime, shown.found)
                raise InvalidGrantError
            return Allowed(used.who, used.family, used.audience, used.refresh_token)

        def revoke_old_credential(self, shown: _ShownRefreshToken) -> None:
            """Do nothing: it was used up when it was exchanged."""

    return RefreshGrant


def _end(runtime: Runtime, token: refreshing.FoundRefreshToken) -> None:
    """End what a refused refresh token belongs to: it is over, or in two hands."""
    oauth_grants.revoke_grant_of_family(
        runtime.database,
        workspace_id=token.who.workspace_id,
        subject=token.who.subject,
        family=token.family,
        address=_address(),
    )
    runtime.revoked.forget()


class _ShownCode:
    """A code as Authlib asks about it."""

    code_challenge_method = "S256"

    def __init__(self, code: oauth_grants.Code) -> None:
        self.code = code
        self.code_challenge = code.challenge

    def get_redirect_uri(self) -> str:
        return self.code.redirect_uri

    def get_scope(self) -> str:
        return " ".join(sorted(self.code.who.scopes))


class _ShownRefreshToken:
    """A refresh token as Authlib asks about it."""

    def __init__(self, text: str, found: refreshing.FoundRefreshToken) -> None:
        self.text = text
        self.found = found

    def get_scope(self) -> str:
        return " ".join(sorted(self.found.who.scopes))

    def check_client(self, _client: Any) -> bool:
        return True  # it was looked up by its client


def _address() -> str:
    return http_request.remote_addr or ""
