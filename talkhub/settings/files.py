"""Where settings come from beside the environment: files that hold one each."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import AliasChoices
from pydantic_settings import BaseSettings, EnvSettingsSource, SecretsSettingsSource
from pydantic_settings.exceptions import SettingsError

SECRET_FILES = Path("/run/secrets")
"""Where Docker puts a service's secrets: a file each, named after its setting."""


class NamedFiles(EnvSettingsSource):
    """Secrets and addresses in the files that `NAME_FILE` names, as database images take them."""

    def __call__(self) -> dict[str, Any]:
        """Return what the named files hold; a file and a value for one setting are a fault."""
        found: dict[str, Any] = {}
        for name in names_with_file(self.settings_cls):
            path = self.env_vars.get(f"{name}_file".lower())
            if not path:
                continue
            if self.env_vars.get(name.lower()):
                raise SettingsError(f"{name} and {name}_FILE are both set: leave one out")
            try:
                found[name] = Path(path).read_text().strip()
            except (OSError, UnicodeDecodeError) as error:
                raise SettingsError(f"{name}_FILE names a file that cannot be read") from error
        return {name: value for name, value in found.items() if value}


def names_with_file(settings: type[BaseSettings]) -> list[str]:
    """Return the settings whose value a file may hold: secrets, and addresses with passwords."""
    return [
        name
        for field, declared in settings.model_fields.items()
        if "SecretStr" in str(declared.annotation) or field.endswith("_url")
        if isinstance(declared.validation_alias, AliasChoices)
        for name in map(str, declared.validation_alias.choices)
    ]


class SecretFiles(SecretsSettingsSource):
    """Docker's secrets. A blank one counts as unset: Docker has no empty secrets."""

    def __init__(self, settings_cls: type[BaseSettings]) -> None:
        super().__init__(settings_cls, SECRET_FILES if SECRET_FILES.is_dir() else None)

    def __call__(self) -> dict[str, Any]:
        """Return the secrets that are there."""
        return {name: value for name, value in super().__call__().items() if value}
