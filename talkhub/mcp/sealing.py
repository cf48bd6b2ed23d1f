"""State that travels through the client and must come back as it went."""

from __future__ import annotations

import base64
from datetime import timedelta
from hashlib import sha256

from cryptography.fernet import Fernet, InvalidToken

from talkhub import json_codec
from talkhub.mcp.protocol import INVALID_PARAMS, JSONObject, McpError

LIFETIME = timedelta(minutes=15)


class Sealer:
    """Encrypts and signs state, bound to a caller and a request, for a quarter of an hour."""

    def __init__(self, secret: str) -> None:
        # A key of its own: what is sealed here can never be taken for anything else.
        key = sha256(b"talkhub mcp request state\x00" + secret.encode()).digest()
        self._fernet = Fernet(base64.urlsafe_b64encode(key))

    def seal(self, state: JSONObject, *, bound_to: str) -> str:
        """Return the text that the client keeps."""
        return self._fernet.encrypt(json_codec.dumps([bound_to, state])).decode()

    def open(self, text: str, *, bound_to: str) -> JSONObject:
        """Return the state; raise McpError if it was altered, is another's or too old."""
        try:
            content = self._fernet.decrypt(text, ttl=int(LIFETIME.total_seconds()))
        except (InvalidToken, ValueError) as error:
            raise _refused() from error
        binding, state = json_codec.loads(content)
        if binding != bound_to:
            raise _refused()
        opened: JSONObject = state
        return opened


def _refused() -> McpError:
    return McpError(INVALID_PARAMS, "The requestState is not one of this call, or has expired.")
