"""Who comes in, who does not, and where they are sent."""

import secrets
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from html_pages import Html

from requirements import requirement
from talkhub.services.access.auth import add_first_user
from talkhub.store.uow import Database

PASSWORD = "correct-horse-battery"


@pytest.fixture(scope="module")
def login(database: Database) -> str:
    """The name of someone who may sign in with PASSWORD."""
    name = f"ana_{secrets.token_hex(4)}"
    add_first_user(database, username=name, password=PASSWORD)
    return name


@pytest.fixture
def elsewhere() -> dict[str, str]:
    """An address nobody else has, so that attempts of other tests do not count."""
    return {"REMOTE_ADDR": f"fd00:{secrets.token_hex(2)}:{secrets.token_hex(2)}::1"}


def enter(client: FlaskClient, place: dict[str, str], **form: str):
    return client.post("/dashboard/login", data=form, environ_base=place)


def test_a_page_asks_for_a_login_and_remembers_where_someone_wanted_to_go(client: FlaskClient):
    answer = client.get("/dashboard/conversations?sentiment=negative")

    assert answer.status_code == 303
    assert answer.location == "/dashboard/login?next=/dashboard/conversations?sentiment%3Dnegative"


@requirement("dashboard:administration")
def test_the_right_password_opens_the_page_that_was_asked_for(
    client: FlaskClient, login: str, elsewhere: dict[str, str]
):
    answer = enter(
        client, elsewhere, username=login, password=PASSWORD, next="/dashboard/conversations"
    )

    assert (answer.status_code, answer.location) == (303, "/dashboard/conversations")
    assert client.get(answer.location).status_code == 200


def test_the_cookie_is_out_of_reach_for_scripts_and_other_sites(
    client: FlaskClient, login: str, elsewhere: dict[str, str]
):
    enter(client, elsewhere, username=login, password=PASSWORD)

    cookie = client.get_cookie("talkhub")
    assert cookie is not None
    assert (cookie.http_only, cookie.same_site) == (True, "Lax")


def test_a_wrong_password_is_said_above_the_fields_and_not_repeated(
    client: FlaskClient, login: str, elsewhere: dict[str, str]
):
    answer = enter(client, elsewhere, username=login, password="wrong-horse")

    page = Html(answer.text)
    assert answer.status_code == 401
    assert page.one(role="alert").text == "Usuário ou senha não conferem."
    assert page.one("input", name="username").attributes["value"] == login
    assert page.one("input", name="password").attributes["aria-describedby"] == "login-error"
    assert "wrong-horse" not in answer.text
    assert client.get_cookie("talkhub") is None


def test_someone_who_guesses_is_told_to_wait(
    client: FlaskClient, login: str, elsewhere: dict[str, str]
):
    for _ in range(10):
        enter(client, elsewhere, username=login, password="guess")

    answer = enter(client, elsewhere, username=login, password=PASSWORD)

    assert answer.status_code == 429
    assert "Muitas tentativas" in Html(answer.text).one(role="alert").text


@pytest.mark.parametrize(
    "wanted",
    [
        "https://evil.example/dashboard",
        "//evil.example/dashboard",
        "/\\evil.example",
        "/dashboard\\@evil.example",
        "/dashboardevil",
        "/api/v1/auth/token",
        "javascript:alert(1)",
        "/dashboard/\r\nSet-Cookie: a=b",
        "",
    ],
)
def test_nobody_is_sent_anywhere_but_to_the_dashboard(
    client: FlaskClient, login: str, elsewhere: dict[str, str], wanted: str
):
    answer = enter(client, elsewhere, username=login, password=PASSWORD, next=wanted)

    assert answer.location == "/dashboard"


def test_a_programs_token_does_not_open_the_pages(
    app: Flask, workspace: int, sign_token: Callable[..., str]
):
    client = app.test_client()
    client.set_cookie("talkhub", sign_token(workspace))

    assert client.get("/dashboard").status_code == 303


@pytest.mark.parametrize("cookie", ["", "nonsense", "a.b.c"])
def test_a_cookie_that_is_no_token_leads_to_the_login(app: Flask, cookie: str):
    client = app.test_client()
    client.set_cookie("talkhub", cookie)

    assert client.get("/dashboard").location == "/dashboard/login?next=/dashboard"


def test_signing_out_ends_the_session_even_for_a_copied_cookie(
    app: Flask, client: FlaskClient, login: str, elsewhere: dict[str, str]
):
    enter(client, elsewhere, username=login, password=PASSWORD)
    copied = client.get_cookie("talkhub")
    assert copied is not None

    left = client.post("/dashboard/logout")

    thief = app.test_client()
    thief.set_cookie("talkhub", copied.value)
    assert left.location == "/dashboard/login"
    assert client.get("/dashboard").status_code == 303
    assert thief.get("/dashboard").status_code == 303


@pytest.mark.parametrize("path", ["login", "logout", "preferences"])
def test_another_site_cannot_send_our_forms(client: FlaskClient, path: str):
    answer = client.post(f"/dashboard/{path}", headers={"Sec-Fetch-Site": "cross-site"})

    assert answer.status_code == 403
    assert Html(answer.text).head == "Sem acesso"


def test_who_is_signed_in_already_skips_the_form(ana):
    answer = ana.client.get("/dashboard/login?next=/dashboard/conversations")

    assert (answer.status_code, answer.location) == (303, "/dashboard/conversations")


def test_pages_are_kept_in_no_cache(ana):
    assert ana.client.get("/dashboard").headers["Cache-Control"] == "no-store"


def test_a_name_that_cannot_be_stored_is_a_wrong_name(client: FlaskClient):
    form = {"username": "a\0b", "password": "x"}

    assert client.post("/dashboard/login", data=form).status_code in {401, 422}
