"""What contestants do in their turn: pgbench on a script, or wrk on a server."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.engine import URL

from benchmarks import processor, workload
from benchmarks.figures import Sample
from benchmarks.pgbench import run_pgbench
from benchmarks.service import Target
from benchmarks.stage import Stage
from benchmarks.wrk import Load, run_wrk

# What a turn writes is named after its run, so that no two turns name the same thing: a
# contestant's runs are its first one and those that follow.
_first_runs = itertools.count(1000, 1000)
_files = itertools.count(1)

Prepare = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Turns:
    """Makes turns of one length and number of connections, counting processor time."""

    stage: Stage
    connections: int
    seconds: int
    rounds: int

    def of_pgbench(
        self, url: URL, script: str, *, prepared: bool, prepare: Prepare | None = None
    ) -> Callable[[], Sample]:
        """Return a turn of pgbench; `prepare` is called now, with the number of each run."""
        file = self._file(script.encode())
        runs = self._runs(prepare)

        def turn() -> Sample:
            run = next(runs)
            spent = processor.cpu_seconds(self.stage.postgres_pid)
            client = processor.children_seconds()
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
                client_us=(processor.children_seconds() - client) / max(done.count, 1) * 1e6,
                postgres_us=processor.used(self.stage.postgres_pid, spent, done.count),
            )

        return turn

    def of_wrk(
        self,
        target: Target,
        request: Callable[[int], bytes],
        *,
        prepare: Prepare | None = None,
    ) -> Callable[[], Sample]:
        """Return a turn of wrk with the request that `request` makes for the run; likewise."""
        runs = self._runs(prepare)

        def turn() -> Sample:
            file = self._file(request(next(runs)))
            arguments = (file, workload.PEOPLE, workload.SESSIONS)
            return self.load(target, "turns.lua", *arguments)[1]

        return turn

    def load(self, target: Target, script: str, *arguments: object) -> tuple[Load, Sample]:
        """Load a server with one of wrk's scripts."""
        server = processor.cpu_seconds(target.pid)
        postgres = processor.cpu_seconds(self.stage.postgres_pid)
        client = processor.children_seconds()
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
            client_us=(processor.children_seconds() - client) / done.requests * 1e6,
            server_us=processor.used(target.pid, server, done.requests),
            postgres_us=processor.used(self.stage.postgres_pid, postgres, done.requests),
        )
        return done, sample

    def _runs(self, prepare: Prepare | None) -> Iterator[int]:
        first = next(_first_runs)
        runs = range(first, first + self.rounds)
        if prepare is not None:
            for run in runs:
                prepare(run)
        return iter(runs)

    def _file(self, content: bytes) -> Path:
        file = self.stage.folder / f"turn-{next(_files)}"
        file.write_bytes(content)
        return file
