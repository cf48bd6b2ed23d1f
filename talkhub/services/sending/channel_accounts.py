"""Which account a webhook belongs to, and the secrets that prove it."""

from __future__ import annotations

import secrets as random_secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import orjson

from talkhub import json_codec
from talkhub.channels.registry import OF_META, PROVED_BY_ADDRESS
from talkhub.encryption import Keyring, decrypt, encrypt, key_id
from talkhub.errors import NotFound, SettingMissing
from talkhub.names import Platform
from talkhub.services.access.auth import DEFAULT_WORKSPACE_ID
from talkhub.settings import Settings
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
    """Return the default workspace's account, whose secrets the environment gives.

    Raises SettingMissing where only the provider can issue the secret and nobody set it.
    """
    if platform in OF_META:
        secrets = settings.app_secrets
        if not secrets[0]:
            raise SettingMissing("WHATSAPP_APP_SECRET is not set, so no event can be verified.")
    else:
        secrets = settings.webhook_secrets
        if not secrets[0]:
            raise SettingMissing("WEBHOOK_SECRET is not set, so no event can be verified.")
    return Account(DEFAULT_WORKSPACE_ID, None, platform, secrets)


class AccountBook:
    """Finds accounts by the token in their webhook's address, remembered for five seconds."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self._database = database
        self._keyring = settings.keyring
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

    def look_again(self, platform: str, public_token: str) -> Account:
        """Return the account as it is now: its secret may have changed a moment ago."""
        self._known.pop(public_token, None)
        return self.find(platform, public_token)

    def _read(self, public_token: str) -> Account:
        if "\0" in public_token:  # PostgreSQL knows no such text
            raise NotFound("There is no such webhook.")
        with self._database.read_only(system_scope("the workspace of a channel")) as uow:
            params = {"public_token": public_token}
            row = uow.run(statements.FIND_CHANNEL, params).mappings().first()
        if row is None:
            raise NotFound("There is no such webhook.")
        kept = [row["secrets_encrypted"], row["previous_secrets"]]
        bound_to = account_binding(row["workspace_id"], row["kind"], row["external_account_id"])
        found = [
            secret
            for encrypted in kept
            if encrypted  # of accounts that an earlier release added again it may be empty
            for secret in decrypt(bytes(encrypted), self._keyring, bound_to=bound_to)
            if secret
        ]
        return Account(row["workspace_id"], row["id"], row["kind"], tuple(found))


def connect_account(
    uow: UnitOfWork,
    *,
    platform: Platform,
    name: str,
    secrets: Sequence[str],
    keyring: Keyring,
    external_id: str | None = None,
    credentials: Mapping[str, str] | None = None,
) -> tuple[int, str]:
    """Add an account to the workspace; return its id and the token of its webhook's address.

    `external_id` is what the provider calls the account, by default its name. The same one
    again changes the account's secrets, and the former ones still count until the next time.
    """
    known_as = external_id or name
    bound_to = account_binding(uow.workspace_id, platform, known_as)
    added = uow.run(
        statements.ADD_CHANNEL,
        {
            "workspace_id": uow.workspace_id,
            "kind": platform.value,
            "name": name,
            "public_token": random_secrets.token_urlsafe(24),
            "external_account_id": known_as,
            "secrets": encrypt(list(secrets), keyring, bound_to=bound_to),
            "credentials": encrypted_credentials(credentials, keyring, bound_to=bound_to),
            "key_id": key_id(keyring.current),
        },
    ).one()
    return added[0], added[1]


def account_binding(workspace_id: int, kind: str, external_id: str | None) -> str:
    """Return what an account's secrets and credentials are bound to where they are kept.

    Not its number: what an account is added again with is encrypted before that is known.
    """
    return f"channels/{workspace_id}/{kind}/{external_id or ''}"


def credentials_binding(bound_to: str) -> str:
    """Return what the credentials of an account are bound to, so that no secret stands for them."""
    return f"{bound_to}/credentials"


def encrypted_credentials(
    credentials: Mapping[str, str] | None, keyring: Keyring, *, bound_to: str
) -> bytes | None:
    """Return what an account signs in to its provider with, as it is kept."""
    if not credentials:
        return None
    # Pasted ones end in a line break, which no header takes.
    stripped = {name: value.strip() for name, value in credentials.items()}
    text = json_codec.dumps_text(stripped)
    return encrypt([text], keyring, bound_to=credentials_binding(bound_to))


def read_credentials(kept: bytes | None, keyring: Keyring, *, bound_to: str) -> dict[str, str]:
    """Return what an account signs in to its provider with; nothing if it has nothing."""
    if kept is None:
        return {}
    opened = decrypt(bytes(kept), keyring, bound_to=credentials_binding(bound_to))
    found: dict[str, str] = orjson.loads(opened[0])
    return found
