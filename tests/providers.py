"""Requests as the chat platforms send them: the sample payloads with a test's own words."""

from __future__ import annotations

import hashlib
import hmac
import json
import socket
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

from callers import Caller
from factories import make_channel
from flask.testing import FlaskClient
from https_host import Behaviour, Host, answering
from werkzeug.test import TestResponse

from talkhub import clock
from talkhub.names import Platform
from talkhub.store.uow import Database

PAYLOADS = Path(__file__).parent / "payloads"
CHANNEL_SECRET = "s3cret-of-channel"

_numbers = count(1)


@dataclass(frozen=True)
class Door:
    """A channel account's webhook, and the secret that opens it."""

    client: FlaskClient
    platform: Platform
    path: str
    secret: str = CHANNEL_SECRET

    def post(self, document: object, *, secret: str | None = None) -> TestResponse:
        """Send a document as the platform does, signed."""
        raw = document if isinstance(document, bytes) else json.dumps(document).encode()
        headers = signed(self.platform, raw, self.secret if secret is None else secret)
        return self.client.post(self.path, data=raw, headers=headers)


def signed(platform: Platform, raw: bytes, secret: str) -> dict[str, str]:
    """Return the headers by which a platform proves itself."""
    match platform:
        case Platform.WHATSAPP | Platform.MESSENGER | Platform.INSTAGRAM:
            digest = hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()
            return {"X-Hub-Signature-256": f"sha256={digest}"}
        case Platform.TELEGRAM:
            return {"X-Telegram-Bot-Api-Secret-Token": secret}
        case _:
            return {"X-Webhook-Secret": secret}


def payload(name: str) -> dict[str, Any]:
    """Return one of the sample payloads."""
    document: dict[str, Any] = json.loads((PAYLOADS / f"{name}.json").read_text())
    return document


def said(
    platform: Platform,
    text: str,
    *,
    person: str = "5511999990001",
    at: str | datetime = "12:00",
) -> dict[str, Any]:
    """Return what a platform sends when a person writes `text`.

    At a moment, or at a time of 2026-03-02, UTC.
    """
    moment = at
    if isinstance(moment, str):
        moment = datetime.fromisoformat(f"2026-03-02T{moment}").replace(tzinfo=UTC)
    make = {
        Platform.MESSENGER: _messenger,
        Platform.INSTAGRAM: _instagram,
        Platform.EVOLUTION: _evolution,
        Platform.WHATSAPP: _whatsapp,
        Platform.TELEGRAM: _telegram,
        Platform.UCHAT: _uchat,
    }[platform]
    return make(text, person, moment)


def hear_from(database: Database, caller: Caller, person: str) -> None:
    """Let a person write through an account of UChat's that can answer; drains see it next."""
    path = make_channel(database, caller.workspace_id, Platform.UCHAT, credentials={"api_key": "k"})
    document = said(Platform.UCHAT, "oi", person=person, at=clock.now())
    assert Door(caller.client, Platform.UCHAT, path).post(document).status_code == 200


def in_one_post(documents: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return one WhatsApp POST with the entries of several."""
    batch = deepcopy(documents[0])
    batch["entry"] = [entry for document in documents for entry in document["entry"]]
    return batch


class Interface:
    """A provider's own interface: takes what we send, or does what a test has it do first."""

    def __init__(self, platform: Platform, start: Callable[[Behaviour], Host]) -> None:
        self.platform = platform
        self.moods: list[Behaviour] = []
        self.host = start(self._answer)

    def first(self, *moods: Behaviour) -> None:
        """Behave like this at the next calls, one after the other, and then well again."""
        self.moods += moods

    @property
    def base(self) -> str:
        """The address to call it under."""
        return self.host.url("", name="client.example")

    @property
    def calls(self) -> list[str]:
        """What was called and how, in order."""
        return [" ".join(request.split()[:2]) for request in self.host.requests]

    @property
    def paths(self) -> list[str]:
        """What was called, in order."""
        return [request.split()[1] for request in self.host.requests]

    @property
    def bodies(self) -> list[dict[str, Any]]:
        """What it was sent, in order."""
        return [json.loads(request.partition("\r\n\r\n")[2]) for request in self.host.requests]

    def _answer(self, connection: socket.socket) -> None:
        mood = self.moods.pop(0) if self.moods else answering(json.dumps(self._taken()).encode())
        mood(connection)

    def _taken(self) -> dict[str, Any]:
        number = len(self.host.requests)
        match self.platform:
            case Platform.TELEGRAM:
                chat = {"id": self.bodies[-1]["chat_id"]}
                result = {"message_id": number, "chat": chat, "date": 1795302300}
                return {"ok": True, "result": result}
            case Platform.WHATSAPP:
                return {"messages": [{"id": f"wamid.OUT{number}"}]}
            case Platform.MESSENGER | Platform.INSTAGRAM:
                return {"recipient_id": "1", "message_id": f"m_out{number}"}
            case Platform.EVOLUTION:
                return {"key": {"id": f"OUT{number}", "fromMe": True}, "status": "PENDING"}
            case _:
                return {"status": "ok"}


def refusing(document: object, status: str = "400 Bad Request", *headers: str) -> Behaviour:
    """Answer with a status and a document."""
    return answering(json.dumps(document).encode(), status=status, headers=headers)


def _whatsapp(text: str, person: str, moment: datetime) -> dict[str, Any]:
    document = payload("whatsapp/text")
    value = document["entry"][0]["changes"][0]["value"]
    value["contacts"][0] |= {"wa_id": person, "user_id": f"BR.{person}"}
    value["messages"][0] |= {
        "from": person,
        "from_user_id": f"BR.{person}",
        "id": f"wamid.{next(_numbers)}",
        "timestamp": str(int(moment.timestamp())),
        "text": {"body": text},
    }
    return document


def _telegram(text: str, person: str, moment: datetime) -> dict[str, Any]:
    document = payload("telegram/text")
    number = next(_numbers)
    document["update_id"] = 900_000_000 + number
    message = document["message"]
    message |= {"message_id": number, "date": int(moment.timestamp()), "text": text}
    message["from"]["id"] = message["chat"]["id"] = int(person)
    return document


def _uchat(text: str, person: str, moment: datetime) -> dict[str, Any]:
    document = payload("uchat/live_chat_text")
    document["meta"]["user_ns"] = person
    document["message"] |= {
        "mid": f"mid.{next(_numbers)}",
        "content": text,
        "payload": {"text": text},
        "ts": int(moment.timestamp()),
    }
    return document


def _messenger(text: str, person: str, moment: datetime) -> dict[str, Any]:
    document = payload("messenger/text")
    item = document["entry"][0]["messaging"][0]
    item["sender"]["id"] = person
    item["timestamp"] = int(moment.timestamp() * 1000)
    item["message"] = {"mid": f"m_{next(_numbers)}", "text": text}
    return document


def _instagram(text: str, person: str, moment: datetime) -> dict[str, Any]:
    return {**_messenger(text, person, moment), "object": "instagram"}


def _evolution(text: str, person: str, moment: datetime) -> dict[str, Any]:
    document = payload("evolution/text")
    data = document["data"]
    data["key"] |= {"remoteJid": f"{person}@s.whatsapp.net", "id": f"3EB0{next(_numbers)}"}
    data["message"] = {"conversation": text}
    data["messageTimestamp"] = int(moment.timestamp())
    return document
