"""Each role serves its own routes and no others."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from factories import WEBHOOK_SECRET
from flask import Flask
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


def serves(app: Flask, part: str) -> bool:
    method = "POST" if part == "webhook" else "GET"
    return app.test_client().open(PARTS[part], method=method).status_code != 404


@pytest.mark.parametrize("role", ROLES)
def test_a_role_serves_its_own_part(make_app: Callable[..., Flask], role: str) -> None:
    app = make_app(role=role)

    served = {part for part in PARTS if serves(app, part)}

    assert served == (set(PARTS) if role == "all" else {role})


@pytest.mark.parametrize("path", ["/health", "/api/health"])
@pytest.mark.parametrize("role", ROLES)
@requirement("health:api", "health:webhook")
def test_every_role_tells_its_health(make_app: Callable[..., Flask], role: str, path: str) -> None:
    answer = make_app(role=role).test_client().get(path)

    assert answer.status_code == 200
    assert (answer.json["status"], answer.json["service"]) == ("healthy", f"talkhub-{role}")


@pytest.mark.parametrize("role", ["api", "webhook"])
def test_the_root_of_a_service_without_pages_names_it(
    make_app: Callable[..., Flask], role: str
) -> None:
    answer = make_app(role=role).test_client().get("/")

    assert answer.json == {
        "service": f"talkhub-{role}",
        "version": __version__,
        "health": "/health",
    }


@pytest.mark.parametrize("role", ["all", "dashboard"])
@requirement("health:dashboard")
def test_the_root_of_the_dashboard_leads_to_it(make_app: Callable[..., Flask], role: str) -> None:
    answer = make_app(role=role).test_client().get("/")

    assert (answer.status_code, answer.location) == (302, "/dashboard")


def test_the_webhook_role_takes_events(make_app: Callable[..., Flask]) -> None:
    client = make_app(role="webhook").test_client()

    answer = Door(client, Platform.TELEGRAM, "/telegram", WEBHOOK_SECRET).post(
        said(Platform.TELEGRAM, "oi")
    )

    assert answer.json == {"accepted": 1, "duplicates": 0}


def test_the_api_role_gives_tokens(make_app: Callable[..., Flask]) -> None:
    assert make_app(role="api").test_client().post("/api/v1/auth/token", json={}).status_code == 422
