"""Where the embedded servers keep what: their folders, locks and notes."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from talkhub.embedded.failure import CannotStart
from talkhub.embedded.processes import Account, can_enter, make_folder, server_account

_OUTSIDE_HOME = Path("/var/lib/talkhub")


@dataclass(frozen=True)
class Layout:
    """The folders and files of one pair of servers, and the account that runs them."""

    root: Path
    account: Account | None

    @property
    def postgres_data(self) -> Path:
        """PostgreSQL's data folder."""
        return self.root / "pgdata"

    @property
    def valkey_data(self) -> Path:
        """Valkey's data folder."""
        return self.root / "valkey"

    @property
    def programs(self) -> Path:
        """Copies of programs that the account could not reach where they are."""
        return self.root / "programs"

    @property
    def credentials(self) -> Path:
        """Passwords and ports of the servers; the same at every start."""
        return self.root / "servers.json"

    @property
    def state(self) -> Path:
        """What the keeper tells its clients; there only while the servers are ready."""
        return self.root / "run" / "state.json"

    @property
    def failure(self) -> Path:
        """Why the keeper could not start, in one sentence."""
        return self.root / "run" / "failure.txt"

    def lock(self, name: str) -> Path:
        """Return one of the lock files: start, clients or keeper."""
        return self.root / "run" / f"{name}.lock"

    def log(self, name: str) -> Path:
        """Return a log file: keeper, postgres or valkey."""
        return self.root / "logs" / f"{name}.log"


def lay_out(home: Path, pg_user: str | None) -> Layout:
    """Return the layout for a home folder, making the folders that all others lie in.

    Root's servers run as another account. If that cannot enter the home (a clone
    below `/root`, say), they live under `/var/lib/talkhub` instead, in a folder
    that belongs to this home alone; nobody's folders are opened for them.
    """
    root = home = make_home(home)
    account = server_account(home / "pgdata", pg_user)
    if not can_enter(home, account):
        digest = hashlib.sha256(str(home).encode()).hexdigest()[:12]
        root = _OUTSIDE_HOME / digest
        account = server_account(root / "pgdata", pg_user)
        make_folder(root, mode=0o711)
    make_folder(root / "run")
    make_folder(root / "logs")
    return Layout(root, account)


def make_home(home: Path) -> Path:
    """Make the home folder if it is missing, and return its absolute path.

    Root's lets the servers' account pass through; what lies in it stays closed.
    """
    home = home.absolute()
    try:
        make_folder(home, mode=0o711 if os.geteuid() == 0 else 0o700)
        make_folder(home / "run")
        writable = os.access(home / "run", os.W_OK | os.X_OK)
    except OSError:
        writable = False
    if not writable:
        raise CannotStart(
            f"The folder {home} cannot be written by this account: "
            "set TALKHUB_HOME to one that can."
        )
    return home
