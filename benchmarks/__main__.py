"""Measure TalkHub: `bench NAME` for one of the measurements, or `bench retrieval FILE`."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

from benchmarks.analyse_bench import measure_analysis
from benchmarks.environment import CannotInstall
from benchmarks.failure import CannotMeasure
from benchmarks.progress import Progress, show_progress
from benchmarks.report import write_json, write_tables
from benchmarks.retrieval_bench import measure_retrieval
from benchmarks.retrieval_report import write_retrieval_json, write_retrieval_tables
from benchmarks.stage import Stage, open_stage
from talkhub.embedded.failure import CannotStart

RETRIEVAL, ANALYSE, ANALYTICS, EXPORT = "retrieval", "analyse", "analytics", "export"
SCALE, PAGES = "scale", "pages"
MEASUREMENTS = ("http", "mcp", "ingest", "drain", ANALYTICS, EXPORT, PAGES, SCALE)
DRAWN = (RETRIEVAL, ANALYTICS, EXPORT, SCALE)


class _OneSentence(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(2, f"bench: {message}\n")


def main() -> int:
    """Run one measurement and return the exit code."""
    parser = _OneSentence(prog="./run bench", description=__doc__)
    parser.add_argument("name", choices=(*MEASUREMENTS, ANALYSE, RETRIEVAL), help="what to measure")
    parser.add_argument(
        "file", nargs="?", type=Path, help="dialogues with questions, for retrieval"
    )
    parser.add_argument("--json", action="store_true", help="write JSON and nothing else")
    parser.add_argument("--seconds", type=_up_to(60), default=2, help="length of a turn (2)")
    parser.add_argument("--rounds", type=_up_to(20), default=3, help="how often (3)")
    parser.add_argument(
        "--others", type=_up_to(10_000_000), default=0, help="messages of others, for retrieval (0)"
    )
    parser.add_argument(
        "--plots", type=Path, metavar="DIR", help=f"write pictures there, for {', '.join(DRAWN)}"
    )
    parser.add_argument(
        "--conversations",
        type=_up_to(10_000_000),
        default=0,
        help="a year of so many, for analytics, export and pages",
    )
    options = parser.parse_args()
    if (options.name == RETRIEVAL) != (options.file is not None):
        parser.error("retrieval takes a file of dialogues, and nothing else does.")
    if options.plots is not None and options.name not in DRAWN:
        parser.error(f"{', '.join(DRAWN)} draw pictures, and nothing else does.")
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with show_progress(silent=options.json) as progress:
            write = _measure(options, progress)
    except (CannotInstall, CannotMeasure, CannotStart) as error:
        sys.stderr.write(f"bench: {error}\n")
        return 1
    except KeyboardInterrupt:
        return 130
    write()
    return 0


def _measure(options: argparse.Namespace, progress: Progress) -> Callable[[], None]:
    """Measure, and return what writes the report once the progress is gone."""
    if options.name == ANALYSE:  # it needs no servers
        report = measure_analysis(rounds=options.rounds, progress=progress)
        return lambda: (write_json if options.json else write_tables)(report)
    run = _run_retrieval if options.name == RETRIEVAL else _run
    with open_stage() as stage:
        return run(stage, options, progress)


def _run(stage: Stage, options: argparse.Namespace, progress: Progress) -> Callable[[], None]:
    measure = import_module(f"benchmarks.{options.name}_bench").measure
    more: dict[str, Any] = {}
    if options.name in {ANALYTICS, EXPORT, PAGES}:
        more["conversations"] = options.conversations
    if options.name in DRAWN:
        more["plots"] = options.plots
    report = measure(
        stage, seconds=options.seconds, rounds=options.rounds, progress=progress, **more
    )
    return lambda: (write_json if options.json else write_tables)(report)


def _run_retrieval(
    stage: Stage, options: argparse.Namespace, progress: Progress
) -> Callable[[], None]:
    found = measure_retrieval(stage, options.file, others=options.others, progress=progress)
    if options.plots is not None:
        import_module("benchmarks.retrieval_plots").write_retrieval_plots(options.plots, found)
    return lambda: (write_retrieval_json if options.json else write_retrieval_tables)(found)


def _up_to(highest: int) -> Callable[[str], int]:
    def number(text: str) -> int:
        if not text.isdecimal() or not 1 <= int(text) <= highest:
            raise argparse.ArgumentTypeError(f"'{text}' is not a number from 1 to {highest}")
        return int(text)

    return number


if __name__ == "__main__":
    sys.exit(main())
