"""Which account a webhook belongs to, and the secrets that prove it."""

from __future__ import annotations

import secrets as random_secrets
import time
from dataclasses import dataclass

from talkhub import security
from talkhub.channels.registry import OF_META, PROVED_BY_ADDRESS
from talkhub.errors import NotFound, SettingMissing
from talkhub.names import Platform
from talkhub.services.auth import DEFAULT_WORKSPACE_ID
from talkhub.settings import Settings, reveal
from talkhub.store.statements import accounts as statements
from talkhub.store.uow import Database, UnitOfWork, system_scope

REMEMBERED_SECONDS = 5.0
MAX_REMEMBERED = 10_000


@dataclass(frozen=True, slots=True)
class Account:
    """An account at a provider. `source` is the name its events' ids are unique in."""

    workspace_id: int
    channel_id: int | None
    platform: str
    secrets: tuple[str, ...]

    @property
    def is_proved_by_address(self) -> bool:
        """Whether whoever knows the account's address is believed: it has no secret."""
        has_own_address = self.channel_id is not None and self.platform in PROVED_BY_ADDRESS
        return has_own_address and not self.secrets

    @property
    def source(self) -> str:
        """Name the account; the one that the environment configures has no number."""
        return self.platform if self.channel_id is None else f"{self.platform}/{self.channel_id}"


def environment_account(settings: Settings, platform: str) -> Account:
    """Return the default workspace's account, whose secret the environment gives.

    Raises SettingMissing where only the provider can issue the secret and nobody set it.
    """
    if platform in OF_META:
        secret = reveal(settings.whatsapp_app_secret)
        if not secret:
            raise SettingMissing("WHATSAPP_APP_SECRET is not set, so no event can be verified.")
    else:
        secret = reveal(settings.webhook_secret)
        if not secret:
            raise SettingMissing("WEBHOOK_SECRET is not set, so no event can be verified.")
    return Account(DEFAULT_WORKSPACE_ID, None, platform, (secret,))


class AccountBook:
    """Finds accounts by the token in their webhook's address, remembered for five seconds."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self._database = database
        self._key = reveal(settings.encryption_key)
        self._known: dict[str, tuple[float, Account]] = {}

    def find(self, platform: str, public_token: str) -> Account:
        """Return the active account with this token; raises NotFound."""
        known = self._known.get(public_token)
        now = time.monotonic()
        if known is None or now - known[0] > REMEMBERED_SECONDS:
            if len(self._known) >= MAX_REMEMBERED:
                self._known.clear()
            known = self._known[public_token] = (now, self._read(public_token))
        account = known[1]
        if account.platform != platform:
            raise NotFound("There is no such webhook.")
        return account

    def _read(self, public_token: str) -> Account:
        if "\0" in public_token:  # PostgreSQL knows no such text
            raise NotFound("There is no such webhook.")
        with self._database.read_only(system_scope("the workspace of a channel")) as uow:
            params = {"public_token": public_token}
            row = uow.run(statements.FIND_CHANNEL, params).mappings().first()
        if row is None:
            raise NotFound("There is no such webhook.")
        kept = [row["secrets_encrypted"], row["previous_secrets"]]
        found = [
            secret
            for encrypted in kept
            if encrypted is not None
            for secret in security.decrypt(bytes(encrypted), self._key)
            if secret
        ]
        return Account(row["workspace_id"], row["id"], row["kind"], tuple(found))


def connect_account(
    uow: UnitOfWork, *, platform: Platform, name: str, secrets: list[str], encryption_key: str
) -> str:
    """Add an account to the workspace and return the token of its webhook's address."""
    public_token = random_secrets.token_urlsafe(24)
    uow.run(
        statements.ADD_CHANNEL,
        {
            "workspace_id": uow.workspace_id,
            "kind": platform.value,
            "name": name,
            "public_token": public_token,
            "external_account_id": name,
            "secrets": security.encrypt(secrets, encryption_key),
            "key_id": security.key_id(encryption_key),
        },
    )
    return public_token
