"""`python -m talkhub.embedded keep HOME [--test]`: the keeper of the embedded servers."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from talkhub.embedded.keeper import keep
from talkhub.embedded.services import BOTH


def main() -> int:
    """Run the command and return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m talkhub.embedded", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    keeper = commands.add_parser("keep", help="own the embedded servers")
    keeper.add_argument("home", type=Path)
    keeper.add_argument("needs", nargs="+", choices=sorted(BOTH), help="servers to start")
    keeper.add_argument("--test", action="store_true", help="trade durability for speed")
    arguments = parser.parse_args()
    return keep(arguments.home, frozenset(arguments.needs), test=arguments.test)


if __name__ == "__main__":
    sys.exit(main())
