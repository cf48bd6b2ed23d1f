"""From the environment to complete settings."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from embedded_clients import ROOT

from talkhub.embedded.banner import banner
from talkhub.embedded.boot import read_settings, resolve_settings, with_secrets
from talkhub.embedded.failure import BadSettings, CannotStart
from talkhub.embedded.secrets_file import GENERATED, generated_secrets
from talkhub.settings import Settings, environment_of_child, reveal

SERVERS = {
    "DATABASE_URL": "postgresql://somebody:word@db.example/talkhub",
    "REDIS_URL": "redis://cache.example/0",
}


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    for field in Settings.model_fields.values():
        for name in field.validation_alias.choices:  # type: ignore[union-attr]
            monkeypatch.delenv(str(name), raising=False)
    monkeypatch.setenv("TALKHUB_HOME", str(tmp_path / "home"))
    return monkeypatch


def test_secrets_are_made_once_and_kept_for_their_owner_only(tmp_path: Path) -> None:
    first = generated_secrets(tmp_path / "home")

    assert generated_secrets(tmp_path / "home") == first
    assert (tmp_path / "home" / "secrets.json").stat().st_mode & 0o777 == 0o600
    assert first.keys() == GENERATED
    assert len(set(first.values())) == len(first)
    assert len(base64.urlsafe_b64decode(first["ENCRYPTION_KEY"])) == 32
    assert not set(first["WEBHOOK_SECRET"]) - set(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"
    )


def test_all_who_ask_at_once_get_the_same_secrets(tmp_path: Path) -> None:
    together = Barrier(8)

    def ask(_: int) -> dict[str, str]:
        together.wait()
        return generated_secrets(tmp_path / "home")

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(ask, range(8)))

    assert all(answer == answers[0] for answer in answers)


def test_a_secret_that_a_newer_version_needs_is_added_to_the_kept_ones(tmp_path: Path) -> None:
    made = generated_secrets(tmp_path)
    file = tmp_path / "secrets.json"
    file.write_text(json.dumps({"JWT_SECRET": made["JWT_SECRET"], "OLD": "kept"}))

    again = generated_secrets(tmp_path)

    assert again.keys() == GENERATED | {"OLD"}
    assert again["JWT_SECRET"] == made["JWT_SECRET"]


def test_a_damaged_secrets_file_is_named_and_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "secrets.json").write_text("{")

    with pytest.raises(CannotStart, match=r"secrets.json is not valid JSON"):
        generated_secrets(tmp_path)

    assert (tmp_path / "secrets.json").read_text() == "{"


def test_what_the_operator_set_wins_over_what_is_kept(environment: pytest.MonkeyPatch) -> None:
    for name, value in {**SERVERS, "ADMIN_SECRET": "chosen-by-me"}.items():
        environment.setenv(name, value)

    settings = resolve_settings()

    assert reveal(settings.admin_secret) == "chosen-by-me"
    assert reveal(settings.jwt_secret) == generated_secrets(settings.home)["JWT_SECRET"]
    assert settings.redis_url == SERVERS["REDIS_URL"]
    assert settings.whatsapp_app_secret is None


def test_production_generates_nothing(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    environment.setenv("TALKHUB_ENV", "production")

    with pytest.raises(BadSettings, match="JWT_SECRET is not set"):
        resolve_settings()

    assert not (tmp_path / "home").exists()


def test_all_faults_are_told_at_once_and_no_value_is(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("PORT", "70000")
    environment.setenv("LOG_LEVEL", "chatty")
    environment.setenv("DATABASE_URL", "mysql://root:hunter2@db/x")

    with pytest.raises(BadSettings) as refusal:
        read_settings()

    assert str(refusal.value).splitlines() == [
        "the settings need attention:",
        "  DATABASE_URL must begin with postgresql://",
        "  LOG_LEVEL must be 'DEBUG', 'INFO', 'WARNING' or 'ERROR'",
        "  PORT must be less than or equal to 65535",
    ]


def test_a_command_with_a_bad_setting_ends_with_2(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("PORT", "here")

    ended = subprocess.run(
        [sys.executable, "-m", "talkhub.embedded", "up"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert ended.returncode == 2
    assert "PORT must be a valid integer" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_child_reads_the_settings_that_its_parent_resolved(
    environment: pytest.MonkeyPatch,
) -> None:
    for name, value in {
        **SERVERS,
        "ALLOWED_ORIGINS": "https://a.example, https://b.example",
    }.items():
        environment.setenv(name, value)
    resolved = resolve_settings()

    for name, value in environment_of_child(resolved).items():
        environment.setenv(name, value)

    assert read_settings() == resolved


def test_the_banner_tells_a_log_no_secret_and_its_command_still_sends_it(
    environment: pytest.MonkeyPatch,
) -> None:
    given = read_settings()
    settings = with_secrets(given)

    text = banner(settings, given, on_terminal=False)

    assert not [name for name, value in generated_secrets(given.home).items() if value in text]
    assert body_sent_by(text) == {
        "username": "admin",
        "admin_secret": reveal(settings.admin_secret),
    }


def test_the_next_command_finds_the_port(environment: pytest.MonkeyPatch) -> None:
    usual = with_secrets(read_settings())
    another = usual.model_copy(update={"port": 3950})

    said = [banner(it, it, on_terminal=False).splitlines()[-2] for it in (usual, another)]

    assert said == ["  Next       ./run demo", "  Next       PORT=3950 ./run demo"]


def test_the_banner_shows_a_terminal_a_command_to_paste(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("ADMIN_SECRET", """it's "quoted" $HOME""")
    given = read_settings()

    text = banner(with_secrets(given), given, on_terminal=True)

    assert body_sent_by(text)["admin_secret"] == """it's "quoted" $HOME"""
    assert "WhatsApp: set WHATSAPP_APP_SECRET" in text


def body_sent_by(text: str) -> dict[str, str]:
    command = next(line for line in text.splitlines() if "curl" in line).split(None, 1)[1]
    prints_last = 'curl() { printf "%s" "${@: -1}"; }; '
    printed = subprocess.run(
        ["bash", "-c", prints_last + command], capture_output=True, text=True, check=True
    )
    return json.loads(printed.stdout)
