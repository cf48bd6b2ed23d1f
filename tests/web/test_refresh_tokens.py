"""Refresh tokens: good once, for thirty days, and a stolen one ends the whole family."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from typing import Any

import pytest
from factories import new_address, rows
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from talkhub import clock
from talkhub.errors import Unauthenticated
from talkhub.names import Scope, TokenKind
from talkhub.security import AUDIENCE
from talkhub.services.access.auth import IssuedToken, SignedIn, record_token
from talkhub.services.access.refreshing import issue_refresh_token, revoke_refresh_token
from talkhub.settings import Settings, reveal
from talkhub.store.uow import Database, system_scope

DEFAULT_WORKSPACE = 1
Send = Callable[..., TestResponse]


@pytest.fixture
def send(app: Flask) -> Send:
    """Send a body to a token route, from an address of the test's own."""
    place = {"REMOTE_ADDR": new_address()}

    def send(route: str, body: dict[str, Any] | None = None, token: str = "") -> TestResponse:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        more: dict[str, Any] = {"environ_overrides": place, "headers": headers}
        return app.test_client().post(f"/api/v1/auth/{route}", json=body, **more)

    return send


@pytest.fixture
def issued(send: Send, settings: Settings, database: Database) -> dict[str, Any]:
    """What the admin secret was exchanged for."""
    with database.unit_of_work(system_scope("tests")) as uow:
        uow.run("delete from login_attempts")
    secret = reveal(settings.admin_secret)
    return send("token", {"username": "admin", "admin_secret": secret}).json


def works(client: FlaskClient, document: dict[str, Any]) -> bool:
    headers = {"Authorization": f"Bearer {document['token']}"}
    return client.get("/api/v1/test", headers=headers).status_code == 200


def refresh(send: Send, document: dict[str, Any]) -> TestResponse:
    return send("refresh", {"refresh_token": document["refresh_token"]})


def test_a_refresh_token_gives_another_token_of_the_same_reach(
    send: Send, client: FlaskClient, issued: dict[str, Any]
) -> None:
    answer = refresh(send, issued)

    document = answer.json
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert document.keys() == issued.keys()
    assert document["scope"] == issued["scope"]
    assert document["token"] != issued["token"]
    assert works(client, document)
    assert works(client, issued)


def test_only_its_hash_is_kept(issued: dict[str, Any], database: Database) -> None:
    text = issued["refresh_token"]

    kept = rows(
        database,
        DEFAULT_WORKSPACE,
        "select *, expires_at - issued_at > interval '29 days 23 hours' as lasts"
        " from refresh_tokens where token_hash = %(hash)s",
        hash=sha256(text.encode()).digest(),
    )

    assert len(kept) == 1
    assert kept[0]["lasts"]
    assert text not in str(kept)


def test_a_used_refresh_token_ends_every_token_of_its_family(
    send: Send, client: FlaskClient, issued: dict[str, Any]
) -> None:
    successor = refresh(send, issued).json

    stolen = refresh(send, issued)

    assert (stolen.status_code, stolen.json["type"]) == (401, "/problems/unauthenticated")
    assert refresh(send, successor).status_code == 401
    assert not works(client, successor)
    assert not works(client, issued)


def test_reuse_is_audited(send: Send, issued: dict[str, Any], database: Database) -> None:
    refresh(send, issued)
    refresh(send, issued)

    family = rows(
        database,
        DEFAULT_WORKSPACE,
        "select family from refresh_tokens where token_hash = %(hash)s",
        hash=sha256(issued["refresh_token"].encode()).digest(),
    )[0]["family"]
    audit = "select action, address from audit_entries where subject = %(family)s"
    entries = rows(database, DEFAULT_WORKSPACE, audit, family=family)
    addresses = {row["action"]: row["address"] for row in entries}
    assert addresses["refresh_token.reused"]


def test_of_two_requests_at_once_one_at_most_gets_a_token(
    send: Send, issued: dict[str, Any]
) -> None:
    with ThreadPoolExecutor(4) as pool:
        statuses = list(pool.map(lambda _: refresh(send, issued).status_code, range(4)))

    # None, if the token came back before the first one had its answer: then the family ended.
    assert statuses.count(200) <= 1
    # 503: whoever waits too long behind the others is told to come back, and got nothing.
    assert set(statuses) <= {200, 401, 503}
    assert 401 in statuses


def test_another_family_is_left_alone(
    send: Send, client: FlaskClient, issued: dict[str, Any], settings: Settings
) -> None:
    secret = reveal(settings.admin_secret)
    other = send("token", {"username": "admin", "admin_secret": secret}).json
    refresh(send, issued)
    refresh(send, issued)

    assert works(client, other)
    assert refresh(send, other).status_code == 200


def test_revoking_a_token_revokes_its_refresh_token(send: Send, issued: dict[str, Any]) -> None:
    revoked = send("revoke", token=issued["token"])

    assert revoked.json == {"revoked": True}
    assert refresh(send, issued).status_code == 401


def test_revoking_a_refresh_token_revokes_its_tokens(
    send: Send, client: FlaskClient, issued: dict[str, Any]
) -> None:
    body = {"refresh_token": issued["refresh_token"]}

    answers = [send("revoke", body).json for _ in range(2)]

    assert answers == [{"revoked": True}, {"revoked": False}]
    assert not works(client, issued)


def test_one_that_is_over_gives_nothing(
    send: Send, issued: dict[str, Any], database: Database
) -> None:
    with database.unit_of_work(system_scope("tests")) as uow:
        uow.run(
            "update refresh_tokens set expires_at = now() where token_hash = %(hash)s",
            {"hash": sha256(issued["refresh_token"].encode()).digest()},
        )

    assert refresh(send, issued).status_code == 401


def test_an_oauth_clients_refresh_token_is_not_ours_to_take(
    send: Send, database: Database, workspace: int
) -> None:
    who = SignedIn("ana", "Ana", workspace, "pt-BR", frozenset({Scope.MCP_READ}))
    text = issue_refresh_token(
        database, who, family="f", audience="https://mcp.example/mcp", client_id="a-client"
    )

    assert send("refresh", {"refresh_token": text}).status_code == 401
    assert send("revoke", {"refresh_token": text}).json == {"revoked": False}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 422),
        ({"refresh_token": ""}, 422),
        ({"refresh_token": ["x"]}, 422),
        ({"refresh_token": "x", "scope": "all"}, 422),
        ({"refresh_token": "thr_made-up"}, 401),
    ],
)
def test_what_is_no_refresh_token_of_ours_is_refused(
    send: Send, body: dict[str, Any], status: int
) -> None:
    assert send("refresh", body).status_code == status


def test_a_token_in_the_making_does_not_outlive_its_family(database: Database) -> None:
    """As when a used refresh token comes back before the first use of it was answered."""
    family, now = secrets.token_hex(8), clock.now()
    who = SignedIn("admin", "admin", DEFAULT_WORKSPACE, "pt-BR", frozenset({Scope.MCP_READ}))
    text = issue_refresh_token(database, who, family=family, audience=AUDIENCE)
    late = IssuedToken("-", secrets.token_hex(8), family, TokenKind.API, None, now, now)

    revoke_refresh_token(database, text)

    with pytest.raises(Unauthenticated):
        record_token(database, who, late, "")
