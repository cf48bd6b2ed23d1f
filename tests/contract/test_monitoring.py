"""Prometheus' rules and Grafana's dashboards ask only for what somebody tells."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from talkhub.names import Metric

ROOT = Path(__file__).parents[2]
MONITORING = ROOT / "monitoring"
DASHBOARDS = sorted((MONITORING / "grafana" / "dashboards").glob("*.json"))
HISTOGRAM_ENDINGS = ("_bucket", "_count", "_sum")
# What others' programs tell: Prometheus itself, prometheus-flask-exporter and the exporters.
TOLD_BY_OTHERS = {
    *("up", "ALERTS", "flask_http_request_duration_seconds", "flask_http_request_total"),
    *("pg_stat_database_numbackends", "pg_settings_max_connections", "pg_locks_count"),
    *("pg_stat_database_xact_commit", "pg_stat_database_xact_rollback", "pg_database_size_bytes"),
    *("pg_stat_database_blks_hit", "pg_stat_database_blks_read", "pg_stat_database_deadlocks"),
    *("pg_stat_database_conflicts", "redis_memory_used_bytes", "redis_memory_max_bytes"),
    "redis_db_keys",
}
WORDS = re.compile(r"[a-zA-Z_][a-zA-Z0-9_:]*")
NOT_METRICS = {
    *("sum", "max", "rate", "increase", "deriv", "avg_over_time", "histogram_quantile", "absent"),
    *("vector", "by", "and", "or", "on", "bool"),
}


@cache
def rules() -> list[dict[str, Any]]:
    files = sorted((MONITORING / "rules").glob("*.yml"))
    groups = [group for file in files for group in yaml.safe_load(file.read_text())["groups"]]
    return [rule for group in groups for rule in group["rules"]]


def alerts() -> list[dict[str, Any]]:
    return [rule for rule in rules() if "alert" in rule]


def metrics_of(expression: str) -> set[str]:
    """Return the metrics that an expression asks for, without labels, ranges and functions."""
    bare = re.sub(r"\{[^}]*\}|\[[^\]]*\]|\b(by|on)\s*\([^)]*\)|\b\d[\w.]*", " ", expression)
    names = set(WORDS.findall(bare)) - NOT_METRICS
    for ending in HISTOGRAM_ENDINGS:
        names = {name.removesuffix(ending) if "seconds" in name else name for name in names}
    return names


def told() -> set[str]:
    recorded = {rule["record"] for rule in rules() if "record" in rule}
    return {str(metric) for metric in Metric} | TOLD_BY_OTHERS | recorded


def expressions(dashboard: Path) -> list[str]:
    panels = json.loads(dashboard.read_text())["panels"]
    return [target["expr"] for panel in panels for target in panel["targets"]]


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.get("alert") or rule["record"])
def test_a_rule_asks_for_what_is_told(rule: dict[str, Any]) -> None:
    asked = metrics_of(rule["expr"])

    assert asked
    assert asked - told() == set()


@pytest.mark.parametrize("dashboard", DASHBOARDS, ids=lambda path: path.stem)
def test_every_panel_asks_for_what_is_told(dashboard: Path) -> None:
    asked = {expression: metrics_of(expression) - told() for expression in expressions(dashboard)}

    assert {expression for expression, unknown in asked.items() if unknown} == set()
    assert all(metrics_of(expression) for expression in asked)


def test_every_metric_of_ours_is_seen_on_a_dashboard() -> None:
    seen = {name for path in DASHBOARDS for text in expressions(path) for name in metrics_of(text)}

    assert {str(metric) for metric in Metric} - seen == set()


@pytest.mark.parametrize("dashboard", DASHBOARDS, ids=lambda path: path.stem)
def test_a_dashboard_is_read_from_the_provisioned_source_and_cannot_be_edited(
    dashboard: Path,
) -> None:
    document = json.loads(dashboard.read_text())
    sources = yaml.safe_load((MONITORING / "grafana" / "datasources.yml").read_text())
    known = {source["uid"] for source in sources["datasources"]}

    assert {panel["datasource"]["uid"] for panel in document["panels"]} <= known
    assert document["uid"] == f"talkhub-{dashboard.stem}"
    assert document["editable"] is False


@pytest.mark.parametrize("alert", alerts(), ids=lambda alert: alert["alert"])
def test_each_alert_has_its_runbook_and_a_test(alert: dict[str, Any]) -> None:
    page = alert["annotations"]["runbook"]
    tests = (MONITORING / "tests" / "alerts.yml").read_text()

    assert page == f"docs/runbooks/{alert['alert']}.md"
    assert (ROOT / page).read_text().startswith(f"# {alert['alert']}\n")
    assert alert["labels"]["severity"] in {"page", "ticket"}
    assert f"runbook: {page}" in tests


def test_each_runbook_belongs_to_an_alert() -> None:
    pages = {page.stem for page in (ROOT / "docs" / "runbooks").glob("*.md")}

    assert pages == {alert["alert"] for alert in alerts()}


def test_every_part_of_the_stack_is_asked_at_each_of_its_tasks() -> None:
    jobs = yaml.safe_load((MONITORING / "prometheus.yml").read_text())["scrape_configs"]
    asked = {
        name.removeprefix("tasks.")
        for job in jobs
        for found in job.get("dns_sd_configs", [])
        for name in found["names"]
    }
    stack = yaml.safe_load((ROOT / "docker-stack.yml").read_text())["services"]

    assert asked <= set(stack)
    assert {name for name in stack if name.startswith("talkhub-")} <= asked


def test_the_names_of_background_jobs_are_not_taken_for_prometheus_own() -> None:
    jobs = yaml.safe_load((MONITORING / "prometheus.yml").read_text())["scrape_configs"]

    honoured = {job["job_name"] for job in jobs if job.get("honor_labels")}
    assert honoured == {"talkhub-web", "talkhub-work"}
