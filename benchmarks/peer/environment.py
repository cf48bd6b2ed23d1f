"""The peer's own virtual environment: its packages decide nothing about ours, nor ours theirs."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import venv
from pathlib import Path

from benchmarks.failure import CannotMeasure

_LOCK_FILE = Path(__file__).parents[2] / "requirements" / "bench.txt"


def peer_python(home: Path) -> Path:
    """Return the peer's Python, installing its locked packages the first time."""
    folder = home / "peer"
    python = folder / "bin" / "python"
    stamp = folder / "is-installed"
    checksum = hashlib.sha256(_LOCK_FILE.read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == checksum:
        return python
    shutil.rmtree(folder, ignore_errors=True)
    venv.create(folder, with_pip=True)
    command: list[str | Path] = [
        *(python, "-m", "pip", "install", "--require-hashes", "--no-deps", "--no-input"),
        *("--only-binary", ":all:", "--disable-pip-version-check", "--quiet"),
        *("--requirement", _LOCK_FILE),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise CannotMeasure(f"The peer could not be installed: {done.stderr.strip()[-400:]}")
    stamp.write_text(checksum)  # last: an install that was cut short is begun anew
    return python
