"""The commands behind `./run`: `python -m talkhub.cli COMMAND`."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import timedelta

import click

from talkhub.cli_channels import channels
from talkhub.cli_stats import rebuild_stats, verify_stats
from talkhub.demo.failure import CannotPlay
from talkhub.embedded.boot import settings_or_exit
from talkhub.embedded.failure import CannotStart
from talkhub.errors import TalkHubError
from talkhub.jobs.schedule import run_scheduler
from talkhub.logs import configure_logging
from talkhub.security import KEY_SCOPES
from talkhub.services.api_keys import create_api_key, revoke_api_key, rotate_api_key
from talkhub.services.auth import DEFAULT_WORKSPACE_ID, add_first_user
from talkhub.services.ending import end_all_tokens
from talkhub.services.signing import rotate_signing_key
from talkhub.settings import Settings, reveal
from talkhub.store.queries.api_keys import list_api_keys
from talkhub.store.uow import Database, UnitOfWork, workspace_scope

FIRST_USER = "admin"


@click.group(no_args_is_help=False)
def main() -> None:
    """TalkHub's commands."""


main.add_command(channels)
main.add_command(rebuild_stats)
main.add_command(verify_stats)


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


@main.command("rotate-signing-key")
def rotate_signing_key_() -> None:
    """Sign tokens with a new key from now on; the tokens that exist stay valid."""
    settings = settings_or_exit()
    database = _database(settings)
    try:
        is_rotated = rotate_signing_key(database, settings.signing_secrets[0])
    finally:
        database.dispose()
    if not is_rotated:
        raise click.UsageError("The key that signs was made seconds ago, or is not made yet.")
    click.echo("Tokens are signed with a new key within ten seconds.")


@main.command("revoke-tokens")
@click.option("--workspace", "slug", help="Only this workspace's, by its short name.")
@click.option("--everyone", is_flag=True, help="Those of all workspaces.")
def revoke_tokens(*, slug: str | None, everyone: bool) -> None:
    """End all tokens, refresh tokens and connected applications, after a secret leaked."""
    if everyone == (slug is not None):
        raise click.UsageError("Say either --workspace NAME or --everyone.")
    database = _database(settings_or_exit())
    try:
        count = end_all_tokens(database, slug=slug, actor="command line")
    finally:
        database.dispose()
    click.echo(f"{count} logins were ended; they are refused everywhere within five seconds.")


@main.group("api-key")
def api_key() -> None:
    """Make, list, rotate and revoke the default workspace's API keys."""


@api_key.command("create")
@click.argument("name")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    required=True,
    type=click.Choice(sorted(scope.value for scope in KEY_SCOPES)),
)
@click.option("--days", type=click.IntRange(1, 3650), help="Default: until it is revoked.")
def create_key(*, name: str, scopes: tuple[str, ...], days: int | None) -> None:
    """Make a key and print it; it cannot be shown again."""
    lifetime = None if days is None else timedelta(days=days)
    with _default_workspace() as uow:
        made = create_api_key(uow, name=name, scopes=scopes, lifetime=lifetime)
    click.echo(made.text)


@api_key.command("list")
def list_keys() -> None:
    """List the keys by id, without what opens anything."""
    with _default_workspace() as uow:
        keys = list_api_keys(uow)
    for key in keys:
        used = f"{key.last_used_at:%Y-%m-%d %H:%M}" if key.last_used_at else "never"
        reach = ",".join(key.scopes)
        click.echo(f"{key.id}\t{key.hint}…\t{key.state}\tused {used}\t{reach}\t{key.name}")


@api_key.command("rotate")
@click.argument("key_id", type=int)
def rotate_key(*, key_id: int) -> None:
    """Print a key's successor; the old one stays valid for a day."""
    with _default_workspace() as uow:
        made = rotate_api_key(uow, key_id)
    click.echo(made.text)


@api_key.command("revoke")
@click.argument("key_id", type=int)
def revoke_key(*, key_id: int) -> None:
    """Revoke a key; it is refused everywhere within five seconds."""
    with _default_workspace() as uow:
        revoke_api_key(uow, key_id)


@main.command()
def scheduler() -> None:
    """Run the schedule until SIGTERM."""
    settings = settings_or_exit()
    configure_logging(settings.log_level)
    run_scheduler(settings)


@main.command("mcp")
def serve_mcp() -> None:
    """Serve MCP to a program on this machine, over standard input and output."""
    from talkhub.mcp.content.local import serve_locally  # here, as others must start quickly

    settings = settings_or_exit()
    database = _database(settings)
    try:
        serve_locally(settings, database)
    finally:
        database.dispose()


@main.command()
@click.option("--url", help="The service's address; default: the one that the settings name.")
@click.option("--seed", type=int, default=1, show_default=True, help="Another seed, other people.")
@click.option("--people", type=click.IntRange(1, 1000), default=40, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print JSON, and no progress.")
def demo(*, url: str | None, seed: int, people: int, as_json: bool) -> None:
    """Send a realistic day of conversations, and a quieter month before it, to the service."""
    from talkhub.demo.run import play_demo  # here, as the other commands must start quickly

    played = play_demo(url, seed=seed, people=people, quiet=as_json)
    if as_json:
        click.echo(json.dumps(asdict(played), indent=2))
    else:
        click.echo(
            f"{played.messages:,} messages of {played.people:,} people in"
            f" {played.conversations:,} conversations: {played.new_requests:,} requests brought"
            f" something new, {played.known_requests:,} were there already.\n"
            f"Look at {played.dashboard}"
        )
    if played.work_left:
        raise CannotPlay(f"{played.work_left} pieces of work still wait: are the workers running?")


@contextmanager
def _default_workspace() -> Iterator[UnitOfWork]:
    """Open a unit of work in the workspace that the admin secret belongs to as well."""
    database = _database(settings_or_exit())
    try:
        with database.unit_of_work(workspace_scope(DEFAULT_WORKSPACE_ID, "command line")) as uow:
            yield uow
    finally:
        database.dispose()


def _database(settings: Settings) -> Database:
    if settings.database_url is None:
        raise click.UsageError("DATABASE_URL is not set.")
    return Database(settings.database_url, pool_size=1)


def run(arguments: Sequence[str]) -> int:
    """Run a command and return its exit code; what went wrong is said in one sentence."""
    try:
        main(arguments, standalone_mode=False)
    except click.UsageError as error:
        return _say(error.format_message(), exit_code=error.exit_code)
    except (CannotPlay, CannotStart) as error:
        return _say(str(error), exit_code=error.exit_code)
    except TalkHubError as error:
        return _say(str(error), exit_code=1)
    except (click.Abort, KeyboardInterrupt):
        return _say("stopped; the same command goes on from here.", exit_code=130)
    return 0


def _say(message: str, *, exit_code: int) -> int:
    sys.stderr.write(f"talkhub: {message}\n")
    return exit_code


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
