"""The commands behind `./run`: `python -m talkhub.cli COMMAND`."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import timedelta

import click

from talkhub.cli.channels import channels
from talkhub.cli.database import opened_database
from talkhub.cli.exports import export
from talkhub.cli.incident import incident
from talkhub.cli.load import load_demo
from talkhub.cli.privacy import audit, erase_again_, mask_at_rest, retention
from talkhub.cli.stats import rebuild_stats, verify_stats
from talkhub.demo.failure import CannotPlay
from talkhub.embedded.boot import settings_or_exit
from talkhub.embedded.failure import CannotStart
from talkhub.errors import Conflict, TalkHubError
from talkhub.jobs.schedule import run_scheduler
from talkhub.logs import configure_logging
from talkhub.security import KEY_SCOPES
from talkhub.services.access.api_keys import create_api_key, revoke_api_key, rotate_api_key
from talkhub.services.access.auth import DEFAULT_WORKSPACE_ID, add_first_user
from talkhub.services.access.ending import end_all_tokens
from talkhub.services.access.second_factors import forget_second_factor
from talkhub.services.access.signing import rotate_signing_key
from talkhub.services.administration.disabling import disable_login, enable_login
from talkhub.services.administration.reencrypting import reencrypt_all
from talkhub.settings import reveal
from talkhub.store.hashing_keys import HashingKeys
from talkhub.store.queries.api_keys import list_api_keys
from talkhub.store.uow import UnitOfWork, workspace_scope

FIRST_USER = "admin"


@click.group(no_args_is_help=False)
def main() -> None:
    """TalkHub's commands."""


main.add_command(channels)
main.add_command(load_demo)
main.add_command(export)
main.add_command(erase_again_)
main.add_command(audit)
main.add_command(retention)
main.add_command(mask_at_rest)
main.add_command(incident)
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
    with opened_database(settings) as database:
        is_made = add_first_user(database, username=FIRST_USER, password=password)
    if not is_made and not if_missing:
        raise click.UsageError(f"There is a login `{FIRST_USER}` already.")


@main.command("rotate-signing-key")
def rotate_signing_key_() -> None:
    """Sign tokens with a new key from now on; the tokens that exist stay valid."""
    settings = settings_or_exit()
    with opened_database(settings) as database:
        is_rotated = rotate_signing_key(database, settings.signing_secrets[0])
    if not is_rotated:
        raise click.UsageError("The key that signs was made seconds ago, or is not made yet.")
    click.echo("Tokens are signed with a new key within ten seconds.")


@main.command("rotate-encryption-key")
def rotate_encryption_key() -> None:
    """Encrypt by ENCRYPTION_KEY what a former key closed, and say when that one can go."""
    settings = settings_or_exit()
    with opened_database(settings) as database:
        HashingKeys(database, settings.keyring).make()
        work = reencrypt_all(database, settings.keyring)
    click.echo(f"Encrypted anew: {work.renewed:,}. As they should be before: {work.current:,}.")
    for bound_to in work.unreadable:
        click.echo(f"no key opens {bound_to}")
    if work.unreadable:
        raise Conflict("Name the key of these in ENCRYPTION_KEY_PREVIOUS, or enter them again.")
    click.echo(
        "Once every process was started with this ENCRYPTION_KEY and this command finds nothing"
        " to encrypt anew, ENCRYPTION_KEY_PREVIOUS can go."
        if work.renewed
        else "Nothing needs a former key any more: ENCRYPTION_KEY_PREVIOUS can go."
    )


@main.command("revoke-tokens")
@click.option("--workspace", "slug", help="Only this workspace's, by its short name.")
@click.option("--everyone", is_flag=True, help="Those of all workspaces.")
def revoke_tokens(*, slug: str | None, everyone: bool) -> None:
    """End all tokens, refresh tokens and connected applications, after a secret leaked."""
    if everyone == (slug is not None):
        raise click.UsageError("Say either --workspace NAME or --everyone.")
    with opened_database(settings_or_exit()) as database:
        count = end_all_tokens(database, slug=slug, actor="command line")
    click.echo(f"{count} logins were ended; they are refused everywhere within five seconds.")


@main.command("forget-second-factor")
@click.argument("username")
def forget_second_factor_(*, username: str) -> None:
    """Let somebody who lost phone and recovery codes sign in with their password alone."""
    with opened_database(settings_or_exit()) as database:
        is_gone = forget_second_factor(database, username, actor="command line")
    if not is_gone:
        raise click.UsageError(f"Nobody called `{username}` has a second factor.")
    click.echo("It was forgotten; every browser has to sign in again.")


@main.command("disable-login")
@click.argument("username")
@click.option("--again", is_flag=True, help="Let them in again.")
def disable_login_(*, username: str, again: bool) -> None:
    """Let a person's login in nowhere any more; its sessions end, and nothing is deleted."""
    change = enable_login if again else disable_login
    with opened_database(settings_or_exit()) as database:
        is_changed = change(database, username, actor="command line")
    if not is_changed:
        raise click.UsageError(f"`{username}` is nobody's, or so already.")
    click.echo("It may sign in again." if again else "It was disabled; every browser is out.")


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
    configure_logging(settings.log_level, file=settings.log_file)
    run_scheduler(settings)


@main.command("mcp")
def serve_mcp() -> None:
    """Serve MCP to a program on this machine, over standard input and output."""
    from talkhub.mcp.content.local import serve_locally  # here, as others must start quickly

    settings = settings_or_exit()
    with opened_database(settings) as database:
        serve_locally(settings, database)


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
    scope = workspace_scope(DEFAULT_WORKSPACE_ID, "command line")
    with opened_database(settings_or_exit()) as database, database.unit_of_work(scope) as uow:
        yield uow


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
