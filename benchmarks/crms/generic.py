"""A CRM of somebody's own that speaks our contract."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from standardwebhooks import Webhook, WebhookVerificationError

from benchmarks.crms.server import Asked, Reply, numbered

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
KINDS = {"contact.upsert": "contacts", "note.add": "notes", "deal.create": "deals"}


@dataclass
class Generic:
    """What it keeps, by kind and our reference."""

    objects: dict[str, dict[str, dict[str, Any]]] = field(
        default_factory=lambda: {kind: {} for kind in KINDS.values()}
    )
    next_id: Callable[[], int] = field(default_factory=lambda: numbered(1))

    def answer(self, asked: Asked) -> Reply:
        """Answer as the contract wants it."""
        try:
            Webhook(SECRET).verify(asked.raw, dict(asked.headers))
        except WebhookVerificationError:
            return 401, {"error": "signature"}
        data = asked.body["data"]
        if asked.body["type"] == "connection.test":
            return 200, {}
        if asked.body["type"] == "contact.read":
            found = [it for it in self.objects["contacts"].values() if it["id"] == data["id"]]
            return (200, found[0]) if found else (404, {})
        kept = self.objects[KINDS[asked.body["type"]]].setdefault(data["reference"], {})
        kept |= {**data, "id": kept.get("id") or str(self.next_id())}
        return 200, {"id": kept["id"]}
