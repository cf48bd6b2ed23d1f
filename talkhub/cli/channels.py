"""The commands for channel accounts: `python -m talkhub.cli channels COMMAND`.

They work on the default workspace. Tokens and secrets are asked for rather than taken as
arguments, which other users of the machine can see; a script gives them on standard input.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click

from talkhub.channels.registry import CHANNELS, PROVED_BY_ADDRESS
from talkhub.cli.database import opened_database
from talkhub.embedded.boot import settings_or_exit
from talkhub.outbound.guarded import GuardedClient
from talkhub.outbound.providers import Providers
from talkhub.services.access.auth import DEFAULT_WORKSPACE_ID
from talkhub.services.administration.workspaces import set_session_idle
from talkhub.services.sending.channel_setup import (
    AddedChannel,
    ChannelDesk,
    add_channel,
    end_rotation,
    list_channels,
    remove_channel,
    rotate_channel,
)
from talkhub.settings import Settings
from talkhub.store.uow import UnitOfWork, workspace_scope

ACTOR = "command line"
_secret = click.option("--secret", help="What the provider issued; default: a new one is made.")
_app_secret = click.option(
    "--app-secret", prompt="App secret", hide_input=True, help="Of Meta's app."
)
_page_token = click.option(
    "--token", prompt="Page access token", hide_input=True, help="With pages_messaging."
)
_base = click.option("--url", help="Address that providers reach us under; default: PUBLIC_URL.")


@click.group()
def channels() -> None:
    """Connect accounts of WhatsApp, Telegram, UChat and others, each with its own secret."""


@channels.group()
def connect() -> None:
    """Add an account and tell its provider our address."""


@connect.command("telegram")
@click.option("--token", prompt="Bot token", hide_input=True, help="From @BotFather.")
@_base
def connect_telegram(*, token: str, url: str | None) -> None:
    """Add a Telegram bot and register its webhook."""
    with _desk() as (desk, settings):
        _say(desk.connect_telegram(token, base=_base_of(url, settings)))


@connect.command("whatsapp")
@click.option("--name", required=True, help="What the account is called on pages.")
@click.option("--business-id", required=True, help="The id of the WhatsApp Business Account.")
@_app_secret
@click.option("--token", prompt="Access token", hide_input=True, help="Of a system user.")
@_base
def connect_whatsapp(
    *, name: str, business_id: str, app_secret: str, token: str, url: str | None
) -> None:
    """Add a WhatsApp Business Account and register its webhook."""
    with _desk() as (desk, settings):
        added = desk.connect_whatsapp(
            name=name,
            business_id=business_id,
            app_secret=app_secret,
            token=token,
            base=_base_of(url, settings),
        )
        click.echo(f"{added.id}\t{added.path}")


@connect.command("uchat")
@click.argument("name")
@click.option("--api-key", prompt="API key", hide_input=True, help="With the ability Manage Flow.")
@_secret
def connect_uchat(*, name: str, api_key: str, secret: str | None) -> None:
    """Add a UChat account whose chats are compared with UChat's own, so that none has gaps."""
    _add("uchat", name, {"api_key": api_key}, secret=secret)


@connect.command("messenger")
@click.argument("name")
@_app_secret
@_page_token
def connect_messenger(*, name: str, app_secret: str, token: str) -> None:
    """Add a page's Messenger, which answers through the page's token."""
    _add("messenger", name, {"access_token": token}, secret=app_secret)


@connect.command("instagram")
@click.argument("name")
@_app_secret
@_page_token
def connect_instagram(*, name: str, app_secret: str, token: str) -> None:
    """Add a page's Instagram, which answers through the page's token."""
    _add("instagram", name, {"access_token": token}, secret=app_secret)


@connect.command("evolution")
@click.argument("instance")
@click.option("--url", required=True, help="The address of the Evolution API's server.")
@click.option("--api-key", prompt="API key", hide_input=True, help="Of the instance.")
@_secret
def connect_evolution(*, instance: str, url: str, api_key: str, secret: str | None) -> None:
    """Add an instance of Evolution API, through which people can be answered."""
    credentials = {"api_key": api_key, "instance": instance, "url": url}
    _add("evolution", instance, credentials, secret=secret)


@channels.command()
@click.argument("kind", type=click.Choice(sorted(map(str, CHANNELS))))
@click.argument("name")
@_secret
@click.option("--by-address", is_flag=True, help="No secret: the address alone proves the sender.")
def add(*, kind: str, name: str, secret: str | None, by_address: bool) -> None:
    """Add an account whose address somebody enters at the provider."""
    if by_address and kind not in PROVED_BY_ADDRESS:
        raise click.UsageError(f"{kind} can prove itself, so it has to.")
    with _workspace() as (uow, settings):
        keyring = settings.keyring
        given = "" if by_address else secret
        added = add_channel(uow, kind=kind, name=name, keyring=keyring, secret=given)
    _say(added)


@channels.command("list")
def list_() -> None:
    """List the accounts: id, channel, state, last event, address, name."""
    with _workspace() as (uow, _):
        found = list_channels(uow)
    for channel in found:
        seen = f"{channel.last_event_at:%Y-%m-%d %H:%M}" if channel.last_event_at else "-"
        click.echo(
            f"{channel.id}\t{channel.kind}\t{channel.state}\t{seen}\t{channel.path}\t{channel.name}"
        )


@channels.command()
@click.argument("channel_id", type=int)
def check(*, channel_id: int) -> None:
    """Ask the provider which address it calls, and how that goes."""
    with _desk() as (desk, _):
        state = desk.check(channel_id)
    click.echo(f"address\t{state.address or '-'}\nwaiting\t{state.waiting}")
    if state.trouble:
        click.echo(f"trouble\t{state.trouble}")


@channels.command()
@click.argument("channel_id", type=int)
@_secret
@click.option("--finish", is_flag=True, help="Let only the newest secret count.")
def rotate(*, channel_id: int, secret: str | None, finish: bool) -> None:
    """Print an account's new secret; the former one counts beside it until --finish."""
    with _workspace() as (uow, settings):
        keyring = settings.keyring
        if finish:
            end_rotation(uow, channel_id, keyring=keyring)
            return
        new = rotate_channel(uow, channel_id, keyring=keyring, secret=secret)
    click.echo(new)


@channels.command()
@click.argument("channel_id", type=int)
def remove(*, channel_id: int) -> None:
    """Close an account's address and forget its secrets; its conversations stay."""
    with _workspace() as (uow, _):
        remove_channel(uow, channel_id)


@channels.command()
@click.argument("minutes", type=click.IntRange(1, 525_600), required=False)
def silence(*, minutes: int | None) -> None:
    """Set after how many silent minutes a session ends; without a number the setting holds."""
    with opened_database(settings_or_exit()) as database:
        set_session_idle(database, DEFAULT_WORKSPACE_ID, minutes)


def _add(kind: str, name: str, credentials: dict[str, str], *, secret: str | None) -> None:
    with _workspace() as (uow, settings):
        keyring = settings.keyring
        added = add_channel(
            uow, kind=kind, name=name, keyring=keyring, secret=secret, credentials=credentials
        )
    _say(added)


def _say(added: AddedChannel) -> None:
    click.echo(f"{added.id}\t{added.path}\t{added.secret or '-'}")


def _base_of(url: str | None, settings: Settings) -> str:
    base = url or settings.public_url
    if base is None:
        raise click.UsageError("Say by --url or PUBLIC_URL under which address providers reach us.")
    return base


@contextmanager
def _workspace() -> Iterator[tuple[UnitOfWork, Settings]]:
    settings = settings_or_exit()
    with opened_database(settings) as database:
        scope = workspace_scope(DEFAULT_WORKSPACE_ID, ACTOR)
        with database.unit_of_work(scope) as uow:
            yield uow, settings


@contextmanager
def _desk() -> Iterator[tuple[ChannelDesk, Settings]]:
    settings = settings_or_exit()
    with opened_database(settings) as database:
        scope = workspace_scope(DEFAULT_WORKSPACE_ID, ACTOR)
        keyring = settings.keyring
        yield ChannelDesk(database, Providers(GuardedClient()), scope, keyring), settings
