"""Settings that come as Docker's secrets."""

from __future__ import annotations

from pathlib import Path

import pytest

from talkhub.embedded.boot import BadSettings, read_settings
from talkhub.settings import Settings, environment_of_child, files, reveal


@pytest.fixture
def secret_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(files, "SECRET_FILES", tmp_path)
    for name in ("JWT_SECRET", "WHATSAPP_APP_SECRET", "DATABASE_URL", "REDIS_URL"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def test_a_secret_is_a_file_named_after_its_setting(secret_files: Path) -> None:
    (secret_files / "JWT_SECRET").write_text("from-a-file-of-docker\n")
    (secret_files / "DATABASE_URL").write_text("postgresql://db/talkhub")

    settings = Settings()

    assert reveal(settings.jwt_secret) == "from-a-file-of-docker"
    assert settings.database_url == "postgresql+psycopg2://db/talkhub"


def test_the_environment_wins(secret_files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (secret_files / "JWT_SECRET").write_text("from-a-file")
    monkeypatch.setenv("JWT_SECRET", "from-the-environment")

    assert reveal(Settings().jwt_secret) == "from-the-environment"


def test_a_blank_file_counts_as_unset(secret_files: Path) -> None:
    (secret_files / "WHATSAPP_APP_SECRET").write_text("\n")

    assert Settings().whatsapp_app_secret is None


def test_bells_are_rung_through_the_queue_or_else_through_redis(secret_files: Path) -> None:
    own = Settings(REDIS_URL="redis://cache", QUEUE_URL="redis://queue")
    shared = Settings(REDIS_URL="redis://cache")

    assert (own.bell_url, shared.bell_url) == ("redis://queue", "redis://cache")


def test_a_file_that_is_named_holds_a_secret_or_an_address(
    secret_files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "signing").write_text("from-a-named-file\n")
    (tmp_path / "database").write_text("postgresql://db/talkhub\n")
    monkeypatch.setenv("JWT_SECRET_FILE", str(tmp_path / "signing"))
    monkeypatch.setenv("DATABASE_URL_FILE", str(tmp_path / "database"))

    settings = Settings()
    child = environment_of_child(settings)

    assert reveal(settings.jwt_secret) == "from-a-named-file"
    assert settings.database_url == "postgresql+psycopg2://db/talkhub"
    assert child["JWT_SECRET"] == "from-a-named-file"
    assert "JWT_SECRET_FILE" not in child


def test_every_secret_may_be_in_a_file() -> None:
    secret = {"JWT_SECRET", "ADMIN_SECRET", "WEBHOOK_SECRET", "ENCRYPTION_KEY", "LLM_KEY"}

    assert secret <= set(files.names_with_file(Settings))


@pytest.mark.parametrize(
    ("also", "sentence"),
    [("another", "ADMIN_SECRET and ADMIN_SECRET_FILE are both set"), ("", "cannot be read")],
)
def test_a_named_file_that_cannot_be_meant_is_refused(
    secret_files: Path, monkeypatch: pytest.MonkeyPatch, also: str, sentence: str
) -> None:
    monkeypatch.setenv("ADMIN_SECRET_FILE", "/nowhere/at/all")
    monkeypatch.setenv("ADMIN_SECRET", also)

    with pytest.raises(BadSettings, match=sentence):
        read_settings()
