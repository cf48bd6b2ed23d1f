"""The connected applications: seen by their own workspace, and disconnected."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from applications import Application, use
from factories import rows
from flask.testing import FlaskClient
from html_pages import Html

from talkhub.store.uow import Database

PATH = "/dashboard/applications"
AUDIT = "select action, actor from audit_entries where action like 'application.%%' order by id"


def page_of(person: Any) -> Html:
    return Html(person.browser.get(PATH).text)


def test_without_applications_the_page_says_how_one_is_connected(ana: Any) -> None:
    main = page_of(ana).one("main")

    assert "Nenhum aplicativo conectado" in main.text
    assert main.one("a", class_="primary").attributes["href"] == "/dashboard/connect"


def test_an_application_is_listed_with_what_it_may_do(agenda: Application, ana: Any) -> None:
    agenda.connect()

    (row,) = page_of(ana).one("tbody").all("tr")
    assert "Agenda app.example" in row.text
    assert "Ler conversas, pessoas e o contexto delas; Abrir sessões" in row.text
    assert ana.name in row.text


def test_one_that_never_came_for_its_tokens_is_not_listed(agenda: Application, ana: Any) -> None:
    agenda.code()

    assert page_of(ana).all("tbody") == []


def test_disconnecting_ends_its_tokens_and_is_written_down(
    agenda: Application, ana: Any, client: FlaskClient, database: Database
) -> None:
    tokens = agenda.connect()
    form = page_of(ana).one("tbody").one("form")

    answer = ana.browser.post(form.attributes["action"])

    assert (answer.status_code, answer.location) == (303, PATH)
    assert page_of(ana).all("tbody") == []
    assert use(client, tokens["access_token"]) == 401
    assert agenda.refresh(tokens["refresh_token"]).json["error"] == "invalid_grant"
    audited = [tuple(row.values()) for row in rows(database, ana.workspace_id, AUDIT)]
    assert audited == [("application.allowed", ana.name), ("application.revoked", ana.name)]


def test_an_application_is_disconnected_only_by_a_second_button(
    agenda: Application, ana: Any
) -> None:
    agenda.connect()

    asking = page_of(ana).one("tbody").one("details", class_="asking")

    assert "open" not in asking.attributes
    assert asking.one("summary").attributes["aria-label"] == "Desconectar Agenda"
    assert asking.one("form").one("button", type="submit").text == "Sim, desconectar"
    assert "Agenda deixa de entrar" in asking.one("form").text


def test_one_workspace_neither_sees_nor_ends_anothers(
    agenda: Application, ana: Any, make_person: Callable[..., Any]
) -> None:
    tokens, caio = agenda.connect(), make_person()
    form = page_of(ana).one("tbody").one("form")

    answer = caio.browser.post(form.attributes["action"])

    assert page_of(caio).all("tbody") == []
    assert answer.status_code == 404
    assert agenda.refresh(tokens["refresh_token"]).status_code == 200


def test_another_site_cannot_disconnect(agenda: Application, ana: Any) -> None:
    agenda.connect()
    form = page_of(ana).one("tbody").one("form")

    answer = ana.browser.post(form.attributes["action"], headers={"Sec-Fetch-Site": "cross-site"})

    assert answer.status_code == 403


@pytest.fixture
def colleague(ana: Any, browse: Callable[..., FlaskClient]) -> Callable[..., Any]:
    """Make somebody else who is signed in to Ana's workspace."""

    def make(role: str) -> Any:
        browser = browse(ana.workspace_id, role, name="bia")
        return replace(ana, name="bia", browser=browser)

    return make


def test_a_member_neither_may_nor_is_offered_to_disconnect_what_another_connected(
    agenda: Application, ana: Any, colleague: Callable[..., Any]
) -> None:
    tokens, bia = agenda.connect(), colleague("viewer")
    path = page_of(ana).one("tbody").one("form").attributes["action"]

    answer = bia.browser.post(path)

    assert answer.status_code == 403
    assert page_of(bia).one("tbody").all("form") == []
    assert agenda.refresh(tokens["refresh_token"]).status_code == 200


def test_an_owner_disconnects_what_another_connected(
    agenda: Application, colleague: Callable[..., Any]
) -> None:
    tokens, owner = agenda.connect(), colleague("admin")
    path = page_of(owner).one("tbody").one("form").attributes["action"]

    answer = owner.browser.post(path)

    assert answer.status_code == 303
    assert agenda.refresh(tokens["refresh_token"]).json["error"] == "invalid_grant"
