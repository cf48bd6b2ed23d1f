"""The commands for keys: of programs that call, and of the service that signs."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from talkhub.cli import run
from talkhub.security import is_api_key
from talkhub.settings import Settings, environment_of_child


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
