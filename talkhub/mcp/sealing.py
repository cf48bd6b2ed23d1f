"""State that travels through the client and must come back as it went."""

from __future__ import annotations

from datetime import timedelta

from talkhub import clock, json_codec
from talkhub.encryption import Keyring, decrypt_from_client, encrypt
from talkhub.errors import Unavailable
from talkhub.mcp.protocol import INVALID_PARAMS, JSONObject, McpError

LIFETIME = timedelta(minutes=15)


class Sealer:
    """Encrypts and signs state, bound to a caller and a request, for a quarter of an hour."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    def seal(self, state: JSONObject, *, bound_to: str) -> str:
        """Return the text that the client keeps."""
        text = json_codec.dumps_text([clock.now().timestamp(), state])
        return encrypt([text], self._keyring, bound_to=_binding(bound_to)).decode()

    def open(self, text: str, *, bound_to: str) -> JSONObject:
        """Return the state; raise McpError if it was altered, is another's or too old."""
        try:
            (content,) = decrypt_from_client(
                text.encode("utf-8", "replace"), self._keyring, bound_to=_binding(bound_to)
            )
        except Unavailable as error:
            raise _refused() from error
        sealed_at, state = json_codec.loads(content)
        if clock.now().timestamp() - sealed_at > LIFETIME.total_seconds():
            raise _refused()
        opened: JSONObject = state
        return opened


def _binding(bound_to: str) -> str:
    """Let what is sealed here never be taken for anything else."""
    return f"mcp request state/{bound_to}"


def _refused() -> McpError:
    return McpError(INVALID_PARAMS, "The requestState is not one of this call, or has expired.")
