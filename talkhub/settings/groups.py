"""Groups of settings that one part of the service needs, and how a setting is declared."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import AliasChoices, Field, SecretStr, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from talkhub.settings.files import NamedFiles, SecretFiles


def named(
    name: str, default: Any, description: str, *, ge: int | None = None, le: int | None = None
) -> Any:
    """Declare a setting under the name that operators write."""
    prefixed = name if name.startswith("TALKHUB_") else f"TALKHUB_{name}"
    return Field(
        default=default,
        description=description,
        validation_alias=AliasChoices(name, prefixed),
        ge=ge,
        le=le,
    )


class SettingGroup(BaseSettings):
    """What holds for every group, in whichever order they are joined."""

    model_config = SettingsConfigDict(
        frozen=True, extra="ignore", env_ignore_empty=True, case_sensitive=False
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 -- `./run` reads .env
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 -- ours passes over blanks
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read the environment, then the files that it names, then Docker's secrets."""
        return init_settings, env_settings, NamedFiles(settings_cls), SecretFiles(settings_cls)


class EmbeddedSettings(SettingGroup):
    """What the embedded PostgreSQL and Valkey need to know, apart from everything else.

    Their keeper reads only these, so that a fault in another setting cannot
    keep it from starting. An empty value counts as unset.
    """

    home: Path = named(
        "TALKHUB_HOME", Path(".talkhub"), "Folder for generated secrets and the embedded servers"
    )
    pg_bin: Path | None = named(
        "TALKHUB_PG_BIN", None, "Folder with the PostgreSQL programs that the embedded server uses"
    )
    pg_user: str | None = named(
        "TALKHUB_PG_USER", None, "Account of the embedded servers when root starts them"
    )
    linger: float = named(
        "TALKHUB_LINGER", 1.0, "Seconds that the embedded servers outlive their last user", ge=0
    )


class DatabaseSettings(SettingGroup):
    """Where PostgreSQL is: all that a migration needs to know."""

    database_url: str | None = named(
        "DATABASE_URL", None, "PostgreSQL 15 or newer; unset starts the embedded one"
    )
    direct_url: str | None = named(
        "DIRECT_URL", None, "PostgreSQL without pooler, for migrations; default `DATABASE_URL`"
    )

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

    @property
    def migration_url(self) -> str | None:
        """The address that migrations use."""
        return self.direct_url or self.database_url


class SignInSettings(SettingGroup):
    """How long people stay signed in to the dashboard, and who else may vouch for them."""

    login_idle_minutes: int = named(
        "LOGIN_IDLE_MINUTES",
        60,
        "Minutes without any action of the person after which a browser has to sign in again",
        ge=5,
        le=1440,
    )
    login_hours: int = named(
        "LOGIN_HOURS", 12, "Hours after which a browser has to sign in again", ge=1, le=24
    )
    oidc_issuer: str | None = named(
        "OIDC_ISSUER", None, "Issuer of the company's login (OpenID Connect); unset is off"
    )
    oidc_client_id: str | None = named("OIDC_CLIENT_ID", None, "What that issuer calls us")
    oidc_client_secret: SecretStr | None = named(
        "OIDC_CLIENT_SECRET", None, "What proves us to that issuer"
    )
    oidc_allowed_domains: Annotated[tuple[str, ...], NoDecode] = named(
        "OIDC_ALLOWED_DOMAINS",
        (),
        "Domains of the e-mail addresses it may vouch for, separated by commas; unset is any",
    )
    supabase_sign_in: bool = named(
        "SUPABASE_SIGN_IN",
        False,
        "`true` lets in who has a confirmed account of the Supabase project",
    )
    supabase_url: str | None = named("SUPABASE_URL", None, "Address of the Supabase project")
    supabase_anon_key: str | None = named(
        "SUPABASE_ANON_KEY", None, "Public key of the Supabase project"
    )
    supabase_jwt_secret: SecretStr | None = named(
        "SUPABASE_JWT_SECRET",
        None,
        "Secret of projects that still sign with HS256; unset takes published keys only",
    )

    @field_validator("oidc_allowed_domains", mode="before")
    @classmethod
    def _split_domains(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip().lower() for part in value.split(",") if part.strip())
        return value

    @field_validator("oidc_issuer", "supabase_url")
    @classmethod
    def _by_https(cls, value: str | None) -> str | None:
        if value is not None and not value.startswith("https://"):
            message = "must begin with https://"
            raise ValueError(message)
        return value

    @model_validator(mode="after")
    def _who_vouches_is_whole(self) -> Self:
        if self.oidc_issuer and not (self.oidc_client_id and self.oidc_client_secret):
            raise ValueError("OIDC_ISSUER wants OIDC_CLIENT_ID and OIDC_CLIENT_SECRET")
        if self.supabase_sign_in and not (self.supabase_url and self.supabase_anon_key):
            raise ValueError("SUPABASE_SIGN_IN wants SUPABASE_URL and SUPABASE_ANON_KEY")
        return self


class WatchingSettings(SettingGroup):
    """What those who watch the processes need: logs, metrics, signs of life."""

    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = named(
        "LOG_LEVEL", "INFO", "Least severe log line that is written"
    )
    log_file: Path | None = named(
        "LOG_FILE", None, "File that gets the log too: 10 MB and five older ones; unset is off"
    )
    heartbeat_file: Path | None = named(
        "HEARTBEAT_FILE", None, "File that workers and schedulers touch while they are well"
    )
    metrics_port: int | None = named(
        "METRICS_PORT",
        None,
        "Port on which workers and schedulers tell their metrics; unset is off",
        ge=1,
        le=65535,
    )
    otlp_endpoint: str | None = named(
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        None,
        "OpenTelemetry collector that gets traces, by HTTP; unset is off",
    )
    metrics_dir: Path | None = named(
        "PROMETHEUS_MULTIPROC_DIR", None, "Folder in which processes share their metrics"
    )

    @field_validator("otlp_endpoint")
    @classmethod
    def _collector(cls, value: str | None) -> str | None:
        if value is not None and urlsplit(value).scheme not in {"http", "https"}:
            message = "must be like http://collector:4318"
            raise ValueError(message)
        return value

    @field_validator("log_level", mode="before")
    @classmethod
    def _upper_case(cls, value: object) -> object:
        return value.upper() if isinstance(value, str) else value


class LanguageModelSettings(SettingGroup):
    """The language model that conversations may be read by, if their workspace wants it."""

    llm_url: str | None = named(
        "LLM_URL", None, "Base address of an OpenAI-compatible interface, up to `/v1`; unset is off"
    )
    llm_key: SecretStr | None = named("LLM_KEY", None, "Key of that interface, if it wants one")
    llm_model: str | None = named("LLM_MODEL", None, "Model that is asked there")
    llm_price_input: float = named(
        "LLM_PRICE_INPUT", 5.0, "What a million tokens cost that are sent there", ge=0
    )
    llm_price_output: float = named(
        "LLM_PRICE_OUTPUT", 20.0, "What a million tokens cost that come back", ge=0
    )
    llm_daily_tokens: int = named(
        "LLM_DAILY_TOKENS", 500_000, "Tokens a day, sent and received, of all workspaces", ge=0
    )
    llm_daily_cost: float = named(
        "LLM_DAILY_COST", 1.0, "What a day may cost, in the money of the prices", ge=0
    )
    llm_seconds: float = named(
        "LLM_SECONDS", 20.0, "Seconds that an answer may take in all", ge=1, le=120
    )

    @field_validator("llm_url")
    @classmethod
    def _interface(cls, value: str | None) -> str | None:
        if value is None:
            return None
        parts = urlsplit(value.rstrip("/"))
        if not parts.hostname or parts.query or parts.fragment or "@" in parts.netloc:
            message = "must be like https://api.example.com/v1"
            raise ValueError(message)
        if parts.scheme != "https" and not (parts.scheme == "http" and _is_near(parts.hostname)):
            message = "must begin with https://, unless the host is in your own network"
            raise ValueError(message)
        return parts.geturl()

    @model_validator(mode="after")
    def _model_is_named(self) -> Self:
        if self.llm_url and not self.llm_model:
            raise ValueError("LLM_URL is set, but LLM_MODEL is not")
        return self


class CallSettings(SettingGroup):
    """The servers that calls between browsers may need."""

    turn_urls: Annotated[tuple[str, ...], NoDecode] = named(
        "TURN_URLS", (), "STUN and TURN servers for calls, separated by commas: `turn:host:3478`"
    )
    turn_secret: SecretStr | None = named(
        "TURN_SECRET", None, "Secret that the TURN servers share with us (`static-auth-secret`)"
    )
    livekit_url: str | None = named(
        "LIVEKIT_URL", None, "LiveKit server for calls of more than two, like `wss://host`"
    )
    livekit_api_key: str | None = named("LIVEKIT_API_KEY", None, "What that server calls us")
    livekit_api_secret: SecretStr | None = named(
        "LIVEKIT_API_SECRET", None, "What tokens for its rooms are signed with"
    )

    @field_validator("turn_urls", mode="before")
    @classmethod
    def _split_urls(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @model_validator(mode="after")
    def _servers_are_whole(self) -> Self:
        if any(url.partition(":")[0].rstrip("s") not in {"stun", "turn"} for url in self.turn_urls):
            raise ValueError("TURN_URLS holds addresses like stun:host:3478 and turn:host:3478")
        if any(url.startswith("turn") for url in self.turn_urls) and not self.turn_secret:
            raise ValueError("TURN_URLS names a TURN server, but TURN_SECRET is not set")
        if self.livekit_url and not (self.livekit_api_key and self.livekit_api_secret):
            raise ValueError("LIVEKIT_URL wants LIVEKIT_API_KEY and LIVEKIT_API_SECRET")
        return self


def _is_near(host: str) -> bool:
    """Tell a host of one's own network: private, or a bare name such as a stack's service."""
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return "." not in host
