"""The page of API keys: made and shown once, rotated, revoked, by those who may."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from factories import rows
from flask import Flask
from flask.testing import FlaskClient
from html_pages import Html

from talkhub.security import API_KEY_PREFIX, is_api_key
from talkhub.store.uow import Database

PATH = "/dashboard/api-keys"
FORM = {"name": "n8n", "scopes": ["mcp:read", "mcp:write"], "days": "90"}


def works(app: Flask, key: str) -> bool:
    headers = {"Authorization": f"Bearer {key}"}
    return app.test_client().get("/api/v1/test", headers=headers).status_code == 200


def shown_key(visitor, path: str = PATH) -> str:
    """Send a form that makes a key, and return the key from the page that follows."""
    answer = visitor.client.post(path, data=FORM)
    assert (answer.status_code, answer.location) == (303, PATH)
    return visitor.page(PATH).one("pre").text


def test_a_key_is_made_by_a_form_and_shown_once(ana, app: Flask):
    key = shown_key(ana)

    assert is_api_key(key)
    assert works(app, key)
    assert key not in ana.get(PATH)
    assert key[:10] in ana.get(PATH)


def test_a_reload_makes_no_second_key(ana, database: Database, workspace: int):
    shown_key(ana)

    ana.get(PATH)

    assert len(rows(database, workspace, "select id from api_keys")) == 1


def test_a_key_travels_sealed_to_its_own_page_and_no_other(ana):
    answer = ana.client.post(PATH, data=FORM)

    cookie = answer.headers["Set-Cookie"]
    assert API_KEY_PREFIX not in answer.text + cookie
    assert {"HttpOnly", f"Path={PATH}", "SameSite=Strict", "Max-Age=60"} <= set(cookie.split("; "))
    assert answer.headers["Cache-Control"] == "no-store"


def test_another_login_in_the_same_browser_is_not_shown_the_key(
    ana, workspace: int, browse: Callable[..., FlaskClient]
):
    ana.client.post(PATH, data=FORM)

    ana.client.set_cookie("talkhub", browse(workspace).get_cookie("talkhub").value)

    assert ana.page(PATH).all("pre") == []


def test_a_cookie_that_was_not_sealed_here_shows_nothing(ana):
    ana.client.set_cookie("made", "x" * 100, path=PATH)

    assert ana.page(PATH).all("pre") == []


def test_a_new_key_can_be_copied_by_a_button(ana):
    ana.client.post(PATH, data=FORM)
    page = ana.page(PATH)

    module = page.one(data_module="copy")
    assert is_api_key(module.one("pre").text)
    assert module.one("button").attributes["aria-label"] == "Copiar: Chave"


def test_the_form_says_in_words_what_each_scope_allows(ana):
    page = ana.page(PATH)

    labels = [label.text for label in page.all("label") if label.all("input", name="scopes")]
    assert "Alterar os dados das pessoas profile:write" in labels
    assert "Enviar mensagens às pessoas messages:send" in labels
    assert "Corrigir o que a análise encontrou analysis:write" in labels
    assert "Exportar" in " ".join(labels)
    assert len(labels) == 7


def test_the_form_says_what_it_lacks(ana):
    answer = ana.client.post(PATH, data={"name": "n8n", "days": "90"})

    page = Html(answer.text)
    assert answer.status_code == 422
    assert page.one(role="alert").text == "Dê um nome à chave e marque pelo menos um escopo."
    assert page.one("input", name="name").attributes["value"] == "n8n"


@pytest.mark.parametrize(("days", "lasts"), [("30", True), ("", False), ("9999", False)])
def test_a_key_ends_when_that_was_chosen(
    ana, database: Database, workspace: int, days: str, *, lasts: bool
):
    ana.client.post(PATH, data={**FORM, "days": days})

    key = rows(database, workspace, "select expires_at from api_keys")[0]
    assert (key["expires_at"] is not None) is lasts


def test_a_key_is_rotated_by_a_button(ana, app: Flask):
    old = shown_key(ana)
    action = next(
        form.attributes["action"]
        for form in ana.page(PATH).all("form")
        if form.attributes["action"].endswith("/rotate")
    )

    new = shown_key(ana, action)

    assert new != old
    assert works(app, old)
    assert works(app, new)
    assert "Em troca" in ana.get(PATH)


def test_a_key_is_revoked_by_a_button(ana, app: Flask):
    key = shown_key(ana)
    action = next(
        form.attributes["action"]
        for form in ana.page(PATH).all("form")
        if form.attributes["action"].endswith("/revoke")
    )

    answer = ana.client.post(action)

    assert (answer.status_code, answer.location) == (303, PATH)
    assert not works(app, key)
    assert "Revogada" in ana.get(PATH)


def test_a_key_is_revoked_only_by_a_second_button(ana):
    shown_key(ana)

    asking = ana.page(PATH).one("details", class_="asking")

    assert "open" not in asking.attributes
    assert asking.one("summary").attributes["aria-label"] == "Revogar n8n"
    assert asking.one("form").text == "Quem usa n8n deixa de entrar, e não há volta. Sim, revogar"
    assert asking.one("form").one("button", type="submit").parent is asking.one("form")


@pytest.mark.parametrize("path", [PATH, f"{PATH}/1/rotate", f"{PATH}/1/revoke"])
def test_another_site_cannot_send_the_forms(ana, path: str):
    answer = ana.client.post(path, data=FORM, headers={"Sec-Fetch-Site": "cross-site"})

    assert answer.status_code == 403


def test_who_may_not_manage_keys_sees_neither_page_nor_link(
    workspace: int, browse: Callable[..., FlaskClient]
):
    bia = browse(workspace, "viewer", name="bia")

    statuses = [bia.get(PATH).status_code, bia.post(PATH, data=FORM).status_code]

    assert statuses == [403, 403]
    assert PATH not in bia.get("/dashboard").text


def test_admins_manage_keys(workspace: int, browse: Callable[..., FlaskClient]):
    assert browse(workspace, "admin").get(PATH).status_code == 200
