"""The company's login: the way there and back, and issuers that misbehave."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from html_pages import Html
from issuers import CLIENT_ID, SILENCE, Issuer, Key, signed_with_public_key, unsigned

from talkhub.blueprints.public_address import address_of_browser
from talkhub.errors import Unauthenticated, Unavailable
from talkhub.roles import Role
from talkhub.services.access import foreign_tokens
from talkhub.services.access.company_login import Begun, Company, CompanyLogin
from talkhub.services.administration.administering import Acting
from talkhub.services.administration.invitations import invite
from talkhub.settings import Settings
from talkhub.store.uow import Database, system_scope

BACK = "https://hub.example.com/dashboard/login/company/return"
RETURN = "/dashboard/login/company/return"


@pytest.fixture
def login(issuer: Issuer) -> CompanyLogin:
    return CompanyLogin(issuer.client(), Company(issuer.base, CLIENT_ID, "tests-oidc-secret"))


@pytest.fixture
def begun(issuer: Issuer) -> Begun:
    issuer.nonce = "the-nonce"
    return Begun("the-state", "the-nonce", "the-verifier")


def finish(login: CompanyLogin, begun: Begun, **changed: Any) -> str:
    usual = {"code": "c", "state": begun.state, "issuer": None, "redirect_uri": BACK}
    return login.finish(begun, **{**usual, **changed})


def answering(issuer: Issuer, **changed: Any) -> None:
    issuer.answers["/token"] = lambda: {
        "id_token": issuer.keys[-1].sign(issuer.id_claims(**changed))
    }


def test_whom_the_company_vouches_for_comes_in_where_they_wanted_to_go(
    by_company: Flask, issuer: Issuer, ana: str
):
    browser = by_company.test_client()
    left = browser.get("/dashboard/login/company?next=/dashboard/people")
    asked = {name: values[0] for name, values in parse_qs(urlsplit(left.location).query).items()}
    issuer.nonce = asked["nonce"]

    answer = browser.get(RETURN, query_string={"code": "c", "state": asked["state"]})

    assert left.location.startswith(f"{issuer.base}/authorize?")
    assert (asked["response_type"], asked["code_challenge_method"]) == ("code", "S256")
    assert (answer.status_code, answer.location) == (303, "/dashboard/people")
    assert "com o login da empresa" in browser.get("/dashboard/account").text
    (sent,) = [parse_qs(body) for path, body in issuer.asked if path == "/token"]
    assert set(sent) == {"grant_type", "code", "code_verifier", "redirect_uri"}


def test_an_address_that_nobody_here_has_opens_nothing(by_company: Flask, issuer: Issuer):
    browser = by_company.test_client()
    left = browser.get("/dashboard/login/company")
    asked = parse_qs(urlsplit(left.location).query)
    issuer.nonce = asked["nonce"][0]

    answer = browser.get(RETURN, query_string={"code": "c", "state": asked["state"][0]})

    assert answer.status_code == 401
    assert "não dá acesso" in Html(answer.text).one(role="alert").text
    assert browser.get("/dashboard").status_code == 303


def test_who_was_invited_by_the_address_that_is_vouched_for_becomes_a_member(
    by_company: Flask, issuer: Issuer, database: Database, workspace: int
):
    invite(
        database, Acting(workspace, "tests", is_operator=True), role=Role.VIEWER, email=issuer.email
    )
    browser = by_company.test_client()
    left = parse_qs(urlsplit(browser.get("/dashboard/login/company").location).query)
    issuer.nonce = left["nonce"][0]

    browser.get(RETURN, query_string={"code": "c", "state": left["state"][0]})

    made = (
        "select role from memberships m join users u on u.id = m.user_id where u.email = %(email)s"
    )
    with database.read_only(system_scope("tests")) as uow:
        assert uow.run(made, {"email": issuer.email}).scalars().all() == ["viewer"]
    assert browser.get("/dashboard").status_code == 200


@pytest.mark.parametrize(
    ("asked", "back"),
    [
        ("https://hub.example.com", "https://hub.example.com"),
        ("https://dashboard.example.com", "https://dashboard.example.com"),
        ("http://dashboard.example.com", "https://hub.example.com"),
        ("https://dashboard.example.com:8443", "https://hub.example.com"),
        ("https://dashboard.example.org", "https://hub.example.com"),
        ("https://another.example.com", "https://hub.example.com"),
        ("https://com", "https://hub.example.com"),
        ("http://10.0.0.7:3003", "https://hub.example.com"),
    ],
)
def test_people_come_back_to_the_host_that_they_left_if_it_is_one_of_ours(
    settings: Settings, asked: str, back: str
):
    ours = settings.model_copy(update={"public_url": "https://hub.example.com"})

    with Flask(__name__).test_request_context(base_url=asked):
        assert address_of_browser(ours) == back


def test_who_began_nothing_here_does_not_come_back(by_company: Flask):
    answer = by_company.test_client().get(RETURN, query_string={"code": "c", "state": "s"})

    assert answer.status_code == 401


def test_without_the_setting_there_is_no_such_way(client):
    assert "login/company" not in client.get("/dashboard/login").text
    assert client.get("/dashboard/login/company").status_code == 404


@pytest.mark.parametrize(
    "wrong",
    [
        {"aud": "another"},
        {"aud": [CLIENT_ID, "another"], "azp": "another"},
        {"iss": "https://another.example"},
        {"exp": 1},
        {"nonce": "of-another-sign-in"},
        {"nonce": None},
        {"email_verified": False},
        {"email_verified": "true"},
        {"email": None},
    ],
    ids=str,
)
def test_a_token_for_something_else_vouches_for_nobody(
    login: CompanyLogin, begun: Begun, issuer: Issuer, wrong: dict[str, Any]
):
    answering(issuer, **wrong)

    with pytest.raises(Unauthenticated):
        finish(login, begun)


@pytest.mark.parametrize(
    "sign",
    [
        lambda issuer, claims: unsigned(claims, issuer.keys[0].kid),
        lambda issuer, claims: signed_with_public_key(claims, issuer.keys[0]),
        lambda issuer, claims: Key(issuer.keys[0].kid).sign(claims),
        lambda _issuer, claims: Key("unknown").sign(claims),
        lambda _issuer, _claims: "nonsense",
    ],
    ids=["alg none", "public key as secret", "another key", "unknown kid", "garbage"],
)
def test_a_token_that_the_issuer_did_not_sign_vouches_for_nobody(
    login: CompanyLogin, begun: Begun, issuer: Issuer, sign: Callable[..., str]
):
    issuer.answers["/token"] = lambda: {"id_token": sign(issuer, issuer.id_claims())}

    with pytest.raises(Unauthenticated):
        finish(login, begun)


@pytest.mark.parametrize("changed", [{"state": "another"}, {"issuer": "https://another.example"}])
def test_an_answer_to_another_question_is_refused_before_anybody_is_asked(
    login: CompanyLogin, begun: Begun, issuer: Issuer, changed: dict[str, str]
):
    with pytest.raises(Unauthenticated):
        finish(login, begun, **changed)

    assert issuer.asked == []


def test_only_the_companys_domains_come_in(issuer: Issuer, begun: Begun):
    company = Company(issuer.base, CLIENT_ID, "s", allowed_domains=("another.example",))

    with pytest.raises(Unauthenticated, match="domain"):
        finish(CompanyLogin(issuer.client(), company), begun)


def test_a_key_that_is_rotated_is_read_anew_but_not_with_every_token(
    login: CompanyLogin, begun: Begun, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
):
    finish(login, begun)
    issuer.keys.append(Key("second"))
    with pytest.raises(Unauthenticated):
        finish(login, begun)
    asked = [path for path, _ in issuer.asked].count("/keys")
    monkeypatch.setattr(foreign_tokens, "PAUSE_SECONDS", 0)

    assert finish(login, begun) == issuer.email
    assert (asked, [path for path, _ in issuer.asked].count("/keys")) == (1, 2)


@pytest.mark.parametrize("path", ["/.well-known/openid-configuration", "/token", "/keys"])
@pytest.mark.parametrize("told", [b"<html>", b"[]", b"{}", SILENCE])
def test_an_issuer_that_says_nothing_sensible_lets_nobody_in(
    login: CompanyLogin,
    begun: Begun,
    issuer: Issuer,
    monkeypatch: pytest.MonkeyPatch,
    *,
    path: str,
    told: object,
):
    monkeypatch.setattr(foreign_tokens, "SECONDS", 0.1 if told is SILENCE else 5)
    issuer.answers[path] = lambda: told

    with pytest.raises((Unavailable, Unauthenticated)):
        finish(login, begun)


def test_an_issuer_that_calls_itself_otherwise_is_not_believed(login: CompanyLogin, issuer: Issuer):
    issuer.answers["/.well-known/openid-configuration"] = lambda: {
        "issuer": "https://another.example",
        "authorization_endpoint": "https://another.example/authorize",
        "token_endpoint": "https://another.example/token",
        "jwks_uri": "https://another.example/keys",
    }

    with pytest.raises(Unavailable):
        login.begin(BACK)
