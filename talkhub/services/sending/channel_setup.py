"""A workspace's channel accounts: added, listed, registered with the provider, rotated, removed."""

from __future__ import annotations

import secrets as random_secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from talkhub.channels.registry import CHANNELS, OF_META, PROVED_BY_ADDRESS
from talkhub.encryption import Keyring, decrypt, encrypt, key_id
from talkhub.errors import Conflict, Invalid, NotFound
from talkhub.names import Platform
from talkhub.outbound.providers import Providers, WebhookState
from talkhub.services.audit import audit
from talkhub.services.sending.channel_accounts import (
    account_binding,
    connect_account,
    read_credentials,
)
from talkhub.store.statements import accounts as statements
from talkhub.store.uow import Database, Scope, UnitOfWork

RECENT_EVENTS = 10_000
"""Among so many of the workspace's latest events an account's last one is looked for."""

REGISTRABLE = frozenset({Platform.TELEGRAM, Platform.WHATSAPP})
"""The channels whose provider can be told our address; in the others somebody enters it."""


@dataclass(frozen=True, slots=True)
class ChannelLine:
    """An account in the list. `last_event_at` is None if no recent event is its own.

    `reconciled_at`, `gaps_filled` and `trouble` say what comparing its chats with the
    provider's led to.
    """

    id: int
    kind: str
    name: str
    public_token: str
    external_account_id: str
    state: str
    created_at: datetime
    is_rotating: bool
    has_credentials: bool
    last_event_at: datetime | None
    reconciled_at: datetime | None
    gaps_filled: int
    trouble: str | None

    @property
    def is_reconciled(self) -> bool:
        """Whether its chats are compared with the provider's."""
        return self.kind == Platform.UCHAT and self.has_credentials

    @property
    def path(self) -> str:
        """Where the account's events go."""
        return webhook_path(self.kind, self.public_token)

    @property
    def can_be_registered(self) -> bool:
        """Whether the provider can be told the address by us."""
        return self.kind in REGISTRABLE and self.has_credentials


@dataclass(frozen=True, slots=True)
class AddedChannel:
    """An account that was added. The secret can be shown on this one occasion."""

    id: int
    path: str
    secret: str


@dataclass(frozen=True, slots=True)
class _Channel:
    """An account with what it opens."""

    id: int
    kind: str
    name: str
    public_token: str
    external_account_id: str
    secrets: tuple[str, ...]
    credentials: Mapping[str, str]

    @property
    def path(self) -> str:
        return webhook_path(self.kind, self.public_token)


def webhook_path(kind: str, public_token: str) -> str:
    """Return the path of an account's webhook."""
    return f"/webhooks/{kind}/{public_token}"


def list_channels(uow: UnitOfWork) -> tuple[ChannelLine, ...]:
    """Return the workspace's accounts, without what opens anything."""
    key = {"workspace_id": uow.workspace_id, "recent": RECENT_EVENTS}
    rows = uow.run(statements.CHANNELS_OF_WORKSPACE, key).mappings()
    return tuple(ChannelLine(**row) for row in rows)


def add_channel(
    uow: UnitOfWork,
    *,
    kind: str,
    name: str,
    keyring: Keyring,
    secret: str | None = None,
    credentials: Mapping[str, str] | None = None,
    external_id: str | None = None,
) -> AddedChannel:
    """Add an account. Without a `secret` one is made; the empty one lets its address prove it.

    Raises Invalid for a kind that does not exist, and for one that may not do without a
    secret, or not with one of ours.
    """
    if kind not in CHANNELS:
        raise Invalid(f"There is no channel {kind}.")
    platform = Platform(kind)
    if platform in OF_META and not secret:
        raise Invalid("Give the secret of Meta's app: it signs the events.")
    if secret == "" and platform not in PROVED_BY_ADDRESS:
        raise Invalid(f"{kind} can prove itself, so it has to.")
    kept = random_secrets.token_urlsafe(32) if secret is None else secret
    channel_id, token = connect_account(
        uow,
        platform=platform,
        name=name,
        secrets=[kept],
        keyring=keyring,
        external_id=external_id,
        credentials=credentials,
    )
    audit(uow, action="channel.added", subject=str(channel_id), address=None)
    return AddedChannel(channel_id, webhook_path(kind, token), kept)


def rotate_channel(
    uow: UnitOfWork, channel_id: int, *, keyring: Keyring, secret: str | None = None
) -> str:
    """Give an account a new secret and return it; the former one counts beside it.

    Until the rotation is ended or the next one begins. Raises Invalid for an account of
    Meta's without the new secret, which only Meta can issue.
    """
    channel = _find(uow, channel_id, keyring)
    if channel.kind in OF_META and not secret:
        raise Invalid("Give the new secret of Meta's app.")
    new = secret or random_secrets.token_urlsafe(32)
    params = {"workspace_id": uow.workspace_id, "id": channel_id}
    bound_to = account_binding(uow.workspace_id, channel.kind, channel.external_account_id)
    encrypted = encrypt([new], keyring, bound_to=bound_to)
    told = {**params, "secrets": encrypted, "key_id": key_id(keyring.current)}
    uow.run(statements.ROTATE_CHANNEL, told)
    audit(uow, action="channel.rotated", subject=str(channel_id), address=None)
    return new


def end_rotation(uow: UnitOfWork, channel_id: int, *, keyring: Keyring) -> None:
    """Let only the newest secret of an account count."""
    _find(uow, channel_id, keyring)
    uow.run(statements.END_ROTATION, {"workspace_id": uow.workspace_id, "id": channel_id})
    audit(uow, action="channel.rotation_ended", subject=str(channel_id), address=None)


def remove_channel(uow: UnitOfWork, channel_id: int) -> None:
    """Close an account's address and forget its secrets; its conversations stay."""
    params = {"workspace_id": uow.workspace_id, "id": channel_id}
    if uow.run(statements.REMOVE_CHANNEL, params).first() is None:
        raise NotFound("There is no such channel.")
    audit(uow, action="channel.removed", subject=str(channel_id), address=None)


@dataclass(frozen=True, slots=True)
class ChannelDesk:
    """Deals with providers about a workspace's accounts: never within a transaction.

    `base` is the address under which the provider reaches us.
    """

    database: Database
    providers: Providers
    scope: Scope
    keyring: Keyring

    def connect_telegram(self, token: str, *, base: str) -> AddedChannel:
        """Add a bot and register its webhook. The same bot again gets another secret."""
        bot = self.providers.telegram_bot(token)
        with self.database.unit_of_work(self.scope) as uow:
            added = add_channel(
                uow,
                kind=Platform.TELEGRAM,
                name=f"@{bot.username}" if bot.username else bot.id,
                keyring=self.keyring,
                credentials={"bot_token": token},
                external_id=bot.id,
            )
        self.register(added.id, base=base)
        return added

    def connect_whatsapp(
        self, *, name: str, business_id: str, app_secret: str, token: str, base: str
    ) -> AddedChannel:
        """Add a WhatsApp Business Account and register its webhook."""
        with self.database.unit_of_work(self.scope) as uow:
            added = add_channel(
                uow,
                kind=Platform.WHATSAPP,
                name=name,
                keyring=self.keyring,
                secret=app_secret,
                credentials={"access_token": token},
                external_id=business_id,
            )
        self.register(added.id, base=base)
        return added

    def register(self, channel_id: int, *, base: str) -> None:
        """Tell the provider the account's address; raises ProviderRefused."""
        self._tell_address(channel_id, base)
        with self.database.unit_of_work(self.scope) as uow:
            audit(uow, action="channel.registered", subject=str(channel_id), address=None)

    def _tell_address(self, channel_id: int, base: str) -> None:
        channel = self._registrable(channel_id)
        address = base.rstrip("/") + channel.path
        if channel.kind == Platform.TELEGRAM:
            self.providers.register_telegram(
                channel.credentials["bot_token"], address=address, secret=channel.secrets[0]
            )
            return
        self.providers.register_whatsapp(
            channel.credentials["access_token"],
            channel.external_account_id,
            address=address,
            verify_token=channel.public_token,
        )

    def check(self, channel_id: int) -> WebhookState:
        """Ask the provider which address it calls, and how that goes."""
        channel = self._registrable(channel_id)
        if channel.kind == Platform.TELEGRAM:
            return self.providers.telegram_webhook(channel.credentials["bot_token"])
        return self.providers.whatsapp_webhook(
            channel.credentials["access_token"], channel.external_account_id
        )

    def _registrable(self, channel_id: int) -> _Channel:
        with self.database.unit_of_work(self.scope) as uow:
            channel = _find(uow, channel_id, self.keyring)
        if channel.kind not in REGISTRABLE or not channel.credentials:
            raise Conflict("Enter this account's address at the provider yourself.")
        return channel


def _find(uow: UnitOfWork, channel_id: int, keyring: Keyring) -> _Channel:
    params = {"workspace_id": uow.workspace_id, "id": channel_id}
    row: Any = uow.run(statements.CHANNEL_OF_WORKSPACE, params).mappings().first()
    if row is None:
        raise NotFound("There is no such channel.")
    bound_to = account_binding(uow.workspace_id, row["kind"], row["external_account_id"])
    secrets = decrypt(bytes(row["secrets_encrypted"]), keyring, bound_to=bound_to)
    shown = ("id", "kind", "name", "public_token", "external_account_id")
    return _Channel(
        **{name: row[name] for name in shown},
        secrets=tuple(secrets),
        credentials=read_credentials(row["credentials_encrypted"], keyring, bound_to=bound_to),
    )
