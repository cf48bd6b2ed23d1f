"""From the environment to complete settings: what every process of ours begins with."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from pydantic import SecretStr, ValidationError
from pydantic_settings.exceptions import SettingsError

from talkhub.embedded.failure import BadSettings, CannotStart
from talkhub.embedded.secrets_file import GENERATED, generated_secrets
from talkhub.embedded.services import ensure
from talkhub.settings import Settings


def resolve_settings() -> Settings:
    """Return settings with every secret and both servers.

    Outside production, secrets that nobody set are generated once and kept, and
    servers that nobody named are started. Raises BadSettings, or CannotStart.
    """
    settings = read_settings()
    if settings.env == "production":  # complete already, or refused
        return settings
    settings = with_secrets(settings)
    needed = {
        "postgres": settings.database_url is None,
        "valkey": settings.redis_url is None,
    }
    if not any(needed.values()):
        return settings
    servers = ensure(
        settings.home, needs=frozenset(name for name, is_needed in needed.items() if is_needed)
    )
    return settings.model_copy(
        update={
            "database_url": settings.database_url or servers.database_url,
            "redis_url": settings.redis_url or servers.redis_url,
        }
    )


def settings_or_exit() -> Settings:
    """Return complete settings, or end the process with the reason on stderr."""
    try:
        return resolve_settings()
    except CannotStart as error:
        sys.stderr.write(f"talkhub: {error}\n")
        raise SystemExit(error.exit_code) from None


def read_settings() -> Settings:
    """Read the settings from the environment; all faults make one BadSettings."""
    try:
        return Settings()
    except SettingsError as error:
        raise BadSettings(f"the settings need attention:\n  {error}") from None
    except ValidationError as error:
        faults = "".join(f"\n  {fault}" for fault in _faults(error))
        raise BadSettings(f"the settings need attention:{faults}") from None


def with_secrets(settings: Settings) -> Settings:
    """Fill in the secrets that nobody set from the home folder."""
    kept = generated_secrets(settings.home)
    unset = [name for name in GENERATED if getattr(settings, name.lower()) is None]
    return settings.model_copy(update={name.lower(): SecretStr(kept[name]) for name in unset})


def _faults(error: ValidationError) -> Iterator[str]:
    # Without input: a fault of a secret or an address must not print it.
    for fault in error.errors(include_url=False, include_input=False, include_context=False):
        message = fault["msg"].removeprefix("Value error, ").replace("Input should", "must")
        if fault["loc"]:
            yield f"{fault['loc'][0]} {message}"
        else:  # a fault of the whole: it names the settings itself
            yield from message.split("; ")
