"""The public doors of a running service, and the keys to them."""

from __future__ import annotations

import http.client
import json
import secrets
import time
from collections.abc import Mapping
from contextlib import suppress
from http import HTTPStatus
from typing import Any
from urllib.parse import SplitResult, urlsplit

from talkhub.demo.failure import CannotPlay
from talkhub.demo.payloads import (
    JSONObject,
    Line,
    proof,
    telegram_event,
    uchat_event,
    whatsapp_event,
)
from talkhub.demo.plays import Play
from talkhub.names import Platform
from talkhub.services.access.auth import DEFAULT_WORKSPACE_ID
from talkhub.services.sending.channel_accounts import connect_account
from talkhub.settings import Settings, reveal
from talkhub.store.uow import Database, workspace_scope

ACTOR = "demo"
SAVED_AS = "demo"
"""The member of a saved conversation's metadata that holds its play's id."""

_TIMEOUT_SECONDS = 15
_TRIES = 6
_PLATFORMS = (Platform.WHATSAPP, Platform.TELEGRAM, Platform.UCHAT)
_BUSY = {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}


def parse_url(url: str) -> SplitResult:
    """Return the parts of a service's address; raise CannotPlay for anything else."""
    with suppress(ValueError):
        parts = urlsplit(url)
        is_bare = parts.path in {"", "/"} and not (parts.query or parts.fragment or parts.username)
        if parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0 and is_bare:
            return parts
    raise CannotPlay(f"{url} is no address of a service, like http://127.0.0.1:3003.", exit_code=2)


class Client:
    """Sends JSON over one connection that is kept open."""

    def __init__(self, url: str) -> None:
        parts = parse_url(url)
        self.url = url.rstrip("/")
        kind = (
            http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        )
        self._connection = kind(str(parts.hostname), parts.port, timeout=_TIMEOUT_SECONDS)

    def is_answered(self) -> bool:
        """Tell whether a service is there."""
        with suppress(OSError, http.client.HTTPException):
            return self._send("GET", "/livez", None, {})[0] == HTTPStatus.OK
        return False

    def ask(
        self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]
    ) -> dict[str, Any]:
        """Return the answer of a call that succeeds, trying again while the service is busy."""
        for attempt in range(_TRIES):
            time.sleep(0.25 * attempt)
            try:
                status, answer = self._send(method, path, body, headers)
            except (OSError, http.client.HTTPException):
                self._connection.close()
                continue
            if status < HTTPStatus.MULTIPLE_CHOICES:
                document: dict[str, Any] = json.loads(answer)
                return document
            if status not in _BUSY:
                raise CannotPlay(_refusal(self.url, path, status, answer))
        raise CannotPlay(f"{self.url} does not answer any more; the same command goes on later.")

    def _send(
        self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]
    ) -> tuple[int, bytes]:
        everything = {"Content-Type": "application/json", **headers}
        self._connection.request(method, path, body, everything)
        response = self._connection.getresponse()
        return response.status, response.read()


class Doors:
    """Tells the service of messages as the platforms would, and saves by its API."""

    def __init__(self, client: Client, settings: Settings, database: Database) -> None:
        self._client = client
        self._secret = secrets.token_urlsafe(24)
        self._paths = _connect(settings, database, self._secret)
        login = {"username": ACTOR, "admin_secret": reveal(settings.admin_secret)}
        token = client.ask("POST", "/api/v1/auth/token", _json(login), {})["token"]
        self._authorization = {"Authorization": f"Bearer {token}"}

    def tell(self, play: Play, line: Line) -> bool:
        """Send a message to its platform's webhook; return whether it was new."""
        body = _json(_event(play.platform, line))
        path = self._paths[play.platform]
        receipt = self._client.ask("POST", path, body, proof(play.platform, body, self._secret))
        return bool(receipt["accepted"])

    def save(self, play: Play) -> bool:
        """Open a session and save a whole play in it by the API; it is new."""
        person = play.person
        opened = {
            "user_id": f"site_{person.number}",
            "platform": Platform.API,
            "user_data": {"name": person.name, "phone": person.phone, "email": person.email},
        }
        session = self._post("create_chat_session", opened, key=play.id)
        saved = {
            "session_id": session["session_id"],
            "user_id": session["user_id"],
            "messages": [
                {"role": line.role, "content": line.text, "timestamp": line.sent_at.isoformat()}
                for line in play.lines
            ],
            "metadata": {SAVED_AS: play.id},
        }
        self._post("save_conversation", saved, key=play.id)
        return True

    def _post(self, tool: str, body: Mapping[str, object], *, key: str) -> dict[str, Any]:
        headers = {**self._authorization, "Idempotency-Key": key}
        return self._client.ask("POST", f"/api/v1/mcp/{tool}", _json(body), headers)


def _event(platform: Platform, line: Line) -> JSONObject:
    match platform:
        case Platform.WHATSAPP:
            return whatsapp_event([line])
        case Platform.TELEGRAM:
            number = int(line.id[:8], 16)
            return telegram_event(line, update_id=number, message_id=number)
        case _:
            return uchat_event(line)


def _connect(settings: Settings, database: Database, secret: str) -> dict[Platform, str]:
    """Give the demo an account of its own on each platform; return their webhooks' paths.

    A further demo keeps the accounts, and so recognises what an earlier one sent.
    """
    with database.unit_of_work(workspace_scope(DEFAULT_WORKSPACE_ID, ACTOR)) as uow:
        return {
            platform: f"/webhooks/{platform}/"
            + connect_account(
                uow,
                platform=platform,
                name="demo",
                secrets=[secret],
                keyring=settings.keyring,
            )[1]
            for platform in _PLATFORMS
        }


def _refusal(url: str, path: str, status: int, answer: bytes) -> str:
    if status == HTTPStatus.NOT_FOUND and path.startswith("/webhooks/"):
        return f"{url} has another database: run this command with that service's settings."
    with suppress(ValueError, AttributeError):
        if detail := json.loads(answer).get("detail"):
            return f"{url}{path} answered {status}: {detail}"
    return f"{url}{path} answered {status}"


def _json(document: object) -> bytes:
    return json.dumps(document, ensure_ascii=False).encode()
