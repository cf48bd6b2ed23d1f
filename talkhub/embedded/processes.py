"""How the servers' processes are started: as whom, and how they die with their parent."""

from __future__ import annotations

import os
import pwd
import signal
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from talkhub.embedded.failure import CannotStart
from talkhub.orphans import end_with_parent

_LOG_LIMIT_BYTES = 5_000_000

ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C"}
"""All that a server is told: a locale or PG* variable of the operator's must not reach it."""


@dataclass(frozen=True)
class Account:
    """Another account that a server runs as."""

    uid: int
    gid: int


def server_account(data: Path, preferred: str | None) -> Account | None:
    """Return the account that the servers run as; None is our own, as we are not root.

    PostgreSQL refuses to run as root. Existing data keeps its owner, then comes
    the preferred account, then `postgres`, then `nobody`.
    """
    if os.geteuid() != 0:
        return None
    if data.exists() and data.stat().st_uid != 0:
        return Account(data.stat().st_uid, data.stat().st_gid)
    for name in [preferred] if preferred else ["postgres", "nobody"]:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        if entry.pw_uid != 0:
            return Account(entry.pw_uid, entry.pw_gid)
    raise CannotStart(
        "PostgreSQL does not run as root and there is no account "
        f"{preferred or 'postgres or nobody'}: set TALKHUB_PG_USER to one that exists."
    )


def can_enter(folder: Path, account: Account | None) -> bool:
    """Tell whether the account may pass through the folder and all its parents."""
    if account is None:
        return True
    return all(_may_search(step, account) for step in [folder, *folder.parents])


def _may_search(folder: Path, account: Account) -> bool:
    status = folder.stat()
    if status.st_uid == account.uid:
        return bool(status.st_mode & 0o100)
    if status.st_gid == account.gid:
        return bool(status.st_mode & 0o010)
    return bool(status.st_mode & 0o001)


def make_folder(folder: Path, *, mode: int = 0o700, owner: Account | None = None) -> None:
    """Make a folder and its missing parents; one that exists is left as it is."""
    if folder.exists():
        return
    make_folder(folder.parent, mode=mode)
    folder.mkdir(exist_ok=True)
    folder.chmod(mode)  # mkdir's own mode would bow to the umask
    if owner is not None:
        os.chown(folder, owner.uid, owner.gid)


def spawn(
    command: Sequence[str | Path],
    *,
    log: Path,
    account: Account | None,
    death_signal: signal.Signals,
    stdin: bytes = b"",
) -> subprocess.Popen[bytes]:
    """Start a server in a session of its own, so that the terminal's Ctrl-C passes it by."""
    _keep_short(log)
    with log.open("ab") as output:
        process = subprocess.Popen(  # noqa: S603 -- our own command, no shell
            command,
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            cwd="/",
            env=ENVIRONMENT,
            start_new_session=True,
            # Safe here: this process has one thread.
            preexec_fn=partial(end_with_parent, death_signal, os.getpid()),  # noqa: PLW1509
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
        )
    if process.stdin is not None:
        process.stdin.write(stdin)
        process.stdin.close()
    return process


def run_to_end(command: Sequence[str | Path], *, account: Account | None) -> None:
    """Run a short program as the servers' account; raise CannotStart with what it said."""
    result = subprocess.run(  # noqa: S603 -- our own command, no shell
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd="/",
        env=ENVIRONMENT,
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
        check=False,
    )
    if result.returncode != 0:
        said = result.stdout.decode(errors="replace")[-1500:]
        raise CannotStart(f"{Path(command[0]).name} failed: {said}")


def command_line(pid: int) -> str:
    """Return the command line of a process, empty if there is no such process."""
    proc = Path(f"/proc/{pid}/cmdline")
    if Path("/proc/self/cmdline").exists():
        try:
            return proc.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            return ""
    listing = subprocess.run(  # noqa: S603 -- a number is all that varies
        ["/bin/ps", "-p", str(pid), "-o", "command="],
        capture_output=True,
        text=True,
        check=False,
    )
    return listing.stdout.strip()


def _keep_short(log: Path) -> None:
    if log.exists() and log.stat().st_size > _LOG_LIMIT_BYTES:
        log.replace(log.with_suffix(".old.log"))
