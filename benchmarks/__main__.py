"""Measure TalkHub: `./run bench http|mcp|ingest|drain`."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Callable
from importlib import import_module
from typing import NoReturn

from benchmarks.environment import CannotInstall
from benchmarks.failure import CannotMeasure
from benchmarks.progress import show_progress
from benchmarks.report import write_json, write_tables
from benchmarks.stage import open_stage
from talkhub.embedded.failure import CannotStart

MEASUREMENTS = ("http", "mcp", "ingest", "drain")


class _OneSentence(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(2, f"bench: {message}\n")


def main() -> int:
    """Run one measurement and return the exit code."""
    parser = _OneSentence(prog="./run bench", description=__doc__)
    parser.add_argument("name", choices=MEASUREMENTS, help="what to measure")
    parser.add_argument("--json", action="store_true", help="write JSON and nothing else")
    parser.add_argument("--seconds", type=_up_to(60), default=2, help="length of a turn (2)")
    parser.add_argument("--rounds", type=_up_to(20), default=3, help="how often (3)")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    measure = import_module(f"benchmarks.{options.name}_bench").measure
    try:
        with show_progress(silent=options.json) as progress, open_stage() as stage:
            report = measure(
                stage, seconds=options.seconds, rounds=options.rounds, progress=progress
            )
    except (CannotInstall, CannotMeasure, CannotStart) as error:
        sys.stderr.write(f"bench: {error}\n")
        return 1
    except KeyboardInterrupt:
        return 130
    (write_json if options.json else write_tables)(report)
    return 0


def _up_to(highest: int) -> Callable[[str], int]:
    def number(text: str) -> int:
        if not text.isdecimal() or not 1 <= int(text) <= highest:
            raise argparse.ArgumentTypeError(f"'{text}' is not a number from 1 to {highest}")
        return int(text)

    return number


if __name__ == "__main__":
    sys.exit(main())
