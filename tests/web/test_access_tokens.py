"""Tokens: how one is got, what makes it valid, and how it ends."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import jwt
import pytest
from callers import Caller
from factories import new_address, new_user, rows, transcript
from flask import Flask
from flask.testing import FlaskClient
from pydantic import SecretStr
from werkzeug.test import TestResponse

from requirements import requirement
from talkhub.names import Scope
from talkhub.security import AUDIENCE, ISSUER
from talkhub.services.access.admin_tries import MAX_OF_STRANGERS, TURN_SECONDS
from talkhub.services.access.attempts import MAX_FAILURES
from talkhub.services.access.auth import add_first_user
from talkhub.settings import Settings, reveal
from talkhub.store import revocations
from talkhub.store.signing_keys import SigningKey
from talkhub.store.uow import Database, system_scope

DEFAULT_WORKSPACE = 1
TEST = "/api/v1/test"
Exchange = Callable[..., TestResponse]


@pytest.fixture
def exchange(client: FlaskClient, settings: Settings, database: Database) -> Iterator[Exchange]:
    """Exchange the admin secret, from an address of the test's own; nobody failed before."""
    address = new_address()
    forget_attempts(database)

    def exchange(secret: str | None = None, *, at: str = address, **more: Any) -> TestResponse:
        given = reveal(settings.admin_secret) if secret is None else secret
        body = {"username": "admin", "admin_secret": given, **more}
        return client.post("/api/v1/auth/token", json=body, environ_overrides={"REMOTE_ADDR": at})

    yield exchange
    forget_attempts(database)


def forget_attempts(database: Database) -> None:
    """Let nobody have failed: they are counted from everywhere together."""
    with database.unit_of_work(system_scope("tests")) as uow:
        uow.run("delete from login_attempts")


@pytest.fixture
def own_key(app: Flask) -> SigningKey:
    """The key that our application signs with."""
    return app.extensions["talkhub"].signing_keys.current()


@pytest.fixture
def claims(workspace: int) -> dict[str, Any]:
    """The claims of a token that is valid."""
    now = int(time.time())
    return {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": "ana",
        "jti": f"test-{workspace}",
        "iat": now,
        "nbf": now,
        "exp": now + 3600,
        "type": "access",
        "kind": "api",
        "ws": workspace,
        "scope": " ".join(Scope),
    }


@pytest.fixture
def use(client: FlaskClient, own_key: SigningKey) -> Callable[..., TestResponse]:
    """Call with a token of these claims, signed with our key unless another is given."""

    def use(
        claims: dict[str, Any],
        *,
        key: str | bytes = own_key.material,
        kid: str | None = own_key.kid,
        algorithm: str = "HS256",
    ) -> Any:
        headers = {} if kid is None else {"kid": kid}
        token = jwt.encode(claims, key, algorithm=algorithm, headers=headers)
        return client.get(TEST, headers={"Authorization": f"Bearer {token}"})

    return use


@requirement("security:token-lasts-24h")
def test_the_admin_secret_is_exchanged_for_a_token_of_a_day(exchange: Exchange) -> None:
    answer = exchange()

    document = answer.json
    decoded = jwt.decode(document["token"], options={"verify_signature": False})
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert document == {
        "token": document["token"],
        "expires_in": "24h",
        "access_token": document["token"],
        "token_type": "Bearer",
        "expires_in_seconds": 86400,
        "expires_at": document["expires_at"],
        "scope": (
            "analysis:write analytics:read data:export keys:manage mcp:read mcp:write"
            " messages:send privacy:manage profile:write webhooks:manage workspace:manage"
            " workspace:own"
        ),
        "refresh_token": document["refresh_token"],
        "refresh_expires_in_seconds": 30 * 86400,
    }
    assert decoded["exp"] - decoded["iat"] == 86400
    assert (decoded["sub"], decoded["ws"], decoded["iss"], decoded["aud"]) == (
        "admin",
        DEFAULT_WORKSPACE,
        ISSUER,
        AUDIENCE,
    )


def test_a_former_admin_secret_counts_while_it_is_named(
    shared_client: Callable[..., FlaskClient],
) -> None:
    changed = {"admin_secret": SecretStr("new"), "admin_secret_previous": SecretStr("old, older")}
    client = shared_client(**changed)

    answers = [
        client.post(
            "/api/v1/auth/token",
            json={"username": "admin", "admin_secret": given},
            environ_overrides={"REMOTE_ADDR": new_address()},
        ).status_code
        for given in ("new", "old", "older", "oldest")
    ]

    assert answers == [200, 200, 200, 401]


def test_a_token_is_written_down_and_audited(exchange: Exchange, database: Database) -> None:
    token_id = jwt.decode(exchange().json["token"], options={"verify_signature": False})["jti"]

    tokens = "select kind, subject, revoked_at from tokens where jti = %(jti)s"
    audit = "select actor, action from audit_entries where subject = %(jti)s"
    assert rows(database, DEFAULT_WORKSPACE, tokens, jti=token_id) == [
        {"kind": "api", "subject": "admin", "revoked_at": None}
    ]
    assert rows(database, DEFAULT_WORKSPACE, audit, jti=token_id) == [
        {"actor": "admin", "action": "api.issued"}
    ]


@requirement("flow:bearer-token")
def test_an_issued_token_opens_the_tools(exchange: Exchange, client: FlaskClient) -> None:
    token = exchange().json["token"]

    answer = client.get(TEST, headers={"Authorization": f"Bearer {token}"})

    assert (answer.status_code, answer.json["user"]) == (200, "admin")


@pytest.mark.parametrize("secret", ["wrong", "tests-admin-secre", "tests-admin-secret "])
def test_a_wrong_secret_gives_no_token(exchange: Exchange, secret: str) -> None:
    answer = exchange(secret)

    assert (answer.status_code, answer.json["type"]) == (401, "/problems/unauthenticated")
    assert secret not in answer.text


def test_a_wrong_secret_is_audited(exchange: Exchange, database: Database) -> None:
    address = new_address()

    exchange("wrong", at=address)

    audit = "select actor, action from audit_entries where address = %(address)s"
    assert rows(database, DEFAULT_WORKSPACE, audit, address=address) == [
        {"actor": "admin", "action": "admin_secret.refused"}
    ]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"username": "admin"},
        {"username": "admin", "admin_secret": ""},
        {"username": "", "admin_secret": "x"},
        {"username": "admin", "admin_secret": ["x"]},
        {"username": "admin", "admin_secret": "x", "scope": "all"},
        {"username": "a\x00", "admin_secret": "x"},
    ],
)
def test_a_request_that_is_none_is_refused(client: FlaskClient, body: dict[str, Any]) -> None:
    answer = client.post(
        "/api/v1/auth/token", json=body, environ_overrides={"REMOTE_ADDR": new_address()}
    )

    assert answer.status_code == 422


def test_an_address_that_fails_ten_times_must_wait(exchange: Exchange) -> None:
    statuses = [exchange("wrong").status_code for _ in range(MAX_FAILURES)]

    refused = exchange()

    assert statuses == [401] * MAX_FAILURES
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) > 60


def test_a_guesser_gains_nothing_by_the_other_addresses_of_their_network(
    exchange: Exchange,
) -> None:
    network = new_address().removesuffix("1")

    statuses = [exchange("wrong", at=f"{network}{n}").status_code for n in range(1, 12)]

    assert statuses == [401] * MAX_FAILURES + [429]


def test_guessers_elsewhere_keep_nobody_out_who_came_in_before(exchange: Exchange) -> None:
    exchange()
    for _ in range(MAX_OF_STRANGERS):
        exchange("wrong", at=new_address())

    statuses = [exchange(secret).status_code for secret in ("wrong", None)]

    assert statuses == [401, 200]


def test_while_many_guess_strangers_get_one_try_after_another(
    exchange: Exchange, database: Database
) -> None:
    statuses = [exchange("wrong", at=new_address()).status_code for _ in range(30)]
    owner = new_address()
    refused = exchange(at=owner)
    with database.unit_of_work(system_scope("tests")) as uow:
        uow.run("update login_attempts set attempted_at = attempted_at - interval '10 seconds'")

    assert statuses == [401] * MAX_OF_STRANGERS + [429] * (30 - MAX_OF_STRANGERS)
    assert refused.status_code == 429
    assert 0 < int(refused.headers["Retry-After"]) <= TURN_SECONDS
    assert exchange(at=owner).status_code == 200


def test_guesses_that_come_at_once_are_counted_one_after_another(exchange: Exchange) -> None:
    with ThreadPoolExecutor(8) as threads:
        asked = [threads.submit(exchange, "wrong") for _ in range(3 * MAX_FAILURES)]
        statuses = Counter(answer.result().status_code for answer in asked)

    assert statuses == {401: MAX_FAILURES, 429: 2 * MAX_FAILURES}


def test_a_valid_token_is_taken(use: Callable[..., TestResponse], claims: dict[str, Any]) -> None:
    assert use(claims).status_code == 200


@pytest.mark.parametrize(
    "change",
    [
        {"exp": 1_000_000_000},
        {"nbf": 4_000_000_000},
        {"iat": 4_000_000_000},
        {"iss": "somebody"},
        {"aud": "another-api"},
        {"aud": [AUDIENCE]},
        {"aud": [AUDIENCE, "another-api"]},
        {"type": "refresh"},
        {"kind": "dashboard"},
        {"kind": None},
        {"ws": "many"},
        {"ws": None},
    ],
)
def test_a_token_with_a_wrong_claim_is_refused(
    use: Callable[..., TestResponse], claims: dict[str, Any], change: dict[str, Any]
) -> None:
    answer = use({**claims, **change})

    assert (answer.status_code, answer.json["type"]) == (401, "/problems/unauthenticated")
    assert "/api/v1/auth/token" in answer.json["detail"] or "access token" in answer.json["detail"]


@pytest.mark.parametrize(
    "missing", ["exp", "nbf", "iat", "iss", "aud", "sub", "jti", "ws", "scope", "type"]
)
def test_a_token_that_lacks_a_claim_is_refused(
    use: Callable[..., TestResponse], claims: dict[str, Any], missing: str
) -> None:
    del claims[missing]

    assert use(claims).status_code == 401


@pytest.mark.parametrize(
    ("key", "algorithm"),
    [
        ("", "none"),
        ("another key that is long enough, really", "HS256"),
        ("tests-sign-with-this-key-of-enough-length" * 2, "HS512"),
    ],
)
def test_a_token_that_we_did_not_sign_is_refused(
    use: Callable[..., TestResponse], claims: dict[str, Any], key: str, algorithm: str
) -> None:
    assert use(claims, key=key, algorithm=algorithm).status_code == 401


def test_a_token_signed_with_our_key_by_another_algorithm_is_refused(
    use: Callable[..., TestResponse], claims: dict[str, Any]
) -> None:
    with pytest.warns(jwt.InsecureKeyLengthWarning):  # the key is too short for it
        assert use(claims, algorithm="HS384").status_code == 401


@pytest.mark.parametrize("kid", [None, "", "ffffffffffffffff", "../x", "\0"])
def test_a_token_that_names_no_key_of_ours_is_refused(
    use: Callable[..., TestResponse], claims: dict[str, Any], kid: str | None
) -> None:
    assert use(claims, kid=kid).status_code == 401


def test_a_token_signed_with_the_secret_itself_is_refused(
    use: Callable[..., TestResponse], claims: dict[str, Any], settings: Settings
) -> None:
    assert use(claims, key=reveal(settings.jwt_secret)).status_code == 401


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        "Bearer not.a.token",
        "bearer x",
        "Basic YWRtaW46YWRtaW4=",
        "Token abc",
        "Bearer " + "x" * 5000,
        "Bearer \xff",
    ],
)
def test_without_a_token_the_way_to_one_is_told(client: FlaskClient, header: str | None) -> None:
    headers = {} if header is None else {"Authorization": header}

    answer = client.get(TEST, headers=headers)

    assert (answer.status_code, answer.json["type"]) == (401, "/problems/unauthenticated")
    assert "/api/v1/auth/token" in answer.json["detail"]
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("path", ["/api/v1/api-keys", "/api/v1/webhook-endpoints"])
def test_the_cookie_of_the_dashboard_is_no_bearer_token_of_its_api(
    client: FlaskClient, database: Database, path: str
) -> None:
    owner = new_user()
    add_first_user(database, username=owner, password="ana's own password")
    form = {"username": owner, "password": "ana's own password"}
    signed_in = client.post(
        "/dashboard/login", data=form, environ_overrides={"REMOTE_ADDR": new_address()}
    )
    cookie = client.get_cookie("talkhub")

    answer = client.get(path, headers={"Authorization": f"Bearer {cookie.value}"})

    assert signed_in.status_code == 303
    assert answer.status_code == 401


def test_a_revoked_token_is_refused_at_once(exchange: Exchange, client: FlaskClient) -> None:
    headers = {"Authorization": f"Bearer {exchange().json['token']}"}
    before = client.get(TEST, headers=headers).status_code

    revoked = client.post("/api/v1/auth/revoke", headers=headers)
    again = client.post("/api/v1/auth/revoke", headers=headers)

    assert (before, revoked.json) == (200, {"revoked": True})
    assert client.get(TEST, headers=headers).status_code == 401
    assert again.json == {"revoked": False}


def test_a_token_revoked_here_is_refused_elsewhere_within_five_seconds(
    exchange: Exchange,
    client: FlaskClient,
    make_client: Callable[..., FlaskClient],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    elsewhere = make_client()
    headers = {"Authorization": f"Bearer {exchange().json['token']}"}
    assert elsewhere.get(TEST, headers=headers).status_code == 200
    client.post("/api/v1/auth/revoke", headers=headers)

    soon = time.monotonic() + 5
    monkeypatch.setattr(revocations, "time", SimpleNamespace(monotonic=lambda: soon))

    assert elsewhere.get(TEST, headers=headers).status_code == 401


def test_revoking_is_audited(exchange: Exchange, client: FlaskClient, database: Database) -> None:
    token = exchange().json["token"]
    token_id = jwt.decode(token, options={"verify_signature": False})["jti"]

    client.post("/api/v1/auth/revoke", headers={"Authorization": f"Bearer {token}"})

    audit = "select action from audit_entries where subject = %(jti)s order by id"
    actions = [row["action"] for row in rows(database, DEFAULT_WORKSPACE, audit, jti=token_id)]
    assert actions == ["api.issued", "token.revoked"]


def test_nobody_can_revoke_without_a_token(client: FlaskClient) -> None:
    assert client.post("/api/v1/auth/revoke").status_code == 401


@pytest.mark.parametrize(
    ("tool", "body", "scope"),
    [
        ("create_chat_session", {"user_id": "ana"}, Scope.MCP_WRITE),
        (
            "save_conversation",
            {"session_id": "s", "user_id": "ana", "messages": transcript("oi")},
            Scope.MCP_WRITE,
        ),
        ("get_user_context", {"user_id": "ana"}, Scope.MCP_READ),
        ("update_user_profile", {"user_id": "ana", "profile_data": {}}, Scope.PROFILE_WRITE),
        ("get_conversation_analytics", {}, Scope.ANALYTICS_READ),
    ],
)
def test_a_tool_needs_its_scope(
    caller: Caller,
    sign_token: Callable[..., str],
    database: Database,
    *,
    tool: str,
    body: dict[str, Any],
    scope: Scope,
) -> None:
    others = [other for other in Scope if other != scope]
    caio = Caller(caller.client, caller.workspace_id, sign_token(caller.workspace_id, *others))
    bia = Caller(caller.client, caller.workspace_id, sign_token(caller.workspace_id, scope))

    refused = caio.tool(tool, body)
    people = rows(database, caller.workspace_id, "select from user_profiles")
    allowed = bia.tool(tool, body)

    assert (refused.status_code, refused.json["type"]) == (403, "/problems/forbidden")
    assert refused.json["scope"] == scope
    assert people == []
    assert allowed.status_code in {200, 201}
