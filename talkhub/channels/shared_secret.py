"""How senders prove themselves whose only means are headers that somebody types for them."""

from __future__ import annotations

from collections.abc import Sequence

from talkhub.channels import signatures
from talkhub.channels.base import Headers

_SECRET_HEADERS = ("x-webhook-secret", "x-talkhub-secret", "x-uchat-secret", "apikey")
_SIGNATURE_HEADERS = ("x-signature-256", "x-hub-signature-256")


def verify(raw: bytes, headers: Headers, secrets: Sequence[str]) -> bool:
    """Tell whether a bearer token, a secret header or a signature fits.

    Neither UChat nor Evolution API signs; both can add headers of one's own. Callers who
    can sign may do so in Meta's manner.
    """
    given = signatures.by_lower_name(headers)
    scheme, _, token = given.get("authorization", "").partition(" ")
    shown = [given.get(name, "") for name in _SECRET_HEADERS]
    if scheme.lower() == "bearer":
        shown.append(token.strip())
    if any(signatures.is_shared_secret(secret, secrets) for secret in shown):
        return True
    signed = (given.get(name, "") for name in _SIGNATURE_HEADERS)
    return any(signatures.is_hmac_sha256(raw, signature, secrets) for signature in signed)
