"""The commands for the analytics' read model: fill it again, and compare it with the rows."""

from __future__ import annotations

from collections.abc import Callable

import click

from talkhub.cli.database import opened_database
from talkhub.embedded.boot import settings_or_exit
from talkhub.errors import Conflict
from talkhub.progress import show_progress
from talkhub.services.reporting import rebuilding
from talkhub.services.reporting.calendar_steps import Span
from talkhub.store.uow import Database

SHOWN = 20
_workspace = click.option("--workspace", "slug", help="Only this one; default: all of them.")


@click.command("rebuild-stats")
@_workspace
@click.option("--quiet", is_flag=True, help="Show no progress.")
def rebuild_stats(*, slug: str | None, quiet: bool) -> None:
    """Count all conversations of the analytics again; what is interrupted goes on."""
    with opened_database(settings_or_exit()) as database:
        counted = [
            count_all(database, workspace_id, quiet=quiet)
            for workspace_id in rebuilding.workspaces(database, slug)
        ]
    hours, days = (sum(column) for column in zip(*counted, strict=True))
    click.echo(f"{hours:,} hours were counted, and {days:,} days merged.")


@click.command("verify-stats")
@_workspace
def verify_stats(*, slug: str | None) -> None:
    """Compare the analytics with a slow count of all rows; exit with 1 if they differ."""
    found: list[tuple[int, rebuilding.Difference]] = []
    checked = waiting = 0
    with opened_database(settings_or_exit()) as database:
        for workspace_id in rebuilding.workspaces(database, slug):
            spans = rebuilding.months(database, workspace_id)
            what = f"months of workspace {workspace_id} compared"
            with show_progress(what, len(spans)) as tell:
                for done, span in enumerate(spans, start=1):
                    due, differences = _compare(database, workspace_id, span)
                    waiting += due
                    found += [(workspace_id, one) for one in differences]
                    checked += 1
                    tell(done)
    for workspace_id, one in found[:SHOWN]:
        name = f"{one.dimension} {one.value}".strip()
        click.echo(
            f"workspace {workspace_id}, {one.month:%Y-%m}: {one.figure} of {name} is"
            f" {one.told}, and {one.counted} by the rows"
        )
    if found:
        raise Conflict(f"{len(found)} figures differ; `rebuild-stats` counts them again.")
    if waiting:
        raise Conflict(
            f"{waiting:,} hours in which something changed are still to be counted: the workers do"
            " that within seconds, `rebuild-stats` does it now. Verify again then."
        )
    click.echo(f"{checked:,} months were compared: every figure is what the rows say.")


def _compare(
    database: Database, workspace_id: int, span: Span
) -> tuple[int, list[rebuilding.Difference]]:
    """Return what of a month is still to be counted, and else where it is not what rows say."""
    before = rebuilding.hours_due(database, workspace_id, span)
    differences = rebuilding.differences(database, workspace_id, span)
    if not differences:
        return 0, []
    due = before or rebuilding.hours_due(database, workspace_id, span)
    return due, [] if due else differences


def count_all(database: Database, workspace_id: int, *, quiet: bool) -> tuple[int, int]:
    """Count all of a workspace again; return how many hours were counted and days merged."""
    while rebuilding.complete_response_times(database, workspace_id):
        pass
    total = rebuilding.mark_all_hours(database, workspace_id)
    what = f"hours of workspace {workspace_id} counted"
    with show_progress(what, total, quiet=quiet) as tell:
        hours = _until_none(
            lambda: rebuilding.count_some(database, workspace_id),
            lambda done: tell(min(done, total)),
        )
    days = _until_none(lambda: rebuilding.merge_some(database, workspace_id), lambda _done: None)
    return hours, days


def _until_none(some: Callable[[], int], tell: Callable[[int], None]) -> int:
    done = 0
    while step := some():
        done += step
        tell(done)
    return done
