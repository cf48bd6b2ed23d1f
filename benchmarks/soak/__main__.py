"""The long versions of tests: `./run soak NAME`."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import click

from benchmarks.failure import CannotMeasure
from benchmarks.soak.chaos import Chaos, run_chaos
from benchmarks.soak.phases import Pace
from benchmarks.soak.report import as_document, print_report

SECONDS_A_KILL = 20
PG15 = "/usr/lib/postgresql/15/bin"

_PER_SECOND = click.option(
    "--per-second", type=click.FloatRange(1, 500), default=50, show_default=True, help="Requests."
)


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
@_PER_SECOND
@click.option(
    "--processes",
    type=click.IntRange(1, 16),
    default=2,
    show_default=True,
    help="Web processes and workers, so many of each.",
)
@click.option("--naive", is_flag=True, help="Kill the textbook design too; it must lose some.")
@click.option("--without-encoder", is_flag=True, help="Analyse by words alone: sooner started.")
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
    without_encoder: bool,
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
        has_encoder=not without_encoder,
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
@_PER_SECOND
@click.option("--seed", type=int, default=1, show_default=True, help="Chooses the events.")
@click.option("--json", "as_json", is_flag=True, help="Show no progress.")
def outage(*, seconds: float, per_second: float, seed: int, as_json: bool) -> None:
    """Take Redis away, then let it hang, then take PostgreSQL away, under load."""
    from benchmarks.soak.outage import as_document, run_outages

    outages = run_outages(seconds=seconds, per_second=per_second, seed=seed, quiet=as_json)
    _end(as_document(outages), is_good=outages.is_good)


@main.command()
@click.option("--count", type=click.IntRange(2, 1000), default=10, show_default=True)
@click.option(
    "--drain-seconds",
    type=click.IntRange(0, 60),
    default=5,
    show_default=True,
    help="As DRAIN_SECONDS; 0 shows what it is for.",
)
@_PER_SECOND
@click.option("--seed", type=int, default=1, show_default=True, help="Chooses the events.")
@click.option("--json", "as_json", is_flag=True, help="Show no progress.")
def restarts(
    *, count: int, drain_seconds: int, per_second: float, seed: int, as_json: bool
) -> None:
    """Restart two instances behind a balancer in turn, and migrate in between, under load."""
    from benchmarks.soak.restarts import as_document, run_restarts

    found = run_restarts(
        count=count,
        drain_seconds=drain_seconds,
        per_second=per_second,
        seed=seed,
        quiet=as_json,
    )
    _end(as_document(found), is_good=found.is_good)


@main.command()
@click.option("--times", type=click.IntRange(1, 100), default=5, show_default=True, help="Of each.")
@click.option("--seed", type=int, default=1, show_default=True, help="Chooses the events.")
@click.option("--json", "as_json", is_flag=True, help="Show no progress.")
def recovery(*, times: int, seed: int, as_json: bool) -> None:
    """Kill PostgreSQL, Redis and the web server's parent: how soon is a request accepted again?"""
    from benchmarks.soak.recovery import as_document, run_recoveries

    found = run_recoveries(times=times, seed=seed, quiet=as_json)
    _end(as_document(found), is_good=found.is_good)


@main.command()
@click.option("--seconds", type=click.FloatRange(5, 3600), default=20, show_default=True)
@click.option("--seed", type=int, default=1, show_default=True, help="Chooses the events.")
@click.option("--json", "as_json", is_flag=True, help="Show no progress.")
def panels(*, seconds: float, seed: int, as_json: bool) -> None:
    """Ask a real Prometheus, which scrapes the service, for every panel of the dashboards."""
    from benchmarks.soak.panels import as_document, run_panels

    found = run_panels(seconds=seconds, seed=seed, quiet=as_json)
    _end(as_document(found), is_good=found.is_good)


@main.command()
@click.argument("revision", required=False)
def previous(*, revision: str | None) -> None:
    """Try the former release's code, or a named commit's, on the schema of today."""
    from benchmarks.soak.previous import run_previous

    sys.exit(run_previous(revision))


@main.command()
@click.option("--count", type=click.IntRange(1, 100_000), default=1000, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Show no progress.")
def guesses(*, count: int, as_json: bool) -> None:
    """Guess the admin secret from 50 addresses at once, over 4 processes, with Redis away."""
    from benchmarks.soak.guesses import as_document, run_guesses

    guessed = run_guesses(count=count, quiet=as_json)
    click.echo(as_document(guessed))
    sys.exit(0 if guessed.is_good else 1)


@main.command()
@click.option(
    "--examples", type=click.IntRange(1, 10_000), default=300, show_default=True, help="Of each."
)
@click.option("--seed", type=int, default=1, show_default=True, help="Chooses the requests.")
def requests(*, examples: int, seed: int) -> None:
    """Invent requests from the OpenAPI document: none is a fault, all are answered as it says."""
    from benchmarks.soak.requests import run_requests

    sys.exit(run_requests(examples=examples, seed=seed))


@main.command()
@click.option("--count", type=click.IntRange(1, 10_000_000), default=200_000, show_default=True)
@click.option("--seed", type=int, default=1, show_default=True, help="Chooses the inputs.")
@click.option("--only", default="", help="Those whose name holds this text.")
@click.option("--quiet", is_flag=True, help="Show no progress.")
def parsers(*, count: int, seed: int, only: str, quiet: bool) -> None:
    """Give each parser of what strangers send random inputs: it reads or refuses them."""
    from benchmarks.soak.parsers import as_lines, run_parsers

    is_good = True
    for parsed in run_parsers(only=only, count=count, seed=seed, quiet=quiet):
        is_good &= not parsed.failed
        for line in as_lines(parsed):
            click.echo(line)
    sys.exit(0 if is_good else 1)


@main.command()
@click.option("--only", default="", help="Those whose name holds this text.")
@click.option("--quiet", is_flag=True, help="Show no progress.")
def controls(*, only: str, quiet: bool) -> None:
    """Take away one protection after another: each time a test must fail."""
    from benchmarks.soak.controls import as_lines, run_controls
    from benchmarks.soak.weakenings import WEAKENINGS

    chosen = [weakening for weakening in WEAKENINGS if only in weakening.control]
    found = run_controls(chosen, quiet=quiet)
    for line in as_lines(found):
        click.echo(line)
    sys.exit(0 if all(noticed.by for noticed in found) else 1)


@main.command()
@click.option("--count", type=click.IntRange(1, 10_000_000), default=10_000, show_default=True)
@click.option("--seed", type=int, default=1, show_default=True, help="Chooses the calls.")
@click.option("--json", "as_json", is_flag=True, help="Show no progress.")
def crossing(*, count: int, seed: int, as_json: bool) -> None:
    """Have two workspaces call with each other's ids: neither may be told of the other."""
    from benchmarks.soak.crossing import as_document, run_crossing

    crossed = run_crossing(seed=seed, count=count, quiet=as_json)
    click.echo(as_document(crossed))
    sys.exit(1 if crossed.wrong else 0)


@main.command()
@click.option("--people", type=click.IntRange(1, 100_000), default=1000, show_default=True)
@click.option(
    "--share", type=click.FloatRange(0, 0.5), default=0.1, show_default=True, help="Of faults."
)
@click.option("--seed", type=int, default=1, show_default=True, help="Chooses the faults.")
@click.option("--json", "as_json", is_flag=True, help="Show no progress.")
def crm(*, people: int, share: float, seed: int, as_json: bool) -> None:
    """Tell CRMs that misbehave of people: nothing may be lost or made twice there."""
    from benchmarks.soak.crm import as_document, run_crm

    told = run_crm(people=people, share=share, seed=seed, quiet=as_json)
    click.echo(as_document(told))
    sys.exit(0 if all(each.is_good for each in told) else 1)


@main.command()
@click.option("--oldest", type=Path, envvar="TEST_PG15_BIN", default=PG15, help="PostgreSQL 15's.")
@click.option(
    "--people", type=click.IntRange(1, 1000), default=40, show_default=True, help="Of the demo."
)
@click.option("--json", "as_json", is_flag=True, help="Show no progress.")
def databases(*, oldest: Path, people: int, as_json: bool) -> None:
    """Run the service on PostgreSQL 15 and 18, directly and through PgBouncer, twice each."""
    from benchmarks.soak.databases import as_document, run_databases

    tried = run_databases(oldest=oldest, people=people, quiet=as_json)
    document = as_document(tried)
    _end(document, is_good=document["is_good"])


def _end(document: object, *, is_good: bool) -> NoReturn:
    """Print what was found, and end with what it means for whoever called."""
    click.echo(json.dumps(document, indent=2))
    sys.exit(0 if is_good else 1)


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
