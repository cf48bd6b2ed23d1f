"""The commands of one-command mode: `python -m talkhub.embedded up|web|keep`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from talkhub.embedded.failure import CannotStart
from talkhub.embedded.services import BOTH


def main() -> int:
    """Run the command and return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m talkhub.embedded", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("up", help="bring everything up under one parent")
    commands.add_parser("web", help="serve HTTP with the settings of the environment")
    keeper = commands.add_parser("keep", help="own the embedded servers of a home folder")
    keeper.add_argument("home", type=Path)
    keeper.add_argument("needs", nargs="+", choices=sorted(BOTH), help="servers to start")
    keeper.add_argument("--test", action="store_true", help="trade durability for speed")
    try:
        return _run(parser.parse_args())
    except CannotStart as error:
        sys.stderr.write(f"talkhub: {error}\n")
        return error.exit_code
    except KeyboardInterrupt:
        return 130


def _run(arguments: argparse.Namespace) -> int:
    # Imported late: the keeper starts sooner without the web server, and the other way round.
    match arguments.command:
        case "keep":
            from talkhub.embedded.keeper import keep

            return keep(arguments.home, frozenset(arguments.needs), test=arguments.test)
        case "web":
            from talkhub.embedded.boot import resolve_settings
            from talkhub.embedded.web import serve

            serve(resolve_settings())
            return 0
        case _:
            from talkhub.embedded.up import up

            return up()


if __name__ == "__main__":
    sys.exit(main())
