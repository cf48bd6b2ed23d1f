"""Virtual environments of locked packages that must not meet the service's own."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import venv
from pathlib import Path


class CannotInstall(Exception):
    """A lock file's packages cannot be installed; the message says why."""


def locked_environment(folder: Path, lock_file: Path) -> Path:
    """Return the Python of an environment that holds the lock file's packages and no others."""
    python = folder / "bin" / "python"
    stamp = folder / "is-installed"
    checksum = hashlib.sha256(lock_file.read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == checksum:
        return python
    shutil.rmtree(folder, ignore_errors=True)
    venv.create(folder, with_pip=True)
    command: list[str | Path] = [
        *(python, "-m", "pip", "install", "--require-hashes", "--no-deps", "--no-input"),
        *("--only-binary", ":all:", "--disable-pip-version-check", "--quiet"),
        *("--requirement", lock_file),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        reason = done.stderr.strip()[-400:]
        raise CannotInstall(f"{lock_file.name} could not be installed: {reason}")
    stamp.write_text(checksum)  # last: an install that was cut short is begun anew
    return python
