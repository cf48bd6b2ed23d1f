"""API keys: made once, shown once, good for what they say, and ended everywhere."""

from __future__ import annotations

import time
from collections.abc import Callable
from hashlib import sha256
from types import SimpleNamespace
from typing import Any

import pytest
from callers import Caller
from factories import make_workspace, rows
from flask.testing import FlaskClient
from waiting import wait_until

from talkhub.names import Scope
from talkhub.security import is_api_key, make_api_key
from talkhub.store import key_uses, revocations
from talkhub.store.uow import Database, workspace_scope

PATH = "/api/v1/api-keys"
TEST = "/api/v1/test"
Make = Callable[..., dict[str, Any]]


@pytest.fixture
def make(caller: Caller) -> Make:
    """Make a key of this test's workspace."""

    def make(*scopes: str, **more: Any) -> dict[str, Any]:
        body = {"name": "n8n", "scopes": scopes or ["mcp:read", "mcp:write"], **more}
        answer = caller.post(PATH, body)
        assert answer.status_code == 201, answer.text
        return answer.json

    return make


def status(client: FlaskClient, key: str, path: str = TEST) -> int:
    return client.get(path, headers={"Authorization": f"Bearer {key}"}).status_code


def kept(database: Database, workspace: int, key_id: int) -> dict[str, Any]:
    return rows(database, workspace, "select * from api_keys where id = %(id)s", id=key_id)[0]


def change(database: Database, workspace: int, sql: str, **params: object) -> None:
    with database.unit_of_work(workspace_scope(workspace, "tests")) as uow:
        uow.run(sql, params)


def test_a_key_opens_what_its_scopes_say(caller: Caller, make: Make) -> None:
    bot = Caller(caller.client, caller.workspace_id, make("mcp:read")["key"])

    read = bot.tool("get_user_context", {"user_id": "ana"})
    written = bot.tool("create_chat_session", {"user_id": "ana"})

    assert read.status_code == 200
    assert (written.status_code, written.json["scope"]) == (403, "mcp:write")


def test_a_key_opens_mcp_as_well(caller: Caller, make: Make) -> None:
    bot = Caller(caller.client, caller.workspace_id, make("mcp:read")["key"])

    answer = bot.post("/mcp", {"jsonrpc": "2.0", "id": 1, "method": "ping"})

    assert answer.status_code == 200


def test_a_key_is_shown_once_and_only_its_hash_is_kept(
    caller: Caller, make: Make, database: Database
) -> None:
    made = make(expires_in_days=30)

    row = kept(database, caller.workspace_id, made["id"])
    listed = caller.get(PATH)

    assert is_api_key(made["key"])
    assert bytes(row["key_hash"]) == sha256(made["key"].encode()).digest()
    assert made["key"] not in listed.text
    assert listed.json["api_keys"] == [
        {
            "id": made["id"],
            "name": "n8n",
            "hint": made["key"][:10],
            "scopes": ["mcp:read", "mcp:write"],
            "state": "active",
            "created_by": "ana",
            "created_at": listed.json["api_keys"][0]["created_at"],
            "last_used_at": None,
            "expires_at": made["expires_at"],
            "revoked_at": None,
            "replaced_by": None,
        }
    ]


@pytest.mark.parametrize(
    "body",
    [
        {"name": "x", "scopes": []},
        {"name": "x", "scopes": ["dashboard"]},
        {"name": "x", "scopes": ["mcp:read", "keys:manage"]},
        {"name": "x", "scopes": ["mcp:read", "webhooks:manage"]},
        {"name": "x", "scopes": ["mcp:all"]},
        {"name": "x", "scopes": "mcp:read"},
        {"name": " ", "scopes": ["mcp:read"]},
        {"name": "x" * 101, "scopes": ["mcp:read"]},
        {"name": "a\nb", "scopes": ["mcp:read"]},
        {"name": "x", "scopes": ["mcp:read"], "expires_in_days": 0},
        {"name": "x", "scopes": ["mcp:read"], "key": "thk_mine"},
    ],
)
def test_a_key_for_anything_else_is_not_made(caller: Caller, body: dict[str, Any]) -> None:
    assert caller.post(PATH, body).status_code == 422
    assert caller.get(PATH).json == {"api_keys": []}


@pytest.mark.parametrize(
    ("method", "path"),
    [("get", PATH), ("post", PATH), ("post", f"{PATH}/1/rotate"), ("delete", f"{PATH}/1")],
)
def test_keys_are_managed_only_with_the_scope_for_it(
    caller: Caller, sign_token: Callable[..., str], make: Make, method: str, path: str
) -> None:
    others = [scope for scope in Scope if scope != Scope.KEYS_MANAGE]
    bia = sign_token(caller.workspace_id, *others)

    statuses = [
        getattr(caller.client, method)(
            path, headers={"Authorization": f"Bearer {token}"}
        ).status_code
        for token in (bia, make(*sorted(others[:4]))["key"])
    ]

    assert statuses == [403, 403]


def test_a_revoked_key_is_refused_at_once_here(caller: Caller, make: Make) -> None:
    made = make()
    before = status(caller.client, made["key"])

    auth = {"Authorization": f"Bearer {caller.token}"}
    revoked = caller.client.delete(f"{PATH}/{made['id']}", headers=auth)
    again = caller.client.delete(f"{PATH}/{made['id']}", headers=auth)

    assert (before, revoked.status_code, again.status_code) == (200, 204, 404)
    assert status(caller.client, made["key"]) == 401
    assert caller.get(PATH).json["api_keys"][0]["state"] == "revoked"


def test_a_revoked_key_is_refused_elsewhere_within_five_seconds(
    caller: Caller,
    make: Make,
    make_client: Callable[..., FlaskClient],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made, elsewhere = make(), make_client()
    assert status(elsewhere, made["key"]) == 200
    auth = {"Authorization": f"Bearer {caller.token}"}
    caller.client.delete(f"{PATH}/{made['id']}", headers=auth)

    soon = time.monotonic() + 5
    monkeypatch.setattr(revocations, "time", SimpleNamespace(monotonic=lambda: soon))

    assert status(elsewhere, made["key"]) == 401


def test_a_key_that_is_over_is_refused(caller: Caller, make: Make, database: Database) -> None:
    made = make(expires_in_days=1)
    sql = "update api_keys set expires_at = now() where id = %(id)s"
    change(database, caller.workspace_id, sql, id=made["id"])

    assert status(caller.client, made["key"]) == 401
    assert caller.get(PATH).json["api_keys"][0]["state"] == "expired"


def test_a_rotated_key_stays_valid_for_a_day_beside_its_successor(
    caller: Caller, make: Make, database: Database
) -> None:
    made = make("mcp:read")

    answer = caller.post(f"{PATH}/{made['id']}/rotate", {})

    successor = answer.json
    assert answer.status_code == 201
    assert (successor["name"], successor["scopes"]) == ("n8n", ["mcp:read"])
    assert status(caller.client, made["key"]) == status(caller.client, successor["key"]) == 200
    grace = rows(
        database,
        caller.workspace_id,
        "select expires_at - now() as left from api_keys where id = %(id)s",
        id=made["id"],
    )[0]["left"]
    assert 86_000 < grace.total_seconds() <= 86_400
    assert [key["state"] for key in caller.get(PATH).json["api_keys"]] == ["active", "replaced"]


def test_a_successor_lasts_as_long_as_the_key_did(caller: Caller, make: Make) -> None:
    made = make(expires_in_days=30)
    once = caller.post(f"{PATH}/{made['id']}/rotate", {})
    again = caller.post(f"{PATH}/{made['id']}/rotate", {})

    assert once.json["expires_at"] > made["expires_at"]
    assert again.status_code == 404


def test_keys_of_another_workspace_are_out_of_reach(
    caller: Caller, make: Make, database: Database, sign_token: Callable[..., str]
) -> None:
    made = make()
    other = make_workspace(database)
    caio = Caller(caller.client, other, sign_token(other, "keys:manage", subject="caio"))

    auth = {"Authorization": f"Bearer {caio.token}"}
    assert caio.get(PATH).json == {"api_keys": []}
    assert caio.post(f"{PATH}/{made['id']}/rotate", {}).status_code == 404
    assert caller.client.delete(f"{PATH}/{made['id']}", headers=auth).status_code == 404
    assert status(caller.client, made["key"]) == 200


@pytest.mark.parametrize("key_id", ["0", "99999999", str(2**63), str(10**40)])
def test_a_key_that_never_was_is_not_found(caller: Caller, key_id: str) -> None:
    assert caller.post(f"{PATH}/{key_id}/rotate", {}).status_code == 404


@pytest.mark.parametrize(
    "spoil", [lambda key: key[:-1], lambda key: key + "0", lambda key: key[:-7] + "é" + key[-6:]]
)
def test_a_mistyped_key_is_refused_without_looking(
    caller: Caller, make: Make, spoil: Callable[[str], str]
) -> None:
    key = spoil(make()["key"])

    assert not is_api_key(key)
    assert status(caller.client, key.encode().decode("latin-1")) == 401


def test_a_key_that_nobody_made_is_refused(client: FlaskClient) -> None:
    assert status(client, make_api_key()) == 401


def test_its_last_use_is_noted_once_a_minute(
    caller: Caller, make: Make, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = make()

    def used_at() -> object:
        return kept(database, caller.workspace_id, made["id"])["last_used_at"]

    status(caller.client, made["key"])
    wait_until(lambda: used_at() is not None)
    first = used_at()
    status(caller.client, made["key"])
    soon = time.monotonic() + 61
    monkeypatch.setattr(key_uses, "time", SimpleNamespace(monotonic=lambda: soon))
    unchanged = used_at()
    status(caller.client, made["key"])

    wait_until(lambda: used_at() != first)
    assert unchanged == first


def test_what_happens_to_a_key_is_audited(caller: Caller, make: Make, database: Database) -> None:
    made = make()
    caller.post(f"{PATH}/{made['id']}/rotate", {})
    caller.client.delete(
        f"{PATH}/{made['id']}", headers={"Authorization": f"Bearer {caller.token}"}
    )

    audit = "select actor, action from audit_entries where subject = %(id)s order by id"
    assert rows(database, caller.workspace_id, audit, id=str(made["id"])) == [
        {"actor": "ana", "action": "api_key.created"},
        {"actor": "ana", "action": "api_key.rotated"},
        {"actor": "ana", "action": "api_key.revoked"},
    ]
