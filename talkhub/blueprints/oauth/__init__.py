"""OAuth's endpoints for programs. Authentication: the client's own, as each one registered.

The page on which a person consents belongs to the dashboard, behind its login.
"""

from __future__ import annotations

import time
from typing import Any

from flask import Blueprint, Response, request
from pydantic import ValidationError

from talkhub.blueprints.answers import json_answer
from talkhub.blueprints.oauth.known_client import GRANT_TYPES, RESPONSE_TYPE
from talkhub.blueprints.oauth.metadata import REGISTER_PATH, REVOKE_PATH, TOKEN_PATH
from talkhub.blueprints.oauth.server import OAuthServer
from talkhub.blueprints.runtime import Runtime
from talkhub.blueprints.web import take_forms_only
from talkhub.errors import BadRequest, Invalid
from talkhub.extensions import limiter
from talkhub.services.access.oauth_clients import Client, ClientMetadata, register_client
from talkhub.strict_json import read_json

EXCHANGES = "120 per minute"
"""Many people's clients may call from the one address of their provider."""

REGISTRATIONS = "20 per minute;100 per hour"


def create_blueprint(runtime: Runtime) -> Blueprint:
    """Return the endpoints for tokens, registration and revocation."""
    blueprint = Blueprint("oauth", __name__)
    blueprint.before_request(take_forms_only)
    blueprint.after_request(_keep_nowhere)
    server = OAuthServer(runtime)

    @blueprint.post(TOKEN_PATH)
    @limiter.limit(EXCHANGES)
    def token() -> Response:
        """Exchange a code or a refresh token for tokens."""
        response: Response = server.create_token_response()
        return response

    @blueprint.post(REVOKE_PATH)
    @limiter.limit(EXCHANGES)
    def revoke() -> Response:
        """End what a token belongs to (RFC 7009)."""
        response: Response = server.create_endpoint_response("revocation")
        return response

    @blueprint.post(REGISTER_PATH)
    @limiter.limit(REGISTRATIONS)
    def register() -> Response:
        """Let an application make itself known (RFC 7591)."""
        try:
            metadata = ClientMetadata.model_validate(read_json(request.get_data()))
        except (BadRequest, Invalid):
            return _refused("invalid_client_metadata", "The body is not a JSON object.")
        except ValidationError as error:
            return _refused(*_fault(error))
        client, secret = register_client(runtime.database, metadata)
        return json_answer(_registered(client, secret, metadata), 201)

    return blueprint


def _registered(client: Client, secret: str | None, metadata: ClientMetadata) -> dict[str, Any]:
    told = {} if secret is None else {"client_secret": secret, "client_secret_expires_at": 0}
    return {
        **metadata.model_dump(mode="json", exclude={"grant_types", "response_types"}),
        "grant_types": list(GRANT_TYPES),
        "response_types": [RESPONSE_TYPE],
        "client_id": client.client_id,
        "client_id_issued_at": int(time.time()),
        **told,
    }


def _fault(error: ValidationError) -> tuple[str, str]:
    first = error.errors(include_url=False)[0]
    field = str(first["loc"][0]) if first["loc"] else "document"
    is_redirect = field == "redirect_uris"
    code = "invalid_redirect_uri" if is_redirect else "invalid_client_metadata"
    return code, f"{field}: {first['msg'].removeprefix('Value error, ')}"


def _refused(error: str, description: str) -> Response:
    return json_answer({"error": error, "error_description": description}, 400)


def _keep_nowhere(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response
