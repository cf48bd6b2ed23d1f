"""The commands for keys: of programs that call, and of the service that signs."""

from __future__ import annotations

import pytest
from factories import make_workspace, new_address, rows
from flask.testing import FlaskClient

from talkhub.cli.program import run
from talkhub.security import is_api_key
from talkhub.services.access.auth import DEFAULT_WORKSPACE_ID
from talkhub.services.access.ending import end_all_tokens
from talkhub.settings import Settings, environment_of_child, reveal
from talkhub.store.uow import Database


@pytest.fixture(autouse=True)
def environment(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """The settings of the tests, as a command reads them."""
    for name, value in environment_of_child(settings).items():
        monkeypatch.setenv(name, value)


def status(client: FlaskClient, key: str) -> int:
    return client.get("/api/v1/test", headers={"Authorization": f"Bearer {key}"}).status_code


def test_a_key_is_made_listed_rotated_and_revoked(
    client: FlaskClient, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["api-key", "create", "n8n of this test", "--scope", "mcp:read"]) == 0
    key = capsys.readouterr().out.strip()
    run(["api-key", "list"])
    line = next(x for x in capsys.readouterr().out.splitlines() if key[:10] in x)
    key_id = line.split("\t")[0]
    assert run(["api-key", "rotate", key_id]) == 0
    successor = capsys.readouterr().out.strip()

    assert run(["api-key", "revoke", key_id]) == 0

    assert is_api_key(key)
    assert "n8n of this test" in line
    assert (status(client, key), status(client, successor)) == (401, 200)


def test_an_unknown_key_or_scope_is_refused_in_one_sentence(
    capsys: pytest.CaptureFixture[str],
) -> None:
    codes = [
        run(["api-key", "revoke", "99999999"]),
        run(["api-key", "create", "x", "--scope", "keys:manage"]),
    ]

    assert codes == [1, 2]
    assert capsys.readouterr().err.count("talkhub: ") == 2


def test_after_a_leak_all_tokens_and_refresh_tokens_are_ended_at_once(
    client: FlaskClient, settings: Settings, database: Database
) -> None:
    secret = {"username": "admin", "admin_secret": reveal(settings.admin_secret)}
    place = {"REMOTE_ADDR": new_address()}
    got = client.post("/api/v1/auth/token", json=secret, environ_overrides=place).json
    refresh = {"refresh_token": got["refresh_token"]}

    code = run(["revoke-tokens", "--workspace", "default"])

    client.application.extensions["talkhub"].revoked.forget()
    refreshed = client.post("/api/v1/auth/refresh", json=refresh, environ_overrides=place)
    audit = "select actor from audit_entries where action = 'tokens.all_revoked'"
    assert code == 0
    assert (status(client, got["token"]), refreshed.status_code) == (401, 401)
    assert {"actor": "command line"} in rows(database, DEFAULT_WORKSPACE_ID, audit)


def test_ending_the_tokens_of_one_workspace_leaves_anothers(
    client: FlaskClient, settings: Settings, workspace: int, database: Database
) -> None:
    secret = {"username": "admin", "admin_secret": reveal(settings.admin_secret)}
    place = {"REMOTE_ADDR": new_address()}
    token = client.post("/api/v1/auth/token", json=secret, environ_overrides=place).json["token"]
    named = "select slug from workspaces where id = %(id)s"
    slug = rows(database, workspace, named, id=workspace)[0]["slug"]

    code = run(["revoke-tokens", "--workspace", slug])

    client.application.extensions["talkhub"].revoked.forget()
    assert (code, status(client, token)) == (0, 200)


def test_ending_everyones_tokens_reaches_every_workspace(own_database_url: str) -> None:
    database = Database(own_database_url)
    both = [DEFAULT_WORKSPACE_ID, make_workspace(database)]

    end_all_tokens(database, slug=None, actor="tests")

    audit = "select actor from audit_entries where action = 'tokens.all_revoked'"
    found = [rows(database, workspace_id, audit) for workspace_id in both]
    database.dispose()
    assert found == [[{"actor": "tests"}]] * 2


@pytest.mark.parametrize(
    "options", [[], ["--everyone", "--workspace", "default"], ["--workspace", "nobody's"]]
)
def test_ending_tokens_needs_to_be_told_whose(options: list[str]) -> None:
    assert run(["revoke-tokens", *options]) != 0
