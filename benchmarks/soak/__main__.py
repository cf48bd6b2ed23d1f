"""The long versions of tests: `./run soak NAME`."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Sequence

import click

from benchmarks.failure import CannotMeasure
from benchmarks.soak.chaos import Chaos, run_chaos
from benchmarks.soak.phases import Pace
from benchmarks.soak.report import as_document, print_report

SECONDS_A_KILL = 20


@click.group(no_args_is_help=False)
def main() -> None:
    """Let the service work for long, under bad conditions, and count what becomes of it."""


@main.command()
@click.option("--kills", type=click.IntRange(1, 500), default=20, show_default=True)
@click.option("--seed", type=int, default=1, show_default=True, help="Chooses victims and events.")
@click.option(
    "--seconds", type=click.FloatRange(1, 36_000), help="Kill no longer; default: 20 a kill."
)
@click.option(
    "--control-seconds",
    type=click.FloatRange(1, 600),
    default=10,
    show_default=True,
    help="How long to send before the first kill.",
)
@click.option(
    "--per-second", type=click.FloatRange(1, 500), default=50, show_default=True, help="Requests."
)
@click.option(
    "--processes",
    type=click.IntRange(1, 16),
    default=2,
    show_default=True,
    help="Web processes and workers, so many of each.",
)
@click.option("--naive", is_flag=True, help="Kill the textbook design too; it must lose some.")
@click.option("--skip-leases", is_flag=True, help="Do not wait until killed workers' leases end.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, and no progress.")
def chaos(
    *,
    kills: int,
    seed: int,
    seconds: float | None,
    control_seconds: float,
    per_second: float,
    processes: int,
    naive: bool,
    skip_leases: bool,
    as_json: bool,
) -> None:
    """Kill random processes under load: nothing that was accepted may be lost or doubled."""
    asked = Chaos(
        kills=kills,
        seed=seed,
        seconds=seconds or kills * SECONDS_A_KILL,
        control_seconds=control_seconds,
        pace=Pace(per_second, quiet=as_json),
        with_naive=naive,
        skip_leases=skip_leases,
        processes=processes,
    )
    outcome = run_chaos(asked)
    if as_json:
        click.echo(json.dumps(as_document(asked, outcome), indent=2))
    else:
        print_report(asked, outcome)
    sys.exit(0 if outcome.is_good else 1)


@main.command()
@click.option("--count", type=click.IntRange(1, 10_000_000), default=20_000, show_default=True)
@click.option("--seed", type=int, default=1, show_default=True, help="Chooses the bodies.")
@click.option("--json", "as_json", is_flag=True, help="Show no progress.")
def fuzz(*, count: int, seed: int, as_json: bool) -> None:
    """Send random JSON-RPC bodies to `POST /mcp`: none may be answered by a fault of ours."""
    from benchmarks.soak.fuzz import as_document, run_fuzz

    fuzzed = run_fuzz(seed=seed, count=count, quiet=as_json)
    click.echo(as_document(fuzzed))
    sys.exit(1 if fuzzed.failed else 0)


@main.command()
@click.option(
    "--seconds", type=click.FloatRange(1, 3600), default=60, show_default=True, help="Of each."
)
@click.option(
    "--per-second", type=click.FloatRange(1, 500), default=50, show_default=True, help="Requests."
)
@click.option("--seed", type=int, default=1, show_default=True, help="Chooses the events.")
@click.option("--json", "as_json", is_flag=True, help="Show no progress.")
def outage(*, seconds: float, per_second: float, seed: int, as_json: bool) -> None:
    """Take Redis away, then let it hang, then take PostgreSQL away, under load."""
    from benchmarks.soak.outage import as_document, run_outages

    outages = run_outages(seconds=seconds, per_second=per_second, seed=seed, quiet=as_json)
    click.echo(json.dumps(as_document(outages), indent=2))
    sys.exit(0 if outages.is_good else 1)


def run(arguments: Sequence[str]) -> int:
    """Run a command; bad input, and what hinders it, are one sentence each."""
    try:
        main(arguments, standalone_mode=False)
    except click.UsageError as error:
        sys.stderr.write(f"soak: {error.format_message()}\n")
        return 2
    except CannotMeasure as error:
        sys.stderr.write(f"soak: {error}\n")
        return 1
    except (click.Abort, KeyboardInterrupt):
        return 130
    return 0


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.exit(run(sys.argv[1:]))
