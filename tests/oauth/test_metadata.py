"""What clients read first, and under which address we describe ourselves."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata
from flask.testing import FlaskClient

from requirements import requirement

RESOURCE = "/.well-known/oauth-protected-resource"
SERVER = "/.well-known/oauth-authorization-server"
SCOPES = ["analytics:read", "mcp:read", "mcp:write", "messages:send", "profile:write"]
PUBLIC = "https://mcp.example.com"


@pytest.mark.parametrize(
    ("path", "resource"), [(f"{RESOURCE}/mcp", f"{PUBLIC}/mcp"), (RESOURCE, PUBLIC)]
)
@requirement("oauth:resource-metadata")
def test_the_endpoint_says_who_issues_its_tokens(
    shared_client: Callable[..., FlaskClient], path: str, resource: str
) -> None:
    answer = shared_client(public_url=PUBLIC).get(path)

    assert answer.json == {
        "resource": resource,
        "authorization_servers": [PUBLIC],
        "scopes_supported": SCOPES,
        "bearer_methods_supported": ["header"],
        "resource_name": "TalkHub MCP",
    }


@pytest.mark.parametrize("path", [SERVER, "/.well-known/openid-configuration"])
@requirement("oauth:server-metadata")
def test_the_server_says_what_it_can_do(
    shared_client: Callable[..., FlaskClient], path: str
) -> None:
    document = shared_client(public_url=PUBLIC).get(path).json

    methods = ["none", "client_secret_post", "client_secret_basic"]
    AuthorizationServerMetadata(document).validate()
    assert document == {
        "issuer": PUBLIC,
        "authorization_endpoint": f"{PUBLIC}/dashboard/authorize",
        "token_endpoint": f"{PUBLIC}/oauth/token",
        "registration_endpoint": f"{PUBLIC}/oauth/register",
        "revocation_endpoint": f"{PUBLIC}/oauth/revoke",
        "scopes_supported": SCOPES,
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "token_endpoint_auth_methods_supported": methods,
        "revocation_endpoint_auth_methods_supported": methods,
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": True,
        "client_id_metadata_document_supported": True,
    }


@pytest.mark.parametrize(
    ("changed", "host", "issuer"),
    [
        ({"public_url": PUBLIC}, "evil.example", PUBLIC),
        ({"public_url": PUBLIC, "env": "production"}, "evil.example", PUBLIC),
        ({}, "localhost:3003", "http://localhost:3003"),
        ({}, "127.0.0.1:3003", "http://127.0.0.1:3003"),
        ({}, "[::1]:3003", "http://[::1]:3003"),
        ({}, "evil.example", None),
        ({}, "localhost.evil.example", None),
        ({"env": "production"}, "localhost", None),
        ({"env": "production", "trusted_proxies": 1}, "evil.example", None),
    ],
)
def test_only_what_can_be_trusted_becomes_our_address(
    shared_client: Callable[..., FlaskClient], changed: dict[str, object], host: str, issuer: str
) -> None:
    answer = shared_client(**changed).get(SERVER, headers={"Host": host})

    told = answer.json["issuer"] if answer.status_code == 200 else None
    assert told == issuer
    assert answer.status_code == 200 or answer.json["type"] == "/problems/setting_missing"


def test_a_trusted_proxy_tells_our_address_in_development(
    shared_client: Callable[..., FlaskClient],
) -> None:
    headers = {"X-Forwarded-Host": "tunnel.example", "X-Forwarded-Proto": "https"}

    answers = [
        shared_client(trusted_proxies=count).get(SERVER, headers=headers).json["issuer"]
        for count in (1, 0)
    ]

    assert answers == ["https://tunnel.example", "http://localhost"]


def test_proxies_keep_the_metadata_but_no_refusal(
    shared_client: Callable[..., FlaskClient],
) -> None:
    told, refused = (
        shared_client(public_url=url, env="production").get(SERVER) for url in (PUBLIC, None)
    )

    assert told.headers["Cache-Control"] == "public, max-age=300"
    assert (refused.status_code, refused.headers["Cache-Control"]) == (503, "no-store")


@pytest.mark.parametrize("path", [RESOURCE, f"{RESOURCE}/mcp", SERVER])
def test_any_web_page_may_read_the_metadata(client: FlaskClient, path: str) -> None:
    asked = {"Origin": "https://anywhere.example", "Access-Control-Request-Method": "GET"}

    read, may = client.get(path, headers=asked), client.options(path, headers=asked)

    assert read.headers["Access-Control-Allow-Origin"] == "*"
    assert may.headers["Access-Control-Allow-Origin"] == "*"
    assert "MCP-Protocol-Version" in may.headers["Access-Control-Allow-Headers"]


@pytest.mark.parametrize("path", ["/oauth/token", "/oauth/register", "/oauth/revoke"])
def test_only_allowed_pages_may_ask_for_tokens(
    shared_client: Callable[..., FlaskClient], path: str
) -> None:
    client = shared_client(allowed_origins=("https://app.talkhub.me",))

    allowed = [
        client.post(path, headers={"Origin": origin}).headers.get("Access-Control-Allow-Origin")
        for origin in ("https://app.talkhub.me", "https://evil.example")
    ]

    assert allowed == ["https://app.talkhub.me", None]


@pytest.mark.parametrize(
    ("role", "programs", "people"),
    [("api", 200, 404), ("dashboard", 404, 303), ("webhook", 404, 404), ("all", 200, 303)],
)
def test_programs_are_served_by_the_api_and_people_by_the_dashboard(
    shared_client: Callable[..., FlaskClient], role: str, programs: int, people: int
) -> None:
    client = shared_client(role=role)

    assert client.get(SERVER).status_code == programs
    assert client.get("/dashboard/authorize").status_code == people
