"""`.env.example` lists every setting with its comment and default."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from pydantic import AliasChoices

from talkhub.settings import Settings

ROOT = Path(__file__).parents[2]
DEPLOYMENT = {
    *("GHCR_USER", "CR_PAT", "GRAFANA_PASSWORD"),
    *("REDIS_PASSWORD", "ALERT_WEBHOOK_URL", "BACKUP_PASSPHRASE"),
}
DEPLOYMENT_WITH_DEFAULTS = {
    *("DOMAIN", "TALKHUB_VERSION", "TRAEFIK_ENTRYPOINT", "TRAEFIK_CERTRESOLVER"),
}
ENTRY = re.compile(
    r"^# (?P<comment>[^\n]+)\.\n(?:# )?(?P<name>[A-Z_]+)=(?P<value>.*)$", re.MULTILINE
)


def as_written(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:g}"
    return ",".join(value) if isinstance(value, tuple) else str(value)


def declared() -> dict[str, tuple[str, str]]:
    settings = {}
    for field in Settings.model_fields.values():
        assert isinstance(field.validation_alias, AliasChoices)
        name = str(field.validation_alias.choices[0])
        settings[name] = (field.description or "", as_written(field.default))
    return settings


def test_every_setting_is_listed_with_its_description_and_default() -> None:
    text = (ROOT / ".env.example").read_text()

    listed = {entry["name"]: (entry["comment"], entry["value"]) for entry in ENTRY.finditer(text)}

    assert {name: listed.get(name) for name in declared()} == declared()


def test_nothing_else_is_listed_but_the_deployment_names() -> None:
    text = (ROOT / ".env.example").read_text()

    names = re.findall(r"^(?:# )?([A-Z_]+)=", text, re.MULTILINE)

    assert sorted(names) == sorted(declared().keys() | DEPLOYMENT | DEPLOYMENT_WITH_DEFAULTS)


def test_a_copy_of_it_is_a_valid_env_file_that_sets_nothing() -> None:
    command = "source ./dotenv.sh && load_dotenv .env.example && env"

    loaded = subprocess.run(
        ["bash", "-c", command], cwd=ROOT, env={}, capture_output=True, text=True, check=True
    )

    values = dict(line.split("=", 1) for line in loaded.stdout.splitlines())
    assert values.keys() >= DEPLOYMENT
    assert {name for name in declared().keys() & values.keys() if values[name]} == set()
