"""What Meta's webhooks share: WhatsApp, Messenger and Instagram are signed and batched alike."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

import orjson

from talkhub.channels import signatures
from talkhub.channels.base import Headers, JSONObject, ProviderEvent
from talkhub.channels.fields import fingerprint
from talkhub.strict_json import read_event


def verify_subscription(query: Mapping[str, str], token: str) -> str | None:
    """Return the challenge to echo, as text/plain, if Meta's GET knows the verify token.

    None means 403; an empty token never verifies.
    """
    if query.get("hub.mode") != "subscribe":
        return None
    if not signatures.is_shared_secret(query.get("hub.verify_token", ""), [token]):
        return None
    return query.get("hub.challenge")


def verify(raw: bytes, headers: Headers, secrets: Sequence[str]) -> bool:
    """Tell whether the raw body is signed with one of the app secrets."""
    given = signatures.by_lower_name(headers).get("x-hub-signature-256", "")
    return signatures.is_hmac_sha256(raw, given, secrets)


def split(
    raw: bytes,
    parts_of: Callable[[JSONObject], Iterable[tuple[str, JSONObject]]],
    external_id: Callable[[str, JSONObject], str],
) -> list[ProviderEvent]:
    """Return the events of one POST: `parts_of` reduces its document to each, with its kind."""
    document = read_event(raw)
    payload = document if isinstance(document, dict) else {}
    parts = list(parts_of(payload))
    if not parts:
        return [ProviderEvent(fingerprint(raw), "unknown", raw, payload)]
    if len(parts) == 1:
        kind, part = parts[0]
        return [ProviderEvent(external_id(kind, part), kind, raw, part)]
    return [
        ProviderEvent(external_id(kind, part), kind, orjson.dumps(part), part)
        for kind, part in parts
    ]
