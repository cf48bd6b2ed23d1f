"""`./run soak controls`: takes one protection after another away; each time a test must fail."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.failure import CannotMeasure
from benchmarks.soak.weakenings import WEAKENINGS, Weakening
from talkhub.progress import show_progress

ROOT = Path(__file__).parents[2]
COPIED = ("talkhub", "tests", "migrations", "benchmarks")
FILES = ("pyproject.toml", "alembic.ini", "wsgi.py", "worker.py", "requirements", "docs", "run")
_FAILED = re.compile(r"^FAILED (\S+)", re.MULTILINE)
_TESTS_FAILED = 1  # pytest's exit code; anything above is a broken run, which proves nothing


@dataclass(frozen=True, slots=True)
class Noticed:
    """A protection that was gone, and the test that noticed; None if none did."""

    control: str
    by: str | None


def run_controls(weakenings: Sequence[Weakening] = WEAKENINGS, *, quiet: bool) -> list[Noticed]:
    """Take away each protection in a copy of the code, and run the tests that must notice."""
    with _copy() as tree:
        named = sorted({test for weakening in weakenings for test in weakening.tests})
        before = _run(tree, named)
        if before.returncode:
            raise CannotMeasure(f"The tests fail before anything is taken away:\n{before.stdout}")
        with show_progress("protections", len(weakenings), quiet=quiet) as tell:
            found = []
            for number, weakening in enumerate(weakenings, start=1):
                found.append(Noticed(weakening.control, _notices(tree, weakening)))
                tell(number)
    return found


def weakened(weakening: Weakening, text: str) -> str:
    """Return a module's text without the protection; it must be there, once."""
    if text.count(weakening.old) != 1:
        raise CannotMeasure(f"{weakening.file} does not hold `{weakening.old}` once.")
    return text.replace(weakening.old, weakening.new)


def as_lines(found: Sequence[Noticed]) -> Iterator[str]:
    """Return the report: one line for each protection, and their sum."""
    for noticed in found:
        yield f"{'red ' if noticed.by else 'GREEN'} {noticed.control}: {noticed.by or 'nobody'}"
    count = sum(noticed.by is not None for noticed in found)
    yield f"{count} of {len(found)} were noticed"


def _notices(tree: Path, weakening: Weakening) -> str | None:
    module = tree / weakening.file
    own = module.read_text()
    module.write_text(weakened(weakening, own))
    try:
        ended = _run(tree, weakening.tests)
    finally:
        module.write_text(own)
    if ended.returncode > _TESTS_FAILED:
        raise CannotMeasure(f"Without {weakening.control!r} nothing runs:\n{ended.stdout[-2000:]}")
    failed = _FAILED.search(ended.stdout)
    return failed[1] if failed else None


def _run(tree: Path, tests: Sequence[str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-n0", "--tb=no", "-o", "timeout=300"]
    return subprocess.run([*command, *tests], cwd=tree, capture_output=True, text=True, check=False)


@contextmanager
def _copy() -> Iterator[Path]:
    """Yield a folder with the code as it lies here; what is taken away there stays here."""
    folder = Path(tempfile.mkdtemp(prefix="talkhub-controls-"))
    folder.chmod(0o711)  # root's PostgreSQL runs as another account, which must pass through
    passed_over = shutil.ignore_patterns("__pycache__")
    try:
        for name in COPIED:
            shutil.copytree(ROOT / name, folder / name, ignore=passed_over)
        for name in FILES:
            (folder / name).symlink_to(ROOT / name)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
