"""Says how well messages are answered automatically: `./run evaluate --replies`."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from talkhub.analysis.examples import Split
from talkhub.analysis.meaning import use_encoder
from talkhub.replies.judging import Judgement, altogether, judge_replies
from talkhub.replies.threshold import DEFAULT

_COLUMNS = ("asked", "answered_right", "answered_wrong", "declined_right", "right_of_answered")


def main(arguments: Sequence[str] | None = None) -> int:
    """Evaluate a part of our own questions; return the exit code."""
    options = _parser().parse_args(arguments)
    use_encoder(wanted=not options.words_alone)
    judged = judge_replies(Split(options.split), options.threshold)
    figures = {name: it.as_json() for name, it in _with_total(judged).items()}
    if options.json:
        sys.stdout.write(f"{json.dumps(figures, ensure_ascii=False)}\n")
        return 0
    table = Table(title=f"{options.split}, answered from {options.threshold:.2f} on")
    table.add_column("business")
    for name in _COLUMNS:
        table.add_column(name.replace("_", " "), justify="right")
    for name, figure in figures.items():
        shares = (f"{figure[column]:.3f}" for column in _COLUMNS[1:])
        table.add_row(name, f"{figure['asked']:.0f}", *shares)
    Console().print(table)
    return 0


def _with_total(judged: dict[str, Judgement]) -> dict[str, Judgement]:
    return {**judged, "altogether": altogether(judged.values())}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="./run evaluate --replies", description=__doc__)
    parser.add_argument("--replies", action="store_true", help="what brought you here")
    parser.add_argument(
        "--split", choices=[Split.DEVELOPMENT, Split.TEST], default=Split.TEST, help="which part"
    )
    parser.add_argument("--threshold", type=float, default=DEFAULT, help="from which score on")
    parser.add_argument("--words-alone", action="store_true", help="without the sentence encoder")
    parser.add_argument("--json", action="store_true", help="write JSON and nothing else")
    return parser


if __name__ == "__main__":
    sys.exit(main())
