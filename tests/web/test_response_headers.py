"""What every response carries, whichever route or error it comes from."""

from __future__ import annotations

import secrets

import pytest
from conftest import Caller
from flask.testing import FlaskClient

from talkhub.app import create_app
from talkhub.blueprints.web import CONTENT_SECURITY_POLICY
from talkhub.settings import Settings

ORIGIN = "https://app.example.com"


@pytest.fixture
def browser_friendly(settings: Settings) -> FlaskClient:
    """A client of an application that lets one origin call it."""
    return create_app(settings.model_copy(update={"allowed_origins": (ORIGIN,)})).test_client()


@pytest.mark.parametrize("path", ["/livez", "/api/v1/test", "/no/such/page"])
def test_every_response_is_guarded(client: FlaskClient, path: str) -> None:
    headers = client.get(path).headers

    assert headers["Content-Security-Policy"] == CONTENT_SECURITY_POLICY
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert "Strict-Transport-Security" not in headers


def test_browsers_are_kept_on_https_where_they_came_by_it(client: FlaskClient) -> None:
    response = client.get("/livez", base_url="https://localhost")

    assert response.headers["Strict-Transport-Security"].startswith("max-age=")


def test_a_requests_own_id_comes_back_and_stands_in_its_problem(caller: Caller) -> None:
    mine = secrets.token_hex(16)

    response = caller.client.get("/api/v1/test", headers={"X-Request-Id": mine})

    assert response.headers["X-Request-Id"] == mine
    assert response.json["request_id"] == mine


@pytest.mark.parametrize("given", ["", "short", "<script>alert(1)</script>", "a" * 65])
def test_an_odd_request_id_is_replaced(client: FlaskClient, given: str) -> None:
    first, second = (client.get("/livez", headers={"X-Request-Id": given}) for _ in range(2))

    assert first.headers["X-Request-Id"] not in {given, second.headers["X-Request-Id"]}


def test_an_allowed_origin_may_read_the_answer_and_others_may_not(
    browser_friendly: FlaskClient,
) -> None:
    answers = {
        origin: browser_friendly.get("/api/v1/test", headers={"Origin": origin}).headers
        for origin in (ORIGIN, "https://evil.example.net")
    }

    allowed = {
        origin: found.get("Access-Control-Allow-Origin") for origin, found in answers.items()
    }
    assert allowed == {ORIGIN: ORIGIN, "https://evil.example.net": None}


def test_a_preflight_of_an_allowed_origin_is_answered(browser_friendly: FlaskClient) -> None:
    response = browser_friendly.options(
        "/api/v1/mcp/save_conversation",
        headers={"Origin": ORIGIN, "Access-Control-Request-Method": "POST"},
    )

    assert response.headers["Access-Control-Allow-Origin"] == ORIGIN
