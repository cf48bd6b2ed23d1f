"""Requests as the chat platforms send them: the sample payloads with a test's own words."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from talkhub.names import Platform

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
    platform: Platform, text: str, *, person: str = "5511999990001", at: str = "12:00"
) -> dict[str, Any]:
    """Return what a platform sends when a person writes `text` at a time of 2026-03-02, UTC."""
    moment = datetime.fromisoformat(f"2026-03-02T{at}").replace(tzinfo=UTC)
    make = {
        Platform.WHATSAPP: _whatsapp,
        Platform.TELEGRAM: _telegram,
        Platform.UCHAT: _uchat,
    }[platform]
    return make(text, person, moment)


def in_one_post(documents: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return one WhatsApp POST with the entries of several."""
    batch = deepcopy(documents[0])
    batch["entry"] = [entry for document in documents for entry in document["entry"]]
    return batch


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
