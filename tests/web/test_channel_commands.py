"""The commands for channel accounts."""

from __future__ import annotations

import secrets

import pytest
from factories import rows
from flask.testing import FlaskClient
from providers import Door, said

from talkhub.cli.program import run
from talkhub.names import Platform
from talkhub.settings import Settings, environment_of_child
from talkhub.store.uow import Database


@pytest.fixture(autouse=True)
def environment(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """The settings of the tests, as a command reads them."""
    for name, value in environment_of_child(settings).items():
        monkeypatch.setenv(name, value)


def test_an_account_is_added_listed_rotated_and_removed(
    client: FlaskClient, capsys: pytest.CaptureFixture[str]
) -> None:
    name = f"bot {secrets.token_hex(4)}"
    run(["channels", "add", "telegram", name])
    channel_id, path, secret = capsys.readouterr().out.strip().split("\t")
    door = Door(client, Platform.TELEGRAM, path, secret)
    accepted = door.post(said(Platform.TELEGRAM, "oi")).status_code
    run(["channels", "list"])
    listed = capsys.readouterr().out
    run(["channels", "rotate", channel_id])
    successor = capsys.readouterr().out.strip()

    assert run(["channels", "remove", channel_id]) == 0

    run(["channels", "list"])
    assert accepted == 200
    assert f"{path}\t{name}" in listed
    assert successor not in {"", secret}
    assert name not in capsys.readouterr().out


def test_what_cannot_be_done_is_said_in_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    codes = [
        run(["channels", "add", "telegram", "bot", "--by-address"]),
        run(["channels", "add", "whatsapp", "loja"]),
        run(["channels", "remove", "99999999"]),
        run(["channels", "connect", "telegram", "--token", "1:a"]),
    ]

    assert codes == [2, 1, 1, 2]
    assert len(capsys.readouterr().err.splitlines()) == 4


def test_the_workspaces_silence_is_set_and_given_up(database: Database) -> None:
    kept = "select session_idle_minutes from workspaces"
    found = []
    for arguments in (["45"], []):
        assert run(["channels", "silence", *arguments]) == 0
        found += [row["session_idle_minutes"] for row in rows(database, 1, kept)]

    assert found == [45, None]


def test_a_uchat_account_is_connected_with_its_key_kept_encrypted(
    database: Database, client: FlaskClient, capsys: pytest.CaptureFixture[str]
) -> None:
    name = f"Fluxo {secrets.token_hex(4)}"

    run(["channels", "connect", "uchat", name, "--api-key", "uchats-own-key"])

    channel_id, path, secret = capsys.readouterr().out.strip().split("\t")
    assert Door(client, Platform.UCHAT, path, secret).post({"user_ns": "x"}).status_code == 200
    sql = "select credentials_encrypted as kept from channels where id = %(id)s"
    (row,) = rows(database, 1, sql, id=int(channel_id))
    assert bytes(row["kept"])
    assert b"uchats-own-key" not in bytes(row["kept"])
    run(["channels", "remove", channel_id])
