"""A stream of messages as server-sent events."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing

from talkhub import json_codec
from talkhub.mcp.protocol import JSONObject

CONTENT_TYPE = "text/event-stream"
HEADERS = {
    # Proxies must hand on each event at once and change none.
    "X-Accel-Buffering": "no",
    "Cache-Control": "no-cache, no-transform",
}


def server_sent_events(
    messages: Generator[JSONObject | None, None, None],
) -> Generator[bytes, None, None]:
    """Frame messages; None becomes a comment, at which a client that left is noticed."""
    with closing(messages):
        for message in messages:
            if message is None:
                yield b": alive\n\n"
            else:
                yield b"event: message\ndata: " + json_codec.dumps(message) + b"\n\n"
