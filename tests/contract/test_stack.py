"""docker-stack.yml keeps its promises: the original's names, least privilege, safe roll-outs."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import AliasChoices

from talkhub.embedded.boot import read_settings
from talkhub.settings import Settings, environment_of_others, files

ROOT = Path(__file__).parents[2]
STACK = yaml.safe_load((ROOT / "docker-stack.yml").read_text())
SERVICES: dict[str, Any] = STACK["services"]
PARTS = {
    "talkhub-mcp-server": "api",
    "talkhub-webhook": "webhook",
    "talkhub-dashboard": "dashboard",
    "talkhub-worker": "worker",
    "talkhub-scheduler": "scheduler",
}
HOSTS = {
    "talkhub-mcp-server": "mcp.",
    "talkhub-webhook": "webhook.",
    "talkhub-dashboard": "dashboard.",
    "grafana": "monitoring.",
}
NAME = "talkhub-mcp"
# What the original README's commands call things by, of `docker ps -f name=…`, `docker service …`,
# `--image …`, `ping …`, in this order in it.
SERVICES_IN_THE_README = (
    "talkhub-mcp_talkhub-mcp-server",  # service update, service logs
    "talkhub-mcp_talkhub-dashboard",  # service ps
)
CONTAINERS_IN_THE_README = (
    ("talkhub-mcp_redis", {"redis"}),
    ("talkhub-mcp_talkhub-mcp-server", {"talkhub-mcp-server"}),
    ("talkhub-mcp", set(SERVICES)),
)
PLACED = {"HOST", "PORT", "LOG_FILE", "HEARTBEAT_FILE", "METRICS_PORT", "PROMETHEUS_MULTIPROC_DIR"}
"""Settings that the image answers for."""
NOT_IN_A_SWARM = {
    *("TALKHUB_ROLE", "TALKHUB_TOKEN", "WEBHOOKS_REACH_LOOPBACK", "DIRECT_URL"),
    *("TALKHUB_HOME", "TALKHUB_PG_BIN", "TALKHUB_PG_USER", "TALKHUB_LINGER"),
}

NEEDED = ("JWT_SECRET", "ADMIN_SECRET", "ADMIN_PASSWORD", "WEBHOOK_SECRET", "ENCRYPTION_KEY")


def labels(service: str) -> dict[str, str]:
    return dict(label.split("=", 1) for label in SERVICES[service]["deploy"].get("labels", []))


def all_secrets() -> set[str]:
    return {name for service in SERVICES.values() for name in service.get("secrets", [])}


@pytest.mark.skipif(shutil.which("docker") is None, reason="there is no docker command here")
def test_docker_takes_the_file() -> None:
    command = ["docker", "stack", "config", "--compose-file", "docker-stack.yml"]

    read = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert read.returncode == 0, read.stderr


def test_every_part_is_the_one_image_under_its_name() -> None:
    commands = {name: SERVICES[name]["command"] for name in PARTS}

    assert commands == {name: [part] for name, part in PARTS.items()}
    assert {SERVICES[name]["image"] for name in PARTS} == {
        "ghcr.io/${GHCR_USER:-<SEU_USUARIO_GH>}/talkhub-mcp-server:${TALKHUB_VERSION:-latest}"
    }


def test_the_services_that_the_readme_names_are_there() -> None:
    there = {f"{NAME}_{service}" for service in SERVICES}

    assert set(SERVICES_IN_THE_README) <= there
    assert SERVICES["talkhub-mcp-server"]["deploy"]["replicas"] == 2


@pytest.mark.parametrize(("name", "meant"), CONTAINERS_IN_THE_README)
def test_a_name_finds_the_containers_that_the_readme_means(name: str, meant: set[str]) -> None:
    """`docker ps -f name=…` finds every container whose name begins so."""
    found = {service for service in SERVICES if f"{NAME}_{service}.1.x".startswith(name)}

    assert found == meant


def test_redis_answers_to_the_name_that_containers_ping_and_has_its_client() -> None:
    targets = {config["target"] for config in SERVICES["redis"]["configs"]}

    assert "/usr/local/sbin/redis-cli" in targets
    assert "volatile-lru" in SERVICES["redis"]["command"]
    assert {"noeviction", "yes"} <= set(SERVICES["queue"]["command"])


@pytest.mark.parametrize("service", SERVICES)
def test_every_service_is_in_the_one_network_and_publishes_no_port(service: str) -> None:
    assert SERVICES[service]["networks"] == ["talkhub"]
    assert "ports" not in SERVICES[service]
    assert STACK["networks"] == {"talkhub": {"external": True}}


@pytest.mark.parametrize("service", SERVICES)
def test_every_service_has_least_privilege(service: str) -> None:
    described = SERVICES[service]

    assert described["read_only"] is True
    assert described["cap_drop"] == ["ALL"]
    assert described["init"] is True
    assert not re.fullmatch(r"(root|0)(:.*)?", described.get("user", "1"))


@pytest.mark.parametrize("service", SERVICES)
def test_every_service_is_limited_placed_restarted_and_stopped_in_time(service: str) -> None:
    deploy = SERVICES[service]["deploy"]

    assert {"cpus", "memory"} <= deploy["resources"]["limits"].keys()
    assert deploy["restart_policy"]["condition"] == "any"
    assert deploy["placement"]
    assert int(SERVICES[service]["stop_grace_period"].removesuffix("s")) >= 30


@pytest.mark.parametrize("service", SERVICES)
def test_an_update_that_fails_is_undone(service: str) -> None:
    update = SERVICES[service]["deploy"]["update_config"]
    has_volume = any(
        volume["type"] == "volume" and volume["source"] != "logs"
        for volume in SERVICES[service].get("volumes", [])
    )

    assert update["failure_action"] == "rollback"
    assert update["order"] == ("stop-first" if has_volume or service == "redis" else "start-first")


@pytest.mark.parametrize("service", sorted(SERVICES.keys() - PARTS.keys()))
def test_a_server_of_others_has_an_exact_version_and_a_health_check(service: str) -> None:
    assert re.search(r":v?\d+\.\d+\.\d+(-alpine)?$", SERVICES[service]["image"])
    assert SERVICES[service]["healthcheck"]["test"]


@pytest.mark.parametrize(("service", "host"), HOSTS.items())
def test_traefik_leads_to_the_hosts_of_the_readme(service: str, host: str) -> None:
    given = labels(service)

    rule = next(text for name, text in given.items() if name.endswith(".rule"))
    assert given["traefik.docker.network"] == "talkhub"
    assert f"Host(`{host}${{DOMAIN:-talkhub.me}}`)" in rule
    assert service == "grafana" or "!PathPrefix(`/metrics`)" in rule


def test_only_these_are_led_to() -> None:
    assert {name for name in SERVICES if labels(name)} == set(HOSTS)


def test_people_can_consent_at_the_address_that_oauth_names() -> None:
    given = labels("talkhub-dashboard")

    rule = given["traefik.http.routers.talkhub-dashboard.rule"]
    assert "Host(`mcp.${DOMAIN:-talkhub.me}`) && (PathPrefix(`/dashboard`)" in rule
    assert int(given["traefik.http.routers.talkhub-dashboard.priority"]) > 200  # before the API's


def test_providers_reach_the_addresses_that_pages_show() -> None:
    given = labels("talkhub-webhook")

    rule = given["traefik.http.routers.talkhub-webhook.rule"]
    assert "Host(`mcp.${DOMAIN:-talkhub.me}`) && PathPrefix(`/webhooks`)" in rule
    assert int(given["traefik.http.routers.talkhub-webhook.priority"]) > 200  # before the API's


def test_no_secret_stands_in_an_environment() -> None:
    values = {
        f"{service}.{name}": value
        for service, described in SERVICES.items()
        for name, value in described.get("environment", {}).items()
        if re.search("SECRET|PASSWORD|TOKEN$|_KEY|DATABASE_URL|REDIS_URL", name)
    }

    assert {name for name in values if not name.endswith("__FILE")} == set()


def test_every_secret_is_declared_and_named_after_its_value() -> None:
    declared = STACK["secrets"]

    assert all_secrets() == set(declared)
    assert {name: secret["name"] for name, secret in declared.items()} == {
        name: f"${{SECRET_{name}:-talkhub_{name.lower()}}}" for name in declared
    }


def test_every_setting_reaches_the_parts() -> None:
    names = set()
    for field in Settings.model_fields.values():
        assert isinstance(field.validation_alias, AliasChoices)
        names.add(str(field.validation_alias.choices[0]))
    part = SERVICES["talkhub-mcp-server"]

    given = {*part["environment"], *part["secrets"]}

    assert names - PLACED - NOT_IN_A_SWARM == given


def test_the_parts_start_with_what_deploy_needs_and_nothing_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    part = SERVICES["talkhub-mcp-server"]
    needed = {name: f"{name.lower()}-3f9c71" for name in NEEDED}
    needed |= {
        name: f"redis://:3f9c71@{name.lower()}:6379/0" for name in ("REDIS_URL", "QUEUE_URL")
    }
    needed["DATABASE_URL"] = "postgresql://postgres:3f9c71@db.example.com/postgres"
    monkeypatch.setattr(files, "SECRET_FILES", tmp_path)
    for name in part["secrets"]:
        (tmp_path / name).write_text(needed.get(name, "\n"))  # what deploy makes of the others

    with environment_of_others({name: filled(text) for name, text in part["environment"].items()}):
        settings = read_settings()

    assert (settings.env, settings.public_url) == ("production", "https://mcp.talkhub.me")
    assert (settings.turn_secret, settings.livekit_api_key, settings.llm_key) == (None, None, None)


def filled(text: str) -> str:
    """Return a value as it is where .env names nothing."""
    while (inner := re.sub(r"\$\{\w+:-([^${}]*)\}", r"\1", str(text))) != text:
        text = inner
    return text


def test_every_config_is_a_file_and_is_used() -> None:
    used = {
        config["source"] for service in SERVICES.values() for config in service.get("configs", [])
    }
    declared = STACK["configs"]

    assert used == set(declared)
    assert [one["file"] for one in declared.values() if not (ROOT / one["file"]).is_file()] == []
    assert [name for name, one in declared.items() if "${CONFIGS:-0}" not in one["name"]] == []


def test_the_development_stack_listens_on_this_machine_only() -> None:
    services = yaml.safe_load((ROOT / "docker-compose.dev.yml").read_text())["services"]
    ports = [port for service in services.values() for port in service.get("ports", [])]

    assert ports == ["127.0.0.1:3003:3003"]
