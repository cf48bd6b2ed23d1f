"""Browsers on other origins may call the API if their origin is allowed, and nothing else."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from requirements import requirement

TOOLS = "/api/v1/mcp/tools"
ALLOWED = ("https://app.talkhub.me", "https://*.example.com")


@pytest.fixture
def browser(shared_client: Callable[..., FlaskClient]) -> FlaskClient:
    return shared_client(allowed_origins=ALLOWED)


def allowed(client: FlaskClient, origin: str, path: str = TOOLS) -> str | None:
    answer = client.get(path, headers={"Origin": origin})
    return answer.headers.get("Access-Control-Allow-Origin")


@pytest.mark.parametrize(
    "origin", ["https://app.talkhub.me", "https://a.example.com", "https://a.b.example.com"]
)
def test_an_allowed_origin_may_read(browser: FlaskClient, origin: str) -> None:
    assert allowed(browser, origin) == origin


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.com",
        "http://app.talkhub.me",
        "https://app.talkhub.me.evil.com",
        "https://evilapp.talkhub.me",
        "https://app.talkhub.me:8443",
        "https://example.com",
        "https://a.example.com.evil.com",
        "https://evil.com/a.example.com",
        "https://aXexample.com",
        "null",
    ],
)
@requirement("security:cors")
def test_any_other_origin_may_not(browser: FlaskClient, origin: str) -> None:
    assert allowed(browser, origin) is None


@pytest.mark.parametrize("origins", [("*",), ("https://app.talkhub.me", "*")])
def test_an_asterisk_alone_is_any_origin(
    shared_client: Callable[..., FlaskClient], origins: tuple[str, ...]
) -> None:
    browser = shared_client(allowed_origins=origins)

    answer = browser.get(TOOLS, headers={"Origin": "https://anywhere.example:8443"})

    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in answer.headers
    assert allowed(browser, "https://anywhere.example", "/dashboard/login") is None


def test_an_asterisk_lets_any_origin_call_the_protocol_too(
    shared_client: Callable[..., FlaskClient],
) -> None:
    browser = shared_client(allowed_origins=("*",))

    answer = browser.post("/mcp", json={}, headers={"Origin": "https://anywhere.example"})

    assert answer.status_code == 401
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


def test_a_preflight_is_answered(browser: FlaskClient) -> None:
    answer = browser.options(
        "/api/v1/mcp/save_conversation",
        headers={
            "Origin": "https://app.talkhub.me",
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization, content-type",
        },
    )

    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == "https://app.talkhub.me"
    assert "POST" in answer.headers["Access-Control-Allow-Methods"]
    assert "authorization" in answer.headers["Access-Control-Allow-Headers"].lower()
    assert "Access-Control-Allow-Credentials" not in answer.headers


@pytest.mark.parametrize("path", ["/dashboard/login", "/health", "/metrics"])
def test_only_the_api_is_open_to_other_origins(browser: FlaskClient, path: str) -> None:
    assert allowed(browser, "https://app.talkhub.me", path) is None


def test_without_allowed_origins_there_are_none(shared_client: Callable[..., FlaskClient]) -> None:
    assert allowed(shared_client(allowed_origins=()), "https://app.talkhub.me") is None
