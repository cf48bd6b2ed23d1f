"""What clients read before anything else: who protects the endpoint, and how one gets in."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from flask import Blueprint, Response

from talkhub.blueprints.answers import json_answer
from talkhub.blueprints.gate import Gate
from talkhub.blueprints.oauth.grants import AUTH_METHODS
from talkhub.blueprints.oauth.known_client import GRANT_TYPES, RESPONSE_TYPE
from talkhub.blueprints.public_address import (
    MCP_PATH,
    RESOURCE_METADATA_PATH,
    mcp_resource,
    public_base,
)
from talkhub.blueprints.runtime import Runtime
from talkhub.security import TOOL_SCOPES
from talkhub.settings import Settings

AUTHORIZE_PATH = "/dashboard/authorize"
TOKEN_PATH = "/oauth/token"  # noqa: S105 -- an address
REGISTER_PATH = "/oauth/register"
REVOKE_PATH = "/oauth/revoke"

_FRESH_SECONDS = 300


def create_blueprint(runtime: Runtime, gate: Gate) -> Blueprint:
    """Return the well-known documents' routes, which any web page may read."""
    blueprint = Blueprint("well_known", __name__)
    settings = runtime.settings
    blueprint.after_request(_open_to_every_page)

    @blueprint.get(RESOURCE_METADATA_PATH)
    @gate.open_to_anyone("well_known.resource")
    def host() -> Response:
        """Describe the host, for clients that know no path of it."""
        return json_answer(resource_metadata(settings, public_base(settings)))

    @blueprint.get(RESOURCE_METADATA_PATH + MCP_PATH)
    @gate.open_to_anyone("well_known.resource")
    def endpoint() -> Response:
        """Describe the MCP endpoint."""
        return json_answer(resource_metadata(settings, mcp_resource(settings)))

    @blueprint.get("/.well-known/oauth-authorization-server")
    @blueprint.get("/.well-known/openid-configuration")
    @gate.open_to_anyone("well_known.server")
    def server() -> Response:
        """Describe the authorization server; some clients look for it at OpenID's address."""
        return json_answer(server_metadata(settings))

    return blueprint


def resource_metadata(settings: Settings, resource: str) -> dict[str, Any]:
    """Return who issues tokens for a resource of ours, and which scopes it knows (RFC 9728)."""
    return {
        "resource": resource,
        "authorization_servers": [public_base(settings)],
        "scopes_supported": sorted(TOOL_SCOPES),
        "bearer_methods_supported": ["header"],
        "resource_name": "TalkHub MCP",
    }


def server_metadata(settings: Settings) -> dict[str, Any]:
    """Return the authorization server's endpoints and what it can do (RFC 8414)."""
    base = public_base(settings)
    return {
        "issuer": base,
        "authorization_endpoint": base + AUTHORIZE_PATH,
        "token_endpoint": base + TOKEN_PATH,
        "registration_endpoint": base + REGISTER_PATH,
        "revocation_endpoint": base + REVOKE_PATH,
        "scopes_supported": sorted(TOOL_SCOPES),
        "response_types_supported": [RESPONSE_TYPE],
        "response_modes_supported": ["query"],
        "grant_types_supported": list(GRANT_TYPES),
        "token_endpoint_auth_methods_supported": AUTH_METHODS,
        "revocation_endpoint_auth_methods_supported": AUTH_METHODS,
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": True,
        "client_id_metadata_document_supported": True,
    }


def _open_to_every_page(response: Response) -> Response:
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Access-Control-Allow-Headers"] = "MCP-Protocol-Version"
    # A refusal is for whoever asked: kept by a proxy, it would be everybody's.
    is_told = response.status_code == HTTPStatus.OK
    kept = f"public, max-age={_FRESH_SECONDS}" if is_told else "no-store"
    response.headers["Cache-Control"] = kept
    return response
