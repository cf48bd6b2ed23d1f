"""A fresh process that exports once, and writes what that took as JSON: a turn of `bench export`.

Peak memory belongs to a process. What is written goes nowhere, as to a client that keeps up.
"""

from __future__ import annotations

import json
import re
import resource
import sys
import time
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from talkhub.services.exporting.export_formats import ExportFormat
from talkhub.services.exporting.exports import Export, ExportKind, exported
from talkhub.store.queries.analytics import Period
from talkhub.store.queries.conversations import ConversationFilter
from talkhub.store.uow import Database, workspace_scope

_STATUS = Path("/proc/self/status")


@dataclass(frozen=True, slots=True)
class Turn:
    """What one export was: its peak is all that the process ever held."""

    seconds: float
    processor_seconds: float
    megabytes: float
    peak_mb: float


def main() -> None:
    """Export what `name`, as `conversations.csv`, began since a moment."""
    url, workspace_id, name, since = sys.argv[1:]
    kind, form = name.split(".")
    wanted = ConversationFilter(began=(Period(datetime.fromisoformat(since), None),))
    export = Export(ExportKind(kind), ExportFormat(form), wanted)
    database = Database(url, pool_size=1)
    began, worked = time.perf_counter(), time.process_time()
    scope = workspace_scope(int(workspace_id), "benchmark")
    size = sum(len(piece) for piece in exported(database, scope, export))
    turn = Turn(
        seconds=time.perf_counter() - began,
        processor_seconds=time.process_time() - worked,
        megabytes=size / 1e6,
        peak_mb=_peak_kilobytes() / 1024,
    )
    database.dispose()
    sys.stdout.write(f"{json.dumps(asdict(turn))}\n")


def _peak_kilobytes() -> int:
    """Return what this program held at most; `getrusage` counts who started it too, on Linux."""
    if not _STATUS.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    (peak,) = re.findall(r"^VmHWM:\s*(\d+) kB$", _STATUS.read_text(), re.MULTILINE)
    return int(peak)


if __name__ == "__main__":
    main()
