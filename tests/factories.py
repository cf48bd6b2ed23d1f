"""What tests begin with: plain functions with defaults."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from typing import Any

from talkhub.encryption import Keyring
from talkhub.names import Platform
from talkhub.services.access.auth import Person
from talkhub.services.sending.channel_accounts import connect_account
from talkhub.store.uow import Database, system_scope, workspace_scope

WEBHOOK_SECRET = "tests-webhook-secret"
WHATSAPP_SECRET = "tests-whatsapp-app-secret"
KEYRING = Keyring("dGVzdHMtZW5jcnlwdC13aXRoLXRoaXMta2V5LW9rISE=")


def make_workspace(database: Database, *, timezone: str = "America/Sao_Paulo") -> int:
    """Make a workspace and return its id."""
    with database.unit_of_work(system_scope("a test's workspace")) as uow:
        return uow.run(
            "insert into workspaces (slug, name, timezone) values (%(slug)s, 'Test', %(tz)s)"
            " returning id",
            {"slug": secrets.token_hex(8), "tz": timezone},
        ).scalar_one()


def make_person(
    database: Database, workspace_id: int, role: str = "owner", *, name: str = "ana"
) -> Person:
    """Give the user of this name, made if there is none yet, a role in a workspace."""
    with database.unit_of_work(system_scope("a test's person")) as uow:
        user_id = uow.run(
            "with made as ("
            " insert into users (username, password_hash, name) values (%(name)s, '-', %(name)s)"
            " on conflict (username) do update set name = excluded.name returning id)"
            " insert into memberships (workspace_id, user_id, role)"
            " select %(workspace_id)s, id, %(role)s from made"
            " on conflict (workspace_id, user_id) do update set role = excluded.role"
            " returning user_id",
            {"name": name, "workspace_id": workspace_id, "role": role},
        ).scalar_one()
    return Person(user_id, name, workspace_id, "pt-BR")


def make_channel(
    database: Database,
    workspace_id: int,
    platform: Platform,
    secret: str = "s3cret-of-channel",
    *,
    name: str | None = None,
    credentials: dict[str, str] | None = None,
) -> str:
    """Connect an account, by the same name the same one, and return the path of its webhook."""
    with database.unit_of_work(workspace_scope(workspace_id, "tests")) as uow:
        _id, token = connect_account(
            uow,
            platform=platform,
            name=name or secrets.token_hex(4),
            secrets=[secret],
            keyring=KEYRING,
            credentials=credentials,
        )
    return f"/webhooks/{platform}/{token}"


def new_user() -> str:
    """Return a user id that nobody has."""
    return f"user_{secrets.token_hex(6)}"


def new_address() -> str:
    """Return an address in a network that nobody has called from."""
    return f"2001:db8:{secrets.token_hex(2)}:{secrets.token_hex(2)}::1"


def transcript(*texts: str, day: str = "2026-03-02") -> list[dict[str, Any]]:
    """Return messages a minute apart, the person's and the bot's in turn."""
    return [
        {
            "role": "assistant" if number % 2 else "user",
            "content": text,
            "timestamp": f"{day}T12:{number:02}:00Z",
        }
        for number, text in enumerate(texts)
    ]


def signed_whatsapp(body: dict[str, Any], secret: str = "s3cret-of-channel") -> dict[str, Any]:
    """Return the request arguments of a body that Meta would have signed."""
    raw = json.dumps(body).encode()
    signature = hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()
    return {"data": raw, "headers": {"X-Hub-Signature-256": f"sha256={signature}"}}


def rows(database: Database, workspace_id: int, sql: str, **params: object) -> list[dict[str, Any]]:
    """Return what a query finds in a workspace."""
    with database.read_only(workspace_scope(workspace_id, "tests")) as uow:
        return [dict(row) for row in uow.run(sql, params).mappings()]


def hours_of(columns: str) -> str:
    """Return the query of the read model's hours, each with these columns."""
    return (
        f"select begins_at, {columns} from bucket_stats"
        " where level = 'hour' and dimension = 'all' order by begins_at"
    )
