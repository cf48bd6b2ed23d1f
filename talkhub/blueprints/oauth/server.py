"""The authorization server: Authlib's, on our tokens, clients and address."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.integrations.flask_oauth2.requests import FlaskOAuth2Payload, FlaskOAuth2Request
from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import (
    InvalidClientError,
    InvalidGrantError,
    InvalidRequestError,
    OAuth2Request,
)
from authlib.oauth2.rfc7009 import RevocationEndpoint
from authlib.oauth2.rfc9207 import IssuerParameter
from flask import Request, Response
from flask import request as http_request

from talkhub.blueprints.oauth.grants import (
    AUTH_METHODS,
    Allowed,
    ForOurResource,
    S256Only,
    code_grant,
    refresh_grant,
)
from talkhub.blueprints.oauth.known_client import KnownClient, scopes_of
from talkhub.blueprints.public_address import mcp_resource, public_base
from talkhub.blueprints.runtime import Runtime
from talkhub.blueprints.tokens import issue_access_token
from talkhub.errors import Unauthenticated
from talkhub.names import TokenKind
from talkhub.services.access import oauth_grants, refreshing
from talkhub.services.access.oauth_clients import find_client

ACCESS_LIFETIME = timedelta(hours=1)


class OAuthServer(AuthorizationServer):
    """Runs the grants. One is made for each blueprint that needs it; it keeps no state."""

    def __init__(self, runtime: Runtime) -> None:
        super().__init__(query_client=self._find, save_token=_is_written_down_already)
        self._runtime = runtime
        self.register_token_generator("default", self._issue)
        for_our_resource = ForOurResource(runtime)
        self.register_grant(code_grant(runtime), [S256Only(), for_our_resource])
        self.register_grant(refresh_grant(runtime), [for_our_resource])
        self.register_endpoint(_revocation(runtime))
        self.register_extension(_issuer(runtime))

    def create_oauth2_request(self, request: Request | None) -> OAuth2Request:  # noqa: ARG002
        """Return the request as it was meant: to our public address.

        Behind a proxy that ends TLS it reaches us over http, which Authlib refuses.
        """
        return _PublicRequest(http_request, public_base(self._runtime.settings))

    def authenticate_client(
        self, request: OAuth2Request, methods: list[str], endpoint: str = "token"
    ) -> KnownClient:
        """Return the client that a request proves; Authlib asks."""
        try:
            client: KnownClient = super().authenticate_client(request, methods, endpoint)
        except UnicodeDecodeError as error:  # Authlib takes for granted that a secret is a text
            raise InvalidClientError(status_code=401) from error
        return client

    def send_back(self, error: OAuth2Error) -> Response:
        """Return the redirect that tells the application what is wrong with its request."""
        response: Response = self.handle_response(*error())
        self.execute_hook("after_create_authorization_response", response)
        return response

    def _find(self, client_id: str) -> KnownClient | None:
        client = find_client(self._runtime.database, client_id)
        return None if client is None else KnownClient(client)

    def _issue(
        self, *, client: KnownClient, user: Allowed, scope: str, **_: object
    ) -> dict[str, Any]:
        """Issue what the token endpoint answers; Authlib calls it."""
        database = self._runtime.database
        try:
            issued = issue_access_token(
                database,
                replace(user.who, scopes=scopes_of(scope)),
                kind=TokenKind.OAUTH,
                audience=user.audience,
                lifetime=ACCESS_LIFETIME,
                client_id=client.client_id,
                family=user.family,
            )
        except Unauthenticated as error:  # what was shown came back meanwhile
            raise InvalidGrantError from error
        refresh_token = user.refresh_token or refreshing.issue_refresh_token(
            database,
            user.who,
            family=user.family,
            audience=user.audience,
            client_id=client.client_id,
        )
        return {
            "access_token": issued.text,
            "token_type": "Bearer",
            "expires_in": int(ACCESS_LIFETIME.total_seconds()),
            "refresh_token": refresh_token,
            "scope": scope,
        }


class _PublicRequest(FlaskOAuth2Request):
    def __init__(self, request: Request, base: str) -> None:
        OAuth2Request.__init__(
            self, method=request.method, uri=base + request.full_path, headers=request.headers
        )
        self._request = request
        self.payload = FlaskOAuth2Payload(request)


def _is_written_down_already(_token: dict[str, Any], _request: OAuth2Request) -> None:
    """Do nothing: a token is written down when it is issued."""


def _issuer(runtime: Runtime) -> IssuerParameter:
    class Issuer(IssuerParameter):
        def get_issuer(self) -> str:
            return public_base(runtime.settings)

    return Issuer()


def _revocation(runtime: Runtime) -> RevocationEndpoint:
    """Return the endpoint (RFC 7009): any token that is given up ends all of its grant."""

    class Revocation(RevocationEndpoint):
        CLIENT_AUTH_METHODS = AUTH_METHODS

        def check_params(self, request: OAuth2Request, _client: KnownClient) -> None:
            if not request.form.get("token"):
                raise InvalidRequestError("Missing 'token' in request.")

        def authenticate_token(
            self, request: OAuth2Request, client: KnownClient
        ) -> tuple[int, str, str] | None:
            self.check_params(request, client)
            return _grant_of(runtime, request.form["token"], client.client_id)

        def revoke_token(self, token: tuple[int, str, str], request: OAuth2Request) -> None:  # noqa: ARG002
            workspace_id, subject, family = token
            oauth_grants.revoke_grant_of_family(
                runtime.database,
                workspace_id=workspace_id,
                subject=subject,
                family=family,
                address=http_request.remote_addr or "",
            )
            runtime.revoked.forget()

    return Revocation()


def _grant_of(runtime: Runtime, text: str, client_id: str) -> tuple[int, str, str] | None:
    """Return workspace, person and family of an application's token of either kind."""
    database = runtime.database
    found = refreshing.find_refresh_token(database, text, client_id=client_id)
    if found is not None:
        return found.who.workspace_id, found.who.subject, found.family
    try:
        principal = runtime.read_token(text, audiences={mcp_resource(runtime.settings)})
    except Unauthenticated:
        return None
    family = oauth_grants.family_of_token(database, principal, client_id)
    return None if family is None else (principal.workspace_id, principal.subject, family)
