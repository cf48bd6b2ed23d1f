"""The command that tells what an incident may have touched, and drafts the notice of it."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable
from dataclasses import astuple, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

import click
from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from talkhub import clock
from talkhub.cli.database import opened_database
from talkhub.embedded.boot import settings_or_exit
from talkhub.services.administration.brands import face_of
from talkhub.services.exporting.export_formats import without_formula
from talkhub.services.privacy.erasing import TIMEOUT_MS
from talkhub.services.privacy.incident import Incident, Touched, findings, people_touched
from talkhub.services.reporting.rebuilding import workspaces
from talkhub.store.uow import UnitOfWork, workspace_scope

ACTOR = "command line"
TIME = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"])


@click.command()
@click.option("--since", type=TIME, required=True, help="A day or a time, in UTC.")
@click.option("--until", type=TIME, help="The same; default: now.")
@click.option("--workspace", "slug", help="Only this one; default: all of them.")
@click.option("--actor", help="Only what this person, key or token did.")
@click.option(
    "-o",
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("incident"),
    show_default=True,
    help="The directory for a report and a list of people of each workspace.",
)
def incident(
    *, since: datetime, until: datetime | None, slug: str | None, actor: str | None, output: Path
) -> None:
    """Tell whose data an incident may have touched, who had access, and draft the notice."""
    ended_at = until.replace(tzinfo=UTC) if until else clock.now()
    asked = Incident(since.replace(tzinfo=UTC), ended_at, actor)
    output.mkdir(parents=True, exist_ok=True, mode=0o700)
    with opened_database(settings_or_exit()) as database:
        for workspace_id in workspaces(database, slug):
            scope = workspace_scope(workspace_id, ACTOR, timeout_ms=TIMEOUT_MS)
            with database.unit_of_work(scope) as uow:
                _write(uow, asked, output / f"workspace-{workspace_id}")


def _write(uow: UnitOfWork, asked: Incident, place: Path) -> None:
    found = findings(uow, asked)
    report = place.with_name(f"{place.name}.md")
    people = place.with_name(f"{place.name}-people.csv")
    face = face_of(uow)
    text = _template().render(incident=asked, found=found, workspace=face.name, now=clock.now())
    with _opened_for_the_caller(report, encoding="utf-8") as file:
        file.write(text)
    _write_people(people, people_touched(uow, asked, found))
    copied, read = found.how_many("copied"), found.how_many("read")
    click.echo(
        f"{face.slug}: {found.kept.people:,} people kept, {copied:,} copied, {read:,} read; "
        f"{report}, {people}"
    )


def _write_people(path: Path, people: Iterable[Touched]) -> None:
    """Write the people as spreadsheets in Brazil read it."""
    with _opened_for_the_caller(path, encoding="utf-8-sig") as file:
        sheet = csv.writer(file, delimiter=";")
        sheet.writerow([field.name for field in fields(Touched)])
        sheet.writerows([without_formula(it or "") for it in astuple(each)] for each in people)


def _opened_for_the_caller(path: Path, *, encoding: str) -> TextIO:
    """Open a file anew that nobody else may read, also one that lay there and was open to all."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.fchmod(descriptor, 0o600)
    return os.fdopen(descriptor, "w", encoding=encoding, newline="")


def _template() -> Template:
    pages = Environment(
        loader=PackageLoader("talkhub"),
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701 -- it is text, and cells are made harmless by `cell`
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    pages.filters.update(moment=_moment, cell=_cell)
    return pages.get_template("privacy/incident.md")


def _moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M}"


def _cell(text: str) -> str:
    """Return what somebody named themselves as one cell of a table, and as nothing else."""
    return " ".join(text.replace("|", "\\|").replace("<", "&lt;").split())
