"""The Dockerfile keeps its rules: what is in it, who it runs as, how it is known to be well."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from docker.dockerfile import context, ignore_rules, is_sent, read_stages

ROOT = Path(__file__).parents[2]
PACKAGES, FINAL = read_stages((ROOT / "Dockerfile").read_text())
PARTS = {"api", "webhook", "dashboard", "all", "worker", "scheduler", "migrate", "cli"}


def script(name: str) -> str:
    return (ROOT / "docker" / name).read_text()


def cases(text: str) -> set[str]:
    """Return the words that a script's `case` knows."""
    patterns = re.findall(r"^  ([a-z][a-z |]*)\)", text, re.MULTILINE)
    return {word.strip() for pattern in patterns for word in pattern.split("|")}


@pytest.mark.parametrize("stage", [PACKAGES, FINAL], ids=["packages", "final"])
def test_each_base_image_has_an_exact_version(stage) -> None:
    assert re.fullmatch(r"[a-z]+:\d+\.\d+\.\d+-[a-z-]+", stage.base)


def test_it_runs_as_a_numbered_user_who_is_not_root() -> None:
    assert re.fullmatch(r"[1-9]\d{3,}:[1-9]\d{3,}", FINAL.last("USER"))


def test_it_holds_no_secret_and_adds_nothing_from_elsewhere() -> None:
    given = [text for name, text in [*PACKAGES.steps, *FINAL.steps] if name in {"ENV", "ARG"}]

    assert [text for text in given if re.search("SECRET|PASSWORD|TOKEN|KEY", text)] == []
    assert "ADD" not in {name for name, _ in [*PACKAGES.steps, *FINAL.steps]}


def test_its_label_names_the_list_of_components_that_is_made() -> None:
    label = re.search(r'io\.talkhub\.sbom="/opt/talkhub/(\S+)"', FINAL.last("LABEL"))

    assert label is not None
    assert f'"$target/{label[1]}"' in script("install-packages.sh")


def test_the_builder_gets_what_the_service_reads_and_nothing_private() -> None:
    sent = context(ROOT)

    assert {"wsgi.py", "talkhub/analysis/corpus/curtas.csv", "migrations/.current-head"} <= set(
        sent
    )
    tops = {path.split("/")[0] for path in sent}
    assert tops == {
        *("alembic.ini", "docker", "migrations", "requirements", "talkhub", "worker.py", "wsgi.py")
    }


@pytest.mark.parametrize(
    "path", [".env", ".env.backup-1", ".talkhub/secrets.json", "backups/x.dump", "talkhub/a.pyc"]
)
def test_the_builder_never_gets(path: str) -> None:
    assert not is_sent(path, ignore_rules((ROOT / ".dockerignore").read_text()))


def test_the_entry_point_knows_every_part_and_each_that_stays_has_a_health_check() -> None:
    assert cases(script("entrypoint.sh")) == PARTS
    assert cases(script("healthcheck.sh")) == PARTS - {"migrate", "cli"}
