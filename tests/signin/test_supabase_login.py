"""Supabase: its tokens against ours, its accounts on the pages, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jwt
import pytest
from factories import new_address
from flask import Flask
from flask.testing import FlaskClient
from issuers import Issuer, Key, signed_with_public_key, unsigned

from talkhub.errors import Unauthenticated, Unavailable
from talkhub.roles import OPERATORS_SCOPES, Role, api_scopes_of
from talkhub.security import KEY_SCOPES, TOOL_SCOPES
from talkhub.services.access.supabase_login import SupabaseLogin, Vouched
from talkhub.store.uow import Database, system_scope

EXCHANGE = "/api/v1/auth/supabase"
SECRET = "shared-with-supabase-for-these-tests"


@pytest.fixture
def project(issuer: Issuer) -> SupabaseLogin:
    return SupabaseLogin(issuer.client(), issuer.base, anon_key="anon")


def exchange(app: Flask, issuer: Issuer, **body: str):
    token = issuer.keys[0].sign(issuer.access_claims())
    place = {"REMOTE_ADDR": new_address()}
    body = {"access_token": token, **body}
    return app.test_client().post(EXCHANGE, json=body, environ_overrides=place)


def test_a_supabase_token_is_exchanged_for_what_the_persons_role_allows(
    by_supabase: Flask, issuer: Issuer, ana: str
):
    answer = exchange(by_supabase, issuer)

    bearer = {"Authorization": f"Bearer {answer.json['token']}"}
    assert answer.status_code == 200
    assert set(answer.json["scope"].split()) == api_scopes_of(Role.ANALYST)
    assert answer.json["expires_in_seconds"] == 3600
    assert by_supabase.test_client().get("/api/v1/test", headers=bearer).status_code == 200


@pytest.mark.usefixtures("ana")
@pytest.mark.parametrize("role", [Role.ADMIN, Role.OWNER])
def test_nobodys_supabase_token_administers_the_workspace_as_the_operator_does(
    by_supabase: Flask, issuer: Issuer, database: Database, workspace: int, role: Role
):
    with database.unit_of_work(system_scope("tests")) as uow:
        sql = "update memberships set role = %(role)s where workspace_id = %(id)s returning user_id"
        user_id = uow.run(sql, {"role": role, "id": workspace}).scalar_one()
    bearer = {"Authorization": f"Bearer {exchange(by_supabase, issuer).json['token']}"}

    raised = by_supabase.test_client().put(
        f"/api/v1/members/{user_id}", json={"role": "owner"}, headers=bearer
    )

    assert raised.status_code == 403


def test_only_the_admin_secret_gives_what_makes_an_operator():
    given_otherwise = [TOOL_SCOPES, KEY_SCOPES, *map(api_scopes_of, Role)]

    assert not OPERATORS_SCOPES & frozenset().union(*given_otherwise)


def test_who_is_disabled_here_gets_no_token(
    by_supabase: Flask, issuer: Issuer, ana: str, database: Database
):
    with database.unit_of_work(system_scope("tests")) as uow:
        sql = "update users set disabled_at = now() where username = %(name)s"
        uow.run(sql, {"name": ana})

    assert exchange(by_supabase, issuer).status_code == 401


def test_where_a_second_factor_is_required_a_token_wants_one(
    by_supabase: Flask, issuer: Issuer, ana: str, database: Database, workspace: int
):
    with database.unit_of_work(system_scope("tests")) as uow:
        sql = "update workspaces set requires_second_factor = true where id = %(id)s"
        uow.run(sql, {"id": workspace})
    twice = issuer.keys[0].sign(issuer.access_claims(aal="aal2"))

    statuses = [
        exchange(by_supabase, issuer, **body).status_code
        for body in ({}, {"code": "000000"}, {"access_token": twice})
    ]

    assert statuses == [401, 401, 200]


def test_an_account_opens_the_pages_by_its_password(by_supabase: Flask, ana: str):
    browser = by_supabase.test_client()
    form = {"email": "ana@example.com", "password": "p", "next": "/dashboard/people"}

    answer = browser.post("/dashboard/login/supabase", data=form)

    assert (answer.status_code, answer.location) == (303, "/dashboard/people")
    assert "com o Supabase" in browser.get("/dashboard/account").text


def test_without_the_setting_there_is_no_such_way(client: FlaskClient):
    answers = [client.get("/dashboard/login/supabase"), client.post(EXCHANGE, json={})]

    assert "login/supabase" not in client.get("/dashboard/login").text
    assert [answer.status_code for answer in answers] == [404, 404]


@pytest.mark.parametrize(
    "wrong",
    [
        {"aud": "anon"},
        {"iss": "https://another.example/auth/v1"},
        {"exp": 1},
        {"sub": "u-2"},
    ],
    ids=str,
)
def test_a_token_for_something_else_vouches_for_nobody(
    project: SupabaseLogin, issuer: Issuer, wrong: dict[str, Any]
):
    with pytest.raises(Unauthenticated):
        project.vouch(issuer.keys[0].sign(issuer.access_claims(**wrong)))


@pytest.mark.parametrize(
    "sign",
    [
        lambda issuer, claims: unsigned(claims, issuer.keys[0].kid),
        lambda issuer, claims: signed_with_public_key(claims, issuer.keys[0]),
        lambda _issuer, claims: Key("unknown").sign(claims),
    ],
    ids=["alg none", "public key as secret", "unknown kid"],
)
def test_a_token_that_supabase_did_not_sign_vouches_for_nobody(
    project: SupabaseLogin, issuer: Issuer, sign: Callable[..., str]
):
    with pytest.raises(Unauthenticated):
        project.vouch(sign(issuer, issuer.access_claims()))


@pytest.mark.parametrize(
    "changed",
    [
        {"email_confirmed_at": None},
        {"email": None},
        {"is_anonymous": True},
        {"factors": [{"status": "verified", "factor_type": "totp"}]},
    ],
    ids=str,
)
def test_an_account_that_is_not_confirmed_or_skipped_its_factor_vouches_for_nobody(
    project: SupabaseLogin, issuer: Issuer, changed: dict[str, Any]
):
    issuer.answers["/auth/v1/user"] = lambda: issuer.account(**changed)

    with pytest.raises(Unauthenticated):
        project.vouch(issuer.keys[0].sign(issuer.access_claims()))


@pytest.mark.parametrize(("secret", "is_believed"), [(SECRET, True), ("", False)])
def test_a_shared_secret_signs_only_where_it_is_set(
    issuer: Issuer, secret: str, *, is_believed: bool
):
    project = SupabaseLogin(issuer.client(), issuer.base, anon_key="anon", jwt_secret=secret)
    token = jwt.encode(issuer.access_claims(), SECRET, algorithm="HS256")

    if is_believed:
        assert project.vouch(token) == Vouched(issuer.email, has_second_factor=False)
    else:
        with pytest.raises(Unauthenticated):
            project.vouch(token)


def test_a_project_that_does_not_answer_lets_nobody_in(project: SupabaseLogin, issuer: Issuer):
    issuer.answers["/auth/v1/user"] = lambda: b"<html>"

    with pytest.raises(Unavailable):
        project.vouch(issuer.keys[0].sign(issuer.access_claims()))
