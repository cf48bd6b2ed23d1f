"""The pages of CRMs: connected, given rules and fields, tested and taken away, by those who may."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from connections import Connection
from flask import Flask
from flask.testing import FlaskClient
from html_pages import Html

from benchmarks.crms.server import Fault

Connect = Callable[..., Connection]

PATH = "/dashboard/crms"
TOKEN = "pat-na1-not-a-real-token"
FORM = {"kind": "hubspot", "name": "Vendas", "credential.token": TOKEN}
RULE = {"event": "conversation.closed", "action": "create_deal", "text": "{name}", "stage": "Novo"}


@pytest.fixture
def ana(browse: Callable[..., FlaskClient], workspace: int) -> FlaskClient:
    client = browse(workspace)
    client.set_cookie("lang", "pt-BR")
    return client


def page(client: FlaskClient, path: str = PATH) -> Html:
    answer = client.get(path)
    assert answer.status_code == 200, answer.text[:300]
    return Html(answer.text)


def test_a_crm_is_connected_by_a_form_and_its_token_never_shown(ana: FlaskClient) -> None:
    assert "Nenhum CRM conectado" in page(ana).source

    made = ana.post(PATH, data=FORM)

    shown = [page(ana, made.location), page(ana)]
    assert made.status_code == 303
    assert shown[0].one("h1").text == "Vendas"
    assert "Não testado" in shown[1].one("tbody").text
    assert not any(TOKEN in each.source for each in shown)


@pytest.mark.parametrize(
    "wrong",
    [
        {"credential.token": ""},
        {"kind": "generic", "address": "http://10.0.0.1/", "credential.secret": TOKEN},
        {"kind": "other"},
    ],
)
def test_the_form_says_what_it_lacks_and_keeps_what_was_typed(
    ana: FlaskClient, wrong: dict[str, str]
) -> None:
    answer = ana.post(PATH, data={**FORM, **wrong})

    shown = Html(answer.text)
    assert answer.status_code == 422
    assert shown.one(role="alert").text
    assert shown.one("input", name="name").attributes["value"] == "Vendas"
    assert TOKEN not in answer.text


def test_a_rule_is_made_and_ended_on_its_crm(ana: FlaskClient) -> None:
    path = ana.post(PATH, data=FORM).location

    refused = ana.post(f"{path}/rules", data={**RULE, "action": "add_note"})
    ana.post(f"{path}/rules", data={**RULE, "sentiment": "positive", "intent": "purchase"})

    assert refused.status_code == 422
    assert Html(refused.text).one(role="alert").text == "Só um negócio tem funil e etapa."
    assert Html(refused.text).one("input", name="stage").attributes["value"] == "Novo"
    rules = page(ana, path).one("tbody")
    assert "Conversa encerrada Positivo; Compra Negócio no CRM: Novo {name}" in rules.text
    ana.post(rules.one("form").attributes["action"])
    assert page(ana, path).all("tbody") == []


def test_fields_are_mapped_and_what_is_left_empty_goes_nowhere(ana: FlaskClient) -> None:
    path = ana.post(PATH, data=FORM).location
    typed = {"locale": "hs_language", "tags": "", "key": ["plan", ""], "property": ["plano", ""]}

    saved = ana.post(f"{path}/fields", data=typed)
    refused = ana.post(f"{path}/fields", data={**typed, "key": ["my plan", "", "x"]})

    shown = page(ana, path)
    kept = {name: [e.attributes["value"] for e in shown.all("input", name=name)] for name in typed}
    assert saved.status_code == 303
    assert kept == {
        "locale": ["hs_language"],
        "tags": [""],
        "key": ["plan", "", ""],
        "property": ["plano", "", ""],
    }
    assert refused.status_code == 422
    assert Html(refused.text).all("input", name="key")[0].attributes["value"] == "my plan"


def test_what_a_crm_tells_is_heard_once_it_can_be_proved(ana: FlaskClient) -> None:
    path = ana.post(PATH, data=FORM).location
    wanted = {"hears": "own", "webhook_secret": ""}

    refused = ana.post(f"{path}/hearing", data=wanted)
    ana.post(f"{path}/hearing", data={**wanted, "webhook_secret": TOKEN})
    ana.post(f"{path}/hearing", data=wanted)

    shown = page(ana, path)
    assert refused.status_code == 422
    assert "O HubSpot assina" in Html(refused.text).one(role="alert").text
    assert "checked" in shown.one("input", value="own").attributes
    assert "/webhooks/crm/" in shown.one("pre").text
    assert TOKEN not in shown.source
    assert ana.post(f"{path}/hearing", data={**wanted, "forgets": "yes"}).status_code == 422


@pytest.mark.parametrize(
    ("kind", "where"),
    [
        ("hubspot", "Aplicativos privados"),
        ("pipedrive", "Ferramentas e aplicativos"),
        ("rd_station", "crm_contact_updated"),
        ("generic", "contact.changed"),
    ],
)
def test_the_page_says_what_each_choice_means_and_where_the_address_goes(
    connect: Connect, ana: FlaskClient, kind: str, where: str
) -> None:
    path = f"{PATH}/{connect(kind).id}"

    quiet = page(ana, path)
    ana.post(f"{path}/hearing", data={"hears": "all", "webhook_secret": TOKEN})

    meant = [quiet.one("small", id=f"hears-{it}").text for it in ("nothing", "own", "all")]
    assert all(meant)
    assert where in quiet.source
    assert quiet.all("pre") == []
    assert "O endereço para o CRM aparece aqui" in quiet.source
    assert "Último aviso do CRM</dt><dd>nunca" in page(ana, path).source


def test_it_is_said_when_the_address_lacks_its_beginning(ana: FlaskClient) -> None:
    path = ana.post(PATH, data=FORM).location
    ana.post(f"{path}/hearing", data={"hears": "own", "webhook_secret": TOKEN})
    host, cookie = "hub.example.org", ana.get_cookie("talkhub")
    assert cookie is not None
    ana.set_cookie("talkhub", cookie.value, domain=host)

    shown = Html(ana.get(path, base_url=f"http://{host}").text)

    assert shown.one("pre").text.startswith("/webhooks/crm/")
    assert "PUBLIC_URL" in shown.one(class_="banner").text
    assert "PUBLIC_URL" not in page(ana, path).source


def test_a_refused_token_is_said_until_another_is_given(connect: Connect, ana: FlaskClient) -> None:
    hubspot = connect("hubspot")
    path = f"{PATH}/{hubspot.id}"
    ana.post(path, data={"name": "Vendas", "credential.token": "revoked"})
    hubspot.rule("conversation.started", "upsert_contact")
    hubspot.analysed(hubspot.person("ana"))
    hubspot.deliver()

    assert "Acesso recusado" in page(ana).one("tbody").text
    assert "O CRM recusa o acesso desde" in page(ana, path).one(class_="banner").text

    ana.post(path, data={"name": "Vendas", "credential.token": TOKEN})
    assert "Acesso recusado" not in page(ana).one("tbody").text


def test_what_was_given_up_is_sent_again_and_the_last_success_said(
    connect: Connect, ana: FlaskClient
) -> None:
    hubspot = connect("hubspot", ("", Fault.FAILED))
    path = f"{PATH}/{hubspot.id}"
    hubspot.rule("conversation.started", "upsert_contact")
    hubspot.analysed(hubspot.person("ana"))
    hubspot.do(lambda uow: uow.run("update outbound_messages set attempts = 9"))
    hubspot.deliver()
    (again,) = page(ana, path).all("input", name="message_id")

    ana.post(f"{path}/replay", data={"message_id": again.attributes["value"]})
    hubspot.deliver()

    assert [errand["state"] for errand in hubspot.errands()] == ["sent"]
    assert "Conectado 0 0" in page(ana).one("tbody").text
    assert "nunca" not in page(ana).one("tbody").text


def test_a_crm_is_tested_and_says_what_came_of_it(
    connect: Connect,
    make_app: Callable[..., Flask],
    browse: Callable[..., FlaskClient],
    workspace: int,
) -> None:
    own = connect("generic")
    path = f"{PATH}/{own.id}/test"
    ana = browse(workspace, at=make_app(webhooks_reach_loopback=True))

    tested = ana.post(path)
    own.stub.faults.planned.append(("", Fault.FAILED))
    refused = ana.post(path)

    assert tested.status_code == 200
    assert Html(tested.text).one(class_="banner").one("use").attributes["href"].endswith("check")
    assert refused.status_code == 502
    assert "HTTP 503" in Html(refused.text).one(class_="banner").text


def test_a_crm_is_switched_off_on_and_disconnected_by_buttons(ana: FlaskClient) -> None:
    path = ana.post(PATH, data=FORM).location

    ana.post(f"{path}/state", data={"state": "disabled"})
    assert page(ana, path).one(class_="banner").text.startswith("Nada é contado a este CRM")
    ana.post(f"{path}/state", data={"state": "active"})
    assert page(ana, path).all(class_="banner") == []

    assert ana.post(f"{path}/delete").location == PATH
    assert ana.get(path).status_code == 404


def test_who_may_not_manage_crms_sees_neither_page_nor_link(
    ana: FlaskClient, browse: Callable[..., Any], workspace: int
) -> None:
    path = ana.post(PATH, data=FORM).location
    bia = browse(workspace, "viewer", name="bia")
    parts = (
        "",
        "/rules",
        "/fields",
        "/hearing",
        "/state",
        "/test",
        "/replay",
        "/delete",
        "/rules/1/delete",
    )

    refused = [bia.get(PATH), bia.get(path), bia.post(PATH, data=FORM)]
    refused += [bia.post(f"{path}{part}", data=FORM) for part in parts]

    assert {answer.status_code for answer in refused} == {403}
    assert PATH not in bia.get("/dashboard").text
