"""Each role serves its own routes and no others."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from factories import WEBHOOK_SECRET
from flask.testing import FlaskClient
from providers import Door, said

from requirements import requirement
from talkhub import __version__
from talkhub.names import Platform

ROLES = ["all", "api", "webhook", "dashboard"]
PARTS = {
    "api": "/api/v1/mcp/tools",
    "webhook": "/telegram",
    "dashboard": "/dashboard/login",
}


def serves(client: FlaskClient, part: str) -> bool:
    method = "POST" if part == "webhook" else "GET"
    return client.open(PARTS[part], method=method).status_code != 404


@pytest.mark.parametrize("role", ROLES)
def test_a_role_serves_its_own_part(shared_client: Callable[..., FlaskClient], role: str) -> None:
    client = shared_client(role=role)

    served = {part for part in PARTS if serves(client, part)}

    assert served == (set(PARTS) if role == "all" else {role})


@pytest.mark.parametrize("path", ["/health", "/api/health"])
@pytest.mark.parametrize("role", ROLES)
@requirement("health:api", "health:webhook")
def test_every_role_tells_its_health(
    shared_client: Callable[..., FlaskClient], role: str, path: str
) -> None:
    answer = shared_client(role=role).get(path)

    assert answer.status_code == 200
    assert (answer.json["status"], answer.json["service"]) == ("healthy", f"talkhub-{role}")


@pytest.mark.parametrize("role", ["api", "webhook"])
def test_the_root_of_a_service_without_pages_names_it(
    shared_client: Callable[..., FlaskClient], role: str
) -> None:
    answer = shared_client(role=role).get("/")

    assert answer.json == {
        "service": f"talkhub-{role}",
        "version": __version__,
        "health": "/health",
    }


@pytest.mark.parametrize("role", ["all", "dashboard"])
@requirement("health:dashboard")
def test_the_root_of_the_dashboard_leads_to_it(
    shared_client: Callable[..., FlaskClient], role: str
) -> None:
    answer = shared_client(role=role).get("/")

    assert (answer.status_code, answer.location) == (302, "/dashboard")


def test_the_webhook_role_takes_events(shared_client: Callable[..., FlaskClient]) -> None:
    client = shared_client(role="webhook")

    answer = Door(client, Platform.TELEGRAM, "/telegram", WEBHOOK_SECRET).post(
        said(Platform.TELEGRAM, "oi")
    )

    assert answer.json == {"accepted": 1, "duplicates": 0}


def test_the_api_role_gives_tokens(shared_client: Callable[..., FlaskClient]) -> None:
    assert shared_client(role="api").post("/api/v1/auth/token", json={}).status_code == 422
