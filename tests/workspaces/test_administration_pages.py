"""Workspaces in a browser: made, entered, shared by a link; what a viewer is shown of them."""

from __future__ import annotations

import io
import re
import secrets
from collections.abc import Callable
from zipfile import ZipFile

import pytest
from callers import Caller
from factories import make_workspace, rows
from flask import Flask
from flask.testing import FlaskClient
from html_pages import Html
from page_addresses import PAGES
from workspace_people import PASSWORD

from talkhub import clock
from talkhub.blueprints.dashboard.workspace.administration import fault
from talkhub.errors import ByAgency, Conflict, LastAdmin, TooManyInvitations
from talkhub.services.access.auth import add_first_user
from talkhub.store.uow import Database

Browse = Callable[..., FlaskClient]


@pytest.fixture
def owner(browse: Browse, workspace: int) -> FlaskClient:
    """A browser in which the owner of this test's workspace is signed in, in Portuguese."""
    return signed_in(browse, workspace, "owner")


def signed_in(browse: Browse, workspace: int, role: str, name: str | None = None) -> FlaskClient:
    client = browse(workspace, role, name=name or f"person-{secrets.token_hex(5)}")
    client.set_cookie("lang", "pt-BR")
    return client


def page(client: FlaskClient, path: str, status: int = 200) -> Html:
    answer = client.get(f"/dashboard{path}")
    assert answer.status_code == status, answer.text[:300]
    return Html(answer.text)


def named(client: FlaskClient) -> str:
    return page(client, "/workspaces").one("p", class_="crumb").text


def send(client: FlaskClient, path: str, **form: str):
    # An export keeps one of few seats until it is closed.
    return client.post(f"/dashboard{path}", data=form, buffered=True)


def test_an_owner_founds_an_agency_makes_a_workspace_and_enters_it(owner: FlaskClient) -> None:
    slug = f"padaria-{secrets.token_hex(4)}"

    founded = send(owner, "/workspaces/agency", name="Agência Boa")
    made = send(owner, "/workspaces", name="Padaria", slug=slug, timezone="America/Manaus")
    (row,) = [tr for tr in page(owner, "/workspaces").all("tr") if slug in tr.text]
    entered = owner.post(row.one("form").attributes["action"])
    menu = owner.get("/dashboard/workspaces", headers={"HX-Request": "true"}).text
    found = page(owner, "/search?q=test")

    assert [answer.status_code for answer in (founded, made, entered)] == [303, 303, 303]
    assert "Padaria" in named(owner)
    assert "Agência Boa" in page(owner, "/workspaces").text
    current = [b.text for b in Html(menu).all("button", aria_current="true")]
    assert len(current) == 1
    assert "Padaria" in current[0]
    assert [b.text for b in found.one(class_="results").all("button")] == ["Test Dono"]


def test_a_browser_enters_no_workspace_of_others(owner: FlaskClient, database: Database) -> None:
    other = make_workspace(database)

    assert send(owner, f"/workspaces/{other}/enter").status_code == 404
    assert send(owner, f"/workspaces/{2**70}/enter").status_code == 404


def test_a_link_makes_a_newcomer_a_member_who_is_taken_out_again(
    owner: FlaskClient, app: Flask, database: Database, workspace: int
) -> None:
    send(owner, "/team/invitations", role="analyst", email="bia@example.com")
    shown = page(owner, "/team")
    link = shown.one("pre", class_="code").text
    path = link.removeprefix("http://localhost/dashboard")
    bia, username = app.test_client(), f"bia-{secrets.token_hex(4)}"
    bia.set_cookie("lang", "pt-BR")

    form = page(bia, path)
    short = send(bia, path, username=username, name="Bia", password="short")
    joined = send(bia, path, username=username, name="Bia", password=PASSWORD)
    again = page(app.test_client(), path, 404)
    (row,) = [tr for tr in page(owner, "/team").all("tr") if username in tr.text]
    remove = row.one("details").one("form").attributes["action"]
    during = bia.get("/dashboard/conversations").status_code
    owner.post(remove)

    assert form.head == "Convite para Test"
    assert (short.status_code, joined.status_code, during) == (422, 303, 200)
    assert "A senha tem pelo menos 12 caracteres." in short.text
    assert again.one("h1").text
    assert bia.get("/dashboard/conversations").status_code == 303
    assert not page(owner, "/team").all("pre", class_="code")
    assert rows(database, workspace, "select accepted_at is null as o from invitations") == [
        {"o": False}
    ]


def test_who_has_a_login_joins_with_it_and_looks_at_the_new_workspace(
    owner: FlaskClient, browse: Browse, database: Database
) -> None:
    send(owner, "/team/invitations", role="viewer", email="")
    link = page(owner, "/team").one("pre", class_="code").text
    path = link.removeprefix("http://localhost/dashboard")
    caio = signed_in(browse, make_workspace(database), "owner")

    button = page(caio, path).one("form", action=f"/dashboard{path}/join").text
    joined = send(caio, f"{path}/join")

    assert button.startswith("Aceitar como")
    assert joined.status_code == 303
    assert [tr.text.split()[-2:] for tr in page(caio, "/workspaces").all("tr")][1:]
    assert page(caio, "/team", 403).head == "Sem acesso"


def test_the_last_owner_stays_and_is_told_why(owner: FlaskClient) -> None:
    row = page(owner, "/team").all("tr")[1]
    demote = row.one("form", class_="line").attributes["action"]

    refused = owner.post(demote, data={"role": "viewer"})

    assert refused.status_code == 409
    assert "O espaço precisa de um dono" in refused.text


@pytest.mark.parametrize(
    ("refused", "said"),
    [
        (ByAgency("English"), "administradora da agência"),
        (LastAdmin("English"), "precisa de um administrador"),
        (TooManyInvitations("English"), "100 convites em aberto"),
    ],
    ids=lambda value: getattr(value, "code", None),
)
def test_what_the_team_is_refused_is_said_in_portuguese(
    app: Flask, refused: Conflict, said: str
) -> None:
    with app.test_request_context("/dashboard/team"):
        assert said in fault(refused)


def test_settings_name_limit_export_and_delete_the_workspace(
    browse: Browse, database: Database, workspace: int
) -> None:
    name = f"dona-{secrets.token_hex(4)}"
    add_first_user(database, username=name, password=PASSWORD, workspace_id=workspace)
    owner = signed_in(browse, workspace, "owner", name)

    renamed = send(owner, "/settings", name="Padaria", timezone="America/Manaus")
    limited = send(owner, "/settings/quotas", requests_per_minute="", messages_per_month="10")
    odd = send(owner, "/settings/quotas", messages_per_month="dez")
    archive = send(owner, "/settings/archive")
    wrong = send(owner, "/settings/delete", name="Padaria", password="guessed")
    shown = page(owner, "/settings").text
    gone = send(owner, "/settings/delete", name="Padaria", password=PASSWORD)

    assert [a.status_code for a in (renamed, limited, odd, wrong, gone)] == [
        303,
        303,
        422,
        422,
        303,
    ]
    assert "profiles.ndjson" in ZipFile(io.BytesIO(archive.data)).namelist()
    assert "A senha não confere." in wrong.text
    assert "Fuso" in shown
    assert owner.get("/dashboard").status_code == 303


@pytest.mark.parametrize(
    ("quota", "said"),
    [(2, "atingiu uma cota"), (3, None), (None, None)],
)
def test_owners_are_warned_of_a_quota_and_nothing_is_refused(
    browse: Browse, caller: Caller, drain: Callable[[], None], quota: int | None, said: str | None
) -> None:
    caller.put("/api/v1/quotas", {"messages_per_month": quota})
    now = clock.now().isoformat()
    messages = [
        {"role": role, "content": text, "timestamp": now}
        for role, text in (("user", "Oi"), ("bot", "Olá"))
    ]
    body = {"session_id": "s-1", "user_id": "bia", "messages": messages}
    saved = caller.tool("save_conversation", body)
    drain()

    owner, viewer = (signed_in(browse, caller.workspace_id, role) for role in ("owner", "viewer"))
    shown, looked = page(owner, ""), page(viewer, "")

    assert saved.status_code == 200
    assert (said in shown.one(id="quota").text) if said else not shown.all(id="quota")
    assert not looked.all(id="quota")


@pytest.mark.parametrize("role", ["viewer", "analyst"])
def test_nobody_is_shown_a_form_or_page_that_would_be_refused(
    browse: Browse, workspace: int, role: str
) -> None:
    client = signed_in(browse, workspace, role)
    linked, forms = set[str](), set[str]()
    for path in PAGES.values():
        answer = client.get(f"/dashboard{path}")
        if answer.status_code == 200:
            shown = Html(answer.text)
            linked |= {a.attributes["href"] for n in shown.all("nav") for a in n.all("a")}
            forms |= {
                form.attributes["action"]
                for form in shown.all("form", method="post")
                if form.all("button") and not form.attributes["action"].endswith("/logout")
            }

    refused = {path for path in linked if client.get(path).status_code == 403}
    refused |= {path for path in forms if client.post(path).status_code == 403}

    assert len(linked) > 5
    assert forms
    assert refused == set()


def test_each_letter_leads_to_one_page(owner: FlaskClient) -> None:
    side = page(owner, "").one("aside", class_="side")
    links = [a for nav in side.all("nav") for a in nav.all("a")]
    letters = [a.attributes["data-key"] for a in links if "data-key" in a.attributes]

    assert len(letters) > 15
    assert len(set(letters)) == len(letters)


def test_the_addresses_of_invitations_are_in_no_log(
    client: FlaskClient, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    token = secrets.token_urlsafe(32)

    client.get(f"/dashboard/invitations/{token}")

    assert not re.search(re.escape(token), capsys.readouterr().out + caplog.text)
