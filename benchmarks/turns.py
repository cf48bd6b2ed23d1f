"""What contestants do in their turn: pgbench on a script, or wrk on a server."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.engine import URL

from benchmarks import processor, workload
from benchmarks.figures import Sample
from benchmarks.pgbench import run_pgbench
from benchmarks.service import Target
from benchmarks.stage import Stage
from benchmarks.wrk import Load, run_wrk

# What a turn writes is named after its run, so that no two turns name the same thing.
_runs = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Turns:
    """Makes turns of one length and number of connections, counting processor time."""

    stage: Stage
    connections: int
    seconds: int

    def of_pgbench(
        self, url: URL, script: str, *, prepared: bool, before: Callable[[int], None] | None = None
    ) -> Callable[[], Sample]:
        """Return a turn of pgbench; `before` is told the run's number."""
        file = self._file(script.encode())

        def turn() -> Sample:
            run = next(_runs)
            if before is not None:
                before(run)
            spent = processor.cpu_seconds(self.stage.postgres_pid)
            done = run_pgbench(
                url,
                file,
                prepared=prepared,
                connections=self.connections,
                seconds=self.seconds,
                run=run,
            )
            return Sample(
                done.per_second,
                postgres_us=processor.used(self.stage.postgres_pid, spent, done.count),
            )

        return turn

    def of_wrk(
        self,
        target: Target,
        request: Callable[[int], bytes],
        *,
        before: Callable[[int], None] | None = None,
    ) -> Callable[[], Sample]:
        """Return a turn of wrk with the request that `request` makes for the run."""

        def turn() -> Sample:
            run = next(_runs)
            if before is not None:
                before(run)
            file = self._file(request(run))
            arguments = (file, workload.PEOPLE, workload.SESSIONS)
            return self.load(target, "turns.lua", *arguments)[1]

        return turn

    def load(self, target: Target, script: str, *arguments: object) -> tuple[Load, Sample]:
        """Load a server with one of wrk's scripts."""
        server = processor.cpu_seconds(target.pid)
        postgres = processor.cpu_seconds(self.stage.postgres_pid)
        done = run_wrk(
            script,
            *arguments,
            port=target.port,
            connections=self.connections,
            seconds=self.seconds,
            folder=self.stage.folder,
        )
        sample = Sample(
            done.per_second,
            p50_ms=done.p50_ms,
            p99_ms=done.p99_ms,
            server_us=processor.used(target.pid, server, done.requests),
            postgres_us=processor.used(self.stage.postgres_pid, postgres, done.requests),
        )
        return done, sample

    def _file(self, content: bytes) -> Path:
        file = self.stage.folder / f"turn-{next(_runs)}"
        file.write_bytes(content)
        return file
