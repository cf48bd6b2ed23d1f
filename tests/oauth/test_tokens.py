"""From a person's consent to tokens, and every way in which tokens are refused or end."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import jwt
import pytest
from applications import BASE, RESOURCE, Application, sent_back, use
from factories import rows
from flask import Flask
from flask.testing import FlaskClient

from requirements import requirement
from talkhub.services.access import oauth_grants
from talkhub.store.uow import Database, system_scope

AUDIT = "select action from audit_entries where action like 'application.%%' order by id"


def claims_of(token: str) -> dict[str, Any]:
    return jwt.decode(token, options={"verify_signature": False})


def refused(answer: Any) -> tuple[int, str]:
    assert answer.headers["Cache-Control"] == "no-store"
    return answer.status_code, answer.json["error"]


@pytest.fixture
def expired_codes(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Codes that are over when they are given."""
    monkeypatch.setattr(oauth_grants, "CODE_LIFETIME", timedelta(seconds=-1))
    return


@requirement("oauth:issuer")
def test_consent_is_answered_with_a_code_the_state_and_who_answers(agenda: Application) -> None:
    answer = agenda.decide()

    told = sent_back(answer)
    assert answer.status_code == 303
    assert answer.location.startswith("https://app.example/callback?")
    assert {**told, "code": ""} == {"code": "", "state": "st/ate", "iss": BASE}


def test_a_code_becomes_tokens_for_this_endpoint_and_workspace(
    agenda: Application, ana: Any
) -> None:
    tokens = agenda.connect()

    claims = claims_of(tokens["access_token"])
    assert {**tokens, "access_token": "", "refresh_token": ""} == {
        "access_token": "",
        "refresh_token": "",
        "token_type": "Bearer",
        "expires_in": 3600,
        "scope": "mcp:read mcp:write",
    }
    assert (claims["sub"], claims["ws"], claims["aud"]) == (ana.name, ana.workspace_id, RESOURCE)
    assert (claims["scope"], claims["client_id"]) == ("mcp:read mcp:write", agenda.client_id)
    assert claims["exp"] - claims["iat"] == 3600


def test_tokens_are_kept_nowhere_on_their_way(agenda: Application) -> None:
    answer = agenda.exchange(agenda.code())

    assert answer.headers["Cache-Control"] == "no-store"


def test_a_token_opens_the_mcp_endpoint(agenda: Application, client: FlaskClient) -> None:
    tokens = agenda.connect()

    assert use(client, tokens["access_token"]) == 200


@requirement("oauth:resource-indicators")
def test_a_token_for_the_mcp_endpoint_does_not_open_the_rest(
    agenda: Application, client: FlaskClient
) -> None:
    headers = {"Authorization": f"Bearer {agenda.connect()['access_token']}"}

    assert client.get("/api/v1/mcp/tools", headers=headers).status_code == 401


def test_a_token_shows_its_own_workspace_and_no_other(
    agenda: Application, make_person: Callable[..., Any], connecting: Callable[..., Application]
) -> None:
    caio = make_person()
    others = connecting(caio)

    workspaces = [
        claims_of(application.connect()["access_token"])["ws"] for application in (agenda, others)
    ]

    assert workspaces[1] == caio.workspace_id != workspaces[0]


def test_all_scopes_are_offered_when_none_is_named(agenda: Application) -> None:
    tokens = agenda.exchange(agenda.code(scope=None)).json

    assert tokens["scope"] == "analytics:read mcp:read mcp:write messages:send profile:write"


def test_the_dashboards_scope_is_never_granted(agenda: Application) -> None:
    tokens = agenda.exchange(agenda.code(scope="mcp:read dashboard admin")).json

    assert tokens["scope"] == "mcp:read"


@pytest.mark.parametrize("scope", ["dashboard", "everything"])
def test_scopes_of_which_none_can_be_granted_are_refused(agenda: Application, scope: str) -> None:
    told = sent_back(agenda.look(scope=scope))

    assert told["error"] == "invalid_scope"


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"code_verifier": "w" * 64}, (400, "invalid_grant")),
        ({"code_verifier": None}, (400, "invalid_request")),
        ({"redirect_uri": "https://app.example/other"}, (400, "invalid_grant")),
        ({"redirect_uri": None}, (400, "invalid_grant")),
        ({"code": "made-up"}, (400, "invalid_grant")),
        ({"code": None}, (400, "invalid_request")),
        ({"resource": "https://other.example/mcp"}, (400, "invalid_target")),
        ({"client_id": "client_unknown"}, (401, "invalid_client")),
        ({"client_id": "a\0b"}, (401, "invalid_client")),
        ({"grant_type": "password"}, (400, "unsupported_grant_type")),
        ({"grant_type": 'p"ässword'}, (400, "unsupported_grant_type")),
    ],
)
@requirement("oauth:pkce")
def test_a_code_is_not_exchanged(
    agenda: Application, changed: dict[str, str | None], error: tuple[int, str]
) -> None:
    form = {
        "grant_type": "authorization_code",
        "code": agenda.code(),
        "redirect_uri": agenda.redirect_uri,
        "code_verifier": agenda.verifier,
        "resource": RESOURCE,
        **changed,
    }

    answer = agenda.ask(**form)

    assert refused(answer)[1] == error[1]
    assert answer.status_code in {400, 401}


def test_another_client_cannot_exchange_a_code(
    agenda: Application, connecting: Callable[..., Application], ana: Any
) -> None:
    thief = connecting(ana)
    thief.verifier = agenda.verifier

    assert refused(thief.exchange(agenda.code())) == (400, "invalid_grant")


def test_a_code_that_comes_back_ends_what_it_was_redeemed_for(
    agenda: Application, app: Flask, client: FlaskClient, ana: Any, database: Database
) -> None:
    code = agenda.code()
    tokens = agenda.exchange(code).json
    before = use(client, tokens["access_token"])

    again = agenda.exchange(code)

    assert before == 200
    assert refused(again) == (400, "invalid_grant")
    assert use(client, tokens["access_token"]) == 401
    assert refused(agenda.refresh(tokens["refresh_token"])) == (400, "invalid_grant")
    actions = [row["action"] for row in rows(database, ana.workspace_id, AUDIT)]
    assert actions == ["application.allowed", "application.code_reused"]


def test_of_two_requests_with_one_code_at_most_one_gets_tokens(agenda: Application) -> None:
    code = agenda.code()

    with ThreadPoolExecutor(2) as both:
        answers = list(both.map(lambda _: agenda.exchange(code).status_code, range(2)))

    # The second may come between the first one's redeeming and its tokens: then nobody gets any.
    assert sorted(answers) in ([200, 400], [400, 400])


def test_an_old_code_is_not_exchanged(agenda: Application, expired_codes: None) -> None:
    assert refused(agenda.exchange(agenda.code())) == (400, "invalid_grant")


def test_a_code_is_of_no_use_once_its_person_is_gone(
    agenda: Application, ana: Any, database: Database
) -> None:
    code = agenda.code()
    disable(database, ana.name)

    assert refused(agenda.exchange(code)) == (400, "invalid_grant")


def test_a_refresh_token_becomes_another_pair(agenda: Application, client: FlaskClient) -> None:
    first = agenda.connect()

    second = agenda.refresh(first["refresh_token"], resource=RESOURCE).json

    assert second["refresh_token"] != first["refresh_token"]
    assert use(client, second["access_token"]) == 200


@requirement("oauth:refresh-rotation")
def test_a_refresh_token_that_comes_back_ends_its_family(
    agenda: Application, client: FlaskClient
) -> None:
    first = agenda.connect()
    second = agenda.refresh(first["refresh_token"]).json

    again = agenda.refresh(first["refresh_token"])

    assert refused(again) == (400, "invalid_grant")
    assert refused(agenda.refresh(second["refresh_token"])) == (400, "invalid_grant")
    assert use(client, second["access_token"]) == 401


def test_refreshing_cannot_add_a_scope_and_costs_nothing_when_refused(agenda: Application) -> None:
    tokens = agenda.connect()

    more = agenda.refresh(tokens["refresh_token"], scope="mcp:read profile:write")
    less = agenda.refresh(tokens["refresh_token"], scope="mcp:read")

    assert refused(more) == (400, "invalid_scope")
    assert less.json["scope"] == "mcp:read"
    assert claims_of(less.json["access_token"])["scope"] == "mcp:read"
    assert agenda.refresh(less.json["refresh_token"]).json["scope"] == "mcp:read mcp:write"


def test_refreshing_for_another_resource_is_refused_and_costs_nothing(agenda: Application) -> None:
    tokens = agenda.connect()

    elsewhere = agenda.refresh(tokens["refresh_token"], resource="https://other.example")

    assert refused(elsewhere) == (400, "invalid_target")
    assert agenda.refresh(tokens["refresh_token"]).status_code == 200


def test_another_client_cannot_refresh(
    agenda: Application, connecting: Callable[..., Application], ana: Any
) -> None:
    tokens = agenda.connect()

    stolen = connecting(ana).refresh(tokens["refresh_token"])

    assert refused(stolen) == (400, "invalid_grant")
    assert agenda.refresh(tokens["refresh_token"]).status_code == 200


def test_nobody_refreshes_for_a_person_who_is_gone(
    agenda: Application, ana: Any, database: Database
) -> None:
    tokens = agenda.connect()
    disable(database, ana.name)

    assert refused(agenda.refresh(tokens["refresh_token"])) == (400, "invalid_grant")


def test_nobody_allows_more_than_their_role(
    agenda: Application, ana: Any, database: Database
) -> None:
    give_role(database, ana.name, "viewer")

    tokens = agenda.exchange(agenda.code(scope=None)).json
    nothing = sent_back(agenda.decide(scope="mcp:write"))

    assert tokens["scope"] == "analytics:read mcp:read"
    assert (nothing["error"], nothing["state"]) == ("invalid_scope", "st/ate")


def test_who_was_allowed_to_write_by_someone_who_may_not_any_more_is_refused(
    agenda: Application, ana: Any, database: Database
) -> None:
    tokens = agenda.connect()
    give_role(database, ana.name, "analyst")

    assert refused(agenda.refresh(tokens["refresh_token"])) == (400, "invalid_grant")


@pytest.mark.parametrize("method", ["client_secret_post", "client_secret_basic"])
def test_a_client_with_a_secret_must_show_it(
    connecting: Callable[..., Application], ana: Any, client: FlaskClient, method: str
) -> None:
    agenda = connecting(ana, token_endpoint_auth_method=method)
    form = {
        "grant_type": "authorization_code",
        "code": agenda.code(),
        "redirect_uri": agenda.redirect_uri,
        "code_verifier": agenda.verifier,
    }
    known = (agenda.client_id, agenda.secret)

    def ask(client_id: str, secret: str | None) -> Any:
        if method == "client_secret_basic":
            return client.post("/oauth/token", data=form, auth=(client_id, secret or ""))
        return client.post(
            "/oauth/token", data={**form, "client_id": client_id, "client_secret": secret or ""}
        )

    wrong, none, right = ask(agenda.client_id, "wrong"), ask(agenda.client_id, None), ask(*known)

    assert [answer.status_code for answer in (wrong, none, right)] == [401, 401, 200]


@pytest.mark.parametrize("path", ["/oauth/token", "/oauth/revoke"])
def test_a_secret_that_is_no_text_proves_nothing(client: FlaskClient, path: str) -> None:
    form = {"grant_type": "refresh_token", "refresh_token": "thr_", "token": "thr_"}
    headers = {"Authorization": f"Basic {base64.b64encode(bytes([255, 58])).decode()}"}

    answer = client.post(path, data=form, headers=headers)

    assert refused(answer) == (401, "invalid_client")


@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
@requirement("oauth:revocation")
def test_giving_a_token_up_ends_all_of_its_grant(
    agenda: Application, client: FlaskClient, kind: str
) -> None:
    tokens = agenda.connect()

    answer = agenda.revoke(tokens[kind], token_type_hint="whatever")

    assert answer.status_code == 200
    assert use(client, tokens["access_token"]) == 401
    assert refused(agenda.refresh(tokens["refresh_token"])) == (400, "invalid_grant")


def test_another_client_cannot_end_a_grant(
    agenda: Application,
    connecting: Callable[..., Application],
    ana: Any,
    client: FlaskClient,
) -> None:
    tokens, thief = agenda.connect(), connecting(ana)

    answers = {thief.revoke(tokens[kind]).status_code for kind in ("access_token", "refresh_token")}

    assert answers == {200}
    assert use(client, tokens["access_token"]) == 200
    assert agenda.refresh(tokens["refresh_token"]).status_code == 200


def test_giving_up_what_is_no_token_is_no_error(agenda: Application) -> None:
    assert agenda.revoke("nonsense").status_code == 200
    assert refused(agenda.revoke("")) == (400, "invalid_request")


def disable(database: Database, username: str) -> None:
    with database.unit_of_work(system_scope("tests")) as uow:
        uow.run("update users set disabled_at = now() where username = %(u)s", {"u": username})


def give_role(database: Database, username: str, role: str) -> None:
    with database.unit_of_work(system_scope("tests")) as uow:
        uow.run(
            "update memberships set role = %(role)s"
            " where user_id = (select id from users where username = %(u)s)",
            {"u": username, "role": role},
        )
