"""The pages of outgoing webhooks: made, tested, replayed, ended, by those who may."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from factories import rows
from flask.testing import FlaskClient
from html_pages import Html

from talkhub.store.uow import Database, workspace_scope

PATH = "/dashboard/webhooks"
URL = "https://client.example/hook"
FORM = {"url": URL, "events": ["message.received", "conversation.closed"]}


@pytest.fixture
def log(ana, database: Database, workspace: int) -> str:
    """The path of an endpoint's log."""
    ana.client.post(PATH, data=FORM, follow_redirects=True)
    (endpoint,) = rows(database, workspace, "select id from webhook_endpoints")
    return f"{PATH}/{endpoint['id']}"


def fail_all(database: Database, workspace: int) -> None:
    with database.unit_of_work(workspace_scope(workspace, "tests")) as uow:
        uow.run("update outbound_messages set state = 'dead', last_error = 'HTTP 500 <b>oops'")


def states(database: Database, workspace: int) -> list[str]:
    return [
        row["state"] for row in rows(database, workspace, "select state from outbound_messages")
    ]


def test_an_endpoint_is_made_by_a_form_and_its_secret_shown_once(ana):
    answer = ana.client.post(PATH, data=FORM)

    assert (answer.status_code, answer.location) == (303, PATH)
    secret = ana.page(PATH).one("pre").text
    assert secret.startswith("whsec_")
    assert secret not in ana.get(PATH)
    assert URL in ana.get(PATH)


@pytest.mark.parametrize("form", [{**FORM, "url": "https://127.0.0.1/"}, {"url": URL}])
def test_the_form_says_what_it_lacks(ana, form: dict):
    answer = ana.client.post(PATH, data=form)

    page = Html(answer.text)
    assert answer.status_code == 422
    assert page.one(role="alert").text.startswith("Informe um endereço https público")
    assert page.one("input", name="url").attributes["value"] == form["url"]


def test_a_test_stands_in_the_log(ana, log: str):
    answer = ana.client.post(f"{log}/test")

    assert (answer.status_code, answer.location) == (303, log)
    assert "Teste" in ana.page(log).one("tbody").text
    assert "Na fila" in ana.page(log).one("tbody").text


def test_what_failed_is_sent_again_alone_or_by_its_time(
    ana, log: str, database: Database, workspace: int
):
    ana.client.post(f"{log}/test")
    fail_all(database, workspace)
    page = ana.page(log)
    assert "HTTP 500 <b>oops" in page.one("tbody").text
    delivery = page.one("input", name="delivery_id").attributes["value"]

    ana.client.post(f"{log}/replay", data={"delivery_id": delivery})
    assert states(database, workspace) == ["pending"]

    fail_all(database, workspace)
    ana.client.post(f"{log}/replay", data={"start": "2020-01-01T00:00", "end": "2020-01-02T00:00"})
    assert states(database, workspace) == ["dead"]

    ana.client.post(f"{log}/replay", data={"start": "2020-01-01T00:00", "end": ""})
    assert states(database, workspace) == ["pending"]


def test_an_endpoint_is_disabled_and_enabled_and_the_page_says_so(ana, log: str):
    ana.client.post(f"{log}/state", data={"state": "disabled"})
    disabled = ana.page(log)

    assert disabled.one(class_="banner").text.startswith("Nada é entregue aqui.")
    assert f"{log}/test" not in ana.get(log)

    ana.client.post(f"{log}/state", data={"state": "active"})
    assert f"{log}/test" in ana.get(log)


def test_an_endpoint_that_fails_says_since_when(ana, log: str, database: Database, workspace: int):
    with database.unit_of_work(workspace_scope(workspace, "tests")) as uow:
        uow.run("update webhook_endpoints set failures = 3, failing_since = now()")

    assert "Falhando desde" in ana.get(log)
    assert "Falhando" in ana.page(PATH).one("tbody").text


def test_a_secret_is_replaced_by_a_button(ana, log: str):
    answer = ana.client.post(f"{log}/rotate")

    assert (answer.status_code, answer.location) == (303, PATH)
    assert ana.page(PATH).one("pre").text.startswith("whsec_")


def test_an_endpoint_is_deleted_by_a_button(ana, log: str):
    answer = ana.client.post(f"{log}/delete")

    assert (answer.status_code, answer.location) == (303, PATH)
    assert URL not in ana.get(PATH)
    ana.get(log, status=404)


def test_the_log_has_pages(ana, log: str):
    for _ in range(51):
        ana.client.post(f"{log}/test")

    older = next(
        a.attributes["href"] for a in ana.page(log).all("a") if "before=" in a.attributes["href"]
    )

    assert len(ana.page(older).one("tbody").all("tr")) == 1


def test_another_site_cannot_send_the_forms(ana, log: str):
    for path in (PATH, f"{log}/test", f"{log}/rotate", f"{log}/delete", f"{log}/replay"):
        answer = ana.client.post(path, data=FORM, headers={"Sec-Fetch-Site": "cross-site"})
        assert answer.status_code == 403


def test_who_may_not_manage_webhooks_sees_neither_page_nor_link(
    workspace: int, browse: Callable[..., FlaskClient], log: str
):
    bia = browse(workspace, "viewer", name="bia")

    refused = [bia.get(path).status_code for path in (PATH, log)]
    refused += [bia.post(path).status_code for path in (PATH, f"{log}/test", f"{log}/delete")]

    assert refused == [403] * 5
    assert PATH not in bia.get("/dashboard").text
