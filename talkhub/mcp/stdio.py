"""The protocol over standard input and output: one JSON document a line, each in its turn."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from talkhub import json_codec
from talkhub.errors import BadRequest, Invalid, TalkHubError
from talkhub.mcp.call import Caller
from talkhub.mcp.envelope import request_id_of
from talkhub.mcp.protocol import INVALID_REQUEST, PARSE_ERROR, JSONObject, McpError
from talkhub.mcp.server import McpServer
from talkhub.strict_json import read_json


def serve(
    server: McpServer,
    who: Callable[[], Caller],
    lines: Iterable[bytes],
    write: Callable[[bytes], object],
) -> None:
    """Answer every line until there are no more.

    `who` is asked for each message, since what a token allows may end; a TalkHubError of
    it, or of a call, becomes an error: there is no HTTP status that could tell of it.
    """
    for line in lines:
        if line.strip():
            for message in _answers(server, who, line):
                write(json_codec.dumps(message) + b"\n")


def _answers(server: McpServer, who: Callable[[], Caller], line: bytes) -> Iterator[JSONObject]:
    document: object = None
    try:
        document = read_json(line)
        answer = server.receive(document, None, who())
    except BadRequest as error:
        yield McpError(PARSE_ERROR, error.detail).response(None)
    except Invalid as error:
        yield McpError(INVALID_REQUEST, error.detail, error.extra.get("errors")).response(None)
    except TalkHubError as error:
        refused = McpError(INVALID_REQUEST, error.detail or error.title, {"code": error.code})
        yield refused.response(request_id_of(document))
    else:
        if answer.message is not None:
            yield answer.message
        for message in answer.stream or ():
            if message is not None:
                yield message
