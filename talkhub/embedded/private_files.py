"""Files that only their owner may read, written whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from talkhub.embedded.processes import Account


def write_private(file: Path, text: str, *, owner: Account | None = None) -> None:
    """Replace a file by one of mode 0600 with this text; a reader sees the old or the new."""
    # mkstemp makes the file 0600 whatever the umask, before anything is in it.
    descriptor, name = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)
    try:
        with os.fdopen(descriptor, "w") as unfinished:
            unfinished.write(text)
            unfinished.flush()
            os.fsync(unfinished.fileno())
        if owner is not None:
            os.chown(name, owner.uid, owner.gid)
        Path(name).replace(file)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
