"""`deploy-talkhub.sh`; docker and curl are stand-ins that note how they are called."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from stand_ins import ENV, IMAGE, ROOT, make_clone

Deploy = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    return make_clone(tmp_path)


@pytest.fixture
def deploy(clone: Path, tmp_path: Path) -> Deploy:
    def deploy(
        *words: str, answers: str = "", **environment: str
    ) -> subprocess.CompletedProcess[str]:
        path = f"{tmp_path / 'bin'}:{os.defpath}"
        str(tmp_path / "notes")
        return subprocess.run(
            ["./deploy-talkhub.sh", *words],
            cwd=clone,
            env={
                "PATH": path,
                "NOTES": str(tmp_path / "notes"),
                "ROLLOUT_PAUSE": "0",
                **environment,
            },
            input=answers,
            capture_output=True,
            text=True,
            check=False,
        )

    return deploy


@pytest.fixture
def notes(tmp_path: Path) -> Callable[[], list[str]]:
    """Return, and forget, how docker and curl were called so far."""

    def notes() -> list[str]:
        file = tmp_path / "notes"
        lines = file.read_text().splitlines() if file.exists() else []
        file.unlink(missing_ok=True)
        return lines

    return notes


def value(clone: Path, name: str) -> str:
    found = re.search(rf"^{name}=(.*)$", (clone / ".env").read_text(), re.MULTILINE)
    return found[1] if found else ""


def test_help_lists_every_command(deploy: Deploy) -> None:
    text = (ROOT / "deploy-talkhub.sh").read_text()
    verbs = re.findall(r"^    ([a-z][a-z-]+)(?: \||\))", text, re.MULTILINE)

    helped = deploy("help")

    assert helped.returncode == 0
    assert [verb for verb in verbs if f"./deploy-talkhub.sh {verb}" not in helped.stdout] == []


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ((), ""),
        (("destroy",), "there is no command 'destroy'"),
        (("deploy", "now"), "a word too many: 'now'"),
        (("scale", "redis", "2"), "these can: talkhub-mcp-server talkhub-webhook"),
        (("scale", "talkhub-webhook", "many"), "'many' is no number"),
        (("scale", "talkhub-webhook"), "'' is no number"),
        (("logs", "mail"), "there is no service 'mail'"),
        (("rotate", "LLM_KEY"), "not 'LLM_KEY'"),
        (("rotate", "JWT_SECRET", "now"), "a word too many: 'now'"),
    ],
)
def test_what_it_does_not_know_is_refused_with_the_list(
    deploy: Deploy, words: tuple[str, ...], says: str
) -> None:
    refused = deploy(*words)

    assert refused.returncode == 2
    assert says in refused.stderr
    assert "./deploy-talkhub.sh full" in refused.stderr


def test_secrets_are_printed_to_be_pasted_also_without_an_env_file(
    deploy: Deploy, clone: Path
) -> None:
    (clone / ".env").unlink()

    lines = deploy("secrets").stdout.splitlines()

    assert {line.split("=")[0] for line in lines} == {
        *("JWT_SECRET", "ADMIN_SECRET", "WEBHOOK_SECRET", "GRAFANA_PASSWORD", "REDIS_PASSWORD"),
        *("ENCRYPTION_KEY", "ADMIN_PASSWORD"),
    }
    assert [line for line in lines if not re.fullmatch("[A-Z_]+=[A-Za-z0-9]{43}", line)] == []
    assert not (clone / ".env").exists()


def test_what_encrypts_stored_data_is_not_printed_anew(deploy: Deploy) -> None:
    printed = deploy("secrets", ENCRYPTION_KEY="the-one-in-use")

    assert "# ENCRYPTION_KEY stays as it is." in printed.stdout
    assert "ENCRYPTION_KEY=" not in printed.stdout


def test_all_that_is_missing_is_named_at_once(deploy: Deploy, clone: Path) -> None:
    (clone / ".env").write_text("GHCR_USER=maria\nJWT_SECRET=x\n")

    refused = deploy("deploy")

    names = "CR_PAT DATABASE_URL ADMIN_SECRET WEBHOOK_SECRET GRAFANA_PASSWORD"
    assert (refused.returncode, refused.stderr) == (1, f"talkhub: not set in .env: {names}\n")


def test_the_account_may_be_written_into_the_stack_file_instead(
    deploy: Deploy, clone: Path, notes: Callable[[], list[str]]
) -> None:
    file = clone / "docker-stack.yml"
    file.write_text(file.read_text().replace("<SEU_USUARIO_GH>", "joao"))
    (clone / ".env").write_text(ENV.replace("GHCR_USER=Maria", "GHCR_USER="))

    deploy("build")

    assert "docker push ghcr.io/joao/talkhub-mcp-server:latest" in notes()


def test_build_pushes_every_tag_and_logs_in_by_standard_input(
    deploy: Deploy, tmp_path: Path, notes: Callable[[], list[str]]
) -> None:
    built = deploy("build")

    called = notes()
    assert built.returncode == 0, built.stderr
    assert (tmp_path / "notes.login").read_text() == "token-of-maria"
    assert "docker login ghcr.io --username maria --password-stdin" in called
    tags = [line.split(":")[-1] for line in called if line.startswith(f"docker push {IMAGE}:")]
    assert [tags[0], tags[1], tags[2][:4]] == ["latest", "0.1.0", "sha-"]
    assert not any("token-of-maria" in line for line in called)


def test_deploy_migrates_before_it_touches_a_service_and_makes_what_is_missing(
    deploy: Deploy, clone: Path, tmp_path: Path, notes: Callable[[], list[str]]
) -> None:
    deployed = deploy("deploy")

    called = notes()
    assert deployed.returncode == 0, deployed.stderr
    order = [
        next(place for place, line in enumerate(called) if begin in line)
        for begin in (
            "docker network create --driver overlay --attachable talkhub",
            "docker volume create talkhub_mcp_logs_data",
            "secret create",
            " migrate",
            " create-admin --if-missing",
            "docker stack deploy --compose-file docker-stack.yml --with-registry-auth talkhub-mcp",
        )
    ]
    assert order == sorted(order)
    assert not any(word in line for line in called for word in ("jwt-secret-of", ":pass@"))
    password = value(clone, "REDIS_PASSWORD")
    secret = next(tmp_path.glob("notes.talkhub_redis_url_*")).read_text()
    assert secret == f"redis://:{password}@redis:6379/0"
    assert len(value(clone, "ENCRYPTION_KEY")) == 43
    kept = min(clone.glob(".env.backup-*"))  # one, or two of different seconds
    assert kept.read_text() == ENV
    assert (clone / ".env").stat().st_mode & 0o077 == 0


def test_deploy_makes_every_secret_that_the_stack_names(
    deploy: Deploy, notes: Callable[[], list[str]]
) -> None:
    text = (ROOT / "docker-stack.yml").read_text()
    named = set(re.findall(r"\$\{SECRET_\w+:-(talkhub_\w+)\}", text))

    deploy("deploy")

    made = re.findall(r"secret create .* (talkhub_\w+)_[0-9a-f]+ -", "\n".join(notes()))
    assert sorted(made) == sorted(named)
    assert "talkhub_turn_secret" in named


def test_deploying_again_makes_nothing_new_but_a_renewed_secret_which_replaces_the_old_one(
    deploy: Deploy, clone: Path, notes: Callable[[], list[str]]
) -> None:
    deploy("deploy")
    notes()

    deploy("rotate", "GRAFANA_PASSWORD")
    deploy("deploy")

    called = notes()
    made = [line for line in called if " create " in line]
    gone = [line for line in called if " rm " in line]
    assert [len(made), len(gone)] == [1, 1]
    assert "secret create" in made[0]
    assert "talkhub_grafana_password_" in made[0]
    assert value(clone, "GRAFANA_PASSWORD") != "short"


def test_a_migration_that_fails_leaves_the_services_alone(
    deploy: Deploy, notes: Callable[[], list[str]]
) -> None:
    failed = deploy("deploy", MIGRATED="1")

    assert failed.returncode == 1
    assert "no service was touched" in failed.stderr
    assert [line for line in notes() if line.startswith("docker stack")] == []


@pytest.mark.parametrize(
    ("environment", "says"),
    [
        ({"UPDATE": "rollback_completed"}, "was undone"),
        ({"RUNNING": "1/2", "ROLLOUT_SECONDS": "0"}, "talkhub-mcp-server (1/2)"),
    ],
)
def test_a_roll_out_that_does_not_become_healthy_is_told_and_keeps_old_secrets(
    deploy: Deploy, notes: Callable[[], list[str]], environment: dict[str, str], says: str
) -> None:
    failed = deploy("deploy", **environment)

    assert failed.returncode == 1
    assert says in failed.stderr
    assert [line for line in notes() if line.startswith("docker secret rm")] == []


def test_rotating_a_secret_keeps_the_old_one_valid(deploy: Deploy, clone: Path) -> None:
    with (clone / ".env").open("a") as env:
        env.write("ENCRYPTION_KEY=encryption-key-of-enough-length\n")

    told = deploy("rotate").stderr
    for _ in range(2):
        deploy("rotate", "ENCRYPTION_KEY")

    second, _, first = value(clone, "ENCRYPTION_KEY_PREVIOUS").partition(",")
    assert "still counts, in JWT_SECRET_PREVIOUS, until that is emptied" in told
    assert value(clone, "JWT_SECRET_PREVIOUS") == "jwt-secret-of-enough-length"
    assert re.fullmatch("[A-Za-z0-9]{43}", value(clone, "JWT_SECRET"))
    assert re.fullmatch("[A-Za-z0-9]{43}", second)
    assert first == "encryption-key-of-enough-length"


def test_of_a_leaked_secret_no_former_value_is_kept(deploy: Deploy, clone: Path) -> None:
    deploy("rotate", "ADMIN_SECRET")
    leaked = value(clone, "ADMIN_SECRET")

    told = deploy("rotate", "ADMIN_SECRET", "--leaked").stderr

    assert value(clone, "ADMIN_SECRET_PREVIOUS") == ""
    assert re.fullmatch("[A-Za-z0-9]{43}", value(clone, "ADMIN_SECRET"))
    assert value(clone, "ADMIN_SECRET") != leaked
    assert "still counts" not in told


def test_a_key_is_not_renewed_where_what_it_closed_could_not_be_read(
    deploy: Deploy, clone: Path
) -> None:
    with (clone / ".env").open("a") as env:
        env.write("ENCRYPTION_KEY=one-half-0123456789,another-half\n")

    cut, gone = deploy("rotate", "ENCRYPTION_KEY"), deploy("rotate", "--leaked", "ENCRYPTION_KEY")

    assert (cut.returncode, gone.returncode) == (1, 1)
    assert "ENCRYPTION_KEY holds a comma" in cut.stderr
    assert "rotate it without --leaked" in gone.stderr
    assert value(clone, "ENCRYPTION_KEY") == "one-half-0123456789,another-half"


def test_a_dry_run_changes_nothing(
    deploy: Deploy, clone: Path, notes: Callable[[], list[str]]
) -> None:
    shown = deploy("--dry-run", "full")

    changing = re.compile(
        r"docker (login|push|build|run|stack deploy|(network|volume|secret) create)"
    )
    assert shown.returncode == 0, shown.stderr
    assert [line for line in notes() if changing.match(line)] == []
    assert "would run: docker stack deploy" in shown.stdout
    assert (clone / ".env").read_text() == ENV


@pytest.mark.parametrize(("answer", "code", "word"), [("200", 0, "well"), ("502", 1, "unwell")])
def test_status_asks_the_four_addresses(deploy: Deploy, answer: str, code: int, word: str) -> None:
    told = deploy("status", DASHBOARD=answer)

    assert told.returncode == code
    assert f"{word}  " in told.stdout
    for address in ("mcp.talkhub.me/api/health", "webhook.talkhub.me/health", "monitoring."):
        assert f"https://{address}" in told.stdout


@pytest.mark.parametrize(
    ("which", "services"),
    [
        ("mcp", ["talkhub-mcp-server"]),
        ("server", ["talkhub-mcp-server"]),
        ("webhook", ["talkhub-webhook"]),
        ("redis", ["redis"]),
        ("all", ["redis", "talkhub-mcp-server"]),
    ],
)
def test_logs_are_of_the_services_that_the_readme_names(
    deploy: Deploy, notes: Callable[[], list[str]], which: str, services: list[str]
) -> None:
    deploy("logs", which)

    read = [line for line in notes() if line.startswith("docker service logs")]
    assert sorted(read) == [
        f"docker service logs --tail 100 talkhub-mcp_{name}" for name in services
    ]


def test_scaling_takes_the_readmes_words(deploy: Deploy, notes: Callable[[], list[str]]) -> None:
    deploy("scale", "talkhub-mcp-server", "3")

    assert notes() == ["docker service scale talkhub-mcp_talkhub-mcp-server=3"]


@pytest.mark.parametrize(
    ("words", "answers", "removed"),
    [
        (("cleanup",), "n\n", set()),
        (("cleanup",), "y\n", {"stack"}),
        (("cleanup", "--yes"), "", {"stack"}),
        (("cleanup", "--volumes"), "y\nn\n", {"stack"}),
        (("cleanup", "--volumes"), "y\ny\n", {"stack", "volume"}),
    ],
)
def test_cleaning_up_asks_and_asks_again_before_volumes(
    deploy: Deploy,
    notes: Callable[[], list[str]],
    words: tuple[str, ...],
    answers: str,
    removed: set[str],
) -> None:
    deploy(*words, answers=answers)

    gone = {line.split()[1] for line in notes() if line.split()[2] == "rm"}
    assert gone == removed
