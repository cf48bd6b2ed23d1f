"""The ways a provider proves itself: a shared secret, or an HMAC over the raw bytes.

All comparisons take constant time and try every secret, so that neither which secret
fits nor how nearly one fits can be measured. An empty secret fits nothing.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Sequence

from talkhub.channels.base import Headers

_META_SIGNATURE = re.compile(r"sha256=([0-9a-f]{64})")


def by_lower_name(headers: Headers) -> dict[str, str]:
    """Return the headers under lower-case names: HTTP does not tell cases apart."""
    return {name.lower(): value for name, value in headers.items()}


def is_shared_secret(given: str, secrets: Sequence[str]) -> bool:
    """Tell whether a header's value is one of the secrets."""
    return _is_any(_header_bytes(given), [secret.encode() for secret in secrets if secret])


def is_hmac_sha256(raw: bytes, given: str, secrets: Sequence[str]) -> bool:
    """Tell whether a header reads `sha256=<lower-case hex>` of one of the secrets' HMACs."""
    signature = _META_SIGNATURE.fullmatch(given)
    if signature is None:
        return False
    digests = [hmac.digest(secret.encode(), raw, "sha256") for secret in secrets if secret]
    return _is_any(bytes.fromhex(signature[1]), digests)


def _is_any(given: bytes, expected: Sequence[bytes]) -> bool:
    matched = False
    for candidate in expected:
        matched |= hmac.compare_digest(given, candidate)
    return matched


def _header_bytes(value: str) -> bytes:
    """Return the bytes that came over the wire, which WSGI decodes as Latin-1.

    `compare_digest` refuses texts beyond ASCII, so a stranger's odd header would
    otherwise raise instead of failing.
    """
    return value.encode("latin-1", "backslashreplace")
