"""The command that writes conversations, messages, people or the trail into a file."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import click
from pydantic import ValidationError

from talkhub.cli.database import opened_database
from talkhub.embedded.boot import settings_or_exit
from talkhub.services.exporting.export_formats import ExportFormat
from talkhub.services.exporting.exports import ExportKind, exported
from talkhub.services.reporting.rebuilding import workspaces
from talkhub.store.uow import workspace_scope
from talkhub.tools.exports import AskedExport

ACTOR = "command line"


@click.command()
@click.argument("kind", type=click.Choice([kind.value for kind in ExportKind]))
@click.option(
    "--format", "form", type=click.Choice([form.value for form in ExportFormat]), default="csv"
)
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The file; default: standard output.",
)
@click.option("--excel", is_flag=True, help="CSV for Excel in Portuguese.")
@click.option("--workspace", "slug", default="default", show_default=True, help="Its short name.")
@click.option("--start", help="A day of the workspace, or a time.")
@click.option("--end", help="The same; a day is included whole.")
@click.option("--timezone", help="Whose days are meant; default: the workspace's.")
@click.option("--user-id", help="Only this person.")
@click.option("--channel", multiple=True, help="Only on this channel; may be repeated, as below.")
@click.option("--intent", multiple=True)
@click.option("--sentiment", multiple=True)
@click.option("--language", multiple=True)
@click.option("--topic", multiple=True)
@click.option("--label", multiple=True, help="Only people with this tag.")
def export(kind: str, form: str, output: Path | None, slug: str, **filters: Any) -> None:
    """Write conversations, their messages, people or the audit trail as CSV, NDJSON or Parquet.

    A file appears under its name once it is whole.
    """
    asked = _asked(filters)
    with opened_database(settings_or_exit()) as database:
        (workspace_id,) = workspaces(database, slug)
        scope = workspace_scope(workspace_id, ACTOR)
        with database.read_only(scope) as uow:
            wanted = asked.export(uow, ExportKind(kind), ExportFormat(form), address=None)
        with _file(output) as file:
            for piece in exported(database, scope, wanted):
                file.write(piece)


def _asked(filters: dict[str, Any]) -> AskedExport:
    given = {name: list(it) if isinstance(it, tuple) else it for name, it in filters.items()}
    try:
        return AskedExport.model_validate({name: it for name, it in given.items() if it})
    except ValidationError as error:
        first = error.errors()[0]
        option = str(first["loc"][0]).replace("_", "-")
        raise click.UsageError(f"--{option}: {first['msg']}") from error


@contextmanager
def _file(output: Path | None) -> Iterator[IO[bytes]]:
    if output is None:
        yield sys.stdout.buffer
        return
    part = output.with_name(f"{output.name}.part")
    with part.open("wb") as file:
        yield file
    part.rename(output)
