"""Settings: read by the original's names, refused where they cannot be right."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from requirements import requirement
from talkhub.settings import Settings, environment_of_child, reveal

COMPLETE = {
    "TALKHUB_ENV": "production",
    "DATABASE_URL": "postgresql://ana:pw@db/talkhub",
    "REDIS_URL": "redis://redis/0",
    "JWT_SECRET": "a key of more than sixteen characters",
    "ADMIN_SECRET": "a secret of more than sixteen characters",
    "WEBHOOK_SECRET": "another of more than sixteen characters",
    "ENCRYPTION_KEY": "yet another of more than sixteen characters",
}


def read(monkeypatch: pytest.MonkeyPatch, environment: dict[str, str]) -> Settings:
    for name in Settings.model_fields.values():
        for alias in name.validation_alias.choices:
            monkeypatch.delenv(alias, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return Settings()


@pytest.mark.parametrize(
    ("name", "text", "field", "value"),
    [
        ("PORT", "8080", "port", 8080),
        ("TALKHUB_PORT", "8080", "port", 8080),
        ("RATE_LIMIT_WINDOW", "15", "rate_limit_window", 15),
        ("RATE_LIMIT_MAX", "1000", "rate_limit_max", 1000),
        ("LOG_LEVEL", "debug", "log_level", "DEBUG"),
        ("TALKHUB_ENV", "Production", "env", "production"),
        ("TALKHUB_ROLE", "API", "role", "api"),
        (
            "ALLOWED_ORIGINS",
            " https://a.example.com/, https://b.example.com ,",
            "allowed_origins",
            ("https://a.example.com", "https://b.example.com"),
        ),
        (
            "DATABASE_URL",
            "postgres://ana:p%40w@db:6543/x",
            "database_url",
            "postgresql+psycopg2://ana:p%40w@db:6543/x",
        ),
        ("PORT", "", "port", 3003),
        ("PUBLIC_URL", "https://mcp.example.com/", "public_url", "https://mcp.example.com"),
        ("PUBLIC_URL", "http://127.0.0.1:3003", "public_url", "http://127.0.0.1:3003"),
    ],
)
def test_a_setting_is_read_by_its_name(
    monkeypatch: pytest.MonkeyPatch, *, name: str, text: str, field: str, value: object
) -> None:
    complete = COMPLETE if text == "Production" else {}

    assert getattr(read(monkeypatch, {**complete, name: text}), field) == value


@requirement("security:rate-limit")
def test_a_stranger_may_ask_a_thousand_times_in_a_quarter_of_an_hour(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings = read(monkeypatch, {})

    assert (settings.rate_limit_max, settings.rate_limit_window) == (1000, 15)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("PORT", "0"),
        ("PORT", "http"),
        ("RATE_LIMIT_MAX", "0"),
        ("RATE_LIMIT_WINDOW", "-1"),
        ("LOG_LEVEL", "LOUD"),
        ("TALKHUB_ROLE", "king"),
        ("TALKHUB_TIMEZONE", "America/Nowhere"),
        ("TALKHUB_TIMEZONE", "localtime"),
        ("DATABASE_URL", "mysql://db/x"),
        ("DATABASE_URL", "not an address"),
        ("TRUSTED_PROXIES", "6"),
    ],
)
def test_a_setting_that_cannot_be_right_is_refused(
    monkeypatch: pytest.MonkeyPatch, name: str, text: str
) -> None:
    with pytest.raises(ValidationError):
        read(monkeypatch, {name: text})


def test_production_with_everything_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read(monkeypatch, COMPLETE).env == "production"


@pytest.mark.parametrize("missing", sorted(set(COMPLETE) - {"TALKHUB_ENV"}))
def test_production_does_not_start_without(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    rest = {name: value for name, value in COMPLETE.items() if name != missing}

    with pytest.raises(ValidationError, match=f"{missing} is not set"):
        read(monkeypatch, rest)


def test_secrets_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = read(monkeypatch, COMPLETE)

    assert COMPLETE["JWT_SECRET"] not in repr(settings)
    assert reveal(settings.jwt_secret) == COMPLETE["JWT_SECRET"]


def test_a_child_process_reads_the_same_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    given = {**COMPLETE, "ALLOWED_ORIGINS": "https://a.example.com", "PORT": "8080"}
    settings = read(monkeypatch, given)

    child = read(monkeypatch, environment_of_child(settings))

    home = settings.home.absolute()
    assert child == settings.model_copy(update={"home": home})


@pytest.mark.parametrize(
    "text",
    [
        "http://mcp.example.com",
        "https://mcp.example.com/api",
        "https://mcp.example.com?a=b",
        "https://ana@mcp.example.com",
        "mcp.example.com",
        "https://",
    ],
)
def test_a_public_address_is_https_and_a_host_alone(
    monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    with pytest.raises(ValidationError, match="a host without a path"):
        read(monkeypatch, {"PUBLIC_URL": text})
