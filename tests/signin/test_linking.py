"""Linking a login to an address: only one that was vouched for, and only by its person."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from html_pages import Html
from issuers import Issuer
from werkzeug.test import TestResponse

from talkhub.security import hash_password
from talkhub.store.uow import Database, system_scope

ACCOUNT, LOGIN = "/dashboard/account", "/dashboard/login"
PASSWORD = "correct-horse-battery"
Browse = Callable[..., FlaskClient]
Enter = Callable[[Flask], FlaskClient]


@pytest.fixture
def bia(database: Database, browse: Browse, workspace: int) -> str:
    """Somebody with a password and no address."""
    name = f"bia_{secrets.token_hex(4)}"
    browse(workspace, "analyst", name=name)
    with database.unit_of_work(system_scope("tests")) as uow:
        sql = "update users set password_hash = %(hash)s where username = %(name)s"
        uow.run(sql, {"hash": hash_password(PASSWORD), "name": name})
    return name


@pytest.fixture
def enter(browse: Browse, bia: str, workspace: int) -> Enter:
    """Sign her in at an application."""
    return lambda app: browse(workspace, "analyst", name=bia, at=app)


def address_of(database: Database, name: str) -> str | None:
    with database.read_only(system_scope("tests")) as uow:
        sql = "select email from users where username = %(name)s"
        found: str | None = uow.run(sql, {"name": name}).scalar_one()
    return found


def prove(browser: FlaskClient, password: str = PASSWORD, **wish: str) -> TestResponse:
    return browser.post(f"{ACCOUNT}/email", data={"password": password, **wish})


def go_to_company(browser: FlaskClient, issuer: Issuer) -> str:
    asked = parse_qs(urlsplit(browser.get(f"{LOGIN}/company").location).query)
    issuer.nonce = asked["nonce"][0]
    return asked["state"][0]


def come_back(browser: FlaskClient, state: str) -> TestResponse:
    return browser.get(f"{LOGIN}/company/return", query_string={"code": "c", "state": state})


def test_who_proves_their_password_links_what_the_company_vouches_for_and_unlinks_it(
    by_company: Flask, issuer: Issuer, enter: Enter, bia: str, database: Database
) -> None:
    browser = enter(by_company)
    guessed = prove(browser, "guess").status_code
    proved = prove(browser)
    page = browser.get(proved.location).text

    back = come_back(browser, go_to_company(browser, issuer))

    assert (guessed, "Vincular minha conta da empresa" in page) == (401, True)
    assert (back.status_code, back.location) == (303, ACCOUNT)
    assert address_of(database, bia) == issuer.email
    assert issuer.email in browser.get(ACCOUNT).text
    assert prove(browser, wish="forget").status_code == 303
    assert address_of(database, bia) is None


def test_an_address_is_linked_to_nobody_who_did_not_prove_their_password(
    by_company: Flask, issuer: Issuer, enter: Enter, bia: str, database: Database
) -> None:
    browser = enter(by_company)

    back = come_back(browser, go_to_company(browser, issuer))

    assert (back.status_code, address_of(database, bia)) == (401, None)


def test_who_signed_out_in_between_links_nothing(
    by_company: Flask, issuer: Issuer, enter: Enter, bia: str, database: Database
) -> None:
    browser = enter(by_company)
    prove(browser)
    state = go_to_company(browser, issuer)
    browser.post("/dashboard/logout")

    back = come_back(browser, state)

    assert (back.status_code, address_of(database, bia)) == (401, None)


def test_an_address_of_somebody_elses_is_not_linked(
    by_company: Flask, issuer: Issuer, enter: Enter, ana: str
) -> None:
    browser = enter(by_company)
    prove(browser)

    back = come_back(browser, go_to_company(browser, issuer))

    assert back.status_code == 409
    assert "Outra pessoa" in Html(back.text).one(role="alert").text


def test_what_supabase_vouches_for_is_linked_too(
    by_supabase: Flask, issuer: Issuer, enter: Enter, bia: str, database: Database
) -> None:
    browser = enter(by_supabase)
    prove(browser)

    browser.post(f"{LOGIN}/supabase", data={"email": "b@example.com", "password": "p"})

    assert address_of(database, bia) == issuer.email
