"""One frozen object with every setting, read from the environment once at start."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from pydantic import AliasChoices, SecretStr, field_validator, model_validator
from pydantic_settings import NoDecode
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from talkhub.setting_groups import EmbeddedSettings, LanguageModelSettings, named

Role = Literal["all", "api", "webhook", "dashboard"]

MINIMUM_SECRET_LENGTH = 16
"""Shortest secret accepted in production (an HMAC key of fewer bytes can be guessed)."""

LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})
"""The hosts that a browser or client finds on its own machine, where http is safe."""

_PLACEHOLDERS = frozenset({"secret_gerado", "changeme", "change-me", "secret", "seu_secret"})


class Settings(LanguageModelSettings, EmbeddedSettings):
    """The service's settings; the names in the environment are the original README's."""

    env: Literal["development", "test", "production"] = named(
        "TALKHUB_ENV",
        "development",
        "`production` refuses to start without its secrets and servers",
    )
    role: Role = named("TALKHUB_ROLE", "all", "Which part of the service the web processes serve")
    host: str = named("HOST", "127.0.0.1", "Address the web server binds to")
    port: int = named("PORT", 3003, "Port of the web server", ge=1, le=65535)
    database_url: str | None = named(
        "DATABASE_URL", None, "PostgreSQL 15 or newer; unset starts the embedded one"
    )
    direct_url: str | None = named(
        "DIRECT_URL", None, "PostgreSQL without pooler, for migrations; default `DATABASE_URL`"
    )
    redis_url: str | None = named(
        "REDIS_URL", None, "Redis 5 or Valkey 7.2 and newer; unset starts the embedded one"
    )
    jwt_secret: SecretStr | None = named("JWT_SECRET", None, "Key that signs the tokens")
    jwt_secret_previous: SecretStr | None = named(
        "JWT_SECRET_PREVIOUS",
        None,
        "Former values of `JWT_SECRET`, separated by commas, whose tokens are still taken",
    )
    admin_secret: SecretStr | None = named(
        "ADMIN_SECRET", None, "Exchanged for a token at `/api/v1/auth/token`"
    )
    admin_password: SecretStr | None = named(
        "ADMIN_PASSWORD", None, "Password of the first dashboard login, `admin`"
    )
    webhook_secret: SecretStr | None = named(
        "WEBHOOK_SECRET",
        None,
        "Secret of UChat and Evolution API, Telegram's secret_token and Meta's verify token",
    )
    whatsapp_app_secret: SecretStr | None = named(
        "WHATSAPP_APP_SECRET",
        None,
        "Meta's app secret, for WhatsApp, Messenger and Instagram; without it they answer 503",
    )
    encryption_key: SecretStr | None = named(
        "ENCRYPTION_KEY", None, "Key that encrypts the channels' own secrets in the database"
    )
    public_url: str | None = named(
        "PUBLIC_URL", None, "Address under which clients reach the service; OAuth needs it"
    )
    token: SecretStr | None = named(
        "TALKHUB_TOKEN",
        None,
        "Token or API key that `talkhub.cli mcp` calls with; unset, it is the operator who calls",
    )
    allowed_origins: Annotated[tuple[str, ...], NoDecode] = named(
        "ALLOWED_ORIGINS",
        (),
        "Origins that browsers may call the API from, separated by commas; `*` is any",
    )
    rate_limit_window: int = named(
        "RATE_LIMIT_WINDOW", 15, "Minutes in a window of `RATE_LIMIT_MAX`", ge=1, le=1440
    )
    rate_limit_max: int = named(
        "RATE_LIMIT_MAX", 1000, "Requests per window and address without a valid token", ge=1
    )
    rate_limit_principal: int = named(
        "RATE_LIMIT_PRINCIPAL", 6000, "Requests per minute and token name", ge=1
    )
    trusted_proxies: int = named(
        "TRUSTED_PROXIES",
        0,
        "Reverse proxies in front whose X-Forwarded-* headers are believed",
        ge=0,
        le=5,
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = named(
        "LOG_LEVEL", "INFO", "Least severe log line that is written"
    )
    timezone: str = named(
        "TALKHUB_TIMEZONE", "America/Sao_Paulo", "Time zone of the default workspace"
    )
    session_idle_minutes: int = named(
        "SESSION_IDLE_MINUTES",
        30,
        "Silence after which a person's next message opens a new session",
        ge=1,
    )
    renew_analyses: bool = named(
        "RENEW_ANALYSES", True, "`false` leaves analyses of older versions as they are"
    )
    inbox_retention_days: int = named(
        "INBOX_RETENTION_DAYS", 30, "Days that a webhook's event is kept once it is settled", ge=1
    )
    outbox_retention_days: int = named(
        "OUTBOX_RETENTION_DAYS",
        30,
        "Days that an outgoing webhook is kept once it is delivered, and the log of attempts",
        ge=1,
    )
    webhooks_reach_loopback: bool = named(
        "WEBHOOKS_REACH_LOOPBACK",
        False,
        "`true` lets outgoing webhooks reach this very machine too, on any port and by http",
    )
    uchat_url: str = named(
        "UCHAT_URL", "https://chat.talkhub.me", "UChat's own address, or that of its white label"
    )
    web_processes: int = named("WEB_PROCESSES", 2, "Web server processes", ge=1, le=64)
    web_threads: int = named("WEB_THREADS", 32, "Threads of each web server process", ge=1, le=256)
    worker_processes: int = named("WORKER_PROCESSES", 2, "Worker processes", ge=1, le=64)
    worker_class: Literal["simple", "fork"] = named(
        "TALKHUB_WORKER_CLASS", "simple", "`fork` isolates each job in a process of its own"
    )
    sentence_encoder: bool = named(
        "SENTENCE_ENCODER",
        True,
        "`false` saves 125 MB and two seconds of start; moods and intents are less right",
    )
    metrics_dir: Path | None = named(
        "PROMETHEUS_MULTIPROC_DIR", None, "Folder in which processes share their metrics"
    )

    @field_validator("log_level", "env", "role", mode="before")
    @classmethod
    def _normalise_case(cls, value: object, info: object) -> object:
        if not isinstance(value, str):
            return value
        upper = getattr(info, "field_name", "") == "log_level"
        return value.upper() if upper else value.lower()

    @field_validator("allowed_origins", mode="before")
    @classmethod
    def _split_origins(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip().rstrip("/") for part in value.split(",") if part.strip())
        return value

    @field_validator("public_url", "uchat_url")
    @classmethod
    def _origin(cls, value: str | None) -> str | None:
        if value is None:
            return None
        parts = urlsplit(value.rstrip("/"))
        is_safe = parts.scheme == "https" or (
            parts.scheme == "http" and parts.hostname in LOOPBACK_HOSTS
        )
        if (
            not is_safe
            or not parts.hostname
            or parts.geturl() != f"{parts.scheme}://{parts.netloc}"
            or "@" in value
        ):
            message = "must be like https://mcp.example.com: a host without a path"
            raise ValueError(message)
        return parts.geturl()

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        if value not in available_timezones():
            message = "is not a time zone, for example America/Sao_Paulo"
            raise ValueError(message)
        return value

    @field_validator("database_url", "direct_url")
    @classmethod
    def _postgres_url(cls, value: str | None) -> str | None:
        if value is None:
            return None
        try:
            url = make_url(value)
        except ArgumentError as error:
            message = "is not a database address"
            raise ValueError(message) from error
        if url.drivername not in {"postgresql", "postgres", "postgresql+psycopg2"}:
            message = "must begin with postgresql://"
            raise ValueError(message)
        return url.set(drivername="postgresql+psycopg2").render_as_string(hide_password=False)

    @model_validator(mode="after")
    def _production_is_complete(self) -> Self:
        if self.env != "production":
            return self
        required = {
            "DATABASE_URL": self.database_url,
            "REDIS_URL": self.redis_url,
            "JWT_SECRET": self.jwt_secret,
            "ADMIN_SECRET": self.admin_secret,
            "WEBHOOK_SECRET": self.webhook_secret,
            "ENCRYPTION_KEY": self.encryption_key,
        }
        faults = [f"{name} is not set" for name, value in required.items() if value is None]
        for name, value in required.items():
            if isinstance(value, SecretStr):
                faults += _weakness(name, value.get_secret_value())
        if faults:
            raise ValueError("; ".join(faults))
        return self

    @property
    def signing_secrets(self) -> tuple[str, ...]:
        """What signing keys are derived from: the current secret first, then former ones."""
        former = reveal(self.jwt_secret_previous).split(",")
        return (reveal(self.jwt_secret), *(text.strip() for text in former if text.strip()))

    @property
    def migration_url(self) -> str | None:
        """The address that migrations use."""
        return self.direct_url or self.database_url


def _weakness(name: str, secret: str) -> list[str]:
    if secret.lower() in _PLACEHOLDERS:
        return [f"{name} still holds the example's text"]
    if len(secret) < MINIMUM_SECRET_LENGTH:
        return [f"{name} is shorter than {MINIMUM_SECRET_LENGTH} characters"]
    return []


def reveal(secret: SecretStr | None) -> str:
    """Return a secret's text, or the empty string when it is unset."""
    return secret.get_secret_value() if secret is not None else ""


def environment_of_child(settings: Settings) -> dict[str, str]:
    """Return our environment with every setting written out, for a process that we start."""
    environment = dict(os.environ)
    for field, declared in Settings.model_fields.items():
        value = getattr(settings, field)
        if value is not None and isinstance(declared.validation_alias, AliasChoices):
            environment[str(declared.validation_alias.choices[0])] = _written(value)
    return environment


def _written(value: object) -> str:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, Path):
        return str(value.absolute())
    return ",".join(value) if isinstance(value, tuple) else str(value)
