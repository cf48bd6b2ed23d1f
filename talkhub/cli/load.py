"""The command that fills a workspace of its own with invented conversations."""

from __future__ import annotations

import time

import click

from talkhub import clock
from talkhub.cli.database import opened_database
from talkhub.cli.stats import count_all
from talkhub.embedded.boot import settings_or_exit
from talkhub.progress import show_progress
from talkhub.services.access.auth import add_first_user, workspace_of_login
from talkhub.settings import Settings, reveal
from talkhub.store.uow import Database


@click.command("load-demo")
@click.option(
    "--conversations",
    type=click.IntRange(1, 10_000_000),
    default=100_000,
    show_default=True,
    help="Of ten messages on average; about 7 kB of disk each.",
)
@click.option("--workspace", "slug", default="load-demo", show_default=True, help="Where to.")
@click.option("--days", type=click.IntRange(1, 3660), default=365, show_default=True)
@click.option("--seed", type=int, default=1, show_default=True, help="Another seed, another year.")
@click.option("--yes", is_flag=True, help="In production too.")
@click.option("--quiet", is_flag=True, help="Show no progress.")
def load_demo(  # one parameter for each option
    *, conversations: int, slug: str, days: int, seed: int, yes: bool, quiet: bool
) -> None:
    """Fill a workspace with a year of invented conversations, to try TalkHub at that size."""
    # Here, as the other commands must start quickly.
    from talkhub.demo.load import Wanted, count_people, load_conversations, make_workspace

    settings = settings_or_exit()
    if settings.env == "production" and not yes:
        raise click.UsageError("This is production; say --yes to fill its database all the same.")
    wanted = Wanted(conversations, clock.now().replace(minute=0, second=0), days, seed)
    began = time.monotonic()
    with opened_database(settings) as database:
        workspace_id = make_workspace(database, slug)
        with show_progress("conversations stored", conversations, quiet=quiet) as tell:
            stored = load_conversations(database, workspace_id, wanted, tell)
        count_all(database, workspace_id, quiet=quiet)
        for _ in count_people(database, workspace_id):
            pass
        login = _login(database, settings, workspace_id, slug)
    took = time.monotonic() - began
    click.echo(
        f"{stored:,} conversations were stored in workspace `{slug}` in {took:.0f} s. {login}"
    )


def _login(database: Database, settings: Settings, workspace_id: int, slug: str) -> str:
    """Make the workspace's own login, named as it is; return the sentence that tells of it.

    Names of logins are unique among all workspaces.
    """
    password = reveal(settings.admin_password)
    if not password:
        return "ADMIN_PASSWORD is not set, so that nobody can sign in to it."
    is_made = add_first_user(database, username=slug, password=password, workspace_id=workspace_id)
    if not is_made and workspace_of_login(database, slug) != workspace_id:
        return f"The login `{slug}` is another workspace's, so that nobody can sign in to this one."
    return f"Sign in as `{slug}` with ADMIN_PASSWORD to look at them."
