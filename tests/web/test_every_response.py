"""What every response carries, whatever it answers."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from callers import Caller
from flask import Flask
from flask.testing import FlaskClient

from requirements import requirement
from talkhub import errors
from talkhub.errors import TalkHubError

PATHS = [
    ("GET", "/health"),
    ("GET", "/api/v1/mcp/tools"),
    ("GET", "/dashboard/login"),
    ("GET", "/nowhere"),
    ("DELETE", "/api/v1/mcp/tools"),
    ("POST", "/telegram"),
    ("POST", "/api/v1/auth/token"),
    ("GET", "/metrics"),
    ("OPTIONS", "/api/v1/mcp/tools"),
]
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
OPENER = "Cross-Origin-Opener-Policy"


@pytest.mark.parametrize(("method", "path"), PATHS)
@requirement("security:headers")
def test_the_security_headers_are_there_once(client: FlaskClient, method: str, path: str) -> None:
    answer = client.open(path, method=method)

    assert {name: answer.headers.getlist(name) for name in HEADERS} == {
        name: [value] for name, value in HEADERS.items()
    }
    (policy,) = answer.headers.getlist("Content-Security-Policy")
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "Strict-Transport-Security" not in answer.headers


@pytest.mark.parametrize("path", ["/dashboard", "/dashboard/conversations", "/health"])
def test_a_page_keeps_apart_from_whoever_opened_its_window(client: FlaskClient, path: str) -> None:
    assert client.get(path).headers.getlist(OPENER) == ["same-origin"]


@pytest.mark.parametrize("path", ["/dashboard/login", "/dashboard/authorize"])
def test_an_application_hears_again_from_the_window_it_opened(
    client: FlaskClient, path: str
) -> None:
    """Connectors open the authorization in a popup, which reports to them when it is back."""
    assert client.get(path).headers.getlist(OPENER) == ["unsafe-none"]


def test_over_https_browsers_are_told_to_stay_there(client: FlaskClient) -> None:
    answer = client.get("/health", base_url="https://mcp.example.com")

    assert answer.headers["Strict-Transport-Security"].startswith("max-age=31536000")


def test_behind_a_proxy_https_is_recognised(make_client: Callable[..., FlaskClient]) -> None:
    headers = {"X-Forwarded-Proto": "https"}

    proxied = make_client(trusted_proxies=1).get("/health", headers=headers)
    direct = make_client().get("/health", headers=headers)

    assert "Strict-Transport-Security" in proxied.headers
    assert "Strict-Transport-Security" not in direct.headers


@pytest.mark.parametrize(("method", "path"), PATHS)
def test_every_response_has_a_request_id_of_its_own(
    client: FlaskClient, method: str, path: str
) -> None:
    ids = {client.open(path, method=method).headers["X-Request-Id"] for _ in range(2)}

    assert len(ids) == 2


def test_a_callers_request_id_is_kept(client: FlaskClient) -> None:
    answer = client.get("/nowhere", headers={"X-Request-Id": "trace-0123456789"})

    assert answer.headers["X-Request-Id"] == "trace-0123456789"
    assert answer.json["request_id"] == "trace-0123456789"


@pytest.mark.parametrize("given", ["short", "x" * 65, "a b c d e f", "../../etc/passwd", "é" * 9])
def test_a_request_id_that_could_harm_is_replaced(client: FlaskClient, given: str) -> None:
    answer = client.get("/nowhere", headers={"X-Request-Id": given})

    assert answer.headers["X-Request-Id"] != given


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/nowhere", 404), ("DELETE", "/api/v1/mcp/tools", 405), ("GET", "/api/v1/test", 401)],
)
def test_an_error_is_a_problem_document(
    client: FlaskClient, method: str, path: str, status: int
) -> None:
    answer = client.open(path, method=method)

    assert answer.status_code == status
    assert answer.content_type == "application/problem+json"
    assert (answer.json["status"], answer.json["instance"]) == (status, path)
    assert answer.json["title"]


def test_who_opens_the_mcp_address_in_a_browser_is_told_how_it_is_used(client: FlaskClient) -> None:
    answer = client.get("/mcp")

    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")
    assert "by POST" in answer.json["detail"]
    assert "docs/mcp.md" in answer.json["detail"]


def test_an_unexpected_error_tells_nothing_of_itself(
    make_app: Callable[..., Flask], capsys: pytest.CaptureFixture[str]
) -> None:
    app = make_app(log_level="INFO")

    def fail() -> None:
        raise RuntimeError("internal detail")

    app.add_url_rule("/fails", "fails", fail)

    answer = app.test_client().get("/fails")

    assert (answer.status_code, answer.json["type"]) == (500, "/problems/internal_error")
    assert "internal detail" not in answer.text
    assert "internal detail" in capsys.readouterr().out


@pytest.mark.parametrize(
    "kind",
    [
        kind
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, TalkHubError)
    ],
)
def test_a_problems_type_leads_to_its_explanation(
    client: FlaskClient, kind: type[TalkHubError]
) -> None:
    answer = client.get(f"/problems/{kind.code}")

    assert answer.status_code == 200
    assert (answer.json["code"], answer.json["status"]) == (kind.code, kind.status)
    assert answer.json["explanation"].endswith(".")


def test_an_unknown_problem_is_not_found(client: FlaskClient) -> None:
    assert client.get("/problems/whatever").status_code == 404


def test_a_page_says_its_error_as_a_page(client: FlaskClient) -> None:
    answer = client.get("/dashboard/nowhere", headers={"Accept": "text/html"})

    assert answer.mimetype == "text/html"


def test_head_answers_as_get_without_a_body(caller: Caller) -> None:
    headers = {"Authorization": f"Bearer {caller.token}"}

    answer = caller.client.head("/api/v1/mcp/tools", headers=headers)

    assert (answer.status_code, answer.data) == (200, b"")
