"""The commands behind `./run`: `python -m talkhub.cli COMMAND`."""

from __future__ import annotations

import sys

import click

from talkhub.embedded.boot import settings_or_exit
from talkhub.errors import TalkHubError
from talkhub.jobs.schedule import run_scheduler
from talkhub.logs import configure_logging
from talkhub.services.auth import add_first_user
from talkhub.settings import Settings, reveal
from talkhub.store.uow import Database

FIRST_USER = "admin"


@click.group()
def main() -> None:
    """TalkHub's commands."""


@main.command("create-admin")
@click.option("--if-missing", is_flag=True, help="Do nothing if the login exists.")
def create_admin(*, if_missing: bool) -> None:
    """Make the first dashboard login, `admin`, with ADMIN_PASSWORD."""
    settings = settings_or_exit()
    password = reveal(settings.admin_password)
    if not password:
        raise click.UsageError("ADMIN_PASSWORD is not set.")
    database = _database(settings)
    try:
        is_made = add_first_user(database, username=FIRST_USER, password=password)
    finally:
        database.dispose()
    if not is_made and not if_missing:
        raise click.UsageError(f"There is a login `{FIRST_USER}` already.")


@main.command()
def scheduler() -> None:
    """Run the schedule until SIGTERM."""
    settings = settings_or_exit()
    configure_logging(settings.log_level)
    run_scheduler(settings)


def _database(settings: Settings) -> Database:
    if settings.database_url is None:
        raise click.UsageError("DATABASE_URL is not set.")
    return Database(settings.database_url, pool_size=1)


if __name__ == "__main__":
    try:
        main(standalone_mode=True)
    except TalkHubError as error:
        sys.stderr.write(f"talkhub: {error}\n")
        sys.exit(1)
