"""The second factor: set up on the account's page, asked for at the login, required by owners."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pyotp
import pytest
from factories import make_person
from flask import Flask
from flask.testing import FlaskClient
from html_pages import Html
from werkzeug.test import TestResponse

from talkhub import clock
from talkhub.security import hash_password
from talkhub.services.access.second_factors import forget_second_factor
from talkhub.store.uow import Database, system_scope

PATH = "/dashboard/account/second-factor"
PASSWORD = "correct-horse-battery"
CODE_PAGE = "/dashboard/login/code"


class Authenticator:
    """Somebody's phone, and the clock that it shares with the service."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 2, 12, tzinfo=UTC)
        self.secret = ""

    def code(self) -> str:
        return pyotp.TOTP(self.secret).at(self.now)

    def wait(self, seconds: int = 30) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def phone(monkeypatch: pytest.MonkeyPatch) -> Authenticator:
    phone = Authenticator()
    monkeypatch.setattr(clock, "now", lambda: phone.now)
    return phone


@pytest.fixture
def name(database: Database, workspace: int) -> str:
    name = f"ana_{secrets.token_hex(4)}"
    make_person(database, workspace, name=name)
    sql = "update users set password_hash = %(hash)s where username = %(name)s"
    with database.unit_of_work(system_scope("tests")) as uow:
        uow.run(sql, {"hash": hash_password(PASSWORD), "name": name})
    return name


@pytest.fixture
def ana(name: str, workspace: int, browse: Callable[..., FlaskClient]) -> FlaskClient:
    return browse(workspace, name=name)


@pytest.fixture
def codes(ana: FlaskClient, phone: Authenticator) -> list[str]:
    """Ana's recovery codes, after her phone was set up."""
    ana.post(PATH)
    phone.secret = Html(ana.get(PATH).text).one("pre").text
    assert ana.post(f"{PATH}/confirm", data={"code": phone.code()}).status_code == 303
    return Html(ana.get(PATH).text).one("pre").text.split()


@pytest.fixture
def enter(client: FlaskClient, name: str) -> Callable[[str], TestResponse]:
    """Sign in with the password and answer the page that asks for a code."""
    place = {"REMOTE_ADDR": f"fd00:{secrets.token_hex(2)}:{secrets.token_hex(2)}::1"}

    def sign_in(code: str) -> TestResponse:
        form = {"username": name, "password": PASSWORD, "next": "/dashboard/people"}
        asked = client.post("/dashboard/login", data=form, environ_base=place)
        assert asked.location == CODE_PAGE
        return client.post(CODE_PAGE, data={"code": code}, environ_base=place)

    return sign_in


def test_the_codes_are_shown_once_and_the_secret_never_again(codes: list[str], ana: FlaskClient):
    again = Html(ana.get(PATH).text)

    assert len(set(codes)) == 10
    assert again.all("pre") == again.all("img") == []


def test_a_code_opens_the_page_that_was_asked_for_and_is_taken_once(
    codes: list[str], phone: Authenticator, enter, client: FlaskClient
):
    replayed = enter(phone.code())  # it confirmed the set-up already
    before = client.get("/dashboard").status_code
    phone.wait()
    answer = enter(phone.code())

    assert replayed.status_code == 401
    assert "já foi usado" in Html(replayed.text).one(role="alert").text
    assert (answer.status_code, answer.location) == (303, "/dashboard/people")
    assert [before, client.get("/dashboard").status_code] == [303, 200]


def test_a_recovery_code_stands_in_for_the_phone_once(codes: list[str], enter):
    assert [enter(codes[0].upper()).status_code for _ in range(2)] == [303, 401]


def test_who_guesses_codes_waits_wherever_they_come_from(
    codes: list[str], phone: Authenticator, name: str, client: FlaskClient, workspace: int
):
    statuses = []
    for number in range(11):
        place = {"REMOTE_ADDR": f"2001:db8:{secrets.token_hex(2)}:{number}::1"}
        form = {"username": name, "password": PASSWORD}
        client.post("/dashboard/login", data=form, environ_base=place)
        statuses.append(
            client.post(CODE_PAGE, data={"code": "000000"}, environ_base=place).status_code
        )

    assert statuses == [401] * 10 + [429]


def test_without_the_first_step_the_second_is_not_asked_for(client: FlaskClient):
    client.set_cookie("proved", "x" * 80, path="/dashboard/login")

    answers = [client.get(CODE_PAGE), client.post(CODE_PAGE, data={"code": "000000"})]

    assert [answer.location for answer in answers] == ["/dashboard/login"] * 2


def test_the_first_step_is_forgotten_after_five_minutes(
    codes: list[str], phone: Authenticator, name: str, client: FlaskClient
):
    client.post("/dashboard/login", data={"username": name, "password": PASSWORD})
    phone.wait(300)

    answer = client.post(CODE_PAGE, data={"code": phone.code()})

    assert answer.location == "/dashboard/login"


def test_it_is_switched_off_with_password_and_code_only(
    codes: list[str], phone: Authenticator, ana: FlaskClient
):
    phone.wait()
    tries = [("wrong", phone.code()), (PASSWORD, "000000"), (PASSWORD, phone.code())]

    answers = [
        ana.post(f"{PATH}/end", data={"password": password, "code": code})
        for password, code in tries
    ]

    assert [answer.status_code for answer in answers] == [401, 401, 303]
    assert "Configurar" in ana.get(PATH).text


def test_where_it_is_required_who_has_none_is_led_to_set_it_up(
    app: Flask, codes: list[str], ana: FlaskClient, workspace: int, browse
):
    bia = browse(workspace, "admin", name="bia")
    refused = bia.post(f"{PATH}/require", data={"required": "true"})

    ana.post(f"{PATH}/require", data={"required": "true"})

    led = bia.get("/dashboard/people")
    shown = bia.get(PATH)
    assert (refused.status_code, led.location, shown.status_code) == (403, PATH, 200)
    assert "exige um segundo fator" in shown.text
    assert ana.get("/dashboard/people").status_code == 200


def test_an_owner_without_one_does_not_require_it(ana: FlaskClient):
    answer = ana.post(f"{PATH}/require", data={"required": "true"})

    assert answer.status_code == 409
    assert "antes de exigir" in Html(answer.text).one(role="alert").text


def test_an_operator_forgets_what_was_lost(
    app: Flask, codes: list[str], database: Database, name: str, ana: FlaskClient
):
    forgotten = [forget_second_factor(database, name, actor="tests") for _ in range(2)]
    app.extensions["talkhub"].browser_sessions.forget()

    assert forgotten == [True, False]
    assert ana.get(PATH).status_code == 303
