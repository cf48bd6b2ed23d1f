"""One frozen object with every setting, read from the environment once at start."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AliasChoices, SecretStr, field_validator, model_validator
from pydantic_settings import NoDecode

from talkhub import clock
from talkhub.settings.files import names_with_file
from talkhub.settings.groups import (
    CallSettings,
    DatabaseSettings,
    EmbeddedSettings,
    LanguageModelSettings,
    SignInSettings,
    WatchingSettings,
    named,
)
from talkhub.settings.secrets import SecretSettings, weak_secrets

Role = Literal["all", "api", "webhook", "dashboard"]

LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})
"""The hosts that a browser or client finds on its own machine, where http is safe."""


class Settings(
    SecretSettings,
    SignInSettings,
    CallSettings,
    LanguageModelSettings,
    WatchingSettings,
    DatabaseSettings,
    EmbeddedSettings,
):
    """The service's settings; the names in the environment are the original README's."""

    env: Literal["development", "test", "production"] = named(
        "TALKHUB_ENV",
        "development",
        "`production` refuses to start without its secrets and servers",
    )
    role: Role = named("TALKHUB_ROLE", "all", "Which part of the service the web processes serve")
    host: str = named("HOST", "127.0.0.1", "Address the web server binds to")
    port: int = named("PORT", 3003, "Port of the web server", ge=1, le=65535)
    redis_url: str | None = named(
        "REDIS_URL", None, "Redis 5 or Valkey 7.2 and newer; unset starts the embedded one"
    )
    queue_url: str | None = named(
        "QUEUE_URL", None, "Redis that the background work is rung through; default `REDIS_URL`"
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
    rate_limit_exports: int = named(
        "RATE_LIMIT_EXPORTS", 30, "Exports per hour and token or login name", ge=1
    )
    trusted_proxies: int = named(
        "TRUSTED_PROXIES",
        0,
        "Reverse proxies in front whose X-Forwarded-* headers are believed",
        ge=0,
        le=5,
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
    request_log_days: int = named(
        "REQUEST_LOG_DAYS", 30, "Days that the log of requests to API and MCP is kept", ge=1
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
    drain_seconds: int = named(
        "DRAIN_SECONDS",
        0,
        "Seconds that web processes serve on after SIGTERM, while `/readyz` says 503",
        ge=0,
        le=60,
    )
    worker_processes: int = named("WORKER_PROCESSES", 2, "Worker processes", ge=1, le=64)
    worker_class: Literal["simple", "fork"] = named(
        "TALKHUB_WORKER_CLASS", "simple", "`fork` isolates each job in a process of its own"
    )
    graphql_introspection: bool = named(
        "GRAPHQL_INTROSPECTION", True, "`false` hides what can be asked at `/api/v1/graphql`"
    )
    sentence_encoder: bool = named(
        "SENTENCE_ENCODER",
        True,
        "`false` saves 125 MB and two seconds of start; moods and intents are less right",
    )

    @field_validator("env", "role", mode="before")
    @classmethod
    def _lower_case(cls, value: object) -> object:
        return value.lower() if isinstance(value, str) else value

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
        if value not in clock.known_zones():
            message = "is not a time zone, for example America/Sao_Paulo"
            raise ValueError(message)
        return value

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
        faults += weak_secrets(self)
        if faults:
            raise ValueError("; ".join(faults))
        return self

    @property
    def bell_url(self) -> str:
        """The address of the Redis that jobs are rung through."""
        return self.queue_url or self.redis_url or ""

    @property
    def language_model(self) -> str | None:
        """The model's name; None where no interface is named, and nothing is asked."""
        return self.llm_model if self.llm_url else None


def reveal(secret: SecretStr | None) -> str:
    """Return a secret's text, or the empty string when it is unset."""
    return secret.get_secret_value() if secret is not None else ""


def environment_of_child(settings: Settings) -> dict[str, str]:
    """Return our environment with every setting written out, for a process that we start."""
    from_files = {f"{name}_FILE" for name in names_with_file(Settings)}
    environment = {name: text for name, text in os.environ.items() if name not in from_files}
    for field, declared in Settings.model_fields.items():
        value = getattr(settings, field)
        if value is not None and isinstance(declared.validation_alias, AliasChoices):
            environment[str(declared.validation_alias.choices[0])] = _written(value)
    return environment


def take_over_environment(environment: Mapping[str, str]) -> None:
    """Make an environment that of this process."""
    os.environ.clear()
    os.environ.update(environment)


@contextmanager
def environment_of_others(environment: Mapping[str, str]) -> Iterator[None]:
    """Have another environment within the block."""
    own = dict(os.environ)
    take_over_environment(environment)
    try:
        yield
    finally:
        take_over_environment(own)


def _written(value: object) -> str:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, Path):
        return str(value.absolute())
    return ",".join(value) if isinstance(value, tuple) else str(value)
