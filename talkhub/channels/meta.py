"""What Meta's webhooks share: WhatsApp, Messenger and Instagram are signed and verified alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from talkhub.channels import signatures
from talkhub.channels.base import Headers


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
