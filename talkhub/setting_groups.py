"""Groups of settings that one part of the service needs, and how a setting is declared."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from pydantic import AliasChoices, Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


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


class _Group(BaseSettings):
    """What holds for every group, in whichever order they are joined."""

    model_config = SettingsConfigDict(
        frozen=True, extra="ignore", env_ignore_empty=True, case_sensitive=False
    )


class EmbeddedSettings(_Group):
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


class LanguageModelSettings(_Group):
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


def _is_near(host: str) -> bool:
    """Tell a host of one's own network: private, or a bare name such as a stack's service."""
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return "." not in host
