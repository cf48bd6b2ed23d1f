"""The commands for what the law asks: of whoever restores a backup, and of the audit trail."""

from __future__ import annotations

import click

from talkhub.cli.database import opened_database
from talkhub.embedded.boot import settings_or_exit
from talkhub.errors import Conflict
from talkhub.progress import show_progress
from talkhub.services.audit_chain import AuditKey, sealed_entries, verify_chain
from talkhub.services.people.tombstones import Tombstones
from talkhub.services.privacy.erasing import TIMEOUT_MS
from talkhub.services.privacy.erasing_again import erase_again
from talkhub.services.privacy.masking_stored import mask_stored, rows_with_texts
from talkhub.services.privacy.retention import apply_rules, rows_due
from talkhub.services.reporting.rebuilding import workspaces
from talkhub.store.hashing_keys import HashingKeys
from talkhub.store.uow import workspace_scope

ACTOR = "command line"


@click.command("erase-again")
def erase_again_() -> None:
    """Erase the people whom a restored backup brought back, although they had been erased."""
    settings = settings_or_exit()
    with opened_database(settings) as database:
        tombstones = Tombstones(HashingKeys(database, settings.keyring).tombstones)
        erased = sum(
            erase_again(database, workspace_id, tombstones, actor=ACTOR)
            for workspace_id in workspaces(database, None)
        )
    click.echo(f"{erased:,} people were erased again.")


@click.command()
@click.option("--dry-run", is_flag=True, help="Only say how many rows would go.")
@click.option("--workspace", "slug", help="Only this one; default: all of them.")
def retention(*, dry_run: bool, slug: str | None) -> None:
    """Delete now what workspaces no longer want to keep; the schedule does it at night."""
    settings = settings_or_exit()
    with opened_database(settings) as database:
        tombstones = Tombstones(HashingKeys(database, settings.keyring).tombstones)
        for workspace_id in workspaces(database, slug):
            if dry_run:
                scope = workspace_scope(workspace_id, ACTOR, timeout_ms=TIMEOUT_MS)
                with database.read_only(scope) as uow:
                    rows = rows_due(uow)
            else:
                rows = apply_rules(database, workspace_id, tombstones)
            told = ", ".join(f"{count:,} of {name}" for name, count in rows.items())
            would = "would go" if dry_run else "went"
            click.echo(f"workspace {workspace_id}: " + (f"{told} {would}" if told else "no rules"))


@click.command("mask-at-rest")
@click.option("--workspace", "slug", required=True, help="Its short name.")
@click.option("--dry-run", is_flag=True, help="Only say how many rows hold numbers.")
@click.option("--quiet", is_flag=True, help="Show no progress.")
def mask_at_rest(*, slug: str, dry_run: bool, quiet: bool) -> None:
    """Mask the CPF, CNPJ and card numbers that a workspace stored before it wanted masks."""
    settings = settings_or_exit()
    with opened_database(settings) as database:
        (workspace_id,) = workspaces(database, slug)
        total = rows_with_texts(database, workspace_id, ACTOR)
        with show_progress("rows looked at", total, quiet=quiet) as tell:
            changed = mask_stored(database, workspace_id, actor=ACTOR, is_dry=dry_run, tell=tell)
    for table, count in changed.items():
        if count:
            click.echo(f"{count:,} of {table} {'would be' if dry_run else 'were'} masked")
    if not any(changed.values()):
        click.echo("There is nothing to mask.")


@click.group()
def audit() -> None:
    """Look after the audit trail; `export audit` writes it into a file."""


@audit.command("verify")
@click.option("--workspace", "slug", help="Only this one; default: all of them.")
@click.option("--quiet", is_flag=True, help="Show no progress.")
def verify_(*, slug: str | None, quiet: bool) -> None:
    """Compare every entry with its seal; exit with 1 where somebody changed or deleted one."""
    settings = settings_or_exit()
    faults = 0
    with opened_database(settings) as database:
        key = AuditKey(HashingKeys(database, settings.keyring).audit_trail())
        for workspace_id in workspaces(database, slug):
            what = f"entries of workspace {workspace_id} verified"
            total = sealed_entries(database, workspace_id, ACTOR)
            with show_progress(what, total, quiet=quiet) as tell:
                found = verify_chain(database, workspace_id, key, actor=ACTOR, tell=tell)
            click.echo(
                f"workspace {workspace_id}: {found.entries:,} entries are as they were sealed"
            )
            if found.unsealed_since:
                since = f"{found.unsealed_since:%Y-%m-%d %H:%M}"
                click.echo(f"  {found.unsealed:,} are not sealed yet, the first of {since} UTC")
            if found.fault:
                click.echo(f"  {found.fault}")
                faults += 1
    if faults:
        raise Conflict(f"The trail of {faults} workspaces was changed.")
