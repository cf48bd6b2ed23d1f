"""The workflow on GitHub runs what people run, and pushes only what was checked."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
WORKFLOW = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text())
JOBS = WORKFLOW["jobs"]


def commands(job: str) -> list[str]:
    return [step["run"] for step in JOBS[job]["steps"] if "run" in step]


@pytest.mark.parametrize(
    ("job", "command"),
    [("check", "check"), ("test", "test"), ("previous", "soak previous")],
)
def test_it_runs_the_commands_that_people_run(job: str, command: str) -> None:
    assert f"./run {command}" in commands(job)


def test_the_image_is_pushed_and_signed_only_after_all_else_and_never_for_strangers() -> None:
    steps = JOBS["image"]["steps"]
    used = [step.get("uses", "").partition("@")[0] for step in steps]
    leaving = [
        step
        for step in steps
        if step.get("with", {}).get("push")
        or "login-action" in step.get("uses", "")
        or "cosign sign" in step.get("run", "")
    ]

    assert set(JOBS["image"]["needs"]) == {"check", "test", "previous"}
    assert used.index("aquasecurity/trivy-action") < used.index("docker/login-action")
    assert len(leaving) == 3
    assert {step["if"] for step in leaving} == {"github.event_name != 'pull_request'"}


def test_rights_are_given_where_they_are_needed() -> None:
    assert WORKFLOW["permissions"] == {"contents": "read"}
    writing = {
        job: {right for right, how in found.get("permissions", {}).items() if how == "write"}
        for job, found in JOBS.items()
    }
    assert {job: rights for job, rights in writing.items() if rights} == {
        "image": {"packages", "id-token"},
        "release": {"contents"},
    }


def test_every_action_has_a_version() -> None:
    used = [step["uses"] for job in JOBS.values() for step in job["steps"] if "uses" in step]

    assert [name for name in used if not re.search(r"@v?\d+", name)] == []


def test_what_is_proposed_covers_every_kind_of_dependency() -> None:
    proposals = yaml.safe_load((ROOT / ".github" / "dependabot.yml").read_text())["updates"]

    kinds = {proposal["package-ecosystem"] for proposal in proposals}
    assert kinds == {"pip", "docker", "docker-compose", "npm", "github-actions"}
    for proposal in proposals:
        assert (ROOT / proposal["directory"].strip("/")).is_dir()
