"""The Model Context Protocol over HTTP. Authentication: a bearer token with the tool's scope."""

from __future__ import annotations

import re
import time
from collections.abc import Generator, Mapping
from contextlib import suppress
from http import HTTPStatus
from typing import Any

import structlog
from flask import Blueprint, Response, request
from werkzeug.exceptions import MethodNotAllowed

from talkhub import metrics
from talkhub.blueprints.action_blocks import ActionBlocks, is_action_block
from talkhub.blueprints.answers import json_answer
from talkhub.blueprints.bodies import read_body
from talkhub.blueprints.gate import CALLED_KEY, FIRST_PARTY, Called, Gate
from talkhub.blueprints.public_address import mcp_resource
from talkhub.blueprints.runtime import Runtime
from talkhub.blueprints.strangers import Strangers
from talkhub.blueprints.streams import Holder, closing
from talkhub.errors import BadRequest, Invalid, SettingMissing
from talkhub.mcp.content.caller import Caller
from talkhub.mcp.content.service import talkhub_server
from talkhub.mcp.content.session_changes import Live
from talkhub.mcp.protocol import (
    INTERNAL_ERROR,
    INVALID_REQUEST,
    PARSE_ERROR,
    JSONObject,
    McpError,
)
from talkhub.mcp.server import Answer
from talkhub.mcp.streams import CONTENT_TYPE, HEADERS, server_sent_events
from talkhub.names import RequestChannel
from talkhub.security import Principal
from talkhub.settings import Settings
from talkhub.strict_json import read_json
from talkhub.tools.catalogue import registry

PATHS = ("/mcp", "/", "/api/v1/mcp")
"""All the same: clients are told the first, some flow builders post to the second."""

_TRACEPARENT = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")


def create_blueprint(runtime: Runtime, gate: Gate) -> Blueprint:
    """Return the protocol's routes."""
    blueprint = Blueprint("mcp", __name__)
    blueprint.before_request(Strangers(runtime.settings).refuse)
    opened = gate.open_to_tokens("mcp", audiences=lambda: _audiences(runtime.settings))
    receive = opened(_Door(runtime).receive)
    for number, path in enumerate(PATHS):
        blueprint.add_url_rule(path, f"receive_{number}", receive, methods=["POST"])
    # Clients of both eras try GET and DELETE, and go on when they hear that there is only POST.
    blueprint.add_url_rule("/mcp", "refuse", _only_post, methods=["GET", "DELETE", "PUT", "PATCH"])
    return blueprint


def _audiences(settings: Settings) -> frozenset[str]:
    """Return for whom a token may be: us as its issuer, or this endpoint by its address."""
    with suppress(SettingMissing):  # nobody can hold a token for an address we do not know
        return FIRST_PARTY | {mcp_resource(settings)}
    return FIRST_PARTY


def _only_post() -> Response:
    detail = "MCP is spoken here by POST; /dashboard/connect and docs/mcp.md tell how to connect."
    raise MethodNotAllowed(valid_methods=["POST"], description=detail)


class _Door:
    """The view: one message in, one answer or a stream out."""

    def __init__(self, runtime: Runtime) -> None:
        self._database = runtime.database
        self._server = talkhub_server(runtime.settings.keyring, _live(runtime))
        self._blocks = ActionBlocks(runtime.database)
        self._seats = runtime.seats

    def receive(self, principal: Principal) -> Response:
        """Answer a JSON-RPC message, or a flow builder's action block."""
        started = time.perf_counter()
        request.environ[CALLED_KEY] = Called(RequestChannel.MCP, "mcp")
        try:
            document = read_json(read_body(request))
        except BadRequest as error:
            return _refused(McpError(PARSE_ERROR, error.detail))
        except Invalid as error:
            return _refused(McpError(INVALID_REQUEST, error.detail, error.extra.get("errors")))
        if is_action_block(document):
            return self._blocks.answer(principal, document)
        method, name = _labels(document, self._server.methods)
        request.environ[CALLED_KEY] = Called(RequestChannel.MCP, name or method or "mcp")
        caller = Caller(principal, self._database, wants_compact_text=_wants_compact_text())
        answer = self._server.receive(document, _Headers(request.environ), caller)
        status = caller.refused[-1] if caller.refused else _status(answer)
        request.environ[CALLED_KEY] = request.environ[CALLED_KEY]._replace(status=status)
        if answer.stream is not None:
            return self._seats.send(
                server_sent_events(_timed(answer.stream, method, name, started)),
                Holder(principal.workspace_id, principal.subject),
                mimetype=CONTENT_TYPE,
                headers=HEADERS,
            )
        metrics.mcp_timer(method, name, _result(answer.message))(time.perf_counter() - started)
        return _response(answer)


class _Headers:
    """The request's own headers by name; Flask's would first look each one up by another."""

    def __init__(self, environ: Mapping[str, Any]) -> None:
        self._environ = environ

    def get(self, name: str, /) -> str | None:
        """Return a header's value; None if it was not sent."""
        return self._environ.get("HTTP_" + name.upper().replace("-", "_"))


def _live(runtime: Runtime) -> Live:
    def is_welcome(principal: Principal) -> bool:
        return principal.expires_at > time.time() and principal.token_id not in runtime.revoked

    return Live(runtime.settings.redis_url or "", is_welcome, closing.is_set)


def _wants_compact_text() -> bool:
    # Most addresses carry no query, and reading one costs more than seeing that.
    return bool(request.query_string) and request.args.get("text") == "compact"


def _response(answer: Answer) -> Response:
    if answer.message is None:
        return Response(status=answer.status)
    return json_answer(answer.message, answer.status)


def _refused(error: McpError) -> Response:
    return _response(Answer(error.http_status(is_modern=True), error.response(None)))


def _timed(
    stream: Generator[JSONObject | None, None, None], method: str, name: str, started: float
) -> Generator[JSONObject | None, None, None]:
    """Hand on a stream's messages and measure how long all of them took."""
    last: JSONObject | None = None
    try:
        for message in stream:
            last = message or last
            yield message
    finally:
        stream.close()
        metrics.mcp_timer(method, name, _result(last))(time.perf_counter() - started)


def _labels(document: object, methods: frozenset[str]) -> tuple[str, str]:
    """Return the method and tool to measure, from lists that are ours; note the trace's id."""
    method = document.get("method") if isinstance(document, dict) else None
    if not isinstance(document, dict) or not isinstance(method, str):
        return "", ""
    params = document.get("params")
    if not isinstance(params, dict):
        params = {}
    meta = params.get("_meta")
    trace = meta.get("traceparent") if isinstance(meta, dict) else None
    if isinstance(trace, str) and _TRACEPARENT.fullmatch(trace):
        structlog.contextvars.bind_contextvars(traceparent=trace)
    name = params.get("name") if method == "tools/call" else ""
    is_tool = isinstance(name, str) and name in registry.specs
    return method if method in methods else "other", str(name) if is_tool else ""


def _status(answer: Answer) -> int:
    """Return the status by which an answer counts: errors of the protocol travel with 200, too."""
    error = (answer.message or {}).get("error")
    if error is None or answer.status >= HTTPStatus.BAD_REQUEST:
        return answer.status
    is_ours = error["code"] == INTERNAL_ERROR
    return HTTPStatus.INTERNAL_SERVER_ERROR if is_ours else HTTPStatus.BAD_REQUEST


def _result(message: JSONObject | None) -> str:
    if message is None:
        return "none"
    if "error" in message:
        return "error"
    return "tool_error" if message.get("result", {}).get("isError") else "ok"
