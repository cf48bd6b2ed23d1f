"""What a client without a sufficient token is told, so that it can come back with one."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from callers import Caller
from flask.testing import FlaskClient

from requirements import requirement
from talkhub.names import Scope

BASE = "https://hub.example"
METADATA = f'resource_metadata="{BASE}/.well-known/oauth-protected-resource/mcp"'
ALL = "analytics:read mcp:read mcp:write messages:send profile:write"


@pytest.fixture
def client(shared_client: Callable[..., FlaskClient]) -> FlaskClient:
    """A client of an application that knows its own address."""
    return shared_client(public_url=BASE)


@pytest.mark.parametrize(
    ("path", "scope"), [("/mcp", ALL), ("/api/v1/mcp/create_chat_session", "mcp:write")]
)
@requirement("mcp:challenge")
def test_without_a_token_one_is_told_what_to_ask_for_and_where(
    client: FlaskClient, path: str, scope: str
) -> None:
    answer = client.post(path, json={})

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == f'Bearer scope="{scope}", {METADATA}'


@pytest.mark.parametrize("token", ["nonsense", "thk_nonsense"])
@pytest.mark.parametrize("path", ["/mcp", "/api/v1/mcp/create_chat_session"])
def test_an_invalid_token_is_named_as_the_cause(client: FlaskClient, path: str, token: str) -> None:
    answer = client.post(path, json={}, headers={"Authorization": f"Bearer {token}"})

    assert answer.headers["WWW-Authenticate"].startswith('Bearer error="invalid_token", scope="')
    assert answer.headers["WWW-Authenticate"].endswith(METADATA)


@requirement("mcp:challenge")
def test_a_missing_scope_is_asked_for_together_with_those_that_are_there(
    client: FlaskClient, workspace: int, sign_token: Callable[..., str]
) -> None:
    token = sign_token(workspace, Scope.MCP_READ, Scope.DASHBOARD)

    answer = Caller(client, workspace, token).tool("create_chat_session", {"user_id": "ana"})

    assert answer.status_code == 403
    assert (
        answer.headers["WWW-Authenticate"]
        == f'Bearer error="insufficient_scope", scope="mcp:read mcp:write", {METADATA}'
    )


def test_a_service_that_does_not_know_its_address_says_the_rest(
    shared_client: Callable[..., FlaskClient],
) -> None:
    client = shared_client(env="production", public_url=None)

    answer = client.get("/api/v1/test")

    assert answer.headers["WWW-Authenticate"] == f'Bearer scope="{ALL}"'


def test_other_refusals_name_no_scope(client: FlaskClient) -> None:
    answer = client.post("/api/v1/auth/revoke")

    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="talkhub"'
