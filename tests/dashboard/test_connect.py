"""Connect: the service's address and what to paste into each client."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from html_pages import Html

from talkhub.app import create_app
from talkhub.blueprints.dashboard.integrations.connect_clients import TITLES, ClientName
from talkhub.settings import Settings

ADDRESS = "http://localhost/mcp"
AS_JSON = [ClientName.CLAUDE_DESKTOP, ClientName.CURSOR, ClientName.VS_CODE, ClientName.N8N]
CALLING_FROM_OUTSIDE = [ClientName.CLAUDE, ClientName.CHATGPT, ClientName.N8N, ClientName.UCHAT]


def snippets(page: Html) -> list[str]:
    """Return the texts to copy."""
    return [pre.text for pre in page.all("pre")]


def shown(visitor, client: ClientName) -> Html:
    return visitor.page(f"/dashboard/connect?client={client}")


@pytest.fixture
def published(settings: Settings) -> Iterator[Flask]:
    """The application of a service that knows its public address."""
    app = create_app(settings.model_copy(update={"public_url": "https://hub.example.com"}))
    yield app
    app.extensions["talkhub"].close()


@pytest.fixture
def unnamed(settings: Settings) -> Iterator[Flask]:
    """The application of a service in production that was not told its public address."""
    app = create_app(settings.model_copy(update={"env": "production", "public_url": None}))
    yield app
    app.extensions["talkhub"].close()


def page_of(client: FlaskClient) -> Html:
    host, cookie = "hub.example.org", client.get_cookie("talkhub")
    client.set_cookie("__Host-talkhub", cookie.value, domain=host, secure=True)
    page = client.get("/dashboard/connect", base_url=f"https://{host}")
    assert page.status_code == 200
    return Html(page.text)


@pytest.mark.parametrize("client", list(ClientName))
def test_every_client_is_given_the_address(ana, client: ClientName):
    page = shown(ana, client)

    assert page.one("h2", id="client").text == TITLES[client]
    assert any(ADDRESS in text for text in snippets(page))
    assert page.all("li")


@pytest.mark.parametrize("client", AS_JSON)
def test_what_is_pasted_into_a_file_is_json(ana, client: ClientName):
    (text,) = snippets(shown(ana, client))

    assert ADDRESS in json.dumps(json.loads(text))


def test_the_flow_builders_body_runs_a_tool(ana, caller):
    *_, body = snippets(shown(ana, ClientName.UCHAT))

    answer = caller.post("/mcp", json.loads(body.replace("{{user_ns}}", "ana")))

    assert answer.status_code == 200
    assert answer.json["user_id"] == "ana"


def test_who_makes_keys_is_led_to_them(ana):
    page = shown(ana, ClientName.N8N)

    assert "/dashboard/api-keys" in [a.attributes["href"] for a in page.one("main").all("a")]


@pytest.mark.parametrize("client", list(ClientName))
def test_who_calls_from_outside_is_said_not_to_reach_this_machine(ana, client: ClientName):
    warned = bool(shown(ana, client).all(class_="banner"))

    assert warned == (client in CALLING_FROM_OUTSIDE)


def test_a_published_service_shows_its_public_address(
    published: Flask, workspace: int, browse: Callable[..., FlaskClient]
):
    page = page_of(browse(workspace, at=published))

    assert snippets(page) == ["https://hub.example.com/mcp"]
    assert page.all(class_="banner") == []


def test_a_service_that_does_not_know_its_address_shows_the_browsers_and_says_so(
    unnamed: Flask, workspace: int, browse: Callable[..., FlaskClient]
):
    page = page_of(browse(workspace, at=unnamed))

    assert snippets(page) == ["https://hub.example.org/mcp"]
    assert "PUBLIC_URL" in page.one(class_="banner").text


def test_without_scripts_there_is_no_button_that_does_nothing(ana):
    page = shown(ana, ClientName.CLAUDE_CODE)
    buttons = [each for each in page.all("button") if "data-done" in each.attributes]

    assert len(buttons) == 2
    assert all("hidden" in button.attributes for button in buttons)


def test_an_unknown_client_is_refused(ana):
    ana.get("/dashboard/connect?client=telnet", status=422)


def test_a_stranger_must_sign_in_first(client):
    assert client.get("/dashboard/connect").status_code == 303
