"""The page on which a person lets an application in: what it says, and whom it trusts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from applications import AUTHORIZE, Application, sent_back
from factories import rows
from flask import Flask
from html_pages import Html

from requirements import requirement
from talkhub.store.uow import Database


def test_a_stranger_signs_in_first_and_comes_back_to_the_request(
    app: Flask, agenda: Application, ana: Any
) -> None:
    signed_in, agenda.browser = agenda.browser, app.test_client()

    asked = agenda.look()
    agenda.browser = signed_in
    came_back = signed_in.get(asked.location)

    assert asked.status_code == 303
    assert asked.location.startswith("/dashboard/login?next=/dashboard/authorize?")
    assert Html(signed_in.get(came_back.location).text).head == "Agenda quer acessar Test"


@requirement("oauth:consent")
def test_the_page_says_who_asks_for_what_and_where_one_is_sent(agenda: Application) -> None:
    page = Html(agenda.look().text)

    text = page.one("main").text
    assert page.head == "Agenda quer acessar Test"
    assert "Ler conversas, pessoas e o contexto delas" in text
    assert "Abrir sessões e gravar conversas" in text
    assert "Alterar os dados das pessoas" not in text
    assert "Depois você volta para: app.example" in text
    assert [button.text for button in page.all("button")] == ["Permitir", "Recusar"]
    assert page.all(role="note") == []


def test_the_page_speaks_english_too(agenda: Application) -> None:
    agenda.browser.set_cookie("lang", "en")

    page = Html(agenda.look().text)

    assert page.head == "Agenda wants access to Test"
    assert "Read conversations, people and their context" in page.one("main").text


def test_an_application_on_this_machine_is_warned_of(
    connecting: Callable[..., Application], ana: Any
) -> None:
    local = connecting(ana, redirect_uri="http://localhost:8787/callback")

    page = Html(local.look().text)

    assert "um programa neste computador" in page.one(role="note").text
    assert "localhost:8787" in page.one("main").text


@pytest.mark.parametrize(
    ("redirect_uri", "source"),
    [
        ("https://app.example/callback", "https://app.example"),
        ("http://127.0.0.1:1234/cb", "http://127.0.0.1:1234"),
        ("cursor://anysphere.cursor-mcp/oauth/callback", "cursor:"),
    ],
)
@requirement("oauth:consent")
def test_the_form_may_lead_to_the_application_and_nothing_may_frame_it(
    connecting: Callable[..., Application], ana: Any, redirect_uri: str, source: str
) -> None:
    answer = connecting(ana, redirect_uri=redirect_uri).look()

    (policy,) = answer.headers.getlist("Content-Security-Policy")
    assert f"form-action 'self' {source};" in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["Cache-Control"] == "no-store"


def test_refusing_tells_the_application_and_gives_it_nothing(
    agenda: Application, ana: Any, database: Database
) -> None:
    told = sent_back(agenda.decide("deny"))

    assert (told["error"], told["state"], told["iss"]) == (
        "access_denied",
        "st/ate",
        "http://localhost",
    )
    assert rows(database, ana.workspace_id, "select from oauth_grants") == []


@requirement("oauth:consent")
def test_another_site_cannot_consent_for_someone(agenda: Application, database: Database) -> None:
    answer = agenda.browser.post(
        AUTHORIZE,
        query_string=agenda.query(),
        data={"decision": "allow"},
        headers={"Sec-Fetch-Site": "cross-site"},
    )

    assert answer.status_code == 403


def test_a_name_cannot_turn_the_text_around_it(
    connecting: Callable[..., Application], ana: Any
) -> None:
    agenda = connecting(ana, client_name="\u202ednega\u0007 <b>")

    assert Html(agenda.look().text).head == "dnega <b> quer acessar Test"


@pytest.mark.parametrize(
    ("changed", "text"),
    [
        ({"client_id": "client_unknown"}, "não é conhecido"),
        ({"client_id": None}, "não é conhecido"),
        ({"client_id": "a\0b"}, "não é conhecido"),
        ({"redirect_uri": "https://evil.example/callback"}, "endereço de retorno"),
        ({"redirect_uri": "https://app.example/callback/"}, "endereço de retorno"),
        ({"redirect_uri": "https://app.example/callback?a=b"}, "endereço de retorno"),
        ({"redirect_uri": 'https://app.example/"'}, "não se apresentou"),
        ({"response_type": "tökn"}, "não se apresentou"),
    ],
)
@pytest.mark.parametrize("method", ["look", "decide"])
@requirement("oauth:redirect")
def test_nobody_is_sent_to_an_address_that_is_not_the_applications(
    agenda: Application, method: str, changed: dict[str, str | None], text: str
) -> None:
    answer = getattr(agenda, method)(**changed)

    assert answer.status_code == 400
    assert text in Html(answer.text).one(role="alert").text


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"resource": "https://other.example/mcp"}, "invalid_target"),
    ],
)
@pytest.mark.parametrize("method", ["look", "decide"])
def test_the_application_is_told_what_is_wrong_with_its_request(
    agenda: Application, method: str, changed: dict[str, str | None], error: str
) -> None:
    told = sent_back(getattr(agenda, method)(**changed))

    assert (told["error"], told["state"], told["iss"]) == (error, "st/ate", "http://localhost")


@requirement("oauth:resource-indicators")
def test_one_of_two_named_resources_that_is_not_ours_is_refused(agenda: Application) -> None:
    query = [*agenda.query().items(), ("resource", "https://other.example")]

    told = sent_back(agenda.browser.get(AUTHORIZE, query_string=dict_of_lists(query)))

    assert told["error"] == "invalid_target"


@pytest.mark.parametrize("resource", ["http://localhost", "http://localhost/", None])
def test_the_host_alone_and_no_resource_at_all_mean_the_mcp_endpoint(
    agenda: Application, resource: str | None
) -> None:
    assert agenda.look(resource=resource).status_code == 200


def test_the_only_registered_address_need_not_be_named(agenda: Application) -> None:
    assert agenda.decide(redirect_uri=None).location.startswith("https://app.example/callback?")


@requirement("oauth:redirect")
def test_on_this_machine_the_port_is_free_and_nothing_else(
    connecting: Callable[..., Application], ana: Any
) -> None:
    local = connecting(ana, redirect_uri="http://localhost/callback")

    free = local.look(redirect_uri="http://localhost:45454/callback")
    others = [
        local.look(redirect_uri=uri).status_code
        for uri in (
            "http://localhost:45454/other",
            "http://127.0.0.1:45454/callback",
            "https://localhost:45454/callback",
            "http://localhost.evil.example/callback",
            "http://localhost:x/callback",
            "http://claude.ai@localhost:45454/callback",
            "http://localhost:45454/callback#code",
        )
    ]

    assert free.status_code == 200
    assert others == [400] * 7


def test_an_address_cannot_write_into_the_pages_policy(
    connecting: Callable[..., Application], ana: Any
) -> None:
    local = connecting(ana, redirect_uri="http://localhost/callback")

    answer = local.look(redirect_uri="http://x;frame-ancestors *;@localhost/callback")

    (policy,) = answer.headers.getlist("Content-Security-Policy")
    assert answer.status_code == 400
    assert "frame-ancestors *" not in policy


def dict_of_lists(pairs: list[tuple[str, str]]) -> dict[str, list[str]]:
    lists: dict[str, list[str]] = {}
    for name, value in pairs:
        lists.setdefault(name, []).append(value)
    return lists
