"""`./run soak previous`: the former release's code, by its own tests, on this release's schema.

While a release is rolled out, tasks of the former one go on with a database that is migrated.
"""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.failure import CannotMeasure

ROOT = Path(__file__).parents[2]
VERSIONS = Path("migrations") / "versions"
SMOKE = (
    "tests/web/test_webhooks.py",
    "tests/jobs/test_drain_inbox.py",
    "tests/jobs/test_drain_analysis.py",
    "tests/services/test_create_chat_session.py",
    "tests/services/test_save_conversation.py",
    "tests/services/test_user_context.py",
    "tests/services/test_update_user_profile.py",
    "tests/services/test_analytics.py",
    "tests/dashboard/test_overview.py",
    "tests/webhooks_out/test_delivering.py",
)
"""What goes through every public door, and the work behind it."""


@dataclass(frozen=True, slots=True)
class Former:
    """A commit whose code is tried, and why this one."""

    commit: str
    reason: str


def run_previous(revision: str | None) -> int:
    """Run the former code's tests on our schema, and return pytest's exit code."""
    former = _named(revision) if revision else _latest_release() or _before_newest_migration()
    with _tree(former.commit) as tree:
        shutil.rmtree(tree / VERSIONS)
        shutil.copytree(ROOT / VERSIONS, tree / VERSIONS)
        tests = [path for path in SMOKE if (tree / path).exists()]
        if not tests:
            raise CannotMeasure(f"{former.commit[:10]} has none of the tests that were to run.")
        sys.stderr.write(
            f"soak: the code of {former.commit[:10]} ({former.reason}) on the schema of"
            f" {newest_migration()}, {len(tests)} of {len(SMOKE)} modules\n"
        )
        command = [sys.executable, "-m", "pytest", "-q", "-n", "0", "-o", "timeout=300", *tests]
        return subprocess.run(command, cwd=tree, check=False).returncode


def newest_migration() -> str:
    """Return the number that the schema is at."""
    return (ROOT / "migrations" / ".current-head").read_text().strip()


def _named(revision: str) -> Former:
    return Former(_git("rev-parse", "--verify", f"{revision}^{{commit}}"), "as asked")


def _latest_release() -> Former | None:
    """Return the newest tagged release before this commit; None while there is none."""
    tags = _git("tag", "--list", "v*", "--merged", "HEAD^", "--sort=-v:refname").split()
    return (
        Former(_git("rev-parse", f"{tags[0]}^{{commit}}"), f"release {tags[0]}") if tags else None
    )


def _before_newest_migration() -> Former:
    added = _git("log", "-1", "--diff-filter=A", "--format=%H", "--", str(VERSIONS))
    reason = "no release is tagged; the last one that does not know the newest migration"
    return Former(_git("rev-parse", "--verify", f"{added}^"), reason)


@contextmanager
def _tree(commit: str) -> Iterator[Path]:
    """Yield a folder with a commit's files."""
    packed = _git_bytes("archive", "--format=tar", commit)
    folder = Path(tempfile.mkdtemp(prefix="talkhub-previous-"))
    folder.chmod(0o711)  # root's PostgreSQL runs as another account, which must pass through
    try:
        with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
            archive.extractall(folder, filter="data")
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _git(*arguments: str) -> str:
    return _git_bytes(*arguments).decode().strip()


def _git_bytes(*arguments: str) -> bytes:
    try:
        asked = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise CannotMeasure(
            "There is no history here to take the former code from, so nothing was tried:"
            " clone the repository with it, or name a commit that is there."
        ) from error
    return asked.stdout
